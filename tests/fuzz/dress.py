"""The forms of an array: nested lists, a block of text, a file beside the spec."""

from __future__ import annotations

import io
import json
import re
from fractions import Fraction
from typing import Any

import numpy as np

from .draw import Draw
from .tree import Block, Cell, Tree, at, copied, is_array, paths

FORMS = {"list": 6.0, "block": 2.0, "npy": 1.0, "npz": 0.5, "csv": 0.7, "json": 0.7}
DTYPES = {"<f8": 6.0, "<f4": 2.0, "<i8": 1.0, ">f8": 1.0, "<u2": 0.3, "<f2": 0.3, "?": 0.1, "<c16": 0.1, "<U3": 0.1}
Files = dict[str, bytes]


def dressed(draw: Draw, tree: Tree, files: Files, share: float = 0.5) -> Tree:
    """A copy of the tree with some arrays in other forms; `files` gets those that stand beside the spec."""
    tree = copied(tree)
    whole = [path for path in paths(tree) if is_array(at(tree, path)) and not is_array(at(tree, path[:-1]))]
    for path in whole:
        if draw.chance(share):
            at(tree, path[:-1])[path[-1]] = _form(draw, at(tree, path), "".join(map(str, path)), files)
    return tree


def _form(draw: Draw, node: Tree, name: str, files: Files) -> Tree:
    form = draw.weighted(FORMS)
    if form == "list":
        return node
    found = {"file": f"{name}.{form}"}
    if form == "npz" and draw.chance(0.8):
        found["key"] = "a"
    try:
        if form == "block":
            return Block(rows(draw, node))
        files[found["file"]] = _bytes(draw, node, form)
    except (ValueError, OverflowError, TypeError):  # symbols, numbers beyond the type, or rows of unequal depth
        return node
    return found


def rows(draw: Draw, node: Tree) -> str:
    """One row per line, a blank line before the next plane."""
    between = draw.pick((" ", ", ", "  ", ","))
    if not isinstance(node[0], list):
        return between.join(node)
    return ("\n" if not isinstance(node[0][0], list) else "\n\n").join(rows(draw, item) for item in node)


def _bytes(draw: Draw, node: Tree, form: str) -> bytes:
    if form == "csv":
        return rows(draw, node).encode()
    if form == "json":
        return json.dumps({"a": node} if draw.chance(0.3) else node).encode()
    with np.errstate(all="ignore"):
        array = np.array(_floats(node)).astype(draw.weighted(DTYPES))
    stream = io.BytesIO()
    if form == "npy":
        np.save(stream, np.asfortranarray(array) if draw.chance(0.2) else array)
    elif draw.chance(0.2):
        np.savez(stream, a=array, b=array)
    else:
        np.savez_compressed(stream, a=array)
    return stream.getvalue()


def _floats(node: Tree) -> Any:
    if isinstance(node, list):
        return [_floats(item) for item in node]
    assert isinstance(node, Cell)
    return float(Fraction(node)) if re.fullmatch(r"[-+]?\d+/\d+", node) else float(node)
