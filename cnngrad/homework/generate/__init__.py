"""New exercises with small whole numbers, on which the known mistakes show and can be told apart."""
