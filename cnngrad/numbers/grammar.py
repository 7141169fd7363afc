"""The one number grammar: `1`, `-2.5`, `.5`, `1e-3`, `3/7`; everything else is refused with a reason.

YAML 1.1 reads `010` as 8, `1:30` as 90, `1_000` as 1000 and `1e-3` as text; here a number is what a
student would say it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from cnngrad.errors import excerpt
from cnngrad.numbers.exact import account, whole
from cnngrad.patterns import pattern

DECIMAL = pattern(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
RATIO = pattern(r"([-+]?(?:0|[1-9][0-9]*))/([1-9][0-9]*)")

_REASONS = (
    (pattern(r"[-+]?0[0-9_]+(?:\.[0-9]*)?(?:[eE].*)?"), "has a leading zero; write it without"),
    (pattern(r"[-+]?0[xXoObB][0-9a-fA-F_]*"), "is not decimal; write it in base ten"),
    (pattern(r"[-+]?[0-9][0-9_]*_[0-9_]*(?:\.[0-9_]*)?"), "has underscores; write the digits together"),
    (pattern(r"[-+]?[0-9]+(?::[0-9]+)+(?:\.[0-9]*)?"), "has a colon; write a plain number"),
    (pattern(r"[-+]?[0-9]+/0+"), "divides by zero"),
    (
        pattern(r"[\u2010-\u2015\u2212\ufe63\uff0d][0-9.].*"),
        "has a printed minus sign; write the one on the keyboard",
    ),
    (pattern(r"[-+]?[0-9]+,[0-9]+"), "has a comma inside; write a decimal point"),
    (pattern(r"[-+\u2212]\s+[0-9.].*"), "has a blank behind its sign; write them together"),
    (
        pattern(r"[-+]?[0-9]{1,3}(?:(?:\.[0-9]{3}){2,}|(?:['\u2019][0-9]{3})+)(?:[.,][0-9]*)?"),
        "has signs between its digits; write the digits together, and a decimal point",
    ),
    (
        pattern(r"[-+.0-9][-+.0-9eE]*(?:\s+[-+.0-9][-+.0-9eE]*)+"),
        "has a blank inside; put a comma between two numbers",
    ),
    (pattern(r"true|false|yes|no|on|off|y|n", re.IGNORECASE), "is a truth value, not a number; write 1 or 0"),
    (pattern(r"~|null|none|", re.IGNORECASE), "is empty, not a number; write 0 if you mean zero"),
    (pattern(r"[-+]?\.?nan", re.IGNORECASE), "is not a number; gradients need finite values"),
    (pattern(r"[-+]?\.?inf(?:inity)?", re.IGNORECASE), "is infinite; gradients need finite values"),
)
_EXPONENT = pattern(r"[eE]([-+]?[0-9]+)")
_DIGITS = pattern(r"[0-9]+")
_LARGEST_EXPONENT = 2000
_PLAIN = pattern(r"[-+0-9.eE,]*")
# 05 and -05 but not 105, 1.05, 1e05 or 1e-05; the zero comes first because the search for it is fast.
_LEADING_ZERO = pattern(r"0[0-9](?<![0-9.eE]0[0-9])(?<![eE][-+]0[0-9])")
_SIGNIFICANT = pattern(r"[-+.0]*[1-9]")
"""A decimal that is not 0."""
_SAMPLE = 500
_SHORT = 250


def is_number(text: str) -> bool:
    """Whether `text` has the form of a number (its size may still be refused)."""
    return DECIMAL.fullmatch(text) is not None or RATIO.fullmatch(text) is not None


def to_float(text: str) -> float:
    """The float64 nearest to the number `text`; ValueError says why there is none."""
    if DECIMAL.fullmatch(text):
        value = float(text)
        if value - value != 0.0 or (value == 0.0 and _SIGNIFICANT.match(text)):
            raise ValueError(_out_of_range(text))
        return value
    return float(to_fraction(text))


def to_floats(texts: list[str], longest: int) -> NDArray[np.float64] | None:
    """All `texts` as float64 if they are plain decimals that float64 holds, none of more than `longest` characters.

    Else None: each is looked at then.
    """
    joined = ",".join(texts)
    if has_longer(joined, longest) or not _PLAIN.fullmatch(joined) or _LEADING_ZERO.search(joined):
        return None
    try:
        values = np.fromiter(map(_reader(texts), texts), np.float64, len(texts))
    except ValueError:
        return None
    return values if _surely_held(joined) or _held(values, texts) else None


def _surely_held(joined: str) -> bool:
    """Whether float64 holds decimals whatever their digits: without exponents, and far fewer than 308 characters."""
    return "e" not in joined and "E" not in joined and not has_longer(joined, _SHORT)


def _held(values: NDArray[np.float64], texts: list[str]) -> bool:
    """Whether no decimal became infinite, or 0 without being 0."""
    zeros = np.flatnonzero(values == 0.0)
    return bool(np.isfinite(values).all()) and not any(_SIGNIFICANT.match(texts[i]) for i in zeros)


def to_fraction(text: str) -> Fraction:
    """The number exactly as written (0.1 is 1/10); ValueError says why there is none."""
    if is_number(text):
        digits = max(map(len, _DIGITS.findall(_EXPONENT.sub("", text).replace(".", ""))))
        account().limits.allow("digits", digits, f"{excerpt(text)} has {digits:,} digits")
    if ratio := RATIO.fullmatch(text):
        return _within_floats(Fraction(whole(ratio[1]), whole(ratio[2])), text)
    if not DECIMAL.fullmatch(text):
        raise ValueError(why_not(text))
    exponent = _EXPONENT.search(text)
    # Without this bound 1e999999999 would be a number of a billion digits.
    if exponent and (len(exponent[1]) > 6 or abs(int(exponent[1])) > _LARGEST_EXPONENT):
        raise ValueError(_out_of_range(text))
    return _within_floats(Fraction(Decimal(text)), text)


def why_not(text: str) -> str:
    """What is wrong with a `text` that is given as a number."""
    for form, reason in _REASONS:
        if form.fullmatch(text):
            return f"{excerpt(text)} {reason}"
    return f"{excerpt(text)} is not a number; write one like 1, -2.5, 1e-3 or 3/7"


def has_longer(joined: str, longest: int) -> bool:
    """Whether a text with a comma behind each word has a word of more than `longest` characters."""
    start = 0
    while len(joined) - start > longest:
        start = joined.rfind(",", start, start + longest + 1) + 1
        if not start:
            return True
    return False


def _reader(texts: list[str]) -> Callable[[str], float]:
    """`float`, or where texts repeat, as they do in exercises, a table of them: four times as fast."""
    sample = texts[:_SAMPLE]
    if len(texts) <= _SAMPLE or len(set(sample)) > 0.9 * len(sample):
        return float
    return {text: float(text) for text in set(texts)}.__getitem__


def _within_floats(value: Fraction, text: str) -> Fraction:
    try:
        if float(value) != 0.0 or value == 0:
            return value
    except OverflowError:
        pass
    raise ValueError(_out_of_range(text))


def _out_of_range(text: str) -> str:
    return f"{excerpt(text)} is beyond float64, which holds 5e-324 to 1.8e308; scale the numbers"
