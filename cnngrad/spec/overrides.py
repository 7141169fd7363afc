"""Keys of a spec that the command line sets: `--stride 2` and `--set KEY=YAML`."""

from __future__ import annotations

from dataclasses import replace

from cnngrad.errors import CnngradError, Problem, excerpt
from cnngrad.limits import Limits
from cnngrad.spec.reader import read_text
from cnngrad.spec.tree import Document, Mapping, Node, Scalar


def override(document: Document, settings: tuple[tuple[str, str], ...], limits: Limits) -> Document:
    """The document with each (key, YAML text) set; a key `set NAME` came from --set, `at NAME` from --at.

    A key with a dot, `values.x`, is set inside the mapping before the dot.
    """
    root, overrides = document.root, dict(document.overrides)
    for name, text in settings:
        option, blank, key = name.partition(" ")
        option, key = f"--{option}", key if blank else option
        root = _with(root, key.split("."), _value(key, text, option, document, limits), option)
        overrides[key] = option
    return replace(document, root=root, overrides=overrides)


def _with(node: Mapping, path: list[str], value: Node, option: str) -> Mapping:
    """The mapping with `value` at the end of the path of keys."""
    key, *inner = path
    if inner:
        below = node.entries.get(key, Mapping({}))
        if not isinstance(below, Mapping):
            raise CnngradError(
                Problem(f"{excerpt(key)} is no mapping; set it as a whole", f"{option}: {'.'.join(path)}")
            )
        value = _with(below, inner, value, option)
    keys = node.keys if key in node.keys else node.keys | {key: Scalar(key)}
    return Mapping({**node.entries, key: value}, keys, node.line, node.column)


def _encoded(text: str) -> bytes:
    """The bytes of an argument; those that were no UTF-8 came in as characters that have none."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise CnngradError("is not UTF-8; write it with other characters") from None


def _value(key: str, text: str, option: str, document: Document, limits: Limits) -> Node:
    if "," in text and text[:1] not in "[{\"'":
        text = f"[{text}]"  # --stride 2,1
    try:
        root = read_text(_encoded(f"value: {text}"), option, document.folder, limits).root
    except CnngradError as error:
        problem = error.problems[0]
        raise CnngradError(Problem(f"{excerpt(text)} {problem.message}", f"{option}: {key}")) from None
    if len(root.entries) != 1:
        raise CnngradError(Problem(f"{excerpt(text)} is more than one value; give one", f"{option}: {key}"))
    return root.entries["value"]
