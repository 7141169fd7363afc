"""What a PATH of the command line means."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from cnngrad.batch.items import Item, items_of, items_of_values
from cnngrad.errors import CnngradError


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (
        "d/a.yaml",
        "d/a.key.yaml",
        "d/B.YML",
        "d/c.json",
        "d/n.txt",
        "d/m.jsonl",
        "d/x.yaml/in.yml",
        "d/[1].yaml",
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("{}\n\n[]\n" if name.endswith("l") and "jsonl" in name else "op: conv\n")


def sources(*paths: str, output: str | None = None) -> list[str]:
    """The names of the items of these paths, and that they were counted right."""
    items = items_of(paths, output=output)
    found = list(items.every())
    assert items.total == len(found)
    return [f"{item.source}!" if item.nothing else item.source for item in found]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("d/a.yaml", ["d/a.yaml"]),
        ("d/n.txt", ["d/n.txt"]),
        ("d/a.key.yaml", ["d/a.key.yaml"]),
        ("d", ["d/B.YML", "d/[1].yaml", "d/a.yaml", "d/c.json", "d/x.yaml/in.yml"]),
        ("d/", ["d/B.YML", "d/[1].yaml", "d/a.yaml", "d/c.json", "d/x.yaml/in.yml"]),
        ("d/m.jsonl", ["d/m.jsonl:1", "d/m.jsonl:3"]),
        ("d/[1].yaml", ["d/[1].yaml"]),
        ("d/[ab].yaml", ["d/a.yaml"]),
        ("d/*.key.yaml", ["d/a.key.yaml"]),
        ("d/*.txt", ["d/n.txt"]),
        ("d/*", ["d/B.YML", "d/[1].yaml", "d/a.yaml", "d/c.json", "d/m.jsonl:1", "d/m.jsonl:3", "d/x.yaml/in.yml"]),
        ("d/*.*", ["d/B.YML", "d/[1].yaml", "d/a.yaml", "d/c.json", "d/m.jsonl:1", "d/m.jsonl:3", "d/x.yaml/in.yml"]),
        ("**/*.y*ml", ["d/[1].yaml", "d/a.yaml", "d/x.yaml/in.yml"]),
        ("example:ties", ["example:ties"]),
        ("example:no", ["example:no!"]),
        ("none.yaml", ["none.yaml!"]),
        ("none.jsonl", ["none.jsonl!"]),
        ("none*", ["none*!"]),
        ("", ["!"]),
        ("a\0b", ["a\0b!"]),
    ],
)
def test_what_a_path_means(path: str, expected: list[str]) -> None:
    assert sources(path) == expected


def test_the_same_file_twice_is_two_items_and_order_is_that_of_the_paths() -> None:
    assert sources("d/c.json", "d/a.yaml", "d/c.json") == ["d/c.json", "d/a.yaml", "d/c.json"]


def test_what_is_written_is_not_read() -> None:
    assert "d/c.json" not in sources("d", output="d/c.json")
    assert sources("d/*.jsonl", output="d/m.jsonl") == ["d/*.jsonl!"]
    with pytest.raises(CnngradError) as caught:
        items_of(["d/m.jsonl"], output="./d/m.jsonl")
    assert str(caught.value) == "output: './d/m.jsonl' is read too; name another file"


def test_standard_input_is_read_once() -> None:
    with pytest.raises(CnngradError) as caught:
        items_of(["-", "d", "-"])
    assert str(caught.value) == "'-' is given twice; standard input can be read once"


def test_every_path_without_an_item_says_why() -> None:
    Path("empty").mkdir()
    Path("empty.jsonl").write_text("\n")
    paths = ("empty", "empty.jsonl", "*.none", "none.yaml")
    says = [
        "empty: holds no spec, that is no file .yaml, .yml or .json; name another folder",
        "empty.jsonl: holds no spec; write one on each line",
        "*.none: matches no file; check the name and the folder",
        "none.yaml: does not exist; check the name and the folder",
    ]
    with pytest.raises(CnngradError) as caught:
        list(items_of(paths))
    assert [str(problem) for problem in caught.value.problems] == says
    found = list(items_of([*paths, "d/a.yaml", "none.yaml"]))
    assert [item.source for item in found] == [*paths, "d/a.yaml", "none.yaml"]


def test_what_is_no_regular_file_is_an_item_where_its_name_is_that_of_a_spec() -> None:
    os.mkfifo("d/p.yaml")
    os.symlink("loop.json", "d/loop.json")
    assert {"d/p.yaml", "d/loop.json"} <= set(sources("d"))
    assert sources("d/p.yaml", "d/loop.json") == ["d/p.yaml", "d/loop.json"]


def test_names_that_are_no_utf8() -> None:
    name = os.fsdecode(b"d/\xff.yaml")
    Path(name).touch()
    assert sources("d/*.yaml") == ["d/[1].yaml", "d/a.yaml", "d/x.yaml/in.yml", name]


def test_items_of_python_values() -> None:
    spec: dict[str, Any] = {"op": "conv"}
    found = list(items_of_values([spec, "none.yaml", Path("d/x.yaml"), 5]))
    assert found[0] == Item("items[0]", spec=spec)
    assert [item.source for item in found] == ["items[0]", "none.yaml", "d/x.yaml/in.yml", "items[3]"]
    assert str(found[3].problem) == "is of type int, which is no spec; give a path or a mapping"


def test_items_are_found_as_they_are_needed() -> None:
    def endless() -> Any:
        while True:
            yield {}

    assert next(iter(items_of_values(endless()))).source == "items[0]"


def test_a_link_back_that_a_glob_finds_adds_nothing() -> None:
    """A link to / would be a walk through all that there is."""
    os.symlink("/", "d/x.yaml/root.yml")
    os.symlink("../..", "d/x.yaml/up.yml")
    assert sources("**/*.yml") == ["d/x.yaml/in.yml"]
