"""From a spec to an exercise: read its keys, its arrays, fit the op to their shapes, place every problem."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from cnngrad.errors import CnngradError, Mark, Problem, Problems
from cnngrad.exercise.exercise import Exercise
from cnngrad.exercise.op import Ops
from cnngrad.limits import DEFAULT, Limits
from cnngrad.numbers.exact import COST, FEW, within
from cnngrad.numbers.kinds import FLOAT, KINDS, SYMBOLIC
from cnngrad.spec.context import Context, builder
from cnngrad.spec.fields import COMMON, choose, read_entries
from cnngrad.spec.symbols import Symbols
from cnngrad.spec.tree import Document, MappingNode


@dataclass(frozen=True)
class ParsedSpec:
    """What a spec says: an exercise, and what is written beside it; `answers` is kept as written."""

    exercise: Exercise
    symbols: Symbols
    title: str | None = None
    answers: MappingNode | None = None
    kind_mark: Mark | None = None
    """where the spec chooses its kind of numbers"""


def build(
    document: Document, ops: Ops, op: str | None = None, limits: Limits = DEFAULT, *, backward: bool | None = None
) -> ParsedSpec:
    """The exercise of a spec in one of these ops; CnngradError carries all independent problems, each with its place.

    `backward` True asks for an upstream gradient, False leaves it aside, None takes it if it is there.
    """
    with within(limits):
        return _built(document, ops, op, limits, backward)


def _built(document: Document, ops: Ops, op: str | None, limits: Limits, backward: bool | None) -> ParsedSpec:
    problems = Problems()
    chosen, values = read_fields(document, ops, op, problems)
    kind = KINDS[values.get("numbers", "float")]
    symbols = Symbols.read(values, kind, document, limits, problems)
    if "values" in values and kind is not SYMBOLIC and ops[chosen].fields["values"] is COMMON["values"]:
        says = "belongs to numbers: symbolic, where it says what the symbols stand for"
        problems.add("values", says, document.mark(values["values"], "values"))
    context = Context(document, document.root, values, kind, limits, problems, symbols)
    exercise = builder(ops[chosen])(context, backward)
    problems.stop_if_any()
    assert exercise is not None
    _check_work(exercise, limits, document)
    numbers = document.root.entries.get("numbers")
    place = None if numbers is None else document.mark(numbers, "numbers")
    return ParsedSpec(exercise, symbols, values.get("title"), values.get("answers"), place)


def _check_work(exercise: Exercise, limits: Limits, document: Document) -> None:
    """Operations on fractions and formulas take so much longer that each counts as many."""
    work = exercise.multiply_adds()
    if exercise.kind is FLOAT or work <= max(limits.multiply_adds // COST, FEW):
        return
    what = f"needs {work:,} multiply-adds of {exercise.kind.name} numbers, which count as {work * COST:,}"
    if message := limits.refusal("multiply_adds", work * COST, what):
        node = document.root.entries.get("numbers", document.root)
        raise CnngradError(Problem(message, "numbers", document.mark(node, "numbers")))


def read_fields(document: Document, ops: Ops, op: str | None, problems: Problems) -> tuple[str, dict[str, Any]]:
    """The op of a spec and its values by key; arrays stay nodes. `op` is what the command says."""
    node = document.root.entries.get("op")
    chosen, reason = choose(node, (name for name, each in ops.items() if each.alone))
    if node is None and op is not None:
        chosen, reason = op, None
    elif reason is None and op not in (None, chosen):
        reason = f"is {chosen}, but this command works on {op}; use 'cnngrad run'"
    if reason is not None:
        raise CnngradError(Problem(reason, "op", document.mark(node or document.root, "op" if node else "")))
    fields = ops[chosen].fields
    return chosen, read_entries(
        document.root, fields, f"op {chosen}", document, problems, owner_of=partial(_owner, ops)
    )


def _owner(ops: Ops, key: str) -> str:
    """The op whose key this is, in words; nothing where none has it."""
    return next((f"; it belongs to op {name}" for name, op in ops.items() if op.alone and key in op.fields), "")
