"""generate: exercises that separate, from a seed, in pairs of files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import cnngrad, some
from hypothesis import given, settings
from hypothesis import strategies as st

from cnngrad import check
from cnngrad.api.solve import open_spec
from cnngrad.exercise.solution import Solution
from cnngrad.homework.audit import audit
from cnngrad.limits import DEFAULT
from cnngrad.ops import OPS
from cnngrad.spec.build import build

ALWAYS_ONE = {"positions-averaged", "all-averaged", "overwritten", "window-overwritten"}
"""With one image the count of positions is the count of all cells; average pooling chooses the whole window: no
numbers tell these apart."""


def generated(folder: Path, *args: str) -> Path:
    done = cnngrad("generate", *args, "-o", folder / "e.yaml", "--key", folder / "e.key.yaml", "--force")
    assert (done.code, done.out, done.err) == (0, "", "")
    return folder / "e.yaml"


@pytest.mark.parametrize("kind", some(["conv-backward", "pool", "network", "rnn", "graph"], 3))
def test_every_kind_makes_an_exercise_whose_key_is_right(kind: str, tmp_path: Path) -> None:
    spec = generated(tmp_path, kind, "--seed", "2")
    assert cnngrad("check", spec, tmp_path / "e.key.yaml").code == 0
    assert "answers" not in re.sub("^#.*", "", spec.read_text(), flags=re.MULTILINE)
    assert cnngrad("run", spec).code == 0


CASES = st.sampled_from([("conv-backward",), ("pool",), ("pool", "--mode", "average")])


@settings(max_examples=3)
@given(seed=st.integers(0, 10**9), case=CASES)
def test_mistakes_show_and_differ(seed: int, case: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> None:
    show_and_differ(seed, case, tmp_path_factory.mktemp("generated"))


@pytest.mark.slow
@settings(max_examples=15)
@given(seed=st.integers(0, 10**9), case=CASES)
def test_mistakes_of_many_show_and_differ(
    seed: int, case: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    show_and_differ(seed, case, tmp_path_factory.mktemp("generated"))


def show_and_differ(seed: int, case: tuple[str, ...], folder: Path) -> None:
    spec = generated(folder, *case, "--seed", str(seed))
    for compared in audit(Solution(build(open_spec(str(spec), DEFAULT), OPS).exercise)).comparisons:
        if compared.name != "Z":
            assert not compared.invisible, (compared.name, compared.invisible)
            assert all({mistake.id for mistake in group} <= ALWAYS_ONE for group in compared.groups), compared.groups


def test_settings_shape_the_exercise(tmp_path: Path) -> None:
    spec = generated(
        tmp_path, "conv-backward", "--size", "4,5", "--window", "3", "--padding", "1", "--channels", "2", "--filters",
        "3", "--stride", "2", "--digits", "2", "--batch", "2",
    )  # fmt: skip
    exercise = build(open_spec(str(spec), DEFAULT), OPS).exercise
    shapes = {name: array.shape for name, array in exercise.given.items()}
    assert shapes == {"A": (2, 4, 5, 2), "W": (3, 3, 2, 3), "b": (3,), "dZ": (2, 2, 3, 3)}
    assert exercise.settings()["stride"] == [2, 2]
    assert 5 < max(abs(array).max() for array in exercise.given.values()) <= 99


WANTED = """\
# Compute dA, dW and db of this convolution: answers.yaml holds dA (4x4), dW (2x2) and db.
# Check your answers with: cnngrad check e.yaml answers.yaml
op: conv
title: "conv-backward 1, seed 4"
ask: [dA, dW, db]
"""


def test_an_exercise_says_which_answers_it_wants(tmp_path: Path) -> None:
    """In words, and in the key that makes what is missing count."""
    spec = generated(tmp_path, "conv-backward", "--seed", "4")
    assert spec.read_text().startswith(WANTED)
    judged = check(str(spec), {"dW": str(np.zeros((2, 2)).tolist())})
    assert {name: each.verdict for name, each in judged.answers.items()} == {
        "dW": "wrong",
        "dA": "missing",
        "db": "missing",
    }


LAYOUTS: list[tuple[Any, ...]] = [
    (("conv-backward", "--layout", "NCHW", "--filters", "2"), {"A": (1, 1, 4, 4), "W": (2, 1, 2, 2), "b": (2,)}),
    (("conv-backward", "--layout", "NLC", "--channels", "2"), {"A": (1, 8, 2), "W": (2, 2, 1), "b": (1,)}),
    (("pool", "--layout", "CL", "--channels", "2"), {"A": (2, 13)}),
    (("pool", "--layout", "DHW", "--size", "3,4,5", "--separate", "none"), {"A": (3, 4, 5)}),
    (("network", "--layout", "CHW", "--separate", "none"), {"A": (1, 7, 7), "conv1.W": (1, 1, 2, 2)}),
    (("network", "--layout", "NL", "--separate", "none"), {"A": (1, 15), "conv1.W": (2,)}),
]


@pytest.mark.parametrize(("args", "shapes"), some(pytest.param(*each) for each in LAYOUTS))
def test_a_layout_shapes_the_exercise(args: tuple[str, ...], shapes: dict[str, Any], tmp_path: Path) -> None:
    spec = generated(tmp_path, *args, "--seed", "1")
    exercise = build(open_spec(str(spec), DEFAULT), OPS).exercise
    given = {name: array.shape for name, array in exercise.arrays().items()}
    assert {name: given[name] for name in shapes} == shapes
    assert f"layout: {args[2]}\n" in spec.read_text()
    assert cnngrad("check", spec, tmp_path / "e.key.yaml").code == 0


@pytest.mark.parametrize("kind", ["conv-backward", pytest.param("pool", marks=pytest.mark.slow)])
def test_the_same_seed_is_the_same_exercise(kind: str) -> None:
    first, again, other = (cnngrad("generate", kind, "--seed", seed).out for seed in ("7", "7", "8"))
    assert first == again != other


def test_a_folder_of_pairs(tmp_path: Path) -> None:
    done = cnngrad("generate", "graph", "--separate", "none", "--count", "10", "-o", tmp_path / "new")
    assert done.code == 0
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names[:3] == ["graph-01.key.yaml", "graph-01.yaml", "graph-02.key.yaml"]
    assert len(names) == 20
    assert len({path.read_text().partition("expression")[2] for path in (tmp_path / "new").glob("*-??.yaml")}) == 10
    assert cnngrad("check", tmp_path / "new/graph-10.yaml", tmp_path / "new/graph-10.key.yaml").code == 0
    again = cnngrad("generate", "graph", "--separate", "none", "--count", "10", "-o", tmp_path / "new")
    assert again.code == 2
    assert again.err.endswith("graph-01.yaml exists; name another file, or replace it with --force\n")


def test_one_for_every_student(tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text('name,id\nAda Lovelace,u1\n"Babbage, Charles",u2\n../../etc/passwd,x/../y\n')
    done = cnngrad("generate", "conv-backward", "--per", roster, "-o", tmp_path / "class")
    said = f"wrote 3 exercises and their keys to {tmp_path / 'class'}, named by the column 'id'\n"
    assert (done.code, done.err) == (0, said)
    assert sorted(path.name for path in (tmp_path / "class").glob("*.key.yaml")) == [
        "u1.key.yaml", "u2.key.yaml", "x-..-y.key.yaml",
    ]  # fmt: skip
    before = (tmp_path / "class/u2.yaml").read_text()
    roster.write_text("id\nu0\nu2\n")
    cnngrad("generate", "conv-backward", "--per", roster, "-o", tmp_path / "later")
    assert (tmp_path / "later/u2.yaml").read_text() == before, "an exercise does not depend on the rest of the roster"


ROSTERS: list[tuple[str, list[str], str, list[str]]] = [
    ("Nachname;Vorname;Matrikel\nGauß;Carl;0042\nNoether;Emmy;43\n", [], "the column 'Matrikel'", ["0042", "43"]),
    ("\ufeffMatrikel-Nr.;Name\n7;A\n", [], "the column 'Matrikel-Nr.'", ["7"]),
    ('Last Name,First Name\n"Abel",Niels\n', [], "the columns 'Last Name' and 'First Name'", ["Abel-Niels"]),
    ("Surname\nHopper\n", [], "the column 'Surname'", ["Hopper"]),
    ("Last Name\tE-Mail\nHopper\tg@x.edu\n", [], "the column 'E-Mail'", ["g@x.edu"]),
    (
        "Student,SIS User ID,Section\n    Points Possible,,\n\"Hopper, Grace\",s77,1\n", [],
        "the column 'SIS User ID'", ["s77"],
    ),
    ("sep=;\nid;x\nu1;2\n", [], "the column 'id'", ["u1"]),
    ("id,x\n1,u\n2,v\n", ["--column", "X"], "the column 'x'", ["u", "v"]),
    ("ada\nbob\n", [], "the first column; no heading is known, so every line is a student", ["ada", "bob"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "options", "by", "names"), ROSTERS)
def test_rosters_as_registrars_export_them(
    text: str, options: list[str], by: str, names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r.csv").write_text(text)
    done = cnngrad("generate", "graph", "--separate", "none", "--per", "r.csv", *options, "-o", "out")
    wrote = "1 exercise and its key" if len(names) == 1 else f"{len(names)} exercises and their keys"
    assert (done.code, done.out, done.err) == (0, "", f"wrote {wrote} to out, named by {by}\n")
    assert sorted(path.name.removesuffix(".key.yaml") for path in Path("out").glob("*.key.yaml")) == names


def test_a_column_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r.csv").write_text("id;Section\n1;2\n")
    for heading, hint in (("sectoin", "; did you mean 'Section'?"), ("zz", "; it has 'id', 'Section'")):
        done = cnngrad("generate", "graph", "--per", "r.csv", "--column", heading, "-o", "out")
        assert (done.code, done.out, done.err) == (2, "", f"error: r.csv: has no column '{heading}'{hint}\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "roster.csv: has no students; write one per line"),
        ("a\nb\nA\n", "roster.csv:3:1: 'A' would have the same file as another student; tell them apart"),
        ("a\n...\n", "roster.csv:2:1: '...' makes no name of a file; give the student another"),
        ("id,x\n,1\n", "roster.csv:2:1: '' makes no name of a file; give the student another"),
    ],
)
def test_bad_rosters(text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("roster.csv").write_text(text)
    done = cnngrad("generate", "pool", "--per", "roster.csv", "-o", "out")
    assert (done.code, done.out, done.err) == (2, "", f"error: {message}\n")
    assert not Path("out").exists()


def test_names_of_students_cannot_break_the_spec(tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text('"x"": !!python/object\t{\x1b[31m"\n')
    done = cnngrad("generate", "graph", "--separate", "none", "--per", roster, "-o", tmp_path / "out")
    assert done.code == 0
    (spec,) = (path for path in (tmp_path / "out").iterdir() if not path.name.endswith(".key.yaml"))
    assert cnngrad("run", spec).code == 0
    assert "\x1b" not in spec.read_text()


def test_multiple_choice(tmp_path: Path) -> None:
    spec = generated(tmp_path, "conv-backward", "--multiple-choice", "--seed", "3")
    key = (tmp_path / "e.key.yaml").read_text()
    assert cnngrad("check", spec, tmp_path / "e.key.yaml").code == 0
    found = re.search(r"  dW: \{(.*)\}", key[key.index("choices:") :])
    assert found is not None
    options = dict(part.split(": ") for part in found[1].split(", "))
    assert sorted(options) == ["a", "b", "c", "d"]
    text = spec.read_text()
    asked = text[text.index("Which of these is dW?") :]
    for letter, id_ in options.items():
        (numbers,) = re.findall(rf"#   {letter}\) (.*)", asked.partition("Which of these is db?")[0])
        answer = [[cell.strip() for cell in row.split(",")] for row in numbers.strip("[]").split("], [")]
        judged = check(str(spec), {"dW": answer}).answers["dW"]
        by_letter = check(str(spec), {"dW": letter}).answers["dW"]
        assert by_letter.verdict == judged.verdict
        if id_ == "right":
            assert judged.verdict == "right"
        else:
            assert id_ in [mistake.id for mistake in judged.mistakes]
            assert id_ in [mistake.id for mistake in by_letter.mistakes]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ("convolution",),
            "'convolution' is no kind of exercise; it is one of conv-backward, pool, network, graph, rnn",
        ),
        (("pol",), "'pol' is no kind of exercise; did you mean 'pool'?"),
        (("rnn", "--filters", "2"), "--filters: is no option of rnn; conv-backward has it"),
        (("pool", "--size", "a"), "--size: 'a' is no size; give whole numbers, as in --size 5 or --size 4,6"),
        (("pool", "--size", "1,2,3"), "--size: has 3 numbers; give one, or height and width"),
        (("pool", "--layout", "HWX"), "--layout: 'HWX' is no layout; did you mean 'HW'?"),
        (("pool", "--layout", "-"), "--layout: '-' is no layout; write one letter per axis, as in HW or NCHW"),
        (("conv-backward", "--layout", "HW", "--channels", "2"), "--layout: HW has no axis for channels; take NCHW"),
        (("pool", "--layout", "L", "--size", "3,4"), "--size: has 2 numbers; give one"),
        (("pool", "--layout", "DHW", "--size", "3,4"), "--size: has 2 numbers; give one, or one for each of D, H, W"),
        (("rnn", "--layout", "HW"), "--layout: is no option of rnn; conv-backward, pool and network have it"),
        (("graph", "--size", "99"), "--size: a graph of 99 gates; take 3 to 12"),
        (
            ("network", "--size", "2"),
            "--size 2: input: is too small for a kernel of 2 and then pooling, which need 3 cells along each side",
        ),
        (
            ("network", "--window", "7"),
            "--window 7: input: is too small for a kernel of 7 and then pooling, which need 8 cells along each side",
        ),
        (("pool", "--size", "9999"), "--size: makes an input of 99,980,001 cells; exercises have at most 10,000"),
        (
            ("conv-backward", "--window", "9", "--filters", "999"),
            "--size: makes a kernel of 80,919 cells; exercises have at most 10,000",
        ),
        (("pool", "-o", "/nowhere/e.yaml"), "--output: there is no folder '/nowhere'; make it first"),
        (("pool", "--key", "/nowhere/k.yaml"), "--key: there is no folder '/nowhere'; make it first"),
        (("pool", "--column", "id"), "--column: is about a roster; name one with --per FILE"),
        (("pool", "--count", "2"), "--output: several exercises need a folder; name one with -o DIR"),
        (
            ("pool", "--count", "2", "--key", "k", "-o", "d"),
            "--key: several exercises have a key each, beside them; leave --key out",
        ),
        (
            ("conv-backward", "--size", "2", "--window", "5"),
            "--size 2 --window 5: kernel: spans 5 cells, but the padded height is 2; add padding or make the kernel "
            "smaller",
        ),
        (
            ("pool", "--size", "2,1"),
            "--size 2,1: window: spans 3 cells, but the padded height is 2; add padding or make the window smaller",
        ),
        (
            ("pool", "--size", "4", "--padding", "3"),
            "--padding 3: 3 is more than half of the window's span of 3 along the height; pad by at most 1",
        ),
        (("graph", "--size", "1"), "--size: a graph of 1 gate; take 3 to 12"),
    ],
)
def test_messages(args: tuple[str, ...], message: str) -> None:
    done = cnngrad("generate", *args)
    assert (done.code, done.out, done.err) == (2, "", f"error: {message}\n")


def test_what_the_search_did_not_separate_is_named() -> None:
    """The least work that checks every mistake once is too little for a search: the two ways to overwrite are one
    number where no cell wins in one window and loses in a later one."""
    done = cnngrad("generate", "pool", "--seed", "0", "--limit", "audit_work=469616")
    assert (done.code, done.out) == (2, "")
    assert re.fullmatch(
        r"error: no exercise of this form was found in \d+ draws that tells apart overwritten from window-overwritten; "
        r"take a larger one, more digits, or --separate truth\n",
        done.err,
    )


@pytest.mark.parametrize("separate", ["all", "truth", "none"])
def test_a_single_window_is_an_exercise_too(separate: str) -> None:
    done = cnngrad("generate", "pool", "--size", "2", "--window", "2", "--separate", separate)
    assert (done.code, done.err) == (0, "")
