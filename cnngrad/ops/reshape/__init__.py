"""Layers that only pass numbers on."""
