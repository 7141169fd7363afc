"""Rows that are taken out of a text: what stands for them, and how many are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnngrad.errors import CnngradError
from cnngrad.limits import DEFAULT
from cnngrad.spec import rows
from cnngrad.spec.held import HELD, without_rows
from cnngrad.spec.reader import read_node
from cnngrad.spec.tree import MappingNode, SequenceNode


@pytest.mark.parametrize(("title", "sign"), [("a", "^"), ("^", "$"), ("^$~", ";"), ("^$~;", HELD), (HELD, "^")])
def test_what_stands_for_a_row_is_nowhere_in_the_text(title: str, sign: str) -> None:
    text = f"title: {title}\ninput: [1, 2,\n 3]\n"
    found, taken = without_rows(text)
    assert found == f"title: {title}\ninput: [{sign * 5}\n{sign * 2}]\n"
    assert taken.starts == [text.index("1, 2")]
    root = read_node(text.encode(), "x.yaml", DEFAULT)[0]
    assert isinstance(root, MappingNode)
    assert isinstance(root.entries["input"], SequenceNode)
    assert [node.text for node in root.entries["input"].items] == ["1", "2", "3"]  # type: ignore[union-attr]


@given(st.sampled_from([0, 10, 100]), st.integers(0, 15), st.integers(20, 60))
@settings(max_examples=30, deadline=None)
def test_rows_that_are_left_in_a_text_change_no_count(comments: int, lists: int, most: int) -> None:
    # As many rows as values are taken out; those in comments are no values. Each list takes three values.
    text = "# [1, 2]\n" * comments + "input:\n" + "- [1, 2, 3, 4, 5]\n" * lists + "kernel: [1, 2]\n"
    limits = DEFAULT.with_settings((f"values={most}",))
    values = 3 * lists + (2 if lists else 1) + 11  # "input: " without a list is an empty word
    if values <= most + 1:
        read_node(text.encode(), "x.yaml", limits)
        return
    with pytest.raises(CnngradError, match=f"too many lists, keys and words, over the limit of {most};"):
        read_node(text.encode(), "x.yaml", limits)


def test_a_long_row_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_AT_A_TIME", 2)
    row = rows.Row("10, 20, 30,40 ,50, 600", 1, 1)
    pieces = list(rows.words_of([row]))
    assert pieces == [["10", "20", "30"], ["40", "50", "600"]]
    assert (row.has_longer(2), row.has_longer(3)) == (True, False)
