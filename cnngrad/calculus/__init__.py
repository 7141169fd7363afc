"""Derivatives: the gate table, the tape that orders them, the laws that they obey, and the central-difference check."""
