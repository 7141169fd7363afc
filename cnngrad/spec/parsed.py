"""YAML and JSON as an event stream, for every text that is not plain; and what is said of one that cannot be parsed.

The parser's events are the only part of PyYAML used here: no tag is resolved, no object is built and nothing
recurses, so that a hostile file costs no more than its own length.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from cnngrad.errors import CnngradError, Mark, Problem, escape
from cnngrad.limits import Limits
from cnngrad.patterns import pattern
from cnngrad.spec.compose import Composer
from cnngrad.spec.held import HeldError, LeftError, Rows, without_rows
from cnngrad.spec.tree import Lines, Node

_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # PyYAML may be built without libyaml
_ROW = pattern(r"\s*[-+.]?[0-9][-+0-9.,/eE\s]*")
_LONG = 2**20
"""Characters of a text that is not read twice for the exact place of what is wrong with its form."""
_ADVICE = (
    (" or ']'", "check the brackets and the commas between numbers"),
    (" or '}'", "check the braces and the commas between entries"),
    ("tab character", "indent with spaces"),
    ("'\\t' that cannot start", "indent with spaces"),
    ("cannot start any token", "put quotes around the text"),
    ("mapping values are not allowed", "check the indentation, and put quotes around text that has a colon"),
    ("end of stream", "close the quote"),
    ("unknown escape", "write the text in single quotes"),
    ("expected ':'", "write 'key: value', with a blank after the colon"),
    ("comment or line break", "write a table as rows of numbers, without the lines between its columns"),
    ("block sequence entries", "write -1 without a blank, and a list in brackets"),
    ("tag handle", "leave tags out"),
)

_IS_JSON = pattern(r"\.json$|\.jsonl:[0-9]+$|^<stdin>:[0-9]+$", re.IGNORECASE)


def parsed_node(text: str, source: str, lines: Lines, limits: Limits) -> Node:
    """The one document in a text, whose lines are these; CnngradError says what is wrong and where."""
    try:
        try:
            try:
                return _composed(*without_rows(text, limits.values), source, limits)
            except LeftError:
                return _composed(*without_rows(text), source, limits)
        except (HeldError, yaml.YAMLError) as error:
            if len(text) > _LONG and isinstance(error, yaml.YAMLError):
                raise
            # The parser's own words are those for the text as it is.
            return _composed(text, Rows(), source, limits)
    except yaml.YAMLError as error:
        raise CnngradError(_syntax(error, source, lines.all)) from None


def _composed(text: str, rows: Rows, source: str, limits: Limits) -> Node:
    return Composer(source, limits, rows).compose(_PARSER(text).get_event)


def _syntax(error: yaml.YAMLError, source: str, lines: tuple[str, ...]) -> Problem:
    problem = str(getattr(error, "problem", None) or "it cannot be parsed")
    advice = next((a for words, a in _ADVICE if words in problem), "check the brackets and the indentation")
    mark = _clamped(getattr(error, "problem_mark", None), source, lines)
    if mark.line and lines[mark.line - 1 : mark.line] and lines[mark.line - 1][mark.column - 1 : mark.column] == "\t":
        problem, advice = "found a tab where only blanks are allowed", "indent with spaces"
    if "expected key" in problem and any(map(_ROW.fullmatch, lines[mark.line - 1 : mark.line])):
        problem, advice = "found a row of numbers further left than the first", "start every row in the same column"
    opened, since = getattr(error, "context_mark", None), ""
    if opened is not None and opened.line + 1 < mark.line:
        context = str(getattr(error, "context", "")).removeprefix("while ")
        since = f" ({escape(context)} from line {opened.line + 1})"
    language = "JSON" if _IS_JSON.search(source) else "YAML"
    return Problem(f"is not valid {language}: {escape(problem)}{since}; {advice}", "", mark)


def _clamped(mark: Any, source: str, lines: tuple[str, ...]) -> Mark:
    """A parser's mark as ours; the end of the text is behind its last character, not on the next line."""
    if mark is None:
        return Mark(source)
    if mark.line < len(lines):
        return Mark(source, mark.line + 1, mark.column + 1)
    return Mark(source, len(lines), len(lines[-1]) + 1) if lines else Mark(source, 1, 1)
