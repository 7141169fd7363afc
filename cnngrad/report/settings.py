"""Settings as people write them."""

from __future__ import annotations


def setting(value: object) -> str:
    """One number where all axes have the same; otherwise a list."""
    if isinstance(value, list) and value and all(entry == value[0] for entry in value):
        return setting(value[0])
    if isinstance(value, list):
        return f"[{', '.join(setting(entry) for entry in value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
