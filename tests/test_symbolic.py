"""Symbolic exercises through the command line: every op in every format, and what formulas cannot do in one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Outcome, cnngrad, some

SPECS = {
    "conv": "op: conv\ninput: [a, b - 1, c]\nkernel: [k, -m]\nbias: q\npadding: 1\ndelta: d\n",
    "transposed": "op: conv\ntransposed: true\nstride: 2\ninput: [a, b]\nkernel: [k, m]\ndelta: d\n",
    "channels": "op: conv\nlayout: CHW\ngroups: 2\ninput: [[[a, b]], [[c, d]]]\nkernel: [[[[k]]], [[[m]]]]\ndelta: 1\n",
    "average": "op: pool\nmode: average\nwindow: 2\nstride: 1\npadding: 1\ninput: [[a, b], [c, d]]\ndelta: e\n",
    "ceil": "op: pool\nmode: average\nwindow: 2\nceil_mode: true\ninput: [a, b, -c]\ndelta: e\n",
    "divisor": "op: pool\nmode: average\nwindow: 2\ndivisor_override: 3\ninput: [a, b, c]\ndelta: e\n",
    "max": "op: pool\nwindow: 2\nstride: 1\npadding: 1\ninput: [a, b]\nvalues: {a: 1, b: 2}\ndelta: [d, e, f]\n",
    "ties": "op: pool\nwindow: 2\nties: split\ninput: [a, b]\nvalues: {a: 2, b: 2}\ndelta: d\n",
    "dense": "op: dense\ninput: [a, b]\nweights: [[k, m], [p, 1/3]]\nbias: [q, 0]\ndelta: [d, e]\n",
    "batch": "op: dense\ninput: [[a, b], [c, 1]]\nweights: [[k, m]]\ndelta: d\n",
    "sigmoid": "op: activation\nfunction: sigmoid\ninput: [a, b]\ndelta: d\n",
    "relu": "op: activation\nfunction: relu\ninput: [a, b]\nvalues: {a: 0, b: -2}\ndelta: d\n",
    "elu": "op: activation\nfunction: elu\ninput: [a, b]\nvalues: {a: 1, b: -2}\ndelta: d\n",
    "gelu": "op: activation\nfunction: gelu\ninput: [a, 0]\ndelta: d\n",
    "softmax": "op: activation\nfunction: softmax\ninput: [a, 0]\ndelta: [d, e]\n",
    "log_softmax": "op: activation\nfunction: log_softmax\ninput: [a, 0]\ndelta: [d, e]\n",
    "network": "op: network\nlayout: HW\ninput: [[a, b], [c, d]]\nlayers: [{op: conv, kernel: [[k]]}, {op: pool, "
    "mode: average, window: 2, stride: 1}, {op: activation, function: tanh}, {op: residual, layers: [{op: activation, "
    "function: identity}]}, {op: flatten}, {op: dense, weights: [[w]], bias: [v]}]\nloss: {op: mse, target: [t]}\n"
    "learning_rate: r\n",
    "normed": "op: network\ninput: [[a], [b]]\nlayers: [{op: batch_norm}]\ndelta: [[d], [0]]\n",
    "eps": "op: network\ninput: [[a], [b]]\nlayers: [{op: batch_norm, eps: e, gamma: [g], beta: [h]}]\ndelta: 1\n",
    "cross": "op: network\ninput: [a, b]\nlayers: [{op: activation, function: identity}]\n"
    "loss: {op: cross_entropy, target: 1}\n",
    "binary": "op: network\ninput: [a, b]\nlayers: [{op: activation, function: sigmoid}]\n"
    "loss: {op: binary_cross_entropy, target: [t, 0]}\n",
    "graph": "op: graph\nexpression: exp(x*y)/(1 + z**2) - max(x, 2)\nvalues: {x: 1, y: 2, z: 3}\n",
    "free graph": "op: graph\nexpression: {q: x + y, f: q**2*sqrt(z)}\ndelta: d\n",
    "rnn": "op: rnn\ninputs: [a, b]\nweights: {input: k, recurrent: m, bias: q}\nactivation: sigmoid\ndelta: d\n",
    "units": "op: rnn\ninputs: [[a], [b]]\nweights: {input: [[k], [l]], recurrent: [[m, 0], [0, n]]}\n"
    "activation: identity\ndeltas: [[0, 1], [c, d]]\n",
}
OPTIONS = (
    (),
    ("--trace", "full"),
    ("--trace", "none", "--precision", "2"),
    ("--method", "scatter", "--index-base", "1"),
    ("--method", "rotate", "--precision", "3"),
    ("--method", "matrix", "--trace", "full"),
)


def spec(folder: Path, text: str) -> Path:
    path = folder / "s.yaml"
    path.write_text(f"numbers: symbolic\n{text}")
    return path


def commands(name: str) -> Iterator[tuple[str, ...]]:
    """Every format with some of the options: which, changes from spec to spec."""
    drawn = ("dot", "mermaid") if "graph" in name or "op: network" in SPECS[name] else ()
    for form in ("table", "text", "json", "yaml", *drawn):
        each = 2 if form == "table" else 3
        some = OPTIONS[list(SPECS).index(name) % each :: each]
        yield from (("--format", form, *options) for options in some)
    if SPECS[name].startswith(("op: conv", "op: pool")):
        yield ("--shift", "1,1" if "HW" in name or "[[a, b]" in SPECS[name] else "1")


@pytest.mark.parametrize("name", some(SPECS, 5))
def test_every_format_and_option_of_symbols(name: str, tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    path = spec(tmp_path, SPECS[name])
    for options in commands(name):
        outcome = cnngrad("run", path, *options)
        assert (outcome.code, outcome.err) == (0, ""), options
        if options[:2] == ("--format", "json"):
            assert json.loads(outcome.out)["format"] == 1
    assert not recwarn.list


@pytest.mark.parametrize("name", some(SPECS))
def test_every_cell_of_symbols_can_be_explained(name: str, tmp_path: Path) -> None:
    path = spec(tmp_path, SPECS[name])
    traced = json.loads(cnngrad("run", path, "--format", "json", "--trace", "full").out)["trace"]
    assert traced
    cells = dict.fromkeys(trace["cell"] for trace in traced[:: max(1, len(traced) // 8)])
    for place, cell in enumerate(cells):
        method = ("--method", "scatter") if "op: conv" in SPECS[name][:9] else ("--format", "table")
        options = (("--format", "text"), ("--format", "json"), (*method, "--trace", "full"))[place % 3]
        outcome = cnngrad("explain", path, cell, *options)
        assert (outcome.code, outcome.err) == (0, ""), (cell, options)


NO_GRADCHECK = Outcome(2, "", "error: --gradcheck: compares numbers, not formulas; take --numbers float or exact\n")


@pytest.mark.parametrize("name", SPECS)
def test_formulas_have_no_gradient_check_and_nothing_is_printed(name: str, tmp_path: Path) -> None:
    path = spec(tmp_path, SPECS[name])
    cell = json.loads(cnngrad("run", path, "--format", "json").out)["trace"][0]["cell"]
    for form in ("table", "json", *(("dot",) if "op: network" in SPECS[name] else ())):
        assert cnngrad("run", path, "--gradcheck", "--format", form) == NO_GRADCHECK
    for form in ("table", "text", "json", "yaml"):
        assert cnngrad("explain", path, cell, "--gradcheck", "--format", form) == NO_GRADCHECK


IDENTITY = "layers: [{op: activation, function: identity}]\n"
BCE = f"op: network\ninput: [1/2, X]\n{IDENTITY}loss: {{op: binary_cross_entropy, target: [1, 0]}}\n"
CE = f"op: network\ninput: [1, 2]\n{IDENTITY}loss: {{op: cross_entropy, target: X}}\n"
TARGET = f"op: network\ninput: [1/2, 1/4]\n{IDENTITY}loss: {{op: binary_cross_entropy, target: [1, X]}}\n"


@pytest.mark.parametrize("numbers", ["float", "exact", "symbolic"])
@pytest.mark.parametrize("cell", ["0", "1", "2", "-3"])
def test_binary_cross_entropy_of_no_probability(numbers: str, cell: str, tmp_path: Path) -> None:
    path = spec(tmp_path, BCE.replace("X", cell))
    says = f"needs probabilities between 0 and 1, but Z[1] is {cell}; put a sigmoid before it"
    outcome = cnngrad("network", path, "--numbers", numbers)
    assert outcome == Outcome(2, "", f"error: {path}: loss: binary_cross_entropy {says}\n")


def test_the_values_of_symbols_may_be_no_probabilities(tmp_path: Path) -> None:
    path = spec(tmp_path, BCE.replace("X", "a") + "values: {a: 3/2}\n")
    says = "binary_cross_entropy needs probabilities between 0 and 1, but Z[1] is 3/2; put a sigmoid before it"
    assert cnngrad("network", path) == Outcome(2, "", f"error: {path}: loss: {says}\n")


@pytest.mark.parametrize("numbers", ["float", "exact", "symbolic"])
@pytest.mark.parametrize(("cell", "shown"), [("-1", "-1"), ("2", "2"), ("7", "7"), ("3/2", None)])
def test_a_class_that_is_not_there(numbers: str, cell: str, shown: str | None, tmp_path: Path) -> None:
    path = spec(tmp_path, CE.replace("X", cell))
    shown = shown or ("1.5" if numbers == "float" else "3/2")
    says = f"loss.target: has {shown} as the index of a class; give one from 0 to 1"
    assert cnngrad("network", path, "--numbers", numbers) == Outcome(2, "", f"error: {path}:5:35: {says}\n")


def test_a_symbol_is_no_class(tmp_path: Path) -> None:
    path = spec(tmp_path, CE.replace("X", "k"))
    says = "loss.target: has k as the index of a class; give one from 0 to 1"
    assert cnngrad("network", path) == Outcome(2, "", f"error: {path}:5:35: {says}\n")


@pytest.mark.parametrize("numbers", ["float", "exact", "symbolic"])
@pytest.mark.parametrize("cell", ["-1", "2", "1.5"])
def test_a_target_that_is_no_probability(numbers: str, cell: str, tmp_path: Path) -> None:
    path = spec(tmp_path, TARGET.replace("X", cell))
    says = "loss.target: has a number outside 0 to 1; binary_cross_entropy compares probabilities"
    assert cnngrad("network", path, "--numbers", numbers) == Outcome(2, "", f"error: {path}:5:42: {says}\n")


def test_batch_norm_of_symbols_by_hand(tmp_path: Path) -> None:
    # two cells: mean (a + b)/2, centred (a - b)/2 and its negative, variance (a - b)**2/4
    path = spec(tmp_path, "op: network\ninput: [[a], [3]]\nlayers: [{op: batch_norm, eps: 1}]\nvalues: {a: 3}\n")
    record = json.loads(cnngrad("network", path, "--format", "json").out)
    root = "sqrt(a**2/4 - 3*a/2 + 13/4)"  # (a - 3)**2/4 + 1
    (layer,) = record["results"]["layers"]
    assert layer["results"]["Z"] == [[f"a/(2*{root}) - 3/(2*{root})"], [f"-a/(2*{root}) + 3/(2*{root})"]]
    assert record["values"]["batch_norm1.Z"] == [[0.0], [0.0]]


def test_an_exact_batch_norm_names_its_layer(tmp_path: Path) -> None:
    path = spec(tmp_path, "op: network\ninput: [[1], [3]]\nlayers: [{op: batch_norm}]\n")
    says = "--numbers: numbers: batch_norm1: sqrt has no exact value; take numbers: float"
    assert cnngrad("network", path, "--numbers", "exact") == Outcome(2, "", f"error: {says}\n")


def test_average_pooling_of_symbols_by_hand(tmp_path: Path) -> None:
    path = spec(tmp_path, "op: pool\nmode: average\nwindow: 2\ninput: [a + b, -c]\ndelta: d - e\n")
    lines = cnngrad("explain", path, "dA[0]", "--format", "text").out.split("\n")
    assert "  dA[0] = dZ[0]*1/2" in lines
    assert "        = (d - e)*(1/2)" in lines
    assert "        = d/2 - e/2" in lines


def test_an_explanation_without_a_gradient_to_check_prints_nothing(tmp_path: Path) -> None:
    path = spec(tmp_path, "op: conv\ninput: [1, 2]\nkernel: [1]\n")
    says = "error: --gradcheck: there is no gradient to check; give the spec a delta\n"
    assert cnngrad("explain", path, "Z[0]", "--gradcheck", "--numbers", "float") == Outcome(2, "", says)


DOMAINS = [
    ("1/(a - 2)", "divides by zero; take another divisor"),
    ("log(a - 2)", "log(0) does not exist; log takes positive numbers"),
    ("sqrt(1 - a)", "sqrt(-1) has no real value; sqrt takes positive numbers"),
    ("(a - 2)**-1", "divides by zero: 0 to the power -1; take another base"),
    ("(a - 3)**0.5", "a negative number (-1) has no real power 1/2; take a positive base or a whole power"),
    ("log(0*c)", "log(0) does not exist; log takes positive numbers"),
    ("1/(c - c)", "divides by zero; take another divisor"),
    ("max(a, b)", "max compares numbers; give a value for b, as in values: {b: 3}"),
    ("abs(b)", "abs compares numbers; give a value for b, as in values: {b: 3}"),
    ("relu(b)", "relu compares numbers; give a value for b, as in values: {b: 3}"),
    ("min(a, 1/(a - 2))", "divides by zero; take another divisor"),
]


@pytest.mark.parametrize(("entry", "says"), DOMAINS, ids=[domain[0] for domain in DOMAINS])
def test_an_entry_outside_the_domain_of_its_gate(entry: str, says: str, tmp_path: Path) -> None:
    path = spec(tmp_path, f"op: activation\nfunction: sigmoid\ninput: ['{entry}']\nvalues: {{a: 2}}\n")
    assert cnngrad("run", path) == Outcome(2, "", f"error: {path}:4:9: input[0]: '{entry}': {says}\n")


@pytest.mark.parametrize(
    ("ties", "Z", "dA"),
    [
        ("first", "a", ["d", "0"]),
        ("last", "b", ["0", "d"]),
        ("split", "a", ["d/2", "d/2"]),
        ("all", "a", ["d", "d"]),
    ],
)
def test_ties_of_symbols_follow_the_rule(ties: str, Z: str, dA: list[str], tmp_path: Path) -> None:
    text = f"op: pool\nwindow: 2\nties: {ties}\ninput: [a, b]\nvalues: {{a: 2, b: 2}}\ndelta: d\n"
    record = json.loads(cnngrad("run", spec(tmp_path, text), "--format", "json", "--trace", "full").out)
    assert (record["results"]["Z"], record["results"]["dA"]) == ([Z], dA)
    assert all(law["holds"] for law in record["laws"])
    (trace,) = (trace for trace in record["trace"] if trace["cell"] == "Z[0]")
    assert [term["product"] for term in trace["terms"]] == [Z]


def test_a_law_of_fractions_holds_in_whatever_form_they_stand(tmp_path: Path) -> None:
    text = (
        "op: network\nlayout: L\ninput: [a, b]\nlayers: [{op: flatten}, {op: dense, weights: [[k, m], [p, q]]}]\n"
        "loss: {op: binary_cross_entropy, target: [t, 1]}\n"
    )
    record = json.loads(cnngrad("run", spec(tmp_path, text), "--format", "json").out)
    assert [law["holds"] for law in record["laws"]] == [True, True, True]
