"""Specs as plain trees, and how they are written: YAML in several styles, or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

Tree = Any
"""A dict, a list, a text, or what a mutation puts in their place (None, a bool, a number)."""
Path = tuple[Any, ...]
_PLAIN = re.compile(r"[-+]?[A-Za-z0-9_.][-A-Za-z0-9_.+*/()^ ]*")


class Cell(str):
    """A number (or formula) of an array: what files and shadows replace."""


class Raw(str):
    """YAML that is written as it stands: an anchor, a tag, broken text."""


class Block(str):
    """A block of text, one row per line."""


def written(tree: Tree, style: str) -> str:
    """The tree as a spec in one of the STYLES."""
    return STYLES[style](tree)


def _flow(node: Tree) -> str:
    if isinstance(node, dict):
        return "{" + ", ".join(f"{_key(key)}: {_flow(value)}" for key, value in node.items()) + "}"
    if isinstance(node, list | tuple):
        return "[" + ", ".join(map(_flow, node)) + "]"
    if isinstance(node, Raw) or not isinstance(node, str):
        return str(node) if isinstance(node, Raw) else json.dumps(node)
    return str(node) if _PLAIN.fullmatch(node) and node == node.strip() else json.dumps(node, ensure_ascii=False)


def _key(key: Any) -> str:
    return str(key) if isinstance(key, Raw) or re.fullmatch(r"\w[\w.]*", str(key)) else json.dumps(str(key))


def _lines(tree: Tree) -> str:
    """One key per line, values in flow style, texts of several lines as blocks."""
    if not isinstance(tree, dict):
        return _flow(tree) + "\n"
    return "".join(f"{_key(key)}:{_value(value)}\n" for key, value in tree.items())


def _value(value: Tree, indent: str = "  ") -> str:
    if isinstance(value, Block):
        return " |\n" + "\n".join(f"{indent}{line}" if line else "" for line in value.split("\n"))
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return "".join(f"\n{indent}- {_flow(item)}" for item in value)
    return f" {_flow(value)}"


def _nested(tree: Tree) -> str:
    """Block style all the way down."""
    return "\n".join(_rows(tree, "")) + "\n"


def _rows(node: Tree, indent: str) -> Iterator[str]:
    if isinstance(node, dict) and node:
        for key, value in node.items():
            deep = isinstance(value, dict) and value
            yield f"{indent}{_key(key)}:" + ("" if deep else _value(value, indent + "  "))
            if deep:
                yield from _rows(value, indent + "  ")
    else:
        yield indent + _flow(node)


def _json(tree: Tree) -> str:
    return json.dumps(mapped(tree, lambda leaf: _jsonable(leaf)))


def _jsonable(leaf: Tree) -> Tree:
    if isinstance(leaf, Cell) and re.fullmatch(r"-?(0|[1-9]\d{0,9})(\.\d+)?", leaf):
        return json.loads(leaf)
    return leaf


STYLES: dict[str, Callable[[Tree], str]] = {"lines": _lines, "flow": _flow, "nested": _nested, "json": _json}
"""How a spec may be written."""


def mapped(tree: Tree, give: Callable[[Tree], Tree]) -> Tree:
    """The tree with every leaf replaced."""
    if isinstance(tree, dict):
        return {key: mapped(value, give) for key, value in tree.items()}
    if isinstance(tree, list):
        return [mapped(value, give) for value in tree]
    return give(tree)


def paths(tree: Tree, path: Path = ()) -> Iterator[Path]:
    """The place of every node below the top."""
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in entries:
        yield (*path, key)
        yield from paths(value, (*path, key))


def at(tree: Tree, path: Path) -> Tree:
    """The node at a place."""
    for key in path:
        tree = tree[key]
    return tree


def is_array(node: Tree) -> bool:
    """A list of cells, however deep."""
    return isinstance(node, list) and bool(node) and all(isinstance(item, Cell) or is_array(item) for item in node)


def copied(tree: Tree) -> Tree:
    """A tree of its own."""
    return mapped(tree, lambda leaf: leaf)
