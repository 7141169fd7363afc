"""Reading a student's answers from a mapping of quantities, in a spec, a file or Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from cnngrad.errors import CnngradError, Mark, Problem, Problems, did_you_mean
from cnngrad.exercise.layer import gradient_name
from cnngrad.homework.written import MISSING, WRITTEN, Answer, Written, WrittenFormulas
from cnngrad.limits import Limits
from cnngrad.numbers.kinds import FLOAT, SYMBOLIC, Array, Kind
from cnngrad.spec.arrays import read_array
from cnngrad.spec.context import Symbols
from cnngrad.spec.files import load
from cnngrad.spec.tree import ArrayNode, Document, MappingNode, Node

LISTED = 12
"""Names that a message lists."""


@dataclass(frozen=True)
class Refused:
    """An answer that is no array of numbers, and why."""

    message: str


def read_answers(
    node: MappingNode, document: Document, values: Mapping[str, Array], kind: Kind, symbols: Symbols, limits: Limits
) -> dict[str, Answer | Refused]:
    """The answers in `node`, by the names of the quantities; CnngradError for a name that the exercise lacks. Where
    `values` has whole numbers (the indices of argmax) an answer is in numbers, whatever the kind.

    Layers of a network may be mappings of their own (`conv1: {dW: ...}`), and so may the gradients of a graph
    (`gradients: {x: ...}`) and the new values after a step (`updates: {conv1.W: ...}`).
    """
    known = list(values)
    problems = Problems()
    found: dict[str, Answer | Refused] = {}
    for name, mark, value in _entries(node, document, known):
        if name not in known:
            problems.add(name, f"is no quantity of this exercise{_hint(name, known)}", mark)
        elif name in found:
            problems.add(name, "is answered twice; leave one answer out", mark)
        else:
            whole = values[name].dtype.kind == "i"
            found[name] = _answer(value, name, document, FLOAT if whole else kind, symbols, limits)
    problems.stop_if_any()
    if not found:
        says = "holds no answers; give some, as in dW: [[1, 2], [3, 4]]"
        raise CnngradError(Problem(says, "", document.mark(node)))
    return found


def _hint(name: str, known: list[str]) -> str:
    owned = [other for other in known if other.rpartition(".")[2] == name]
    if owned:
        return f"; several layers have one: write {', '.join(owned[:LISTED])}"
    listed = ", ".join(known[:LISTED]) + (", ..." if len(known) > LISTED else "")
    return did_you_mean(name, known) or f"; it has {listed}"


def _entries(node: MappingNode, document: Document, known: list[str]) -> Iterator[tuple[str, Mark, Node]]:
    """Every answer with its full name and its place."""
    for key, value in node.entries.items():
        mark = document.mark(node.keys.get(key, value))
        if not isinstance(value, MappingNode) or "file" in value.entries or key in known:
            yield key, mark, value
            continue
        for inner, below in value.entries.items():
            place = document.mark(value.keys.get(inner, below))
            yield {"gradients": gradient_name(inner), "updates": inner}.get(key, f"{key}.{inner}"), place, below


def _answer(
    node: Node, name: str, document: Document, kind: Kind, symbols: Symbols, limits: Limits
) -> Answer | Refused:
    problems = Problems()
    try:
        if isinstance(node, MappingNode):
            node, document = load(node, name, document, limits)
    except CnngradError as error:
        return _refused(error.problems)
    if kind is SYMBOLIC:
        cells = read_array(node, name, _formulas(symbols, name), document, limits, problems)
        return _refused(problems.found) if cells is None else WrittenFormulas(cells)
    cells = read_array(node, name, WRITTEN, document, limits, problems)
    if cells is None:
        return _refused(problems.found)
    single = isinstance(node, ArrayNode) and node.values.dtype.kind == "f" and node.values.dtype.itemsize < 8
    return Written.of(cells, single)


def _formulas(symbols: Symbols, name: str) -> Kind:
    """Formulas, and None for a blank cell."""
    kind = symbols.kind(SYMBOLIC, name)
    return replace(kind, read=lambda text: None if text in MISSING else kind.read(text))


def _refused(problems: Iterable[Problem]) -> Refused:
    return Refused("; ".join(map(str, problems)))
