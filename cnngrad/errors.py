"""What can be wrong with an input, said in one line each.

A `Problem` is data: where, which key, what is wrong and what to do. A `CnngradError` carries one
problem or several independent ones; only the command line turns them into text and an exit code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import field
from enum import IntEnum

from cnngrad.aliases import means_something, meant
from cnngrad.records import dataclass

MAX_REPORTED = 20
"""How many problems of one file are printed; the rest is counted."""
MOST_COUNTED = 500
"""How many problems of one file are counted: a file with more is not read on."""


class Exit(IntEnum):
    """Exit codes of the command line."""

    DONE = 0
    FAILED = 1
    UNUSABLE = 2
    BUG = 3
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a source: 1-based line and column; no line for an option or a Python value."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        name = escape(self.source) or "''"
        return f"{name}:{self.line}:{self.column}" if self.line else name


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: `message` says what, with the numbers, and what to do."""

    message: str
    key: str = ""
    mark: Mark | None = None

    def __str__(self) -> str:
        return ": ".join(escape(str(part)) for part in (self.mark, self.key, self.message) if part)


class CnngradError(ValueError):
    """A spec, an array or an option that cannot be used."""

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(p if isinstance(p, Problem) else Problem(p) for p in problems)
        super().__init__("\n".join(str(p) for p in self.problems))


@dataclass
class Problems:
    """Collects independent problems, so that one run reports them all."""

    found: list[Problem] = field(default_factory=list)

    def add(self, key: str, message: str, mark: Mark | None = None) -> None:
        """Note one problem and go on, as long as there are not too many."""
        self.found.append(Problem(message, key, mark))
        if len(self.found) >= MOST_COUNTED:
            self.stop_if_any()

    def stop_if_any(self) -> None:
        """Raise what was collected, if anything was, in the order of the file."""
        if self.found:
            raise CnngradError(*sorted(self.found, key=_place))


def _in_python(name: str, value: str) -> str:
    """An argument, `trace='full'`; nothing for what has no argument."""
    written = value if value.isdecimal() else repr(value)
    return f"{name}={written}" if value and name not in ("output", "at") else "" if value else name


_SPELLING: ContextVar[Callable[[str, str], str]] = ContextVar("_SPELLING", default=_in_python)


def option(name: str, value: str = "", says: str = "{}") -> str:
    """An option in a text, as the reader of the text gives it: `trace='full'` in Python, with dashes in a shell.

    No text outside of the command line spells an option in another way: an option that was given is the key of its
    problem, `Problem("there is no gradient to check", option("gradcheck"))`, and one that helps is named in the
    remedy, f"{option('trace', 'full')} shows all". `says` is the phrase around it; both are left out where the
    reader has no such option.
    """
    spelled = _SPELLING.get()(name, value)
    return says.format(spelled) if spelled else ""


def spelling() -> Callable[[str, str], str]:
    """What writes options here, for `options_spelled` in another process."""
    return _SPELLING.get()


@contextmanager
def options_spelled(spelling: Callable[[str, str], str]) -> Iterator[None]:
    """Within this context, `spelling` writes an option from its name and its value (or no text)."""
    token = _SPELLING.set(spelling)
    try:
        yield
    finally:
        _SPELLING.reset(token)


_FIRST: ContextVar[int] = ContextVar("_FIRST", default=0)


def first_index() -> int:
    """What the first index is called in messages: 0, or 1 as in textbooks."""
    return _FIRST.get()


@contextmanager
def indices_from(first: int) -> Iterator[None]:
    """Within this context, messages about what is read call the first index so."""
    token = _FIRST.set(first)
    try:
        yield
    finally:
        _FIRST.reset(token)


def _place(problem: Problem) -> tuple[int, int]:
    return (problem.mark.line, problem.mark.column) if problem.mark else (0, 0)


def escape(text: str) -> str:
    """`text` with everything unprintable (controls, escape sequences, bidi marks) written out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def excerpt(text: str, width: int = 40) -> str:
    """The beginning of a user's text, quoted and escaped, for use inside a message."""
    shown = escape(text[:width])
    return f"'{shown}'" if len(text) <= width else f"'{shown}...'"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'stride'?` where a known word has another name elsewhere, or is close; else nothing."""
    names = list(known)
    found = meant(word, names) or _closest(word, names)
    return f"; did you mean '{found}'?" if found else ""


def _closest(word: str, names: list[str]) -> str | None:
    """The same word in other letters, or one that is written nearly so, unless the word means something else."""
    from difflib import get_close_matches

    if same := [name for name in names if name.lower() == word.lower()]:
        return same[0]
    if means_something(word):
        return None
    turned = [name for name in names if _is_anagram(name.lower(), word.lower())]
    return next(iter(turned or get_close_matches(word[:100], names, n=1, cutoff=0.7)), None)


def _is_anagram(one: str, other: str) -> bool:
    """Whether two words have the same letters, a third of them at least in the same place."""
    return sorted(one) == sorted(other) and 3 * sum(map(str.__eq__, one, other)) >= len(one)
