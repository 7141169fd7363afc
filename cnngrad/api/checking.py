"""Judge answers to a spec: what is asked for, what was handed in, what comes of a submission that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from os import PathLike, curdir, fspath
from os.path import splitext
from typing import Any

from cnngrad.api.recent import recent
from cnngrad.api.solve import Limited, Printing, Spec, check_choice, document, limits_of
from cnngrad.errors import CnngradError, Mark, Problem, Problems, indices_from, option
from cnngrad.examples import PREFIX
from cnngrad.exercise.exercise import Exercise
from cnngrad.exercise.names import named, unknown_quantity
from cnngrad.exercise.solution import Solution
from cnngrad.homework.answers import Offered, Submission, entries, read_answers
from cnngrad.homework.choices import HINTS
from cnngrad.homework.judge import judged
from cnngrad.homework.submission import WITHOUT_NAME, HandedIn, read_submission
from cnngrad.homework.verdict import Judged, Verdict
from cnngrad.limits import Limits
from cnngrad.numbers.exact import within
from cnngrad.numbers.kinds import EXACT, SYMBOLIC
from cnngrad.ops import OPS
from cnngrad.records import dataclass
from cnngrad.report.blocks import Page
from cnngrad.report.verdict import verdict_page, verdict_record
from cnngrad.spec.build import ParsedSpec, Setting, build, override
from cnngrad.spec.tree import Document, MappingNode, Node, ScalarNode

MOST_EXACT = 100_000
"""Multiply-adds up to which an exercise is solved in fractions too, where that decides."""
Required = str | Sequence[str] | Document
"""Names of quantities, or a key: its file, or what was read of it."""
ANSWERS = "<answers>"
KEY_FILES = (".yaml", ".yml", ".json")
ABSENT, UNREAD = "is asked for, but not answered", "could not be read"


@dataclass(frozen=True)
class Checked(Printing, Verdict):
    """A verdict on all answers."""

    def to_dict(self, hint: str = "mistake") -> dict[str, Any]:
        """The JSON object, as plain Python; `hint` is law, quantity, cell, mistake or full (expected values too)."""
        check_choice("hint", hint, HINTS)
        return verdict_record(self, hint)

    def page(self, hint: str = "mistake", *, elide: bool = True) -> Page:
        """The page of the verdict; `hint` as in `to_dict`, `elide` shortens large answers."""
        return verdict_page(self, hint, elide=elide)


def check(
    spec: Spec,
    answers: Spec | None = None,
    *,
    require: str | Sequence[str] = (),
    index_base: int = 0,
    limit: Limited = (),
) -> Checked:
    """Judge a student's answers: numbers by quantity, as a dict or the path of a file; without them those in the spec.

    `require` names the quantities that are asked for (`["dA", "dW"]`), or the file of a key, in place of what the spec
    says. Quote numbers (`"0.140"`) to keep the decimals they were written with; `limit` is that of `run`. Raises
    CnngradError for a spec that cannot be used, and for answers of which none can be read.
    """
    with indices_from(index_base):
        made = partial(assignment, spec, require, index_base=index_base, limit=limit)
        named_file = isinstance(require, str) and _names_file(require)
        found = made() if limit or named_file else recent(made, spec, require, index_base)
        return found.checked(answers)


def assignment(
    spec: Spec, require: Required = (), *, index_base: int = 0, limit: Limited = (), key: str = ""
) -> Assignment:
    """An exercise that answers can be handed in to; the arguments are those of `check`. `key` is a file that says what
    is asked for where neither `require` nor the spec does."""
    check_choice("index_base", index_base, (0, 1))
    limits = limits_of(limit)
    exercise = document(spec, limits)
    parsed, solution = solved(exercise, limits, index_base)
    required = require if require or not key or parsed.ask else document(key, limits)
    return Assignment(exercise, parsed, solution, _required(required, solution))


@dataclass(frozen=True)
class Assignment:
    """An exercise with its solution; `required` names what is asked for whatever the spec says."""

    document: Document
    parsed: ParsedSpec
    solution: Solution[Any]
    required: tuple[str, ...] = ()

    def asked(self, answers: Spec | HandedIn | None) -> tuple[str, ...]:
        """What is asked for: what is required, else what the spec asks for, else what the answers of the spec (a key,
        where others are handed in) have; nothing where none of these says it."""
        key = None if answers is None else self.parsed.answers
        return self.required or self.parsed.ask or (_names_of(key, self.document, self.solution) if key else ())

    def checked(self, answers: Spec | HandedIn | None) -> Checked:
        """The verdict on these answers, or on those in the spec; CnngradError where none can be read."""
        asked, limits = self.asked(answers), self.solution.limits
        given = self._named(self._handed_in(answers), asked)
        with within(limits, counted=False):
            offered = Offered(self.parsed.choices, self.document)
            found = read_answers(given, self.solution, self.parsed.symbols, offered)
        if not (asked or found.answers or found.unknown):
            says = "holds no answers; give some, as in dW: [[1, 2], [3, 4]]"
            raise CnngradError(Problem(says, "", given.document.mark(given.answers)))
        with within(limits):
            return self._judged(found, asked, given.document.source)

    def without_answers(self) -> Checked:
        """What comes of handing in nothing."""
        asked = self.asked(ANSWERS)
        return Checked(self.solution, self._missing(asked, {}, ABSENT), "", asked, True)

    def unread(self, answers: Spec | HandedIn | None, problems: tuple[Problem, ...]) -> Checked:
        """What comes of answers of which none can be read."""
        asked, mark = self.asked(answers), problems[0].mark
        source = mark.source if mark else self.document.source
        return Checked(self.solution, self._missing(asked, {}, UNREAD), source, asked, True, problems)

    def _judged(self, found: Submission, asked: tuple[str, ...], source: str) -> Checked:
        given = judged(self.solution, found.answers)
        given |= {name: _of_letter(given[name], letter) for name, letter in found.chosen.items()}
        names = asked or tuple(given)
        answers = {**self._missing(names, given, ABSENT), **given}
        unknown = {name: Judged(name, "refused", message=says) for name, says in found.unknown.items()}
        return Checked(self.solution, answers | unknown, source, names, bool(asked))

    def _missing(self, names: Iterable[str], given: Mapping[str, Judged], why: str) -> dict[str, Judged]:
        """The verdicts on what is asked for, in this order: those given, and what is missing."""
        truths = self.solution.quantities
        return {name: given.get(name) or Judged(name, "missing", truth=truths[name], message=why) for name in names}

    def _handed_in(self, answers: Spec | HandedIn | None) -> HandedIn:
        """The answers as they are written, in a file, a dict or the spec, or as they were read."""
        if isinstance(answers, HandedIn):
            return answers
        if isinstance(answers, str | PathLike) and not fspath(answers).startswith(PREFIX):
            return read_submission(fspath(answers), self.solution.limits)
        if isinstance(answers, Mapping) and "answers" not in answers:
            return self._of_values(answers)
        if answers is not None:
            return HandedIn.of(document(answers, self.solution.limits, ANSWERS))
        if self.parsed.answers is None:
            says = "is missing; write answers: {dW: [[...]]} into the spec, or name a file of answers behind it"
            raise CnngradError(Problem(says, "answers", self.document.mark(self.document.root)))
        return HandedIn(self.parsed.answers, self.document)

    def _of_values(self, answers: Mapping[str, Any]) -> HandedIn:
        """Answers of a dict, each read by itself; what is wrong with one concerns it alone."""
        entries: dict[str, Node] = {}
        unread: dict[str, Problem] = {}
        for name, value in answers.items():
            try:
                entries |= document({name: value}, self.solution.limits, ANSWERS).root.entries
            except CnngradError as error:
                if not isinstance(name, str):
                    raise
                entries[name], unread[name] = ScalarNode(""), error.problems[0]
        root = MappingNode(entries, {name: ScalarNode(name) for name in entries})
        return HandedIn(root, Document(root, ANSWERS, curdir), unread)

    def _named(self, given: HandedIn, asked: tuple[str, ...]) -> HandedIn:
        """An array without a name answers the only quantity that is asked for."""
        node = given.answers.entries.get(WITHOUT_NAME)
        if node is None or len(given.answers.entries) > 1:
            return given
        if len(asked) != 1:
            says = "holds answers without a name; write a mapping, as in dW: [[1, 2], [3, 4]]"
            hint = option("require", "dW", "; or say with {} which quantity it is")
            raise CnngradError(Problem(f"{says}{hint}", "", given.document.mark(node)))
        keys = {asked[0]: given.answers.keys[WITHOUT_NAME]}
        return replace(given, answers=MappingNode({asked[0]: node}, keys, node.line, node.column))


def _of_letter(found: Judged, letter: str) -> Judged:
    """The verdict on an answer that was chosen."""
    says = "" if found.verdict == "refused" and found.answer is None else f"answer {letter}"
    return replace(found, choice=letter, message=": ".join(filter(None, (says, found.message))))


def key_read(require: Required, limits: Limits) -> Required:
    """The key, read, where its file is named; names of quantities as they are."""
    return document(require, limits) if isinstance(require, str) and _names_file(require) else require


def _names_file(require: str) -> bool:
    return splitext(require)[1].lower() in KEY_FILES


def _required(require: Required, solution: Solution[Any]) -> tuple[str, ...]:
    """The quantities that are named, or those of the key."""
    if isinstance(key := key_read(require, solution.limits), Document):
        return _names_of(HandedIn.of(key).answers, key, solution)
    if not key:
        return ()
    names = key.split(",") if isinstance(key, str) else key
    return _found([(name.strip(), option("require"), None) for name in names], solution)


def _names_of(key: MappingNode, place: Document, solution: Solution[Any]) -> tuple[str, ...]:
    """The quantities in a key, which may hold the choices of each too."""
    given = [(name, name, mark) for name, mark, _ in entries(key, place, solution.quantities)]
    return _found([each for each in given if not each[0].startswith("choices.")], solution)


def _found(names: Iterable[tuple[str, str, Mark | None]], solution: Solution[Any]) -> tuple[str, ...]:
    """The quantities of these names, each given with the key and the place of what is wrong with it."""
    known, found, problems = solution.quantities, dict[str, None](), Problems()
    for text, key, mark in names:
        name = named(text, known)
        if name is None:
            problems.add(key, unknown_quantity(text, known), mark)
        else:
            found[name] = None
    problems.stop_if_any()
    return tuple(found)


def solved(document: Document, limits: Limits, base: int = 0) -> tuple[ParsedSpec, Solution[Exercise]]:
    """What the spec says, and its solution; CnngradError says what cannot be solved, and where the spec can fix it."""
    parsed = build(document, OPS, None, limits)
    exact = _in_fractions(document, parsed.exercise, limits)
    solution = Solution(
        parsed.exercise, document.source, parsed.title, parsed.kind_mark, limits, base, in_fractions=exact
    )
    _ = solution.arrays
    return parsed, solution


def _in_fractions(document: Document, exercise: Exercise, limits: Limits) -> Callable[[], Exercise] | None:
    """The same exercise in fractions, where it is small enough for them."""
    if exercise.kind is SYMBOLIC or exercise.multiply_adds() > MOST_EXACT:
        return None
    if exercise.kind is EXACT:
        return lambda: exercise
    exact = override(document, (Setting(option("numbers"), "numbers", "exact"),), limits)
    return lambda: build(exact, OPS, None, limits).exercise
