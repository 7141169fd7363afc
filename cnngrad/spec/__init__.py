"""A spec in: bytes -> text -> a tree with lines and columns -> values by key -> an exercise."""
