"""Errors of the command line: one line each, exit 2, nothing on stdout."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from commands import Outcome, bounded, cnngrad, process, terminal

SPEC = "op: conv\ninput: [[1, 2, 3], [4, 5, 6]]\nkernel: [[1, 2]]\n"

COMMAND_LINES = [
    (("conv-bakward",), "'conv-bakward' is no command of cnngrad; did you mean 'conv-backward'?"),
    (
        ("frobnicate",),
        "'frobnicate' is no command of cnngrad; the commands are conv-forward, conv-backward, pool, network, graph, "
        "rnn, run, explain, check, audit, generate, batch, grade, mistakes, examples, schema, completion",
    ),
    (("run",), "missing argument 'SPEC'; see 'cnngrad run --help'"),
    (("run", "a", "b"), "got unexpected extra argument (b); see 'cnngrad run --help'"),
    (("run", "hw", "--strid", "2"), "--strid is no option; did you mean '--stride'?; see 'cnngrad run --help'"),
    (
        ("run", "hw", "--format", "xml"),
        "invalid value for '--format': 'xml' is not one of 'table', 'text', 'json', 'yaml', 'dot', "
        "'mermaid'; see 'cnngrad run --help'",
    ),
    (("run", "none.yaml"), "none.yaml: does not exist; check the name and the folder"),
    (("run", "hw", "--set", "stride"), "--set: 'stride' has no value; write --set KEY=YAML, as in --set stride=2"),
    (("run", "hw", "--set", "strid=2"), "--set: strid: is no key of op conv; did you mean 'stride'?"),
    (("run", "hw", "--stride", "0"), "--stride: stride: is 0; it must be at least 1"),
    (("run", "hw", "--stride", "x"), "--stride: stride: 'x' is not a whole number; give one like 1"),
    (
        ("run", "hw", "--stride", "1,2,3"),
        "--stride: stride: has 3 numbers, but the spatial axes are height and width; give one number, or 2",
    ),
    (
        ("run", "example:forum-conv", "--set", "groups=1", "--dilation", "9"),
        "example:forum-conv:12:9: kernel: spans 10 cells with dilation 9, but the padded height is 5; add padding or "
        "lower the dilation (this is with --dilation 9 --set groups=1)",
    ),
    (("run", "hw", "--window", "2"), "--window: window: is no key of op conv; it belongs to op pool"),
    (("run", "hw", "--limit", "cell=2"), "--limit: 'cell' is no limit; did you mean 'cells'?"),
    (
        ("run", "hw", "--limit", "x=2"),
        "--limit: 'x' is no limit; the limits are file, nesting, scalar, values, cells, multiply_adds, terms, "
        "printed, expression, nodes, parentheses, digits, symbols, audit_work",
    ),
    (
        ("run", "hw", "--limit", "cells=many"),
        "--limit: cells needs a positive whole number, as in cells=10000000",
    ),
    (
        ("run", "hw", "--limit", "cells=4"),
        "hw:2:8: input: has 6 cells, over the limit of 4; raise it with --limit cells=6",
    ),
    (
        ("run", "hw", "--limit", "multiply_adds=4"),
        "hw:3:9: kernel: needs 8 multiply-adds, over the limit of 4; raise it with --limit multiply_adds=8",
    ),
    (
        ("run", "hw", "--trace", "full", "--limit", "terms=5"),
        "--trace full: more than 5 terms; write them with -o FILE, take --trace brief, or raise the limit with "
        "--limit terms=12",  # four cells of two products, and a bias that each may have
    ),
    (("run", "hw", "--gradcheck"), "--gradcheck: there is no gradient to check; give the spec a delta"),
    (
        ("conv-backward", "hw"),
        "hw:1:1: delta: is missing; the backward pass needs the upstream gradient dZ, shape 2x2",
    ),
    (("pool", "hw"), "hw:1:5: op: is conv, but this command works on pool; use 'cnngrad run'"),
    (("explain", "hw"), "missing argument 'CELL...'; see 'cnngrad explain --help'"),
    (("explain", "hw", "Z[0"), "'Z[0' names no cell; write one like dW[0,0]"),
    (("explain", "hw", "Z[2,0]"), "'Z[2,0]': the cells of Z are Z[0,0] to Z[1,1]"),
    (
        ("explain", "hw", "dW[0,0]"),
        "'dW[0,0]': there is no gradient without an upstream one; give the spec a delta",
    ),
    (("run", "hw", "--only", "Q"), "--only: this exercise has no 'Q'; it has Z, A, W, b"),
    (
        ("run", "hw", "--only", "dW"),
        "--only: there is no gradient without an upstream one; give the spec a delta",
    ),
    (("run", "hw", "--only", "Z,"), "--only: 'Z,' has a name missing; write --only dW,db"),
    (
        ("run", "example:forum-network", "--only", "conv1.dv"),
        "--only: this exercise has no 'conv1.dv'; did you mean 'conv1.db'?",
    ),
    (("explain", "hw", "Q"), "'Q': this exercise has no 'Q'; it has Z, A, W, b"),
    (("examples", "lst"), "no such command 'lst'. Did you mean 'list'?; see 'cnngrad examples --help'"),
]


@pytest.mark.parametrize(("args", "message"), COMMAND_LINES)
def test_messages(args: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("hw").write_text(SPEC)
    done = cnngrad(*args)
    assert (done.code, done.out, done.err) == (2, "", f"error: {message}\n")


OVERFLOWING = [
    ("op: conv\ninput: [1e300, 2]\nkernel: [1e300]\n", "Z[0]"),
    ("op: conv\ninput: [2]\nkernel: [1e300]\ndelta: 1e300\n", "dA[0]"),
    ("op: pool\nmode: average\nwindow: 2\ndivisor_override: 1\ninput: [1.7e308, 1.7e308]\n", "Z[0]"),
    ("op: pool\nwindow: 2\nstride: 1\ninput: [1, 2, 1]\ndelta: 1.7e308\n", "dA[1]"),
]


@pytest.mark.parametrize(("spec", "cell"), OVERFLOWING)
def test_a_result_beyond_float64_is_refused_and_exact_numbers_give_it(spec: str, cell: str, tmp_path: Path) -> None:
    path = tmp_path / "hw"
    path.write_text(spec)
    done = cnngrad("run", path)
    message = f"{cell}: is beyond float64, whose largest number is 1.8e308; scale the numbers, or take numbers: exact"
    assert (done.code, done.out, done.err) == (2, "", f"error: {path}: {message}\n")
    done = cnngrad("run", path, "--numbers", "exact", "--precision", "1")
    assert (done.code, done.err) == (0, "")


def test_a_law_whose_sums_overflow_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "hw"
    path.write_text("op: pool\nmode: average\nwindow: 2\ninput: [1e308, 0]\ndelta: 100\n")
    done = cnngrad("run", path)
    assert (done.code, done.err) == (0, "")
    assert "[ok] sum(dA) = sum(dZ): 100" in done.out
    assert "<A,dA>" not in done.out


def test_exact_fractions_of_any_length_are_printed(tmp_path: Path) -> None:
    path = tmp_path / "hw"
    path.write_text(
        f"op: conv\nnumbers: exact\ninput: {[f'1/{10**60 + n}' for n in range(120)]}\nkernel: {[1] * 120}\n"
    )
    done = process("run", path, "--trace", "none", "--format", "json")
    assert (done.code, done.err) == (0, "")
    assert len(done.out) > 5000


def test_independent_errors_come_in_one_run_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "hw.yaml"
    path.write_text("op: conv\nstride: 0\ninput: [[1, null]]\nkernal: [[1]]\ngroups: 1.5\n")
    assert cnngrad("run", path).err.splitlines() == [
        f"error: {path}:1:1: kernel: is missing; op conv needs kernel: W, the kernel, in axes that follow the layout",
        f"error: {path}:2:9: stride: is 0; it must be at least 1",
        f"error: {path}:3:13: input[0,1]: 'null' is empty, not a number; write 0 if you mean zero",
        f"error: {path}:4:1: kernal: is no key of op conv; did you mean 'kernel'?",
        f"error: {path}:5:9: groups: '1.5' is not a whole number; give one like 1",
    ]


def test_at_most_twenty_errors_are_printed(tmp_path: Path) -> None:
    path = tmp_path / "hw.yaml"
    path.write_text(SPEC + "".join(f"key{number}: 1\n" for number in range(30)))
    lines = cnngrad("run", path).err.splitlines()
    assert len(lines) == 21
    assert lines[-1] == "error: 10 more problems are not shown"


def test_a_file_with_too_many_problems_is_not_read_on(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("op: conv\n" + "".join(f"k{i}: 1\n" for i in range(100_000)))
    done = cnngrad("run", str(path))
    lines = done.err.splitlines()
    assert (done.code, done.out, len(lines)) == (2, "", 21)
    assert lines[0].startswith(f"error: {path}:2:1: k0: is no key of op conv")
    assert lines[-1] == "error: at least 480 more problems are not shown"


def test_on_a_terminal_the_line_and_a_caret_follow(tmp_path: Path) -> None:
    path = tmp_path / "hw.yaml"
    path.write_text("op: conv\ninput: [[1, 2], [3, nul]]\nkernel: [[1]]\n")
    lines = terminal("run", path, columns=80).splitlines()
    assert lines[0].startswith(f"error: {path}:2:21: input[1,1]: 'nul' is not a number")
    assert lines[1:] == ["    input: [[1, 2], [3, nul]]", "                        ^"]


def test_names_from_a_file_are_printed_escaped(tmp_path: Path) -> None:
    path = tmp_path / "hw.yaml"
    path.write_text(SPEC + '"[red]\\e[31m": 1\n')
    line = cnngrad("run", path).err
    assert line.startswith(f"error: {path}:4:1: [red]\\x1b[31m: is no key of op conv")


HOSTILE = {
    "a million brackets": b"[" * 1_000_000,
    "a billion laughs": b"a: &a [1,1,1,1,1,1,1,1,1,1]\n"
    + b"".join(b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 10)) for i in range(9)),
    "merge keys": b"op: conv\nx: &x {a: 1}\n<<: *x\n",
    "a huge padding": b"op: conv\ninput: [[1]]\nkernel: [[1]]\npadding: 1000000000\n",
    "a huge dilation": b"op: conv\ninput: [1]\nkernel: [1, 2]\npadding: same\ndilation: 999999999999\n",
    "a huge transposed stride": b"op: conv\ntransposed: true\ninput: [1, 2]\nkernel: [1]\nstride: 99999999999\n",
    "a huge output padding": b"op: conv\ntransposed: true\ninput: [1]\nkernel: [1]\noutput_padding: 999999999\n",
    "a 5,000-digit integer": b"op: conv\ninput: [[" + b"9" * 5000 + b"]]\nkernel: [[1]]\n",
    "a 5,000-digit stride": b"op: conv\ninput: [[1]]\nkernel: [[1]]\nstride: " + b"9" * 5000 + b"\n",
    "a huge exponent, exactly": b"numbers: exact\nop: conv\ninput: [[1e999999999]]\nkernel: [[1]]\n",
    "nothing": b"",
    "two documents": b"op: conv\n---\nop: pool\n",
    "a list": b"- op: conv\n",
    "latin-1": "op: conv\ntitle: caf\xe9\n".encode("latin-1"),
    "NUL": b"op: conv\n\x00",
    "a tag": b"op: conv\ninput: !!python/object/apply:os.system ['true']\n",
}


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Outcome]]:
    """What one process, bounded in work and memory, says of all of them."""
    paths = {name: tmp_path_factory.mktemp("hostile") / "hw.yaml" for name in HOSTILE}
    for name, path in paths.items():
        path.write_bytes(HOSTILE[name])
    done, megabytes = bounded(ONE_AFTER_THE_OTHER, *paths.values())
    assert (done.code, done.err) == (0, "")
    assert megabytes < 300
    return {
        name: (path, Outcome(*said)) for (name, path), said in zip(paths.items(), json.loads(done.out), strict=True)
    }


ONE_AFTER_THE_OTHER = """
import io, json
from contextlib import redirect_stderr, redirect_stdout
from cnngrad.cli.main import invoke
def said(path):
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = invoke(["run", path])
    return int(code), out.getvalue(), err.getvalue()
