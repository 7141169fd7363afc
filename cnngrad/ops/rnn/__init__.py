"""Recurrent networks, and backpropagation through time."""
