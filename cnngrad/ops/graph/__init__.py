"""Computation graphs."""
