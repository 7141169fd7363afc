"""Command lines: what each command is given besides its options, and the files that stand beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import click

from cnngrad.cli.main import COMMANDS as PROGRAM
from cnngrad.cli.main import cli
from cnngrad.examples import example_names

from . import answers, scalars, spoil
from .draw import Draw
from .dress import Files, dressed
from .options import NASTY, options
from .plan import Plan, explained, solved
from .specs import WEIGHTS, spec_of
from .tree import STYLES, Tree, written

SLOW = ("course-notebook-conv", "course-notebook-pool")
IDS = (
    "overwritten", "sign-flipped", "sign-flipped@all", "neighbour", "Sign_Flipped", "pad-slice-zero",
    "no-such-mistake", "", "é\x1b[31m", "--", "-x",
)  # fmt: skip
SMALL = ("ties", "by-hand-conv", "by-hand-symbolic", "lecture-fork", "softmax", "rnn-shared-weight", "dense-layer")


@dataclass
class Case:
    """A command line that is being made; `spoilt` says whether its parts are mutated."""

    draw: Draw
    files: Files = field(default_factory=dict)
    stdin: bytes = b""
    spoilt: bool = False


def spec(case: Case, op: str, *, homework: bool = False, example: float = 0.02) -> tuple[list[str], Plan | None]:
    """The argument that names a spec of this op, which is put in a file or on standard input, and its plan."""
    draw = case.draw
    if draw.chance(example):
        return [f"example:{draw.pick(SMALL)}"], None
    plan = spec_of(draw, op)
    asks = draw.chance(0.4 if homework else 0.05)
    if (homework or asks) and (results := solved(plan.made)):
        if homework:
            plan.made["answers"] = answers.answers(draw, results)
            if draw.chance(0.15):
                plan.made["choices"] = answers.choices(draw, plan.made["answers"], results)
        if asks:
            plan.made["ask"] = answers.asked(draw, results)
    tree: Tree = plan.made
    if case.spoilt and draw.chance(0.7):
        for _ in range(draw.weighted({1: 3, 2: 1})):
            tree = spoil.tree(draw, tree)
    tree = dressed(draw, tree, case.files, draw.pick((0.0, 0.0, 0.5)))
    style = draw.pick(list(STYLES))
    return [
        _placed(case, written(tree, style).encode("utf-8", "surrogatepass"), "json" if style == "json" else "yaml")
    ], plan


def _placed(case: Case, text: bytes, suffix: str) -> str:
    """Spoil the text and the files, and put the text where the command reads it."""
    draw = case.draw
    if case.spoilt and draw.chance(0.25):
        text = spoil.data(draw, text)
    for name in case.files:
        if case.spoilt and draw.chance(0.5):
            case.files[name] = spoil.data(draw, case.files[name])
    if draw.chance(0.2):
        case.stdin = text
        return "-"
    case.files[f"spec.{suffix}"] = text
    return f"spec.{suffix}"


def _of(*ops: str, homework: bool = False) -> Callable[[Case], list[str]]:
    weights = {op: WEIGHTS[op] for op in ops}
    return lambda case: spec(case, case.draw.weighted(weights), homework=homework)[0]


def _or_none(op: str) -> Callable[[Case], list[str]]:
    """Without a spec the command takes an example, which is larger than most specs here."""
    return lambda case: [] if case.draw.chance(0.01) else spec(case, op)[0]


def _graph(case: Case) -> list[str]:
    """A spec, or an expression with values."""
    draw = case.draw
    if draw.chance(0.5):
        return spec(case, "graph")[0]
    names = scalars.NAMES[: draw.randint(1, 3)]
    text = scalars.expression(draw, names, draw.randint(0, 4))
    if case.spoilt:
        text = spoil.words(draw, text)
    numbers = (
        ("2", "-1", "0", "0.5", "3", "1/3")
        if draw.chance(0.7)
        else spoil.HUGE + answers.BLANKS + ("1e-320", "-0.0", "1e308")
    )
    given = [part for name in names if not draw.chance(0.03) for part in ("--at", f"{name}={draw.pick(numbers)}")]
    return [*given, "--", text] if text.startswith("-") else [text, *given]


def _explain(case: Case) -> list[str]:
    found, plan = spec(case, case.draw.weighted(WEIGHTS))
    named = explained(plan.made) if plan else {}
    cells = [answers.cell(case.draw, named) for _ in range(case.draw.weighted({1: 4, 2: 1}))]
    if case.spoilt and case.draw.chance(0.3):
        cells[0] = spoil.words(case.draw, cells[0])
    return [*found, "--", *cells] if any(cell.startswith("-") for cell in cells) else [*found, *cells]


def _check(case: Case) -> list[str]:
    """The answers stand in the spec or in a file of their own."""
    found, plan = spec(case, case.draw.weighted(WEIGHTS), homework=True)
    if plan is None or case.draw.chance(0.7):
        return found
    style = case.draw.pick(list(STYLES))
    tree = dressed(case.draw, plan.made.get("answers", {}), case.files, 0.3)
    text = written(tree if case.draw.chance(0.7) else {"answers": tree}, style).encode("utf-8", "surrogatepass")
    if case.draw.chance(0.15):
        text = answers.program(case.draw, plan.made.get("answers", {})).encode("utf-8", "surrogatepass")
    case.files["answers.yaml"] = spoil.data(case.draw, text) if case.spoilt and case.draw.chance(0.3) else text
    return [*found, "answers.yaml"]


def _batch(case: Case) -> list[str]:
    """A spec, and a file of many: some of its lines may be nonsense."""
    draw = case.draw
    found = spec(case, draw.weighted(WEIGHTS))[0]
    lines = [_line(case) for _ in range(draw.randint(0, 4))]
    case.files["many.jsonl"] = draw.pick((b"\n", b"\n", b"\r\n", b"\n\n")).join(lines)
    more = draw.pick(
        (["many.jsonl"], ["many.jsonl"], ["."], ["*.jsonl"], ["**/*.json"], ["missing.yaml"], [], ["loop"])
    )
    return [*found, *more] if draw.chance(0.8) else [*more, *found]


def _line(case: Case) -> bytes:
    """A spec on a line of its own."""
    text = written(spec_of(case.draw, case.draw.weighted(WEIGHTS)).made, "json").encode("utf-8", "surrogatepass")
    text = b" ".join(text.splitlines())
    return spoil.data(case.draw, text) if case.spoilt and case.draw.chance(0.5) else text


def _grade(case: Case) -> list[str]:
    """A spec, and what a class hands in: a file, a sheet, an archive, or the folder of all that there is."""
    found, plan = spec(case, case.draw.weighted(WEIGHTS), homework=True)
    given = plan.made.get("answers", {}) if plan else {}
    text = written(dressed(case.draw, given, case.files, 0.3), case.draw.pick(list(STYLES)))
    case.files["answers.yaml"] = _spoilt(case, text.encode("utf-8", "surrogatepass"))
    heads = case.draw.pick((["dA", "dW"], ["Question 1: dA", "Z ="], [*map(str, given)], ["Timestamp"], []))
    rows = [["id", *heads], *([f"s{n}", *map(str, [*given.values()][: len(heads)])] for n in range(2))]
    sheet = "\n".join(";".join(f'"{cell}"' for cell in row) for row in rows)
    case.files["class.csv"] = _spoilt(case, sheet.encode("utf-8", "surrogatepass"))
    case.files["class.zip"] = _spoilt(case, b"PK\x05\x06" + bytes(18))
    return [*found, case.draw.pick(("answers.yaml", "answers.yaml", "class.csv", "class.zip", ".", "missing", "loop"))]


def _spoilt(case: Case, data: bytes) -> bytes:
    return spoil.data(case.draw, data) if case.spoilt and case.draw.chance(0.3) else data


def _audit(case: Case) -> list[str]:
    weights = {
        "conv": 5.0,
        "pool": 2.0,
        "dense": 3.0,
        "graph": 3.0,
        "activation": 2.0,
        "rnn": 1.0,
        "network": 0.2,
        "batch_norm": 0.5,
    }
    return spec(case, case.draw.weighted(weights), example=0.005)[0]


def _generate(case: Case) -> list[str]:
    case.files["roster.csv"] = case.draw.pick(
        (
            b"name\nAda\nBob\n",
            b"id,name\n1,A\n1,A\n",
            b"",
            b"\xff",
            b"a\x1b[1m\nb/../c\n",
            b"\xef\xbb\xbfsep=;\nNachname;Matrikel\nA;1\n",
        )
    )
    return [case.draw.weighted({"conv-backward": 3, "pool": 2, "graph": 3, "rnn": 2, "network": 0.3, "poll": 0.1})]


def _examples(case: Case) -> list[str]:
    draw = case.draw
    name = draw.pick(NASTY) if draw.chance(0.2) else draw.pick(list(example_names()))
    name = name if draw.chance(0.8) else f"example:{name}"
    match draw.pick(("list", "show", "copy")):
        case "copy":
            return [
                "copy",
                "--",
                name,
                *draw.pick(([], ["copied.yaml"], ["."], ["spec.yaml"], ["nowhere/x"], ["loop"])),
            ]
        case "show":
            return ["show", "--", name]
        case _:
            return ["list", "--format", draw.pick(("json", "yaml", "text", "table", "dot"))]


ALL = tuple(WEIGHTS)
COMMANDS: Mapping[str, tuple[float, Callable[[Case], list[str]]]] = {
    "conv-forward": (4, _or_none("conv")),
    "conv-backward": (12, _or_none("conv")),
    "pool": (12, _or_none("pool")),
    "network": (10, _or_none("network")),
    "graph": (12, _graph),
    "rnn": (7, _or_none("rnn")),
    "run": (10, _of(*ALL)),
    "explain": (14, _explain),
    "check": (14, _check),
    "audit": (2.5, _audit),
    "batch": (0.4, _batch),
    "grade": (0.4, _grade),
    "generate": (0.7, _generate),
    "examples": (0.7, _examples),
    "mistakes": (0.3, lambda case: [case.draw.pick(IDS) for _ in range(case.draw.randrange(3))]),
    "schema": (0.2, lambda _: []),
    "completion": (0.2, lambda case: [case.draw.pick(("bash", "zsh", "fish", "tcsh"))]),
}
"""Every command: how often it runs, and what its arguments are."""


def command_of(name: str) -> click.Command:
    """click's own description of a command."""
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    assert name in PROGRAM
    return found


def line(case: Case, nasty: float) -> list[str]:
    """A whole command line."""
    draw = case.draw
    name = draw.weighted({name: weight for name, (weight, _) in COMMANDS.items()})
    arguments = COMMANDS[name][1](case)
    skip: Any = frozenset({"format_"}) if isinstance(command_of(name), click.Group) else frozenset()
    found = [name, *options(draw, command_of(name), nasty, skip), *arguments]
    if nasty and draw.chance(0.2):
        found[draw.randrange(len(found))] = draw.pick(NASTY)
    if nasty and draw.chance(0.1):
        del found[draw.randrange(len(found))]
    return found