print(json.dumps([said(path) for path in sys.argv[1:]]))
"""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_specs_are_refused_with_little_work_in_little_memory(
    name: str, refusals: dict[str, tuple[Path, Outcome]]
) -> None:
    path, done = refusals[name]
    assert (done.code, done.out) == (2, "")
    assert done.err
    assert all(line.startswith(f"error: {path}:") for line in done.err.splitlines())


def test_a_pipe_is_no_spec_and_does_not_hang(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    done = process("run", path)
    assert (done.code, done.err) == (2, f"error: {path}: is a pipe; give a regular file\n")


def test_a_folder_is_no_spec(tmp_path: Path) -> None:
    done = cnngrad("run", tmp_path)
    assert (done.code, done.err) == (2, f"error: {tmp_path}: is a folder; give a regular file\n")


def test_a_bug_is_one_line_with_exit_3(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr("cnngrad.api.solve.build", broken)
    done = cnngrad("run", "example:ties")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("bug in cnngrad: ZeroDivisionError: planted; please report it")
    assert len(done.err.splitlines()) == 1


def test_a_failing_gradient_check_exits_1(monkeypatch: pytest.MonkeyPatch) -> None:
    from cnngrad.ops.conv.layer import Conv

    right = Conv.backward

    def wrong(self: Conv, *arrays: object) -> tuple[object, ...]:
        dA, dW, db = right(self, *arrays)  # type: ignore[arg-type]
        return 2 * dA, dW, db

    monkeypatch.setattr(Conv, "backward", wrong)
    done = cnngrad("run", "example:by-hand-conv", "--gradcheck", "--trace", "none")
    assert done.code == 1
    assert "[FAILS] central differences disagree" in done.out
    assert "[FAILS] <A,dA> = <W,dW> = <dZ,Z-b>" in done.out
    assert done.err == "gradient check failed: largest relative error 0.5\n"


@pytest.mark.parametrize(
    ("args", "spec", "code"),
    [
        (("run",), "op: activation\nfunction: gelu\ninput: [1e200, 1, -3]\ndelta: 1\n", 0),
        (("explain", "dA[0]"), "op: activation\nfunction: gelu\ninput: [1e200, 1, -3]\ndelta: 1\n", 0),
        (("audit",), "op: activation\nfunction: relu\ninput: [1, 1, -3]\ndelta: 1e308\n", 0),
        (("audit",), "op: conv\ninput: [1, 1e-5, 1]\nkernel: [1e-9, 1]\ndelta: [1e308, 2]\n", 0),
        (("check",), "op: conv\ninput: [1, 1e-5]\nkernel: [1e-9, 1]\ndelta: 1e308\nanswers: {dA: [1, 2]}\n", 1),
        (("audit",), "op: pool\nties: split\nwindow: 2\ninput: [1e308, 1e308]\ndelta: 1e308\n", 0),
        (("check",), "op: pool\nties: split\nwindow: 2\ninput: [1e308, 1e308]\ndelta: 1e308\nanswers: {Z: 5}\n", 1),
        (("audit",), "op: graph\nexpression: x - y\nvalues: {x: 1e308, y: 1e308}\ndelta: 1e308\n", 0),
        # a third of so small a number has few digits, so that the order of the products shows
        (("run",), "op: pool\nmode: average\nwindow: 2\nstride: 1\ndivisor_override: 3\ninput: [1e-320, 1e-320]\n", 0),
        # half of a single exact weight is a fraction and no array
        (
            ("audit",),
            "op: rnn\nnumbers: exact\nactivation: identity\ninputs: [1,2]\nweights: {input: 1, recurrent: 2}\ndelta: 1",
            0,
        ),
    ],
)
def test_numbers_at_the_ends_of_float64_say_nothing_on_stderr(
    tmp_path: Path, args: tuple[str, ...], spec: str, code: int
) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(spec)
    command, *cells = args
    done = cnngrad(command, path, *cells)
    assert (done.code, done.err) == (code, "")
