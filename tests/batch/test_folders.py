"""The files of a folder and of a glob, in an order of their names alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cnngrad.batch.folders import found_in, is_glob, matches


@pytest.fixture(autouse=True)
def _tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """z.yaml, B, a-b/x, a/x, a/deep/y, .hidden, .git/w and a link from a/deep back to the top."""
    monkeypatch.chdir(tmp_path)
    for name in ("z.yaml", "B", "a-b/x", "a/x", "a/deep/y", ".hidden", ".git/w"):
        path = Path("top", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    os.symlink("../..", "top/a/deep/back")


def test_a_folder_is_sorted_by_code_points_name_by_name() -> None:
    assert [place.path for place in found_in("top")] == ["top/B", "top/a/deep/y", "top/a/x", "top/a-b/x", "top/z.yaml"]
    assert all(place.problem is None for place in found_in("top"))


def test_a_link_that_leads_back_or_above_adds_nothing() -> None:
    os.symlink("..", "top/a/up")
    assert [place.path for place in found_in("top/a")] == ["top/a/deep/y", "top/a/x"]


def test_a_link_to_another_folder_is_followed_once() -> None:
    Path("other").mkdir()
    Path("other/o").touch()
    os.symlink("../other", "top/one")
    os.symlink("../other", "top/two")
    assert [place.path for place in found_in("top") if "/o" in place.path] == ["top/one/o"]


def test_a_folder_that_cannot_be_looked_into_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = os.listdir

    def refused(folder: str) -> list[str]:
        if folder == "top/a":
            raise PermissionError(13, "Permission denied")
        return listed(folder)

    monkeypatch.setattr(os, "listdir", refused)
    places = {place.path: place.problem for place in found_in("top")}
    assert list(places) == ["top/B", "top/a", "top/a-b/x", "top/z.yaml"]
    assert str(places["top/a"]) == "top/a: cannot be looked into: Permission denied; check it"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("top/*", ["top/B", "top/a", "top/a-b", "top/z.yaml"]),
        ("top/?", ["top/B", "top/a"]),
        ("top/[a-z]*/x", ["top/a/x", "top/a-b/x"]),
        ("top/.h*", ["top/.hidden"]),
        ("**/x", ["top/a/x", "top/a-b/x"]),
        ("top/**/x", ["top/a/x", "top/a-b/x"]),
        ("top/**/**/y", ["top/a/deep/y"]),
        ("top/a/**", ["top/a"]),
        ("**", ["."]),
        ("none/*", []),
        ("top/z.yaml/*", []),
    ],
)
def test_what_a_glob_means(pattern: str, expected: list[str]) -> None:
    assert is_glob(pattern)
    assert matches(pattern) == expected


def test_a_glob_may_begin_at_the_root() -> None:
    here = os.getcwd()
    assert matches(f"{here}/top/?") == [f"{here}/top/B", f"{here}/top/a"]
