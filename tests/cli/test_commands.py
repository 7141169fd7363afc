"""The commands, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import cnngrad, process

from cnngrad import __version__
from cnngrad.cli.main import COMMANDS

SPEC = "op: conv\ninput: [[1, 2, 3], [4, 5, 6], [7, 8, 9]]\nkernel: [[1, 0], [2, -1]]\ndelta: [[1, 2], [3, 4]]\n"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "hw.yaml"
    path.write_text(SPEC)
    return path


def test_conv_backward_gives_all_results_in_json(spec: Path) -> None:
    done = cnngrad("conv-backward", spec, "--format", "json")
    record = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert list(record) == ["format", "op", "source", "title", "settings", "results", "laws", "trace"]
    assert record["source"] == str(spec)
    assert record["results"] == {
        # Z[0,0] = 1*1 + 2*0 + 4*2 + 5*(-1)
        "Z": [[4.0, 6.0], [10.0, 12.0]],
        # dA[1,1] = dZ[0,0]*(-1) + dZ[0,1]*2 + dZ[1,0]*0 + dZ[1,1]*1 = -1 + 4 + 0 + 4
        "dA": [[1.0, 2.0, 0.0], [5.0, 7.0, -2.0], [6.0, 5.0, -4.0]],
        # dW[0,0] = 1*1 + 2*2 + 3*4 + 4*5
        "dW": [[37.0, 47.0], [67.0, 77.0]],
        "db": 10.0,
    }


def test_conv_forward_gives_Z_alone(spec: Path) -> None:
    record = json.loads(cnngrad("conv-forward", spec, "--format", "json").out)
    assert list(record["results"]) == ["Z"]
    assert record["laws"] == []


def test_run_does_what_op_says(spec: Path, tmp_path: Path) -> None:
    pool = tmp_path / "pool.yaml"
    pool.write_text("op: pool\nwindow: 2\ninput: [[1, 2], [3, 4]]\n")
    assert json.loads(cnngrad("run", spec, "--format", "json").out)["op"] == "conv"
    assert json.loads(cnngrad("run", pool, "--format", "json").out)["results"]["argmax"] == [[3]]


def test_op_may_be_left_out_where_the_command_says_it(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("window: 2\ninput: [[1, 2], [3, 4]]\n")
    assert json.loads(cnngrad("pool", path, "--format", "json").out)["results"]["Z"] == [[4.0]]


@pytest.mark.parametrize("command", [("conv-forward",), ("conv-backward",), ("pool", "--mode", "max")])
def test_without_a_spec_a_built_in_example_runs_and_stderr_says_so(command: tuple[str, ...]) -> None:
    done = cnngrad(*command)
    name = "max-pool" if command[0] == "pool" else "forum-conv"
    assert done.code == 0
    assert done.err == f"no spec given: running the built-in {name} (see it: cnngrad examples show {name})\n"
    assert "Forward" in done.out


def test_standard_input_is_read_only_with_a_dash() -> None:
    assert json.loads(process("run", "-", "--format", "json", stdin=SPEC).out)["results"]["db"] == 10.0
    assert "forum" in process("conv-backward", stdin="not: a spec: at all").out


def test_stdout_has_the_result_and_nothing_else(spec: Path) -> None:
    done = process("conv-backward", "--format", "json")
    assert json.loads(done.out)["op"] == "conv"
    assert done.err.startswith("no spec given")


def test_yaml_is_the_same_object_as_json(spec: Path) -> None:
    as_json = json.loads(cnngrad("run", spec, "--format", "json").out)
    assert yaml.safe_load(cnngrad("run", spec, "--format", "yaml").out) == as_json


@pytest.mark.parametrize(
    ("options", "key", "value"),
    [
        (("--stride", "2"), "stride", [2, 2]),
        (("--stride", "2,1"), "stride", [2, 1]),
        (("--stride", "[2, 1]"), "stride", [2, 1]),
        (("--padding", "1"), "padding", [[1, 1], [1, 1]]),
        (("--padding", "[[0, 1], [2, 0]]"), "padding", [[0, 1], [2, 0]]),
        (("--padding", "same"), "padding", [[0, 1], [0, 1]]),
        (("--dilation", "2"), "dilation", [2, 2]),
        (("--set", "padding_mode=circular", "--padding", "1"), "padding_mode", "circular"),
        (("--set", "flip_kernel=true"), "flip_kernel", True),
    ],
)
def test_options_override_keys_of_the_spec(spec: Path, options: tuple[str, ...], key: str, value: object) -> None:
    done = cnngrad("conv-forward", spec, "--set", "delta=1", *options, "--format", "json")
    assert json.loads(done.out)["settings"][key] == value


def test_pool_options_override_keys_of_the_spec(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("window: 1\ninput: [[1, 1, 2], [1, 1, 2]]\ndelta: 1\n")
    options = ("--window", "2", "--stride", "1", "--ties", "last", "--mode", "max", "--layout", "HW")
    settings = json.loads(cnngrad("pool", path, *options, "--format", "json").out)["settings"]
    assert (settings["window"], settings["stride"], settings["ties"]) == ([2, 2], [1, 1], "last")


def test_exact_numbers_are_strings_of_fractions() -> None:
    record = json.loads(cnngrad("run", "example:forum-conv", "--numbers", "exact", "--format", "json").out)
    # 0.0686*0.88 + 0.0364*0.62 + 0.0467*0.2 + 0.0681*0.7 = 0.139946 = 69973/500000
    assert record["results"]["dW"][0][0] == "69973/500000"


def test_gradcheck_is_reported_and_passes() -> None:
    done = cnngrad("run", "example:strided-padded-conv", "--gradcheck", "--format", "json")
    found = json.loads(done.out)["gradcheck"]
    assert done.code == 0
    assert found["passed"]
    assert found["cells"] == 16 + 9 + 1
    assert found["largest_relative_error"] < 1e-9


def test_gradcheck_names_the_cells_at_a_tie() -> None:
    done = cnngrad("run", "example:ties", "--gradcheck", "--format", "json")
    # 5 5 1 2 / 3 5 2 2: three fives in the first window, three twos in the second
    skipped = ["A[0,0]", "A[0,1]", "A[0,3]", "A[1,1]", "A[1,2]", "A[1,3]"]
    assert json.loads(done.out)["gradcheck"]["skipped"] == skipped
    assert "skipped A[0,0], A[0,1], A[0,3], A[1,1], A[1,2], A[1,3]" in cnngrad("run", "example:ties", "--gradcheck").out


def test_index_base_1_prints_the_textbook_indices(spec: Path) -> None:
    record = json.loads(cnngrad("explain", spec, "dW[1,1]", "--index-base", "1", "--format", "json").out)
    assert record["trace"][0]["cell"] == "dW[1,1]"
    assert record["trace"][0]["formula"] == "sum of dZ[i,j]*A[i,j]"
    assert record["trace"][0]["terms"][0]["factors"] == ["dZ[1,1]", "A[1,1]"]


def test_explain_shows_symbols_numbers_value_and_picture(spec: Path) -> None:
    out = cnngrad("explain", spec, "dA[1,1]", "db").out
    assert "∂L/∂A[1,1] = sum of ∂L/∂Z[i,j] * ∂Z[i,j]/∂A[1,1]" in out
    assert "dA[1,1] = dZ[0,0]*W[1,1] + dZ[0,1]*W[1,0] + dZ[1,1]*W[0,0]" in out
    assert "        = 1*(-1) + 2*2 + 4*1" in out
    assert "        = -1 + 4 + 4" in out
    assert "        = 7" in out
    assert "[-1]" in out
    assert "db = dZ[0,0] + dZ[0,1] + dZ[1,0] + dZ[1,1]" in out


@pytest.mark.parametrize("method", ["gather", "scatter", "rotate", "matrix"])
def test_every_method_agrees_with_the_results(spec: Path, method: str) -> None:
    out = cnngrad("run", spec, "--method", method).out
    assert f"[ok] {method} alone gives the same Z, dA, dW, db" in out


def test_trace_none_brief_full(spec: Path) -> None:
    traces = {
        level: [t["cell"] for t in json.loads(cnngrad("run", spec, "--trace", level, "--format", "json").out)["trace"]]
        for level in ("none", "brief", "full")
    }
    assert traces["none"] == []
    assert traces["brief"] == ["Z[0,0]", "Z[0,1]", "dA[0,0]", "dA[0,1]", "dW[0,0]", "dW[0,1]", "db"]
    assert len(traces["full"]) == 4 + 9 + 4 + 1


def test_trace_none_prints_no_derivation(spec: Path) -> None:
    assert "Derivation" not in cnngrad("run", spec, "--trace", "none").out


def test_a_brief_trace_says_how_many_cells_it_leaves_out(spec: Path) -> None:
    # 4 + 9 + 4 + 1 cells in all, two each of Z, dA and dW shown, and db
    assert "(11 more cells are not shown" in cnngrad("run", spec).out


def test_precision_changes_the_display_only(spec: Path) -> None:
    done = cnngrad("run", "example:forum-conv", "--precision", "2")
    assert "0.14 │ 0.11" in done.out
    exact = json.loads(cnngrad("run", "example:forum-conv", "--precision", "2", "--format", "json").out)
    assert exact["results"]["dW"][0][0] == pytest.approx(0.139946, abs=1e-15)


def test_version_and_help() -> None:
    assert cnngrad("--version").out == f"cnngrad, version {__version__}\n"
    assert cnngrad("-h").out == cnngrad("--help").out == cnngrad().out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    done = cnngrad(command, "--help")
    assert done.code == 0
    assert done.out.startswith(f"Usage: cnngrad {command}")
    assert cnngrad(command, "-h").out == done.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell: str) -> None:
    assert "_CNNGRAD_COMPLETE" in cnngrad("completion", shell).out


def test_completion_completes_commands() -> None:
    env = {"_CNNGRAD_COMPLETE": "bash_complete", "COMP_WORDS": "cnngrad conv-b", "COMP_CWORD": "1"}
    assert "conv-backward" in process(env=env).out


def test_schema_is_draft_07() -> None:
    assert json.loads(cnngrad("schema").out)["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_debug_shows_the_traceback_before_the_line(tmp_path: Path) -> None:
    done = cnngrad("run", tmp_path / "none.yaml", "--debug")
    assert done.code == 2
    assert done.err.startswith("Traceback")
    assert done.err.splitlines()[-1].startswith("error: ")


@pytest.mark.parametrize("numbers", ["float", "exact"])
@pytest.mark.parametrize("ties", ["first", "last", "all", "split", "any"])
def test_every_tie_rule_runs_with_every_method(ties: str, numbers: str) -> None:
    for method in ("gather", "scatter", "rotate", "matrix"):
        options = ("--ties", ties, "--method", method, "--numbers", numbers, "--format", "text")
        done = cnngrad("pool", "example:ties", *options)
        assert (done.code, done.err) == (0, "")
        assert f"  [ok] {method} alone gives the same Z, dA\n" in done.out


LECTURE = ("graph", "(x + y) * z", "--at", "x=-2", "--at", "y=5", "--at", "z=-4")


def results(*args: str) -> dict[str, Any]:
    outcome = cnngrad(*args, "--format", "json")
    assert outcome.code == 0, outcome.err
    found: dict[str, Any] = json.loads(outcome.out)["results"]
    return found


def test_an_expression_on_the_command_line() -> None:
    assert results(*LECTURE)["gradients"] == {"x": -4.0, "y": -4.0, "z": 3.0}
    assert results(*LECTURE, "--delta", "2")["gradients"] == {"x": -8.0, "y": -8.0, "z": 6.0}


def test_a_later_value_replaces_the_spec_s() -> None:
    assert results("graph", "example:lecture-graph", "--at", "x=0")["value"] == (0 + 5) * -4


def test_a_symbolic_graph() -> None:
    found = results("graph", "(x + y) * z", "--numbers", "symbolic")
    assert found["value"] == "x*z + y*z"
    assert found["gradients"] == {"x": "z", "y": "z", "z": "x + y"}


@pytest.mark.slow
def test_ten_thousand_gates_in_a_row(tmp_path: Any) -> None:
    spec = tmp_path / "chain.yaml"
    steps = ["  s1: x + 1", *(f"  s{i}: s{i - 1} + 1" for i in range(2, 10_001))]
    spec.write_text("op: graph\nvalues: {x: 1}\nexpression:\n" + "\n".join(steps) + "\n")
    outcome = cnngrad("run", spec, "--format", "json", "--trace", "none", "--limit", "nodes=10000")
    found = json.loads(outcome.out)["results"]
    assert (found["value"], found["gradients"]) == (10_001.0, {"x": 1.0})


def test_more_nodes_than_the_limit_name_it(tmp_path: Any) -> None:
    spec = tmp_path / "chain.yaml"
    steps = ["  s1: x + 1", *(f"  s{i}: s{i - 1} + 1" for i in range(2, 502))]
    spec.write_text("op: graph\nvalues: {x: 1}\nexpression:\n" + "\n".join(steps) + "\n")
    says = "expression: has 501 nodes, over the limit of 500; raise it with --limit nodes=501"
    outcome = cnngrad("run", spec)
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"error: {spec}:4:3: {says}\n")


@pytest.mark.parametrize("rate", ["0.5", "1/4"])
def test_the_learning_rate_may_come_from_the_command_line(rate: str) -> None:
    found = results("network", "example:forum-network", "--learning-rate", rate)
    layer = next(each["results"] for each in found["layers"] if each["name"] == "dense1")
    old = results("network", "example:forum-network", "--learning-rate", "0")["updates"]["dense1.b"]
    step = 0.5 if rate == "0.5" else 0.25
    assert found["updates"]["dense1.b"] == [b - step * db for b, db in zip(old, layer["db"], strict=True)]


def test_a_shift_moves_the_results_of_a_convolution() -> None:
    said = cnngrad("run", "example:shift-conv", "--shift", "1,1", "--format", "text").out
    assert "Shifted by 1, 1" in said


def test_a_warning_is_one_line_on_stderr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(
        "op: network\ninput: [1, 2]\nlayers: [{op: activation, function: softmax}]\n"
        "loss: {op: cross_entropy, target: 0}\n"
    )
    twice = "cross_entropy has softmax inside, so that softmax is applied twice; leave activation1 out"
    for command in (("run", "s.yaml"), ("explain", "s.yaml", "loss"), ("network", "s.yaml", "--format", "json")):
        done = cnngrad(*command)
        assert (done.code, done.err) == (0, f"warning: s.yaml: activation1: {twice}\n")
