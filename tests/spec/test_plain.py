"""Texts that need no parser: the tree of one is that of the parser, or there is none."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cnngrad.errors import CnngradError
from cnngrad.examples import DEFAULTS, example_path
from cnngrad.limits import DEFAULT
from cnngrad.spec.compose import Composer
from cnngrad.spec.held import Rows
from cnngrad.spec.plain import plain_node
from cnngrad.spec.reader import read_node
from cnngrad.spec.tree import MappingNode, Node, SequenceNode

NUMBERS = st.integers(-20, 20) | st.sampled_from([0.5, -1e-3, 2.25, 1e22, 10**30])
LEAVES = NUMBERS | st.sampled_from(
    [None, True, False, "", " a b ", "1", "<<", "w/o 'x' #1: {", "Übung", "\u2028", "\\", "\n"]
)
TABLES = st.integers(1, 3).flatmap(
    lambda n: st.lists(st.lists(NUMBERS, min_size=n, max_size=n), min_size=1, max_size=3)
)
VALUES = st.recursive(
    LEAVES | st.lists(NUMBERS, max_size=4) | TABLES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "op", "", "x y"]), inner),
    max_leaves=6,
)
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" ,", " :"), (",\n", ": "), ("\n, ", ":\n ")])


def parsed(text: str) -> Node:
    """The tree that the parser gives, with no row taken out."""
    return Composer("", DEFAULT, Rows()).compose(yaml.CSafeLoader(text).get_event)


def same(text: str) -> bool:
    """Whether the text is read without the parser; then its tree is that of the parser."""
    found = plain_node(text, DEFAULT)
    assert found is None or found == parsed(text), text
    return found is not None


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES), SEPARATORS, st.booleans())
@settings(max_examples=60)
@example({"a": [[1, 2], [3, 4]], "b": [[1, 2], [3]], "c": [[[1, 2]], [[3, 4]]]}, (", ", ": "), True)
def test_the_tree_is_that_of_the_parser(value: dict[str, Any], separators: tuple[str, str], ascii_only: bool) -> None:
    same(json.dumps(value, separators=separators, ensure_ascii=ascii_only) + "\n")


@given(st.dictionaries(st.sampled_from(["a", "b"]), VALUES, min_size=1), st.data())
@settings(max_examples=60)
def test_what_is_nearly_json_has_the_tree_of_the_parser_or_none(value: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(value)
    place = data.draw(st.integers(0, len(text) - 1))
    piece = data.draw(
        st.sampled_from([*',:[]{}"#\n\t\r-&*!1a~?|', ", ", "'", ": ", " #", "\n- ", "\n---\n", "\ufeff", "\x85"])
    )
    same(text[:place] + piece + text[place + data.draw(st.integers(0, 2)) :])


@pytest.mark.parametrize("name", DEFAULTS.values())
def test_specs_as_programs_write_them(name: str) -> None:
    value = yaml.safe_load(example_path(name).read_text())
    value.pop("title", None)
    assert same(json.dumps(value)) == ("\\" not in json.dumps(value))


@pytest.mark.parametrize(
    "text",
    [
        '{"op": "conv", "input": [[1, 2.5], [-3, 4e-1]], "kernel": [[[1], [2]]], "bias": 0.5, "x": {"y": [], "z": {}}}',
        "{op: conv, input: [1, 2], ask: [dA, dW]}",
        "[[1, 2], [3, 4]]\n",
        '{"a":[1,2],"b":[[1,2],[3,4]],\n "c" : [\n [1, 2],\n  [3, 4]\n]}\n\n',
    ],
)
def test_what_is_read_without_the_parser(text: str) -> None:
    assert same(text)


OTHERS = {
    "an escape": r'{"a": "\u00fc"}',
    "a comment": '{"a": 1} # b',
    "twice": '{"a": 1, "a": 2}',
    "a comma too much": '{"a": [1, 2,]}',
    "a key alone": '{"a"}',
    "no value": '{"a": }',
    "a second document": '{"a": 1}\n---\n{"a": 1}',
    "an anchor": "{a: &b [1, 2], c: *b}",
    "another bracket": '{"a": [1, 2}',
    "another bracket behind a text": '["a"}',
    "another bracket in a mapping": '{"a": 1]',
    "no end": '{"a": [[1, 2]',
    "two words": "{a: b c}",
    "a tab": '{\t"a": 1}',
    "a pair in a list": '["a": 1]',
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_what_is_left_to_the_parser(text: str) -> None:
    assert plain_node(text, DEFAULT) is None


def test_a_key_that_is_longer_than_yaml_takes_is_left_to_the_parser() -> None:
    limits = replace(DEFAULT, scalar=5000)
    assert plain_node(f'{{"{"k" * 1000}": 1}}', limits) is not None
    assert plain_node(f'{{"{"k" * 1025}": 1}}', limits) is None


@pytest.mark.parametrize(
    ("limit", "text", "most"),
    [
        ("nesting", '{"a": [[1, 2]]}', 3),
        ("nesting", '{"a": [{"b": [1, 2]}]}', 4),
        ("scalar", '{"abcd": 1}', 4),
        ("scalar", '{"a": "1234"}', 4),
        ("scalar", '{"a": [1, 2345]}', 4),
        ("scalar", '{"a": [[1, 2], [3, 2345]]}', 4),
    ],
)
def test_limits_are_those_of_the_parser(limit: str, text: str, most: int) -> None:
    assert same(text)
    assert plain_node(text, DEFAULT.with_settings((f"{limit}={most}",))) is not None
    tight = DEFAULT.with_settings((f"{limit}={most - 1}",))
    assert plain_node(text, tight) is None
    with pytest.raises(CnngradError, match=f"over the limit of {most - 1}"):
        read_node(text.encode(), "x.json", tight)


def test_as_many_values_as_the_parser_takes() -> None:
    # {"a": [1, 2], "b": [[1, 2], [3, 4]], "c": 1}
    # around 4, the mapping 2, keys 3, a row 3, a table 2 + 2*3, a number 1
    text, events = '{"a": [1, 2], "b": [[1, 2], [3, 4]], "c": 1}', 21
    assert plain_node(text, DEFAULT.with_settings((f"values={events}",))) is not None
    assert plain_node(text, DEFAULT.with_settings((f"values={events - 1}",))) is None


def test_a_table_has_nodes_when_they_are_asked_for() -> None:
    root = plain_node('{"a": [[1, 2], [3, 4, 5]]}', DEFAULT)
    assert isinstance(root, MappingNode)
    table = root.entries["a"]
    assert isinstance(table, SequenceNode)
    assert table.width == 2
    assert table.table is not None
    assert table.table.shape == ()  # rows of two and of three words
    assert [(row.line, row.column) for row in table.items] == [(1, 8), (1, 16)]
