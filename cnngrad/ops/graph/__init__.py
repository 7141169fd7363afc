"""Computation graphs of scalars."""
