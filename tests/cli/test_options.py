"""Values of options and arguments that nobody means: each is a result or one line, with everything odd escaped."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from commands import cnngrad, some

from cnngrad.cli.main import COMMANDS, cli

SPEC = "op: conv\ninput: [[1, 2, 3], [4, 5, 6]]\nkernel: [[1, 2]]\ndelta: 1\n"
LONG = "9" * 5000


@pytest.fixture(autouse=True)
def _spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("hw").write_text(SPEC)


WHOLES = [
    (("run", "hw"), "--precision", "0<=x<=17"),
    (("graph", "x"), "--round", "0<=x<=15"),
    (("generate", "pool"), "--seed", "x>=0"),
    (("generate", "pool"), "--count", "1<=x<=10000"),
    (("generate", "pool"), "--digits", "1<=x<=4"),
    (("generate", "pool"), "--window", "1<=x<=1000"),
    (("generate", "pool"), "--stride", "1<=x<=1000"),
    (("generate", "pool"), "--padding", "0<=x<=1000"),
    (("generate", "pool"), "--dilation", "1<=x<=1000"),
    (("generate", "conv-backward"), "--channels", "1<=x<=1000"),
    (("generate", "conv-backward"), "--filters", "1<=x<=1000"),
    (("generate", "conv-backward"), "--batch", "1<=x<=1000"),
    (("generate", "rnn"), "--steps", "2<=x<=20"),
    (("generate", "rnn"), "--hidden", "1<=x<=8"),
]
SHOWN = {
    "": "",
    "²": "²",
    "٣": "٣",
    "1_0": "1_0",
    "1e5": "1e5",
    "1.0": "1.0",
    " 1": " 1",
    "nan": "nan",
    "0x1": "0x1",
    "½": "½",
    "\x1b[31m": "\\x1b[31m",
    "1\r\n2": "1\\r\\n2",
    "\u202e1": "\\u202e1",
    "\ud800": "\\ud800",
    LONG: "9" * 40 + "...",
}


@pytest.mark.parametrize(("args", "option", "within"), WHOLES, ids=[f"{a[1]} {o}" for a, o, _ in WHOLES])
def test_a_whole_number_is_written_in_the_digits_0_to_9(args: tuple[str, ...], option: str, within: str) -> None:
    see = f"see 'cnngrad {args[0]} --help'"
    for value, shown in SHOWN.items():
        done = cnngrad(*args, option, value)
        message = f"invalid value for '{option}': '{shown}' is not a whole number of at most 18 digits"
        assert (done.code, done.out, done.err) == (2, "", f"error: {message}; {see}\n")
    for value in ("-1", "999999999999999999") if option != "--seed" else ("-1",):
        done = cnngrad(*args, option, value)
        message = f"invalid value for '{option}': {value} is not in the range {within}"
        assert (done.code, done.out, done.err) == (2, "", f"error: {message}; {see}\n")


MESSAGES = [
    (("generate", "pool", "--size", "²"), "--size: '²' is no size; give whole numbers, as in --size 5 or --size 4,6"),
    (("generate", "pool", "--size", "٣"), "--size: '٣' is no size; give whole numbers, as in --size 5 or --size 4,6"),
    (("generate", "pool", "--size", "0"), "--size: '0' is no size; give whole numbers, as in --size 5 or --size 4,6"),
    (("generate", "pool", "--size", ""), "--size: '' is no size; give whole numbers, as in --size 5 or --size 4,6"),
    (
        ("generate", "pool", "--size", "1\n2"),
        "--size: '1\\n2' is no size; give whole numbers, as in --size 5 or --size 4,6",
    ),
    (
        ("generate", "po\x1b[31m"),
        "'po\\x1b[31m' is no kind of exercise; it is one of conv-backward, pool, network, graph, rnn",
    ),
    (
        ("audit", "hw", "--fail-under", "nan"),
        "invalid value for '--fail-under': 'nan' is not a number; see 'cnngrad audit --help'",
    ),
    (
        ("audit", "hw", "--fail-under", "٠.٥"),
        "invalid value for '--fail-under': '٠.٥' is not a number; see 'cnngrad audit --help'",
    ),
    (
        ("audit", "hw", "--fail-under", "2"),
        "invalid value for '--fail-under': 2.0 is not in the range 0<=x<=1; see 'cnngrad audit --help'",
    ),
    (("run", "hw", "--limit", "cells=²"), "--limit: cells needs a positive whole number, as in cells=10000000"),
    (("run", "hw", "--limit", "cells=٣"), "--limit: cells needs a positive whole number, as in cells=10000000"),
    (("run", "hw", "--limit", "cells=1_0"), "--limit: cells needs a positive whole number, as in cells=10000000"),
    (("run", "hw", "--limit", "cells=1e400"), "--limit: cells needs a positive whole number, as in cells=10000000"),
    (("run", "hw", "--limit", "cells="), "--limit: cells needs a positive whole number, as in cells=10000000"),
    (("run", "hw", "--limit", "cell\x1b=1"), "--limit: 'cell\\x1b' is no limit; did you mean 'cells'?"),
    (("run", "hw", "--shift", "²"), "--shift: '²' is no shift; give whole numbers, as in --shift 1,1"),
    (("run", "hw", "--stride", "²"), "--stride: stride: '²' is not a whole number; give one like 1"),
    (("run", "hw", "--stride", "2\x1b[31m"), "--stride: stride: '2\\x1b[31m' has the control character '\\x1b'"),
    (("run", "hw", "--stride", "\udcff"), "--stride: stride: '\\udcff' is not UTF-8; write it with other characters"),
    (("run", "hw", "--set", "\x1b[31m"), "--set: '\\x1b[31m' has no value; write --set KEY=YAML, as in --set stride=2"),
    (("run", "hw", "--set", "=1"), "--set: '' is no key; write --set KEY=YAML, as in --set stride=2"),
    (("run", "hw", "--set", "values.=1"), "--set: 'values.' is no key; write --set KEY=YAML, as in --set stride=2"),
    # a key with a blank is one key, not an option and a key
    (("run", "hw", "--set", "no stride=2"), "--set: no stride: is no key of op conv; "),
    (("run", "hw", "--set", "a\rb=2"), "--set: a\\rb: is no key of op conv; "),
    (("run", "hw", "--set", "title=\udcff"), "--set: title: '\\udcff' is not UTF-8; write it with other characters"),
    (("graph", "x", "--at", "x="), "--at: 'x=' is no value of a variable; write --at x=-2"),
    (("graph", "x", "--at", "\x1b[31m\n"), "--at: '\\x1b[31m\\n' is no value of a variable; write --at x=-2"),
    (("graph", "x", "--at", "x=²"), "--at: values.x: '²' is not a number; write one like 1, -2.5, 1e-3 or 3/7"),
    (("graph", "x\udcff"), "<expression>: expression: has half a character (a lone surrogate); remove it"),
    (
        ("run", "hw", "--form\x1bat", "x"),
        "--form\\x1bat is no option; did you mean '--format'?; see 'cnngrad run --help'",
    ),
    (("run", "hw", "a\x1b\nb"), "got unexpected extra argument (a\\x1b\\nb); see 'cnngrad run --help'"),
    (("explain", "hw", "Z\x1b"), "'Z\\x1b' names no cell; write one like dW[0,0]"),
    (("run", "a\x1b[31m\nb"), "a\\x1b[31m\\nb: does not exist; check the name and the folder"),
    (("run", ""), "'': does not exist; check the name and the folder"),
    (("run", "example:\x1b"), "'\\x1b' is no built-in example; 'cnngrad examples' lists them"),
    (("examples", "copy", "ties", "a\x1b/b"), "a\\x1b/b: No such file or directory; the file is as it was"),
]


@pytest.mark.parametrize(("args", "message"), MESSAGES, ids=range(len(MESSAGES)))
def test_messages(args: tuple[str, ...], message: str) -> None:
    """Where a message ends in advice that other tests hold, its beginning is compared."""
    done = cnngrad(*args)
    line = f"error: {message}"
    assert (done.code, done.out, done.err[: len(line)]) == (2, "", line)
    assert done.err.count("\n") == 1
    assert done.err[:-1].isprintable()


def test_a_message_does_not_repeat_a_long_argument_whole() -> None:
    for args in (("run", "hw", "--color", LONG), ("run", "hw", LONG), ("examples", LONG), ("run", f"--{LONG}")):
        done = cnngrad(*args)
        assert (done.code, done.out) == (2, "")
        assert len(done.err) < 1100


ARGUMENTS: dict[str, tuple[str, ...]] = {
    "conv-forward": ("hw",),
    "conv-backward": ("hw",),
    "run": ("hw",),
    "explain": ("hw", "Z[0,0]"),
    "check": ("hw", "hw"),
    "audit": ("hw",),
    "generate": ("pool", "--separate", "none"),
    "completion": ("bash",),
}
ODD = (
    "",
    "²",
    LONG,
    "nan",
    "\x1b[31m\r\n",
    "\udcff",
    "=",
    "x=\x1b",
    "input=[1,",
    "[",
    "&a 1",
    "1,2,3,4,5",
    "-1",
    "\u2028",
)


@pytest.mark.parametrize("name", some(COMMANDS, 4))
def test_every_option_of_every_command_takes_or_refuses_anything(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    given = ARGUMENTS.get(name, ())
    options = [p.opts[0] for p in command.params if isinstance(p, click.Option) and not p.is_flag]
    # each option with half of the values; with the others in another command
    some = ODD[list(COMMANDS).index(name) % 2 :: 2]
    lines = [(*given, option, value) for option in options for value in some if option != "-o"]
    lines += [(*given, f"--{value}") for value in ODD] + [(value, *given[1:]) for value in ODD]
    for line in lines:
        done = cnngrad(name, *line)
        assert done.code in (0, 1, 2), line
        assert done.err.replace("\n", "").isprintable(), line
        assert done.out.replace("\n", "").isprintable(), line
        if done.code == 2:
            assert done.out == "", line
            said = [text for text in done.err.splitlines() if not text.startswith("no spec given: ")]
            assert said, line
            assert all(text.startswith("error: ") for text in said), line


INSIDE = [
    ("rnn", "weights.inptu=3", "weights.inptu: is no key of weights; did you mean 'input'?"),
    ("rnn", "weights.input=x", "weights.input: 'x' is not a number; write one like 1, -2.5, 1e-3 or 3/7"),
    (
        "rnn",
        "weights.input=[[1, 2], [3]]",
        "weights.input[1]: has 1 cell but weights.input[0] has 2; give every row the same length",
    ),
    (
        "rnn",
        "weights={input: 1}",
        "weights.recurrent: is missing; weights needs recurrent: W_recurrent, hidden x hidden",
    ),
    ("network", "loss.op=mmse", "loss.op: 'mmse' is unknown; did you mean 'mse'?"),
    ("network", "loss={op: mmse}", "loss.op: 'mmse' is unknown; did you mean 'mse'?"),
    ("network", "loss.new.key=1", "loss.new: is no key of loss mse; loss mse takes op, target, reduction, factor"),
    ("network", "layers=[{op: convv}]", "layer 1: op: 'convv' is unknown; did you mean 'conv'?"),
    (
        "network",
        "layers=[{op: dense, weights: [[1, x]]}]",
        "dense1.weights[0,1]: 'x' is not a number; write one like 1, -2.5, 1e-3 or 3/7",
    ),
    (
        "check",
        "ask=dQ",
        "ask: this exercise has no 'dQ'; it has dense1.Z, dense1.dA, dense1.dW, dense1.db, dense1.dZ, loss, dA",
    ),
    (
        "check",
        "ask=[loss, dQ]",
        "ask: this exercise has no 'dQ'; it has dense1.Z, dense1.dA, dense1.dW, dense1.db, dense1.dZ, loss, dA",
    ),
]
SPECS = {
    "rnn": "op: rnn\ninputs: [1, 2]\nweights: {input: 1, recurrent: 2}\nactivation: identity\ndelta: 1\n",
    "network": "op: network\ninput: [1, 2]\nlayers: [{op: dense, weights: [[1, 2]]}]\nloss: {op: mse, target: [1]}\n",
}


@pytest.mark.parametrize(("command", "setting", "says"), INSIDE)
def test_what_is_wrong_inside_a_value_of_an_option_names_the_option(
    tmp_path: Path, command: str, setting: str, says: str
) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(SPECS.get(command, SPECS["network"]))
    done = cnngrad(command, path, "--set", setting)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"error: --set: {says}\n"


def test_what_is_wrong_in_the_file_beside_an_option_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text("op: rnn\ninputs: [1, 2]\nweights: {inptu: 1, recurrent: 2}\ndelta: 1\n")
    done = cnngrad("rnn", path, "--set", "weights.input=1", "--set", "weights.biass=1")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: --set: weights.biass: is no key of weights; did you mean 'bias'?\n"
        f"error: {path}:3:11: weights.inptu: is no key of weights; did you mean 'input'?\n"
    )
