"""Python values as input: a spec of dicts and lists, as the tree that files give; arrays that are arguments, as numbers
of one kind."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from fractions import Fraction
from itertools import chain
from typing import Any, NoReturn

import numpy as np

from cnngrad.errors import CnngradError, Mark, Problem, excerpt
from cnngrad.limits import Limits
from cnngrad.numbers import grammar
from cnngrad.numbers.exact import digits, exact, ratio
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import Array, all_finite
from cnngrad.patterns import pattern
from cnngrad.records import dataclass
from cnngrad.spec.rows import Numbers
from cnngrad.spec.tree import ArrayNode, Document, MappingNode, Node, ScalarNode, SequenceNode
from cnngrad.wording import read_cell, shaped

SOURCE = "<spec>"
_SURROGATE = pattern("[\ud800-\udfff]")
_LISTS = (list, tuple)
_LARGEST, _MOST_DIGITS = 10**300, 310
"""Numbers below are kept as they are; so many characters have their texts at most."""
_FLOAT64 = np.dtype(np.float64)
_FEW = 16
"""Whole-number arrays up to this size may be settings (a stride, a padding): they become lists."""
_REFUSED = {"c": "complex numbers", "b": "truth values", "V": "records", "M": "dates", "m": "time spans"}


def document_of(spec: Mapping[str, object], limits: Limits, source: str = SOURCE) -> Document:
    """The spec `spec`: texts, numbers, fractions, None, lists, dicts and numpy arrays, as a tree.

    Lines are 0, and `source` takes the place of a file name. CnngradError names the key of a value that no
    spec can hold.
    """
    if not isinstance(spec, Mapping):
        raise CnngradError(f"the spec is of type {_type(spec)}; give a dict or the path of a file")
    root = _Converter(limits, source).mapping(spec, "", 1).node
    assert isinstance(root, MappingNode)
    return Document(root, source, os.curdir)


@dataclass(slots=True)
class _Converted:
    """A node, how many cells it expands to, how many levels it has, and the value that it was made of."""

    node: Node
    cells: int = 1
    height: int = 0
    value: object = None


@dataclass(frozen=True)
class _Converter:
    """Makes nodes of Python values, each list and dict once; CnngradError names the key of one that is of no use."""

    limits: Limits
    source: str
    done: dict[int, _Converted] = field(default_factory=dict)
    """finished lists and dicts by identity: a list used a thousand times is read once"""
    opened: set[int] = field(default_factory=set)

    def node(self, value: object, key: str, depth: int) -> _Converted:
        """The node of any value; `depth` counts the lists and dicts around it."""
        if isinstance(value, np.ndarray):
            return self._array(value, key, depth)
        if isinstance(value, list | tuple | Mapping):
            return self._shared(value, key, depth + 1)
        text = self._text(value, key)
        block = isinstance(value, str) and "\n" in text
        if not block:
            self._check_length(len(text), key)
        return _Converted(ScalarNode(text, block=block))

    def mapping(self, value: Mapping[Any, Any], key: str, depth: int) -> _Converted:
        entries: dict[str, Node] = {}
        cells, height = 0, 0
        for name, item in value.items():
            if not isinstance(name, str):
                self._refuse(f"has a key of type {_type(name)}; keys are text", key)
            self._check_length(len(name), key)
            self._text(name, key)
            child = self.node(item, f"{key}.{name}" if key else name, depth)
            entries[str(name)] = child.node
            cells, height = cells + child.cells, max(height, child.height)
        keys = {name: ScalarNode(name) for name in entries}
        return _Converted(MappingNode(entries, keys), max(1, cells), height + 1, value)

    def _list(self, value: list[Any] | tuple[Any, ...], key: str, depth: int) -> _Converted:
        arrays = all(isinstance(each, np.ndarray) for each in value)
        if arrays and len({each.shape for each in value}) == 1 and len(value) * value[0].size <= self.limits.cells:
            return self._array(np.stack(value), key, depth - 1)
        if (numbers := self._numbers(value, depth)) is not None:
            return _Converted(SequenceNode(None, held=numbers), len(numbers.cells), len(numbers.shape), value)
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
            self._check("cells", cells, f"has {cells:,} cells or more", key)
        return _Converted(SequenceNode(items), max(1, cells), height + 1, value)

    def _numbers(self, value: list[Any] | tuple[Any, ...], depth: int) -> Numbers | None:
        """Even lists of ordinary numbers all at once; nothing for any other list."""
        level: Sequence[Any] = value
        shape: tuple[int, ...] = (len(value),)
        while level and type(level[0]) in _LISTS:
            width = len(level[0])
            shape = (*shape, width)
            if len(level) * width > self.limits.cells or depth + len(shape) - 1 > self.limits.nesting:
                return None
            if not all(type(each) in _LISTS and len(each) == width for each in level):
                return None
            level = list(chain.from_iterable(level))
        if not level or len(level) > self.limits.cells or self.limits.scalar < _MOST_DIGITS:
            return None
        if not set(map(type, level)) <= {int, float} or not -_LARGEST < min(level) <= max(level) < _LARGEST:
            return None
        return Numbers(list(level), shape)

    def _shared(self, value: Any, key: str, depth: int) -> _Converted:
        known = self.done.get(id(value))
        if id(value) in self.opened:
            self._refuse("contains itself; write the values out", key)
        depth += known.height - 1 if known else 0
        self._check("nesting", depth, f"is nested {depth} levels deep", key)
        if known is None:
            self.opened.add(id(value))
            read = self.mapping if isinstance(value, Mapping) else self._list
            known = self.done[id(value)] = read(value, key, depth)
            # The value stays alive beside its identity, so that no other object can take the number over.
            known.value = value
            self.opened.discard(id(value))
        return known

    def _array(self, values: Array, key: str, depth: int) -> _Converted:
        if values.dtype.kind in _REFUSED:
            self._refuse(f"holds {_REFUSED[values.dtype.kind]}; convert them to float64", key)
        if isinstance(values, np.ma.MaskedArray):
            self._refuse("is a masked array; fill its cells and give a plain one", key)
        self._check_size(values, key)
        if values.dtype.kind in "OSUT" or (values.dtype.kind in "iu" and values.size <= _FEW):
            return self.node(values.tolist(), key, depth)
        return _Converted(ArrayNode(values), max(1, values.size), values.ndim)

    def _check_size(self, values: Array, key: str) -> None:
        self._check("cells", values.size, f"has {values.size:,} cells", key)

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

    def _check_length(self, length: int, key: str) -> None:
        self._check("scalar", length, f"has {length:,} characters in one value", key)

    def _check(self, limit: str, value: int, what: str, key: str) -> None:
        if message := self.limits.refusal(limit, value, what):
            self._refuse(message, key)

    def _refuse(self, message: str, key: str) -> NoReturn:
        raise CnngradError(Problem(message, key[:80], Mark(self.source)))


_WRITTEN: tuple[tuple[type[Any], Callable[[Any], str]], ...] = (
    (type(None), lambda _: "null"),
    (bool, lambda value: "true" if value else "false"),
    (str, str.__str__),
    (int, lambda value: digits(int(value))),
    (float, float.__repr__),
    (Fraction, ratio),
    (Decimal, str),
    (os.PathLike, os.fspath),
)


def _written(value: object) -> str | None:
    """A value as a file would hold it; nothing for a type that no file holds.

    By the methods of the plain types, because numpy and enums print their numbers differently.
    """
    for kind, text in _WRITTEN:
        if isinstance(value, kind):
            return text(value)
    return None


def _type(value: object) -> str:
    return excerpt(type(value).__name__)


# Arrays as arguments


def arrays_of(**given: Any) -> list[Array]:
    """The arguments as arrays of one kind: float32 and float64 stay, integers become float64.

    A single number, such as a delta for every cell, takes the kind of the arrays. CnngradError names the
    argument, and the first cell that is no finite number.
    """
    arrays = [array_of(name, value) for name, value in given.items()]
    if all(array.dtype is _FLOAT64 for array in arrays):
        return arrays
    dtype = np.result_type(*([array for array in arrays if array.ndim] or arrays))
    return [like(array, dtype) for array in arrays]


def like(array: Array, dtype: Any) -> Array:
    """The array as numbers of this dtype; floats beside fractions become fractions, which lose nothing."""
    if np.dtype(dtype).kind == "O" and array.dtype.kind != "O":
        return _each(array, exact)
    return array.astype(dtype, copy=False)


def array_of(name: str, value: Any) -> Array:
    """One argument as float32, float64, fractions or formulas; all of its cells are finite."""
    if type(value) is np.ndarray and value.dtype is _FLOAT64 and value.size and all_finite(value):
        return value  # as nearly all are: what follows looks at each thing that may be wrong
    array = _unchecked(name, value)
    if not array.size:
        raise CnngradError(f"{name}: {shaped(array.shape)}, without a single cell; give at least one number")
    if array.dtype == object:
        return _of_objects(name, array)
    if array.dtype.kind in "iu":
        return array.astype(np.float64)
    if array.dtype.kind != "f" or array.dtype.itemsize not in (4, 8):
        raise CnngradError(f"{name}: has dtype {array.dtype}; give float64, float32, integers or fractions")
    array = array.astype(np.float32 if array.dtype.itemsize == 4 else np.float64, copy=False)
    if not all_finite(array):
        index = tuple(map(int, np.argwhere(~np.isfinite(array))[0]))
        raise CnngradError(f"{read_cell(name, index)}: {grammar.why_not(str(float(array[index])))}")
    return array


def _unchecked(name: str, value: Any) -> Array:
    """The argument as numpy reads it; a tensor that needs a gradient is detached first."""
    if isinstance(value, np.ma.MaskedArray):
        raise CnngradError(f"{name}: is a masked array; fill its cells and give a plain one")
    if callable(getattr(value, "detach", None)):
        value = value.detach()
        value = value.cpu() if callable(getattr(value, "cpu", None)) else value
    try:
        return np.asarray(value)
    except ValueError:
        raise CnngradError(f"{name}: is ragged; give every row the same length") from None
    except (TypeError, RuntimeError, OverflowError) as error:
        says = f"type {excerpt(type(value).__name__)} gives no array ({excerpt(str(error))})"
        raise CnngradError(f"{name}: {says}; give numbers, lists or numpy arrays") from None


def _of_objects(name: str, array: Array) -> Array:
    """Fractions and formulas stay; whole numbers and floats alone become float64."""
    for index, cell in np.ndenumerate(array):
        if message := _why_no_number(cell):
            raise CnngradError(f"{read_cell(name, index)}: {message}")
    if any(isinstance(cell, Formula) for cell in array.flat):
        return _each(array, lambda cell: cell if isinstance(cell, Formula) else Formula.constant(cell))
    if any(isinstance(cell, Fraction | Decimal) for cell in array.flat):
        return _each(array, exact)
    return _each(array, float).astype(np.float64)


def _why_no_number(cell: Any) -> str | None:
    """What is wrong with a cell of an array of objects; nothing for a finite number."""
    if isinstance(cell, Fraction | Formula):
        return None
    if cell is None or isinstance(cell, str | bool | np.bool_):
        return grammar.why_not("null" if cell is None else str(cell))
    if not isinstance(cell, int | float | Decimal | np.integer | np.floating):
        return f"is of type {excerpt(type(cell).__name__)}; give numbers"
    try:
        return None if np.isfinite(float(cell)) else grammar.why_not(str(float(cell)))
    except (OverflowError, ValueError):
        return "is beyond float64, which holds 5e-324 to 1.8e308; scale the numbers"


def _each(array: Array, number: Callable[[Any], Any]) -> Array:
    cells = [number(cell.item() if isinstance(cell, np.generic) else cell) for cell in array.flat]
    return np.array(cells, dtype=object).reshape(array.shape)
