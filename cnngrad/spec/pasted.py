"""Numbers as people paste them: what numpy, PyTorch and TensorFlow print, Python's own lists, decimal commas, percent.

Nothing is evaluated: a text is taken apart by its brackets, blanks and commas, and what is left must be numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import chain

from cnngrad.errors import excerpt
from cnngrad.numbers import grammar
from cnngrad.patterns import pattern

Nested = str | list["Nested"]
"""The text of a number, or a list."""
DEEPEST = 8
"""Levels of brackets: no array has so many axes."""
_KINDS = r"array|asarray|matrix|tensor|Tensor|constant|Variable|Array|float\d*|double|u?int\d*"
_CALL = rf"(?<![\w.])(?:[A-Za-z_]\w*\.)*(?:{_KINDS})\s*+\("
_NAMED = r"\s*+,\s*+\w++\s*+=\s*+(?:\([\d, ]*+\)|<[^<>]*+>|[^\s,()<>\[\]]++)"
_SINGLE = pattern(rf"{_CALL}\s*+([^\s()\[\],]*+)(?:{_NAMED})*+\s*+,?+\s*+\)")
"""np.float64(1.5), tensor(1.5, requires_grad=True)."""
_START = pattern(
    rf"\s*+(?:<tf\.Tensor:.{{0,200}}?numpy=\s*+|Parameter containing:\s*+)?(?:{_CALL}\s*+)?(?=[\[(])", re.DOTALL
)
_END = pattern(rf"(?:{_NAMED})*+\s*+,?+\s*+\)?+\s*+>?+\s*+[,;]?+\s*+")
_NEXT = pattern(r"\s*+,?\s*+[\[(]")
_MINUS = pattern("[\u2010-\u2015\u2212\ufe63\uff0d](?=[0-9.])")
_PERCENT = pattern(rf"({grammar.DECIMAL.pattern})\s*%")
_COMMA = pattern(r"([-+]?(?:0|[1-9][0-9]*)),([0-9]+)((?:[eE][-+]?[0-9]+)?\s*%?)")
_THOUSANDS = pattern(r"[-+]?[1-9][0-9]{0,2}(?:,[0-9]{3}(?:,[0-9]{3})*(?:\.[0-9]*)?|(?:\.[0-9]{3})+,[0-9]+)")
"""1,234 and 1,234.5; 1.234,5."""
_HARD_BLANK = pattern(r"(?<![0-9.,])[0-9]{1,3}(?:[\u00a0\u2007\u2009\u202f][0-9]{3})+(?![0-9])")
"""1 234 with a blank that does not break, as a spreadsheet shows a thousand."""
_LONE_SIGN = pattern(r"(?:^|(?<=[\s\[(,;]))[-+\u2212] +[0-9.]+", re.MULTILINE)
_FORMULA = pattern(r"(?<![\w.])[A-Za-z_]\w*\s*[-+*/]|[-+*/]\s*[A-Za-z_]")
_LATEX = pattern(r"\\(?:begin|d?frac|left|text|cdot|\\)|&")
_TABLE = pattern(r"^[ \t]*[|│].*[|│][ \t]*$", re.MULTILINE)
_INSIDE = pattern(r"(?<![0-9.,])[0-9]+,[0-9]+(?![0-9.,]*[.,][0-9])")
_BETWEEN = pattern(r",\s|\s,")
_PIECES = pattern(r"\s*,\s+|\s+,\s*|\s+|,$")
_BLANKS = ("", "_", "-", "~", "?")
_PRINTED = pattern(r"[-+]?[0-9]+\.[0-9]*")
_LETTER = pattern(r"[^\W\d_eE]")
_SEPARATORS = pattern(r"[\s,;]*")


def number(text: str) -> str:
    """A number as it is pasted, in the one way that numbers are written here: `np.float64(1.5)`, a printed minus sign,
    `12.5%` (0.125), `0,5` in a cell of its own; any other text as it is. ValueError for what can be read in two ways.
    """
    text = _SINGLE.sub(r"\1", text).strip()
    text = _MINUS.sub("-", text)
    if text[-1:] in (",", ";") and "," not in text[:-1]:
        text = text[:-1].rstrip()
    if _THOUSANDS.fullmatch(text):
        raise ValueError(f"{excerpt(text)} may have a decimal comma or thousands; write a decimal point alone")
    if in_two_ways(text):
        raise ValueError(two_ways(text))
    if comma := _COMMA.fullmatch(text):
        text = f"{comma[1]}.{comma[2]}{comma[3]}"
    if percent := _PERCENT.fullmatch(text):
        value = Decimal(percent[1])
        return f"{value.scaleb(-2):f}" if abs(value.adjusted()) < 400 else text
    return text


def is_typeset(text: str) -> bool:
    """Whether a text of several numbers has what separates them elsewhere: `{1,2}`, `1 & 2`, `| 1 | 2 |`."""
    return re.search(r"[{}&|\\]", text) is not None and len(re.findall(r"[0-9]+", text)) > 1


def is_number(text: str) -> bool:
    """Whether a text is a number, or one that can be read in two ways."""
    try:
        return grammar.is_number(number(text))
    except ValueError:
        return True


def in_two_ways(row: str) -> bool:
    """Whether commas of a row may be decimal ones or stand between numbers: some are inside a word, others beside a
    blank, as in `0,5, 1,25` and `0,5, 3`."""
    if not (_BETWEEN.search(row.strip()) and _INSIDE.search(row)):
        return False
    pieces = _PIECES.split(_MINUS.sub("-", row.strip()))
    return all(each in _BLANKS or grammar.is_number(each.replace(",", ".", 1)) for each in pieces)


def has_comma(word: str) -> bool:
    """Whether a word is a number with a decimal comma, or one that may have one."""
    word = _MINUS.sub("-", word)
    return (_COMMA.fullmatch(word) or _THOUSANDS.fullmatch(word)) is not None


def foreign(text: str) -> str:
    """What is said of a text in a language of its own; nothing where it is none."""
    if "\\" in text and _LATEX.search(text):
        return "is LaTeX; write the numbers alone, as in [[1, 2], [3, 4]]"
    if ("|" in text or "│" in text) and _TABLE.search(text):
        return "is a table with lines between its columns; write the numbers alone, a row per line"
    return ""


def open_blank(text: str) -> str:
    """What is said of a blank of which nobody knows whether it is inside a number; nothing where there is none."""
    if not text.isascii() and (found := _HARD_BLANK.search(text)):
        says = "may be one number or more; write its digits together, or ordinary blanks between numbers"
        return f"{excerpt(' '.join(found[0].split()))} {says}"
    if (found := _LONE_SIGN.search(text)) and not _FORMULA.search(text):
        return f"has a blank behind the sign of {excerpt(found[0].strip())}; write them together, or _ for a blank cell"
    return ""


def two_ways(text: str) -> str:
    """What is said of a text with commas inside numbers, or between them."""
    return f"{excerpt(text)} can be read in two ways; write decimal points, and blanks between the numbers"


def is_pasted(text: str) -> bool:
    """Whether a text is an array as programs print it, in brackets or as `1 2; 3 4`; (a + b)*c is a formula."""
    if ";" in text and _is_line_of_rows(text):
        return True
    if text.lstrip()[:1] == "(":
        return "," in text and not _LETTER.search(text)
    return _START.match(text) is not None


def _is_line_of_rows(text: str) -> bool:
    """Whether semicolons stand between rows of numbers in one line; in `1,0; 2,5` they may stand between numbers."""
    rows = [row.split() for row in text.strip().rstrip(";").split(";")]
    words = [word.removesuffix(",") for row in rows for word in row]
    return "\n" not in text.strip() and min(len(rows), len(rows[0])) > 1 and all(map(is_number, words))


def array(text: str) -> list[Nested]:
    """The array that a program printed, as nested lists of the texts of its numbers. ValueError says why there is none,
    or how to write what can be read in two ways. numpy shows one number of decimals for all cells and leaves zeros
    out: they are put back, because they are promised."""
    text = _SINGLE.sub(r"\1", text)
    if not _START.match(text):
        text = f"[{text}]"
    if says := open_blank(text):
        raise ValueError(says)
    start = _START.match(text)
    assert start is not None
    if "..." in text or "…" in text:
        raise ValueError(
            "is shortened with '...'; print all of it (numpy.set_printoptions(threshold=10**9)), and paste that"
        )
    root, end = _brackets(text, start.end())
    if _NEXT.match(text, end):  # rows without the brackets around all of them
        text = f"[{text}]"
        root, end = _brackets(text, 0)
    if not _END.fullmatch(text, end):
        raise ValueError(f"goes on behind the array, with {excerpt(text[end:].strip())}; give the array alone")
    return _split(root)


def _brackets(text: str, start: int) -> tuple[list[Nested], int]:
    """The lists from `start` on, with the text of the innermost ones in one piece, and where they end."""
    open_: list[list[Nested]] = []
    behind = start
    for found in pattern(r"[\[\](){}]").finditer(text, start):
        between = text[behind : found.start()]
        behind = found.end()
        if found[0] in "[(":
            if open_ and not _SEPARATORS.fullmatch(between):
                raise ValueError(f"has {excerpt(between.strip())} beside a list; nest all rows equally")
            if len(open_) == DEEPEST:
                raise ValueError(f"is nested more than {DEEPEST} deep")
            inner: list[Nested] = []
            if open_:
                open_[-1].append(inner)
            open_.append(inner)
            continue
        if found[0] not in "])":
            raise ValueError(f"has {excerpt(found[0])} in it, which no array has")
        closed = open_.pop()
        if not closed and between.strip():
            closed.append(between)
        elif not _SEPARATORS.fullmatch(between):
            raise ValueError(f"has {excerpt(between.strip())} beside a list; nest all rows equally")
        if not open_:
            return closed, behind
    raise ValueError("has a bracket that is not closed; close it")


def _split(root: list[Nested]) -> list[Nested]:
    """The lists with the texts of the innermost ones split into numbers."""
    if len(root) == 1 and isinstance(root[0], str) and ";" in root[0]:  # [1 2; 3 4]
        whole = root[0].strip().rstrip(";")
        root = [[row] for row in whole.split(";")]
        if all(_COMMA.fullmatch(row.strip()) for row in whole.split(";")):
            raise ValueError(two_ways(whole))
    rows = [(each, text) for each in _lists(root) for text in each if isinstance(text, str)]
    texts = [text for _, text in rows]
    words = _words(texts)
    printed = _all_promised(texts, words)
    for (each, _), row in zip(rows, printed, strict=True):
        each[:] = row
    return root


def _lists(root: list[Nested]) -> Iterator[list[Nested]]:
    """The list and all inside it."""
    waiting = [root]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += [item for item in each if isinstance(item, list)]


def _words(rows: Sequence[str]) -> list[list[str]]:
    """The numbers of each row, with commas or blanks between them; ValueError where commas may be decimal ones too."""
    if unclear := next((row for row in rows if ";" in row), ""):
        raise ValueError(two_ways(unclear.strip()))
    words = [row.split() for row in rows]
    if any(_FORMULA.search(row) for row in rows):  # formulas have blanks inside
        return [[word.strip() for word in row.strip().removesuffix(",").split(",")] for row in rows]
    commas = [word for word in chain.from_iterable(words) if "," in word]
    decimal = [word for word in commas if has_comma(word)]
    if not commas or (len(decimal) == len(commas) and any(len(row) > 1 for row in words)):
        return words
    for row in rows:
        if in_two_ways(row):
            raise ValueError(two_ways(row.strip()))
    return [_between_commas(row) for row in rows]


def _between_commas(row: str) -> list[str]:
    parts = row.strip().removesuffix(",").split(",")
    return [word for part in parts for word in part.split() or [""]]


def _all_promised(rows: Sequence[str], words: list[list[str]]) -> list[list[str]]:
    """The words with the zeros that numpy leaves out: in `[1.   2.25]` the first is 1.00."""
    flat = list(chain.from_iterable(words))
    if not flat or not all(map(_PRINTED.fullmatch, flat)):
        return words
    most = max(len(word.partition(".")[2]) for word in flat)
    padded = pattern(rf"\.[0-9]{{0,{max(most - 1, 0)}}}(?:\s{{2}}|\s+(?:,|$))")
    if not (any(word.endswith(".") for word in flat) or any(map(padded.search, rows))):
        return words
    return [[word + "0" * (most - len(word.partition(".")[2])) for word in row] for row in words]
