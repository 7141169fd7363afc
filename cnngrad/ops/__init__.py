"""One file per textbook word: each an op with its forward and backward pass."""
