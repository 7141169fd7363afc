"""Convolution (cross-correlation) and its transpose."""
