"""YAML in: text -> tree with lines and columns -> fields -> an exercise."""
