"""The built-in specs: listed, shown, copied, and all of them right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import ROOT, cnngrad, some

from cnngrad.examples import example_names, example_path


@pytest.mark.parametrize("name", some(example_names(), 2))
def test_every_example_runs_and_its_gradients_hold(name: str) -> None:
    symbolic = "numbers: symbolic" in example_path(name).read_text()
    done = cnngrad("run", f"example:{name}", *([] if symbolic else ["--gradcheck"]), "--format", "json")
    record = json.loads(done.out)
    assert done.code == 0
    assert record["source"] == f"example:{name}"
    assert record["title"]
    assert record["laws"] or record["op"] in ("graph", "activation")
    assert all(law["holds"] for law in record["laws"])


@pytest.mark.parametrize("name", example_names())
def test_every_example_names_the_schema_and_says_what_to_look_at(name: str) -> None:
    lines = example_path(name).read_text().splitlines()
    assert lines[0] == "# yaml-language-server: $schema=cnngrad.schema.json"
    assert "Look at" in " ".join(line for line in lines if line.startswith("#"))


def test_the_top_level_folder_holds_the_same_files() -> None:
    shipped = {path.name: path.read_text() for path in example_path("ties").parent.glob("*.yaml")}
    assert {path.name: path.read_text() for path in (ROOT / "examples").glob("*.yaml")} == shipped


def test_list_names_every_example_and_is_the_default() -> None:
    listed = cnngrad("examples", "list").out
    assert all(f"│ {name} " in listed for name in example_names())
    assert cnngrad("examples").out == listed
    names = [entry["name"] for entry in json.loads(cnngrad("examples", "list", "--format", "json").out)["examples"]]
    assert names == example_names()


def test_show_prints_the_file() -> None:
    assert cnngrad("examples", "show", "ties").out == example_path("ties").read_text()
    assert cnngrad("examples", "show", "example:ties").out == example_path("ties").read_text()


def test_copy_writes_the_file_and_does_not_overwrite(tmp_path: Path) -> None:
    target = tmp_path / "mine.yaml"
    done = cnngrad("examples", "copy", "ties", target)
    assert (done.code, done.out, done.err) == (0, "", f"wrote {target}\n")
    assert target.read_text() == example_path("ties").read_text()
    target.write_text("mine")
    again = cnngrad("examples", "copy", "ties", target)
    assert (again.code, again.err) == (
        2,
        f"error: {target} exists; name another file, or replace it with --force\n",
    )
    assert target.read_text() == "mine"
    assert cnngrad("examples", "copy", "ties", target, "--force").code == 0
    assert cnngrad("examples", "copy", "ties", tmp_path).code == 0
    assert (tmp_path / "ties.yaml").is_file()


def test_an_unknown_example_gets_a_suggestion() -> None:
    done = cnngrad("run", "example:tie")
    assert (done.code, done.err) == (2, "error: 'tie' is no built-in example; did you mean 'ties'?\n")
    assert (
        cnngrad("examples", "show", "xyz").err == "error: 'xyz' is no built-in example; 'cnngrad examples' lists them\n"
    )


def test_the_forum_convolution_gives_the_right_dW() -> None:
    record = json.loads(cnngrad("conv-backward", "example:forum-conv", "--format", "json").out)
    expected = [[0.139946, 0.106319], [0.034416, 0.145922]]
    assert record["results"]["dW"] == [pytest.approx(row, abs=1e-15) for row in expected]
    Z = [
        [0.2491, -0.1648, 0.2652, -0.3406],
        [0.1089, 0.3092, -0.1129, -0.1432],
        [-0.2178, 0.6069, -0.0462, -0.3231],
        [-0.3294, 0.4757, -0.2673, 0.1892],
    ]
    assert record["results"]["Z"] == [pytest.approx(row, abs=1e-15) for row in Z]


def test_the_forum_pooling_places_the_deltas_at_the_winners() -> None:
    record = json.loads(cnngrad("pool", "example:forum-pool", "--format", "json").out)
    assert record["results"]["Z"] == [[0.3092, 0.2652], [0.6069, 0.1892]]
    # (1,1), (0,2), (2,1), (3,3) in rows of four
    assert record["results"]["argmax"] == [[1 * 4 + 1, 0 * 4 + 2], [2 * 4 + 1, 3 * 4 + 3]]
    assert record["results"]["dA"] == [
        [0, 0, 0.068628, 0],
        [0, 0.0364182, 0, 0],
        [0, 0.04675125, 0, 0],
        [0, 0, 0, 0.06818625],
    ]


def test_examples_alone_is_the_list_with_its_options() -> None:
    assert cnngrad("examples", "--width", "60").out == cnngrad("examples", "list", "--width", "60").out
    assert max(map(len, cnngrad("examples", "--width", "70").out.splitlines())) <= 70
    assert cnngrad("examples", "--format", "json").out == cnngrad("examples", "list", "--format", "json").out
    assert cnngrad("examples", "--width", "60", "show", "ties").err == (
        "error: --width: belongs behind 'examples show', not before it\n"
    )
