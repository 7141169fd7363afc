"""From a spec to an exercise: set keys from outside, read all keys and arrays, fit the op, place every problem."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from cnngrad.aliases import is_result
from cnngrad.errors import CnngradError, Mark, Problem, Problems, excerpt
from cnngrad.exercise.exercise import Exercise
from cnngrad.exercise.op import Ops
from cnngrad.limits import DEFAULT, Limits
from cnngrad.numbers.exact import COST, FEW, within
from cnngrad.numbers.kinds import FLOAT, KINDS, SYMBOLIC
from cnngrad.records import dataclass
from cnngrad.spec.context import Context, Symbols, builder
from cnngrad.spec.fields import COMMON, choose, read_entries
from cnngrad.spec.reader import read_text
from cnngrad.spec.tree import OPTION, Document, MappingNode, Node, ScalarNode, move

if TYPE_CHECKING:
    from cnngrad.spec.asked import Choices

NEVER_MISFIT = ("numbers", "ties", "mode")
"""Keys that no shape depends on."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A key of a spec, `stride` or `values.x` (inside the mapping `values`), and its value as YAML.

    `option` is what messages call the place that it comes from.
    """

    option: str
    key: str
    text: str

    def __str__(self) -> str:
        own = self.option.lstrip("-").replace("-", "_") == self.key
        return f"{self.option} {self.text if own else f'{self.key}={self.text}'}"


def override(document: Document, settings: Iterable[Setting], limits: Limits) -> Document:
    """The document with each setting applied, one after the other."""
    settings = tuple(settings)
    if not settings:
        return document
    root, overrides, options = document.root, dict(document.overrides), list(document.options)
    for setting in settings:
        value = _value(setting, document, limits)
        overrides[setting.key] = setting.option
        options.append(setting.option)
        move(value, OPTION * len(options))
        root = _with(root, setting.key.split("."), value, setting.option)
    said = tuple(str(setting) for setting in settings if setting.key not in NEVER_MISFIT)
    return replace(document, root=root, overrides=overrides, options=tuple(options), settings=document.settings + said)


def _with(node: MappingNode, path: list[str], value: Node, option: str) -> MappingNode:
    """The mapping with `value` at the end of the path of keys."""
    key, *inner = path
    if inner:
        below = node.entries.get(key, MappingNode({}, line=value.line))
        if not isinstance(below, MappingNode):
            says = f"{excerpt(key)} is no mapping; set it as a whole"
            raise CnngradError(Problem(says, f"{option}: {'.'.join(path)}"))
        value = _with(below, inner, value, option)
    keys = node.keys if key in node.keys else node.keys | {key: ScalarNode(key, value.line)}
    return MappingNode({**node.entries, key: value}, keys, node.line, node.column)


def _value(setting: Setting, document: Document, limits: Limits) -> Node:
    text, place = setting.text, f"{setting.option}: {setting.key}"
    if "," in text and text[:1] not in "[{\"'":
        text = f"[{text}]"  # stride 2,1
    try:
        root = read_text(f"value: {text}".encode(), setting.option, document.folder, limits).root
    except UnicodeEncodeError:  # bytes that were no UTF-8 came in as characters that have none
        raise CnngradError(Problem(f"{excerpt(text)} is not UTF-8; write it with other characters", place)) from None
    except CnngradError as error:
        raise CnngradError(Problem(f"{excerpt(text)} {error.problems[0].message}", place)) from None
    if len(root.entries) != 1:
        raise CnngradError(Problem(f"{excerpt(text)} is more than one value; give one", place))
    return root.entries["value"]


@dataclass(frozen=True)
class ParsedSpec:
    """What a spec says: an exercise, and what is written beside it; `answers` is kept as written."""

    exercise: Exercise
    symbols: Symbols
    title: str | None = None
    answers: MappingNode | None = None
    kind_mark: Mark | None = None
    """where the spec chooses its kind of numbers"""
    ask: tuple[str, ...] = ()
    """the quantities that the exercise asks for, by their own names; none where the spec does not say"""
    choices: Choices = field(default_factory=dict)


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
    wanted, options = ((), {}) if backward is False else _wanted(values, exercise, context)
    numbers = document.root.entries.get("numbers")
    place = None if numbers is None else document.mark(numbers, "numbers")
    return ParsedSpec(exercise, symbols, values.get("title"), values.get("answers"), place, wanted, options)


def _wanted(values: dict[str, Any], exercise: Exercise, context: Context) -> tuple[tuple[str, ...], Choices]:
    """What is asked for, and what there is to choose from."""
    if "ask" not in values and "choices" not in values:
        return (), {}
    from cnngrad.spec.asked import asked, choices

    found = asked(values.get("ask", ()), exercise, context), choices(values.get("choices"), exercise, context)
    context.problems.stop_if_any()
    return found


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

    def owner(key: str) -> str:
        if is_result(key):
            return f"; it is a result: write a student's under answers, as in answers: {{{key}: [[...]]}}"
        return next((f"; it belongs to op {name}" for name, op in ops.items() if op.alone and key in op.fields), "")

    return chosen, read_entries(document.root, fields, f"op {chosen}", document, problems, owner_of=owner)
