"""Keys of a spec that the command line sets: `--stride 2` and `--set KEY=YAML`."""

from __future__ import annotations

from dataclasses import replace

from cnngrad.errors import CnngradError, Problem, excerpt
from cnngrad.limits import Limits
from cnngrad.spec.reader import read_text
from cnngrad.spec.tree import Document, Mapping, Node


def override(document: Document, settings: tuple[tuple[str, str], ...], limits: Limits) -> Document:
    """The document with each (key, YAML text) set; a key `set NAME` came from --set."""
    entries, overrides = dict(document.root.entries), dict(document.overrides)
    for name, text in settings:
        key = name.removeprefix("set ")
        option = f"--{name.split(' ')[0]}"
        entries[key] = _value(key, text, option, document, limits)
        overrides[key] = option
    root = Mapping(entries, document.root.keys, document.root.line, document.root.column)
    return replace(document, root=root, overrides=overrides)


def _value(key: str, text: str, option: str, document: Document, limits: Limits) -> Node:
    if "," in text and text[:1] not in "[{\"'":
        text = f"[{text}]"  # --stride 2,1
    try:
        root = read_text(f"value: {text}".encode(), option, document.folder, limits).root
    except CnngradError as error:
        problem = error.problems[0]
        raise CnngradError(Problem(f"{excerpt(text)} {problem.message}", f"{option}: {key}")) from None
    if len(root.entries) != 1:
        raise CnngradError(Problem(f"{excerpt(text)} is more than one value; give one", f"{option}: {key}"))
    return root.entries["value"]
