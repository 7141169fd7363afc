"""A spec given as Python values, brought into the tree that files give."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from cnngrad.errors import CnngradError, Mark, Problem, excerpt
from cnngrad.limits import Limits
from cnngrad.numbers.exact import digits, ratio
from cnngrad.numbers.kinds import Array
from cnngrad.spec.tree import ArrayNode, Document, MappingNode, Node, ScalarNode, SequenceNode

SOURCE = "<spec>"
_SURROGATE = re.compile("[\ud800-\udfff]")
_FEW = 16
"""Whole-number arrays up to this size may be settings (a stride, a padding): they become lists."""
_REFUSED = {"c": "complex numbers", "b": "truth values", "V": "records", "M": "dates", "m": "time spans"}


def document_of(spec: Mapping[str, object], limits: Limits, source: str = SOURCE) -> Document:
    """The spec `spec`: texts, numbers, fractions, None, lists, dicts and numpy arrays, as a tree.

    Lines are 0, and `source` stands for the name of a file. CnngradError names the key of a value that no
    spec can hold.
    """
    if not isinstance(spec, Mapping):
        raise CnngradError(f"the spec is of type {_type(spec)}; give a dict or the path of a file")
    root = _Plain(limits, source).mapping(spec, "", 1).node
    assert isinstance(root, MappingNode)
    return Document(root, source, Path())


@dataclass(slots=True)
class _Done:
    """A node, how many cells it expands to, how many levels it has, and the value that it stands for."""

    node: Node
    cells: int = 1
    height: int = 0
    value: object = None


@dataclass(frozen=True)
class _Plain:
    limits: Limits
    source: str
    done: dict[int, _Done] = field(default_factory=dict)
    """finished lists and dicts by identity: a list used a thousand times is read once"""
    opened: set[int] = field(default_factory=set)

    def node(self, value: object, key: str, depth: int) -> _Done:
        """The node of any value; `depth` counts the lists and dicts around it."""
        if isinstance(value, np.ndarray):
            return self._array(value, key, depth)
        if isinstance(value, list | tuple | Mapping):
            return self._shared(value, key, depth + 1)
        text = self._text(value, key)
        block = isinstance(value, str) and "\n" in text
        if not block and (message := self._too_long(len(text))):
            self._refuse(message, key)
        return _Done(ScalarNode(text, block=block))

    def mapping(self, value: Mapping[Any, Any], key: str, depth: int) -> _Done:
        entries: dict[str, Node] = {}
        cells, height = 0, 0
        for name, item in value.items():
            if not isinstance(name, str):
                self._refuse(f"has a key of type {_type(name)}; keys are text", key)
            if message := self._too_long(len(name)):
                self._refuse(message, key)
            self._text(name, key)
            child = self.node(item, f"{key}.{name}" if key else name, depth)
            entries[str(name)] = child.node
            cells, height = cells + child.cells, max(height, child.height)
        keys = {name: ScalarNode(name) for name in entries}
        return _Done(MappingNode(entries, keys), max(1, cells), height + 1, value)

    def _list(self, value: list[Any] | tuple[Any, ...], key: str, depth: int) -> _Done:
        if _same_arrays(value) and len(value) * value[0].size <= self.limits.cells:
            return self._array(np.stack(value), key, depth - 1)
        if (row := self._numbers(value)) is not None:
            return row
        items: list[Node] = []
        cells, height = 0, 0
        for i, item in enumerate(value):
            name = f"{key[:-1]},{i}]" if key.endswith("]") else f"{key}[{i}]"
            if isinstance(item, np.ndarray):
                self._check_size(item, name)
                item = item.tolist()
            child = self.node(item, name, depth)
            items.append(child.node)
            cells, height = cells + child.cells, max(height, child.height)
            if message := self.limits.refusal("cells", cells, f"has {cells:,} cells or more"):
                self._refuse(message, key)
        return _Done(SequenceNode(items), max(1, cells), height + 1, value)

    def _numbers(self, value: list[Any] | tuple[Any, ...]) -> _Done | None:
        """A row of ordinary numbers all at once; nothing for any other list."""
        if not value or len(value) > self.limits.cells or not set(map(type, value)) <= {int, float}:
            return None
        try:
            texts = list(map(repr, value))
        except ValueError:
            return None
        if self._too_long(max(map(len, texts))):
            return None
        return _Done(SequenceNode(list(map(ScalarNode, texts))), len(texts), 1, value)

    def _shared(self, value: Any, key: str, depth: int) -> _Done:
        known = self.done.get(id(value))
        height = known.height if known else 1
        if id(value) in self.opened:
            self._refuse("contains itself; write the values out", key)
        depth += height - 1
        if message := self.limits.refusal("nesting", depth, f"is nested {depth} levels deep"):
            self._refuse(message, key)
        if known is None:
            self.opened.add(id(value))
            read = self.mapping if isinstance(value, Mapping) else self._list
            known = self.done[id(value)] = read(value, key, depth)
            # The value stays alive beside its identity, so that no other object can take the number over.
            known.value = value
            self.opened.discard(id(value))
        return known

    def _array(self, values: Array, key: str, depth: int) -> _Done:
        if values.dtype.kind in _REFUSED:
            self._refuse(f"holds {_REFUSED[values.dtype.kind]}; convert them to float64", key)
        if isinstance(values, np.ma.MaskedArray):
            self._refuse("is a masked array; fill its cells and give a plain one", key)
        self._check_size(values, key)
        if values.dtype.kind in "OSUT" or (values.dtype.kind in "iu" and values.size <= _FEW):
            return self.node(values.tolist(), key, depth)
        return _Done(ArrayNode(values), max(1, values.size), values.ndim)

    def _check_size(self, values: Array, key: str) -> None:
        if message := self.limits.refusal("cells", values.size, f"has {values.size:,} cells"):
            self._refuse(message, key)

    def _text(self, value: object, key: str) -> str:
        if isinstance(value, str) and _SURROGATE.search(value):
            self._refuse("has half a character (a lone surrogate); remove it", key)
        if isinstance(value, np.floating):
            value = float(value)
        elif isinstance(value, np.generic) and not isinstance(value, str):
            value = value.item()
        text = _written(value)
        if text is None:
            self._refuse(f"is of type {_type(value)}; give numbers, text, lists, dicts or numpy arrays", key)
        return text

    def _too_long(self, length: int) -> str | None:
        return self.limits.refusal("scalar", length, f"has {length:,} characters in one value")

    def _refuse(self, message: str, key: str) -> NoReturn:
        raise CnngradError(Problem(message, key[:80], Mark(self.source)))


def _written(value: object) -> str | None:
    """A value as a file would hold it; nothing for a type that no file holds.

    The types' own methods, because numpy and enums print their numbers in ways of their own.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return digits(int(value))
    if isinstance(value, float):
        return float.__repr__(value)
    if isinstance(value, Fraction):
        return ratio(value)
    if isinstance(value, Decimal):
        return str(value)
    return os.fspath(value) if isinstance(value, os.PathLike) else None


def _same_arrays(values: list[Any] | tuple[Any, ...]) -> bool:
    return all(isinstance(v, np.ndarray) for v in values) and len({v.shape for v in values}) == 1


def _type(value: object) -> str:
    return excerpt(type(value).__name__)
