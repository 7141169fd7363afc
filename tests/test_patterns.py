"""Patterns that are compiled when they are first used."""

from __future__ import annotations

import re

import pytest

from cnngrad.patterns import METHODS, pattern


def test_a_pattern_does_what_a_compiled_one_does() -> None:
    found = pattern("a(b+)", re.IGNORECASE)
    match = found.search("xABBy")
    assert match is not None
    assert (match[0], match[1], match.start()) == ("ABB", "BB", 1)
    assert (found.fullmatch("ab!"), found.sub("-", "ab abb"), found.findall("ab aBB")) == (None, "- -", ["b", "BB"])
    assert (found.pattern, [each[1] for each in found.finditer("ab")]) == ("a(b+)", ["b"])


def test_each_method_can_be_the_first() -> None:
    """None waits for another one to compile."""
    for method in METHODS:
        given = ("x", "xbx") if method.startswith("sub") else ("xbx",)
        assert str(getattr(pattern("b"), method)(*given))[:20] == str(getattr(re.compile("b"), method)(*given))[:20]


def test_nothing_is_compiled_before_the_first_use() -> None:
    broken = pattern("(")
    with pytest.raises(re.error):
        broken.match("x")
    with pytest.raises(AttributeError, match="a pattern has no attribute 'scan'"):
        _ = broken.scan  # type: ignore[attr-defined]
