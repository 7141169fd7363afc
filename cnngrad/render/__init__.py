"""How a result looks: one writer per format. The registry is the choice list of --format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any, NamedTuple

from cnngrad.records import dataclass


@dataclass(frozen=True)
class Look:
    """What a writer may use: the width of the terminal (none when piped), colour, and line drawing."""

    width: int | None = None
    color: bool = False
    ascii_only: bool = False


class Format(NamedTuple):
    """One output format: its writer, as `module.function` of this package, and what the writer takes."""

    writer: str
    takes: str
    """page, record (the JSON object), diagram or sheet (of scores)"""


PLAIN = Look()
WRITTEN = 2**16
"""Characters that are written at once, at least; a pipe holds as many."""
FORMATS = {
    "table": Format("table.render", "page"),
    "text": Format("text.render", "page"),
    "json": Format("exports.json_parts", "record"),
    "yaml": Format("exports.as_yaml", "record"),
    "dot": Format("exports.as_dot", "diagram"),
    "mermaid": Format("exports.as_mermaid", "diagram"),
    "gradescope": Format("exports.as_gradescope", "sheet"),
    "junit": Format("exports.as_junit", "sheet"),
}


def render(name: str, subject: Any, look: Look = PLAIN) -> str:
    """The text of a subject in the format of this name, which says what it takes; `look` is for pages."""
    return "".join(parts(name, subject, look))


def parts(name: str, subject: Any, look: Look = PLAIN) -> Iterator[str]:
    """The same text in parts, none of which is made before the one before it was taken."""
    chosen = FORMATS[name]
    module, _, function = chosen.writer.partition(".")
    writer = getattr(import_module(f"{__name__}.{module}"), function)
    text: str | Iterable[str] = writer(subject, look) if chosen.takes == "page" else writer(subject)
    return iter((text,)) if isinstance(text, str) else gathered(text)


def gathered(texts: Iterable[str]) -> Iterator[str]:
    """Short texts as longer ones, because each that is written costs a call of the system."""
    held: list[str] = []
    size = 0
    for text in texts:
        held.append(text)
        size += len(text)
        if size >= WRITTEN:
            yield "".join(held)
            held, size = [], 0
    if held:
        yield "".join(held)
