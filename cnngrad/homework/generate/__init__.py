"""New exercises with small whole numbers, on which the known mistakes show and can be told apart: a spec for the
student, a key for the teacher."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np
from numpy.random import Generator

from cnngrad.errors import CnngradError, escape
from cnngrad.exercise.attempt import same
from cnngrad.exercise.exercise import Exercise
from cnngrad.exercise.mistake import Mistake
from cnngrad.exercise.op import Ops
from cnngrad.homework.generate.search import DRAWS, Search
from cnngrad.homework.generate.settings import Settings
from cnngrad.homework.generate.templates import TEMPLATES, Spec
from cnngrad.homework.visibility import Comparison
from cnngrad.limits import DEFAULT, Limits
from cnngrad.numbers.kinds import Array
from cnngrad.records import dataclass
from cnngrad.spec.build import build
from cnngrad.spec.python_values import document_of
from cnngrad.wording import listed, times

OPTIONS = 4
"""Answers to choose from, the right one among them."""


@dataclass(frozen=True)
class SpecAndKey:
    """The two files of one exercise."""

    spec: str
    key: str


@dataclass(frozen=True)
class Wanted:
    """What is wanted of new exercises."""

    kind: str
    settings: Settings
    ops: Ops
    separate: str = "all"
    multiple_choice: bool = False
    limits: Limits = DEFAULT

    def made(self, rng: Generator, title: str, name: str) -> SpecAndKey:
        """One new exercise called `name`; CnngradError where no numbers separate what is asked."""
        template = TEMPLATES[self.kind]
        for left in reversed(range(template.forms)):
            spec = template.spec(self.settings, rng, self.ops)
            form = self._form(spec)
            asked = {name: names for name, names in form.judged_together().items() if name in template.asked}
            try:
                draws = DRAWS // template.forms
                plant = partial(template.plant, self.settings, self.ops) if template.plant else None
                search = Search(form, asked, self.settings.largest, rng, self.separate, draws, self.limits, plant)
                exercise = search.run()
                break
            except CnngradError:
                if not left:
                    raise
        questions = list(_questions(exercise, asked, rng)) if self.multiple_choice else []
        values = exercise.judged_quantities(exercise.solve())
        answers = {quantity: values[quantity] for names in asked.values() for quantity in names}
        head = [*_task(template.title, name, answers), *_offered(questions)]
        head += [f"op: {spec['op']}", f"title: {json.dumps(escape(title), ensure_ascii=False)}"]
        choices = {each.quantity: [array for _, array, _ in each.options] for each in questions}
        entries = {"ask": list(answers)} | _filled(spec, exercise) | ({"choices": choices} if choices else {})
        return SpecAndKey(_spec_text(head, entries), _key_text(answers, name, questions))

    def _form(self, spec: Spec) -> Exercise:
        """The exercise of a spec; CnngradError names the settings that make it impossible."""
        try:
            return build(document_of(spec, self.limits), self.ops, None, self.limits).exercise
        except CnngradError as error:
            raise CnngradError(*map(self.settings.problem, error.problems)) from None


# --- the spec


def _filled(spec: Spec, exercise: Exercise) -> Spec:
    """The spec with the numbers of the exercise."""
    filled = deepcopy(spec)
    places: Any = filled
    if "layers" in filled:
        names = (layer["name"] for layer in exercise.settings()["layers"])
        places = filled | dict(zip(names, filled["layers"], strict=True))
    for name, array in exercise.arrays().items():
        *path, last = exercise.spec_key(name).split(".")
        place = places[path[0]] if path else filled
        given = np.shape(place[last])
        place[last] = array.reshape(given) if array.size == np.prod(given, dtype=int) else array
    return filled


def _task(task: str, name: str, answers: Mapping[str, Array]) -> Iterator[str]:
    """What is to be done, which answers are wanted, and how they are checked."""
    wanted = (quantity + (f" ({times(array.shape)})" if array.shape else "") for quantity, array in answers.items())
    yield f"# {task}: answers.yaml holds {listed([*wanted])}."
    yield f"# Check your answers with: cnngrad check {name}.yaml answers.yaml"


def _offered(questions: list[Question]) -> Iterator[str]:
    for question in questions:
        yield f"# Which of these is {question.quantity}? Answer with the letter, as in {question.quantity}: b"
        yield from (f"#   {letter}) {_flow(array)}" for letter, array, _ in question.options)


def _spec_text(head: list[str], entries: Spec) -> str:
    lines = [line for key, value in entries.items() if key != "op" for line in _entry(key, value)]
    return "\n".join([*head, *lines]) + "\n"


def _entry(key: str, value: Any) -> list[str]:
    """A key of the spec: a matrix as rows of text, which YAML wants to begin in one column; mappings line by line;
    everything else on one line."""
    if isinstance(value, np.ndarray) and value.ndim == 2 and value.size > 1:
        return [f"{key}: |", *_rows(value)]
    if isinstance(value, dict):
        return [f"{key}:", *(f"  {name}: {_flow(entry)}" for name, entry in value.items())]
    if key == "layers":
        return [f"{key}:", *(f"  - {_flow(layer)}" for layer in value)]
    return [f"{key}: {_flow(value)}"]


def _rows(matrix: Array) -> list[str]:
    texts = [[_number(cell) for cell in row] for row in matrix]
    width = max(len(text) for row in texts for text in row)
    return [("  " + " ".join(text.ljust(width) for text in row)).rstrip() for row in texts]


def _flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return value if isinstance(value, str) else _number(value)


def _number(value: Any) -> str:
    """Whole numbers without a point, others in full."""
    number = float(value)
    return str(int(number)) if number == int(number) else repr(number)


# --- the key


def _key_text(answers: Mapping[str, Array], name: str, questions: list[Question]) -> str:
    indent = "  " if questions else ""
    lines = [
        f"# The key to {name}.yaml: cnngrad check {name}.yaml {name}.key.yaml",
        *(["answers:"] if questions else []),
    ]
    lines += [f"{indent}{quantity}: {_flow(array)}" for quantity, array in answers.items()]
    if questions:
        lines += ["choices:", *(f"  {question.quantity}: {question.key}" for question in questions)]
    return "\n".join(lines) + "\n"


# --- multiple choice


@dataclass(frozen=True)
class Question:
    """A quantity with the answers to choose from: (letter, numbers, the mistake or nothing for the right ones)."""

    quantity: str
    options: tuple[tuple[str, Array, Mistake | None], ...]

    @property
    def key(self) -> str:
        """`{b: right, a: stride-ignored, ...}`."""
        entries = (f"{letter}: {'right' if mistake is None else mistake.id}" for letter, _, mistake in self.options)
        return "{" + ", ".join(entries) + "}"


def _questions(exercise: Exercise, asked: Mapping[str, tuple[str, ...]], rng: Generator) -> Iterator[Question]:
    """A question for every quantity that enough mistakes spoil in different ways."""
    for quantity in (name for names in asked.values() for name in names):
        compared = Comparison(exercise, (quantity,))
        found: list[tuple[Array, Mistake | None]] = [(compared.truth[0], None)]
        keys = list(compared.mistakes)
        for place in rng.permutation(len(keys)):
            (array,) = compared.signature(keys[place])
            usual = array.shape == compared.truth[0].shape
            if len(found) < OPTIONS and usual and not any(same(array, other) for other, _ in found):
                found.append((array, compared.mistakes[keys[place]]))
        if len(found) == OPTIONS:
            order = rng.permutation(OPTIONS)
            yield Question(quantity, tuple(("abcd"[i], *found[j]) for i, j in enumerate(order)))


def titled(kind: str, number: int, seed: int, student: str = "") -> str:
    """The title of an exercise."""
    return f"{kind} for {student}" if student else f"{kind} {number}, seed {seed}"
