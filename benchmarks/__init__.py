"""How fast cnngrad is, beside PyTorch, a textbook loop and the machine's own rate: `python -m benchmarks`."""
