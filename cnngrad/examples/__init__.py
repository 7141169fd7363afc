"""The built-in specs: YAML files beside this module, each with a title and a line on what to look at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cnngrad.errors import CnngradError, did_you_mean, excerpt
from cnngrad.records import dataclass

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "example:"
FOLDER = os.path.dirname(__file__)
DEFAULTS = {
    "conv": "forum-conv",
    "pool": "max-pool",
    "network": "forum-network",
    "graph": "lecture-graph",
    "rnn": "rnn-shared-weight",
}
"""The example that a command runs without a spec, by op."""


@dataclass(frozen=True)
class Example:
    """One built-in spec: its name, op and title, and the first lines of comment."""

    name: str
    op: str
    title: str
    says: str

    @property
    def look(self) -> str:
        """The part of the comment that says what to look at."""
        return self.says[self.says.index("Look at") :]


def example_names() -> list[str]:
    """The names of the built-in specs, in alphabetical order."""
    return sorted(name.removesuffix(".yaml") for name in os.listdir(FOLDER) if name.endswith(".yaml"))


def example_file(name: str) -> str:
    """The path of a built-in spec."""
    if name not in example_names():
        hint = did_you_mean(name, example_names()) or "; 'cnngrad examples' lists them"
        raise CnngradError(f"{excerpt(name)} is no built-in example{hint}")
    return os.path.join(FOLDER, f"{name}.yaml")


def example_path(name: str) -> Path:
    """Where a built-in spec is."""
    from pathlib import Path

    return Path(example_file(name))


def examples() -> Iterator[Example]:
    """All built-in specs."""
    for name in example_names():
        text = example_path(name).read_text(encoding="utf-8")
        yield Example(name, _value(text, "op"), _value(text, "title"), _says(text))


def _value(text: str, key: str) -> str:
    """The value of a key on a line of its own, as all built-in specs have them."""
    return next(line.partition(":")[2].strip(" '\"") for line in text.splitlines() if line.startswith(f"{key}:"))


def _says(text: str) -> str:
    comments = [line[1:].strip() for line in text.splitlines() if line.startswith("# ")]
    return " ".join(line for line in comments if not line.startswith("yaml-language-server:"))
