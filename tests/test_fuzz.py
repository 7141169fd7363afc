"""The fuzzer: the same mutants for the same seed, every key and option in its tables, and planted bugs are found."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import pytest
from commands import ROOT
from fuzz import layers, networks, options, oracle, scalars, specs
from fuzz.classes.disk import ClassMutant, Link, Odd
from fuzz.classes.make import class_mutant
from fuzz.classes.oracle import RUNS, seen_class
from fuzz.draw import Draw
from fuzz.dress import dressed
from fuzz.lines import COMMANDS, command_of
from fuzz.mutants import Mutant, mutant

from cnngrad.calculus.gates import GATES
from cnngrad.cli.main import COMMANDS as PROGRAM
from cnngrad.cli.main import invoke
from cnngrad.ops import OPS
from cnngrad.ops.activation import FUNCTIONS
from cnngrad.ops.network import losses
from cnngrad.ops.network.fields import LAYERS
from cnngrad.ops.rnn import fields as rnn
from cnngrad.windows.layout import ALL


def _options(command: str) -> set[str]:
    return {options.long_name(o) for o in command_of(command).params if isinstance(o, click.Option)}


def test_the_same_seed_gives_the_same_mutants() -> None:
    code = "from tests.fuzz.mutants import mutant; print(ascii([str(mutant(4, i)) for i in range(40)]))"
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        env={"PYTHONHASHSEED": "7"},
        capture_output=True,
        check=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert ascii([str(mutant(4, i)) for i in range(40)]) + "\n" == said.stdout.decode()
        assert mutant(5, 0) != mutant(4, 0)


@pytest.mark.parametrize("op", [name for name, op in OPS.items() if op.alone])
def test_every_key_of_an_op_has_its_place(op: str) -> None:
    assert set(specs.OPS[op]) == set(OPS[op].fields)
    assert op in specs.WEIGHTS


@pytest.mark.parametrize("op", LAYERS)
def test_every_key_of_a_layer_has_its_place(op: str) -> None:
    assert set(networks.LAYERS[op]) == set(LAYERS[op])


@pytest.mark.parametrize("op", losses.FIELDS)
def test_every_key_of_a_loss_has_its_place(op: str) -> None:
    assert set(networks.LOSSES[op]) == set(losses.FIELDS[op])


def test_every_weight_layout_function_and_gate_has_its_place() -> None:
    assert set(scalars.WEIGHTS) == set(rnn.WEIGHTS)
    assert set(layers.LAYOUTS) == set(ALL)
    assert set(layers.FUNCTIONS) == set(FUNCTIONS)
    assert {*scalars.UNARY, "max", "min"} <= set(GATES)


@pytest.mark.parametrize("command", PROGRAM)
def test_every_option_of_a_command_has_its_place(command: str) -> None:
    assert _options(command) - set(options.OPTIONS) == set()


def test_every_command_has_its_place() -> None:
    assert set(COMMANDS) == set(PROGRAM)
    assert set(options.OPTIONS) == set().union(*map(_options, PROGRAM))


WHOLE = Mutant(
    1, 2, ("pool", "--format", "json", "spec.yaml"), {"spec.yaml": b"op: pool\ninput: [1, 2]\nwindow: 2\n"}, b""
)


def _raises(args: list[str]) -> int:
    raise ZeroDivisionError("planted")


def _warns(args: list[str]) -> int:
    warnings.warn("planted", RuntimeWarning, stacklevel=1)
    return 0


def _says(out: str, err: str, code: int) -> Callable[[list[str]], int]:
    def planted(args: list[str]) -> int:
        sys.stdout.write(out)
        sys.stderr.write(err)
        return code

    return planted


def _leaves(args: list[str]) -> int:
    Path(".cnngrad-planted").touch()
    return 0


def _changes(args: list[str]) -> int:
    for path in Path().glob("*.*"):
        path.unlink()
    sys.stderr.write("error: planted\n")
    return 2


def _hangs(args: list[str]) -> int:
    while True:
        pass


@pytest.mark.parametrize(
    ("planted", "kind"),
    [
        (_raises, "escaped ZeroDivisionError tests/test_fuzz.py:"),
        (_warns, "warning RuntimeWarning: planted at "),
        (_says("", "bug in cnngrad: KeyError: 'x'\n", 3), "exit 3 KeyError "),
        (_says("\x1b[31m", "", 0), "unprintable [\"'\\\\x1b'\"] on stdout"),
        (_says("", "a\rb", 1), "unprintable [\"'\\\\r'\"] on stderr"),
        (_says("half", "error: x\n", 2), "stdout beside exit 2"),
        (_says("", "Traceback\n", 2), "exit 2 without error: "),
        (_says("", "", 2), "exit 2 without error: "),
        (_says("\ud800", "", 0), "escaped UnicodeEncodeError"),
        (_says('{"a": NaN}', "", 0), "no JSON from "),
        (_says('{"a": [1, -0.0, 2]}', "", 0), "signed zero from "),
        (_says("dA = -0", "", 1), "signed zero from "),
        (_leaves, "left .cnngrad- behind "),
        (_changes, "changed a file in spite of exit 2"),
        (_hangs, "hang tests/test_fuzz.py:"),
    ],
)
def test_a_planted_bug_is_found(
    planted: Callable[[list[str]], int], kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(oracle, "invoke", planted)
    monkeypatch.setattr(oracle, "mutant", lambda seed, index: WHOLE)
    _, _, found, _ = oracle.seen(WHOLE.seed, WHOLE.index, tmp_path, watchdog=0.2)
    assert any(finding.kind.startswith(kind) for finding in found), [finding.kind for finding in found]


def test_a_whole_mutant_is_in_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(oracle, "mutant", lambda seed, index: WHOLE)
    made, code, found, _ = oracle.seen(WHOLE.seed, WHOLE.index, tmp_path)
    assert (made, code, found) == (WHOLE, 0, [])
    assert not list(tmp_path.iterdir())


def test_where_the_program_breaks_is_part_of_a_finding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(oracle, "mutant", lambda seed, index: WHOLE)
    monkeypatch.setattr("cnngrad.ops.pool.layer.Pool._each_window", _raises)
    _, code, (finding,), _ = oracle.seen(WHOLE.seed, WHOLE.index, tmp_path)
    assert code == 3
    assert re.match(r"exit 3 TypeError pool/layer\.py:\d+ ", finding.kind)


@pytest.mark.slow
def test_a_batch_norm_can_follow_what_has_lost_its_batch(tmp_path: Path) -> None:
    made, *_ = oracle.seen(905, 519, tmp_path)
    assert made.args


def test_an_array_of_unequal_depth_stays_a_list() -> None:
    """Where it is drawn as a block of rows or as a file."""
    ragged = {"input": [["1", ["2"]], ["3", "4"]]}
    for seed in range(30):
        assert dressed(Draw(seed), ragged, {}, 1.0)["input"] == ragged["input"]


def test_one_mutant_can_be_run_again() -> None:
    again = subprocess.run([sys.executable, "-m", "tests.fuzz", "--only", "1", "3"], cwd=ROOT, capture_output=True)
    assert again.stdout.decode().startswith(f"{mutant(1, 3)}\nexit ")


SLICES = [(seed, range(first, first + 80)) for first in (0, 80, 160) for seed in range(100, 106)]


@pytest.mark.parametrize(
    ("seed", "indices"), [pytest.param(*each, marks=pytest.mark.slow if i else ()) for i, each in enumerate(SLICES)]
)
def test_nothing_is_found(seed: int, indices: range, tmp_path: Path) -> None:
    """A slice of what python -m tests.fuzz does for as long as one likes."""
    found = [str(finding) for index in indices for finding in oracle.seen(seed, index, tmp_path, watchdog=60)[2]]
    assert not found, "\n\n".join(found)


SPEC = b"op: conv\ninput: [[1, 2], [3, 4]]\nkernel: [[1, 1]]\ndelta: 1\nask: [dW, Z]\n"
RIGHT = b"dW: [[4, 6]]\nZ: [[3], [7]]\n"
CLASS = ClassMutant(
    1, 8, ("grade", "hw.yaml", "sub"), {}, b"", "folder", "sub", "hw.yaml", True, tuple(RUNS),
    (("hw.yaml", SPEC), ("sub/ann.yaml", RIGHT), ("sub/=1.pdf", b"%PDF-1.7"), ("sub/.hid", b""),
     ("sub/<pwn>/b\n", b"dW: 3"), ("sub/l", Link("../hw.yaml")), ("sub/fifo", Odd("fifo"))),
)  # fmt: skip
"""Five submissions: one is right, the fourth is a link, the last a pipe."""


def test_a_class_is_the_same_for_the_same_seed() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert [str(class_mutant(4, i)) for i in range(20)] == [str(class_mutant(4, i)) for i in range(20)]


def test_a_whole_class_is_in_order_in_all_ways(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("fuzz.classes.oracle.class_mutant", lambda seed, index: CLASS)
    made, code, found, _ = seen_class(1, 8, tmp_path)
    assert (made, code, [str(each) for each in found]) == (CLASS, 1, [])
    assert not list(tmp_path.iterdir())


def _without(line: bytes) -> Callable[[bytes], bytes]:
    return lambda data: b"".join(each for each in data.splitlines(True) if line not in each)


def _with(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(old, new)


@pytest.mark.parametrize(
    ("name", "change", "kind"),
    [
        ("out.jsonl", _without(b"pdf"), "not a row for each of a folder"),
        ("out.jsonl", _with(b'"points": 2.0', b'"points": 1.0'), "row with points that do not add up"),
        (
            "out.jsonl",
            _with(b'"verdict": "right", "points"', b'"verdict": "wrong", "points"'),
            "summary that does not add up",
        ),
        ("out.jsonl", lambda data: data[:-1], "rows that are no JSON"),
        ("out.csv", _without(b"pdf"), "sheet without a row for each item"),
        ("out.csv", _with(b"'=1", b"=1"), "sheet with a formula"),
        ("out.html", _with(b"&lt;pwn&gt;", b"<pwn>"), "page with markup from a name"),
        ("txt/ann.txt", lambda data: data + b"\x1b[31m", "unprintable"),
        ("html/ann.html", lambda data: data[:-10], "feedback that is not closed"),
    ],
)
def test_a_bug_that_is_planted_in_a_class_is_found(
    name: str, change: Callable[[bytes], bytes], kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def planted(args: list[str]) -> int:
        code = invoke(args)
        if Path(name).exists():
            Path(name).write_bytes(change(Path(name).read_bytes()))
        return code

    ways = {"csv": ("csv",), "html": ("html", "html feedback"), "txt": ("text feedback",)}
    runs = ways.get(name.rpartition(".")[2], ("json",))
    monkeypatch.setattr(oracle, "invoke", planted)
    monkeypatch.setattr("fuzz.classes.oracle.class_mutant", lambda *_: replace(CLASS, runs=runs))
    *_, found, _ = seen_class(1, 8, tmp_path)
    assert any(finding.kind.startswith(kind) for finding in found), [finding.kind for finding in found]


def test_a_resumed_class_with_other_rows_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def planted(args: list[str]) -> int:
        if "--resume" in args:
            Path("out.jsonl").write_bytes(b"")
        return invoke(args) if "--resume" not in args else 1

    monkeypatch.setattr(oracle, "invoke", planted)
    monkeypatch.setattr("fuzz.classes.oracle.class_mutant", lambda *_: replace(CLASS, runs=("resume",)))
    *_, found, _ = seen_class(1, 8, tmp_path)
    assert "other bytes after --resume" in [finding.kind for finding in found]


CLASSES = [(seed, range(first, first + 8)) for first in (0, 8, 16, 24) for seed in range(200, 206)]


@pytest.mark.parametrize(
    ("seed", "indices"),
    [pytest.param(*each, marks=pytest.mark.slow if i else ()) for i, each in enumerate(CLASSES)],
)
def test_nothing_is_found_in_classes(seed: int, indices: range, tmp_path: Path) -> None:
    found = [str(finding) for index in indices for finding in seen_class(seed, index, tmp_path, watchdog=300)[2]]
    assert not found, "\n\n".join(found)
