"""PyTorch, where it is installed: imported when a test first uses it, which takes two seconds."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

INSTALLED = pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")


class Later:
    """A module that is imported when something of it is asked for."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.name), name)


torch, F = Later("torch"), Later("torch.nn.functional")
