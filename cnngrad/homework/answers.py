"""Reading a student's answers from a mapping of quantities, in a spec, a file or Python."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from string import ascii_lowercase
from typing import Any

import numpy as np

from cnngrad.errors import MAX_REPORTED, CnngradError, Mark, Problem, Problems, escape
from cnngrad.exercise.layer import gradient_name
from cnngrad.exercise.names import in_group, named, unknown_quantity
from cnngrad.exercise.solution import Solution
from cnngrad.homework.commas import doubtful
from cnngrad.homework.submission import HandedIn
from cnngrad.homework.written import MISSING, WRITTEN, Answer, Written, WrittenFormulas, read_written
from cnngrad.numbers.kinds import SYMBOLIC, Array, Kind
from cnngrad.patterns import pattern
from cnngrad.records import dataclass
from cnngrad.spec.arrays import read_array
from cnngrad.spec.asked import Choices
from cnngrad.spec.context import Symbols
from cnngrad.spec.files import load
from cnngrad.spec.tree import ArrayNode, Document, MappingNode, Node, ScalarNode, SequenceNode

LARGEST = 2**31
"""No coordinate of a cell is larger."""
_LETTER = pattern(r"\s*\(?([A-Za-z])[).]?\s*")


@dataclass(frozen=True)
class Refused:
    """An answer that is no array of numbers, and why."""

    message: str


@dataclass(frozen=True)
class Offered:
    """The answers to choose from in the spec, which is `document`."""

    choices: Choices
    document: Document

    def letter(self, name: str, node: Node) -> str:
        """The letter that an answer is: `b`, `B`, `(b)`; nothing where it is none, or nothing is offered."""
        found = _LETTER.fullmatch(node.text) if name in self.choices and isinstance(node, ScalarNode) else None
        return found[1].lower() if found else ""

    def option(self, name: str, letter: str) -> Node | None:
        """What the letter stands for; None where there is nothing of this letter."""
        place = ascii_lowercase.index(letter)
        return self.choices[name][place] if place < len(self.choices[name]) else None

    def refusal(self, name: str, letter: str) -> Refused:
        """Why a letter is no answer."""
        last = ascii_lowercase[len(self.choices[name]) - 1]
        return Refused(f"{letter} is none of the answers to choose from, a to {last}")


@dataclass(frozen=True)
class Submission:
    """The answers of one student by the names of the quantities, why other names are none, and the letters of those
    that were chosen."""

    answers: Mapping[str, Answer | Refused]
    unknown: Mapping[str, str]
    chosen: Mapping[str, str]


def read_answers(given: HandedIn, solution: Solution[Any], symbols: Symbols, offered: Offered) -> Submission:
    """The answers that were handed in, by the names of the quantities; what is wrong with one concerns it alone.

    Layers of a network may be mappings of their own (`conv1: {dW: ...}`), and so may the gradients of a graph
    (`gradients: {x: ...}`) and the new values after a step (`updates: {conv1.W: ...}`). A graph's `x: -4` is its
    gradient where x is given and is another number.
    """
    document, known = given.document, solution.quantities
    found: dict[str, Answer | Refused] = {}
    written: dict[str, str] = {}
    chosen: dict[str, str] = {}
    unknown: list[tuple[str, Mark]] = []
    for key, mark, value in entries(given.answers, document, known):
        name = named(key, known)
        if name is None:
            unknown.append((key, mark))
        elif key in given.unread:
            found[name], written[name] = _refused([given.unread[key]]), key
        elif name in found:
            says = f"is answered twice, as {escape(written[name])} and as {escape(key)}; leave one answer out"
            found[name] = _refused([Problem(says, name, mark)])
        else:
            answer: Node | None = value
            place = document
            if letter := offered.letter(name, value):
                chosen[name] = letter
                answer, place = offered.option(name, letter), offered.document
            found[name] = _answer(answer, name, place, solution, symbols) if answer else offered.refusal(name, letter)
            written[name] = key
    return Submission(_of_gradients(found, solution), _none_of(unknown, known), chosen)


def _none_of(names: list[tuple[str, Mark]], known: Collection[str]) -> dict[str, str]:
    """Why the first of the names are none, and how many more there are."""
    says = {escape(key): str(Problem(unknown_quantity(key, known), key, mark)) for key, mark in names[:MAX_REPORTED]}
    if len(names) > MAX_REPORTED:
        says[list(says)[-1]] += f" ({len(names) - MAX_REPORTED:,} more names are none either)"
    return says


def _of_gradients(found: dict[str, Answer | Refused], solution: Solution[Any]) -> dict[str, Answer | Refused]:
    """The answers, those to values that the exercise gives taken as their gradients: nobody asks for x where x is
    given. They stay values where each is the given one, or where a gradient is answered too."""
    known, given = solution.quantities, solution.exercise.given
    values = [name for name in found if name in given and solution.exercise.role(name) == "value"]
    gradients = {name: gradient_name(name) for name in values if gradient_name(name) in known}
    copied = all(_is(found[name], known[name]) for name in gradients)
    if copied or found.keys() & gradients.values():
        return found
    return {gradients.get(name, name): answer for name, answer in found.items()}


def _is(answer: Answer | Refused, value: Array) -> bool:
    return isinstance(answer, Answer) and answer.shape == value.shape and bool(answer.agrees(value).all())


def entries(node: MappingNode, document: Document, known: Collection[str]) -> Iterator[tuple[str, Mark, Node]]:
    """Every answer with its full name, as it is written, and its place."""
    for key, value in node.entries.items():
        mark = document.mark(node.keys.get(key, value))
        if not isinstance(value, MappingNode) or "file" in value.entries or named(key, known):
            yield key, mark, value
            continue
        for inner, below in value.entries.items():
            place = document.mark(value.keys.get(inner, below))
            yield in_group(key, inner), place, below


def _answer(node: Node, name: str, document: Document, solution: Solution[Any], symbols: Symbols) -> Answer | Refused:
    limits, problems = solution.limits, Problems()
    try:
        if isinstance(node, MappingNode):
            node, document = load(node, name, document, limits)
    except CnngradError as error:
        return _refused(error.problems)
    symbolic = solution.exercise.kind is SYMBOLIC and solution.quantities[name].dtype.kind != "i"  # argmax has indices
    if _holds_nothing(node):  # a slice such as [0:-0] gives that: an answer without a cell
        return (WrittenFormulas if symbolic else Written)(np.empty(0, dtype=object))
    if problem := doubtful(node, name, document, solution.quantities[name].shape):
        return _refused([problem])
    if symbolic:
        cells = read_array(node, name, _formulas(symbols, name), document, limits, problems)
        return _refused(problems.found) if cells is None else WrittenFormulas(cells)
    cells = read_array(node, name, WRITTEN, document, limits, problems)
    if cells is None:
        return _refused(problems.found)
    if (indices := _indices(cells, name, solution)) is not None:
        return indices
    single = isinstance(node, ArrayNode) and node.values.dtype.kind == "f" and node.values.dtype.itemsize < 8
    return Written.of(cells, single)


def _indices(cells: Array, name: str, solution: Solution[Any]) -> Answer | Refused | None:
    """Coordinates of cells along one axis more than there are indices (row and column of each, counted as everywhere
    else), as flat indices, which count from 0."""
    truth = solution.quantities[name]
    found = solution.exercise.layer_of(name, solution.arrays)
    part = found[0].record.part("as_indices") if found and truth.dtype.kind == "i" else None
    if found is None or part is None or cells.shape[:-1] != truth.shape or cells.ndim != truth.ndim + 1:
        return None
    numbers = [None if cell is None else getattr(cell, "value", cell) for cell in cells.flat]
    if any(number is None or number.denominator != 1 or abs(number) > LARGEST for number in numbers):
        return None
    coordinates = np.array(numbers, dtype=np.int64).reshape(cells.shape) - solution.base
    flat: Array | None = part(found[0], coordinates)
    if flat is None:
        return Refused(f"has coordinates of cells that the plane does not have; they count from {solution.base}")
    return Written.of(np.array([read_written(str(i)) for i in flat.flat], object).reshape(flat.shape))


def _holds_nothing(node: Node) -> bool:
    """Whether it is [], [[], []], or an array without a cell."""
    if isinstance(node, ArrayNode):
        return not node.values.size
    return isinstance(node, SequenceNode) and node.row is None and all(map(_holds_nothing, node.items))


def _formulas(symbols: Symbols, name: str) -> Kind:
    """Formulas, and None for a blank cell."""
    kind = symbols.kind(SYMBOLIC, name)
    return replace(kind, read=lambda text: None if text in MISSING else kind.read(text))


def _refused(problems: Iterable[Problem]) -> Refused:
    return Refused("; ".join(map(str, problems)))
