"""The vocabulary of a page: blocks that every renderer knows how to show; and of a diagram, for drawing programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from cnngrad.records import dataclass

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cnngrad.windows.axis import Integers

Sign = Literal["part", "winner", "padding", "pad-part", "differs", "right", "wrong", "missing", "good", "half", "bad"]
"""Why a cell is marked: it took part, it won its window, it is padding, padding that took part, it is not
what it is compared with; in an answer: it is right, wrong, or not there; or it is a verdict, with a mark in its text,
that gives all points, half of them or none."""


@dataclass(frozen=True)
class Heading:
    """The title of a section."""

    text: str


Span = tuple[str, str]
"""A text and the quantity that it names (for its colour), or nothing."""
Piece = tuple[Span, ...]
"""What stays on one line: a term such as `0.5*W[0,1]`, in the colours of its factors."""


@dataclass(frozen=True)
class Words:
    """A sentence: a line may be broken between its pieces, never inside one.

    `hang` is the further indent of the lines after the first.
    """

    pieces: tuple[Piece, ...]
    indent: int = 0
    hang: int = 0

    @property
    def text(self) -> str:
        """The sentence on one line."""
        return " " * self.indent + " ".join("".join(text for text, _ in spans) for spans in self.pieces)


@dataclass(frozen=True)
class Grid:
    """A matrix of texts with labels on its rows and columns; `symbol` says which quantity it is.

    `left` are the columns that hold words, not numbers; `keys` are those that say what a row is, and are
    in every block of columns where the grid is wider than the page. `note` is the line below: what is left out.
    """

    symbol: str
    title: str
    cells: Sequence[Sequence[str]]
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    signs: Mapping[tuple[int, int], Sign] = field(default_factory=dict)
    left: frozenset[int] = frozenset()
    keys: frozenset[int] = frozenset()
    note: str = ""


@dataclass(frozen=True)
class Grids:
    """Grids that belong together, side by side where there is room."""

    grids: tuple[Grid, ...]


@dataclass(frozen=True)
class Listing:
    """A table of texts; the last column is a sentence, broken between words where it must be."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Note:
    """A remark in parentheses, such as what is left out of the page."""

    text: str


@dataclass(frozen=True)
class Series:
    """Blocks that are made while they are shown, because there may be too many to hold: a full trace."""

    make: Callable[[], Iterator[Block]]


@dataclass(frozen=True, eq=False)
class Choices:
    """The texts that factors are picked from: those of an array, say, made once. The last `padding` are padding, the
    others have the colour of `quantity`."""

    texts: NDArray[np.object_]
    quantity: str = ""
    padding: int = 0

    @cached_property
    def kept(self) -> dict[Any, Any]:
        """What is made of all of them, such as the same texts in colour."""
        return {}


@dataclass(frozen=True, eq=False)
class Texts:
    """One factor of each of many terms as it is written: which of the choices. A number below 0 is counted from the
    end, and only such a one may be padding."""

    choices: Choices
    numbers: Integers


@dataclass(frozen=True, eq=False)
class Terms:
    """Terms of many sums as they are written, the factors with `*` between them, each with its own sign. Those of sum
    number i are `ends[i]` to `ends[i + 1]`."""

    ends: Integers
    factors: tuple[Texts, ...]

    def texts(self, numbers: Integers) -> NDArray[np.object_]:
        """These terms by themselves."""
        first, *others = (each.choices.texts.take(each.numbers[numbers]) for each in self.factors)
        return sum(("*" + other for other in others), first)

    def piece(self, number: int, *, first: bool) -> Piece:
        """One of the terms; the sign of one that is not the first of its sum stands by itself."""
        spans: list[Span] = []
        for place, each in enumerate(self.factors):
            chosen, choices = int(each.numbers[number]), each.choices
            text = choices.texts[chosen]
            if place:
                spans.append(("*", ""))
            elif not first:
                spans.append(("- " if text.startswith("-") else "+ ", ""))
                text = text.removeprefix("-")
            spans.append((text, "padding" if -choices.padding <= chosen < 0 else choices.quantity))
        return tuple(span for span in spans if span[0])


@dataclass(frozen=True, eq=False)
class Sums:
    """The sums of many cells, as thousands of sentences in a few arrays: `name = side`, and below it the other sides.

    A side is the terms of each of its parts, in order; a cell has no such side where `left_out[cell, side]` holds.
    """

    quantity: str
    names: Sequence[str]
    sides: tuple[tuple[Terms, ...], ...]
    left_out: NDArray[np.bool_]
    indent: int = 2

    def words(self) -> Iterator[Words]:
        """The same as sentences."""
        for cell, name in enumerate(self.names):
            opening = piece(name, self.quantity)
            for number, side in enumerate(self.sides):
                if not self.left_out[cell, number]:
                    places = ((part, i) for part in side for i in range(part.ends[cell], part.ends[cell + 1]))
                    terms = [part.piece(i, first=not n) for n, (part, i) in enumerate(places)]
                    yield Words((opening, piece("="), *terms), self.indent, len(name) + 3)
                    opening = piece(" " * len(name))


Block = Heading | Words | Grids | Listing | Note | Series | Sums
Page = tuple[Block, ...]


def flat(page: Iterable[Block]) -> Iterator[Block]:
    """The blocks of a page, those of a series one by one in its place."""
    for block in page:
        if isinstance(block, Series):
            yield from flat(block.make())
        else:
            yield block


def sentences(page: Iterable[Block]) -> Iterator[Block]:
    """The blocks of a page one by one, sums as the sentences that they are."""
    for block in flat(page):
        yield from block.words() if isinstance(block, Sums) else (block,)


def piece(text: str, quantity: str = "") -> Piece:
    """A piece of one colour."""
    return ((text, quantity),)


def pieces(text: str) -> tuple[Piece, ...]:
    """The words of a plain text."""
    return tuple(map(piece, text.split(" ")))


def words(text: str, *, indent: int = 0, hang: int = 0) -> Words:
    """A plain sentence, breakable at blanks."""
    return Words(pieces(text), indent, hang)


# --- diagrams


@dataclass(frozen=True)
class Box:
    """A value: `lines` are what is written in it; `given` values are drawn round."""

    key: str
    lines: tuple[str, ...]
    given: bool = False


@dataclass(frozen=True)
class Arrow:
    """From one box to another; `label` is the local gradient."""

    start: str
    end: str
    label: str = ""


@dataclass(frozen=True)
class Diagram:
    """Boxes, and arrows in the direction of the forward pass."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
