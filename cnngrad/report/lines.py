"""What is written as lines: a cell's derivation (the terms by name, with their numbers, as products, and the sum), and
symbolic results, such as `dW[0,0] = x11*d11 + x12*d12`, with what they are at the symbols' values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from cnngrad.exercise.remarks import Definition, Remark
from cnngrad.exercise.terms import Cell, CellTrace, Factor, Term, Written
from cnngrad.numbers.formula import Formula
from cnngrad.numbers.kinds import SYMBOLIC, Array, compared
from cnngrad.numbers.printing import as_factor
from cnngrad.report.blocks import Block, Note, Piece, Words, piece, pieces, words
from cnngrad.report.chosen import SHOWN, Rest, chosen
from cnngrad.report.planes import WHOLE, Style, more_planes, planes_of, whole_elsewhere
from cnngrad.report.view import View
from cnngrad.wording import counted

INDENT = 2
OPENING = ("[", "(", " if ")
"""Behind these, and at the beginning, a negative number needs no parentheses."""
NARROW = 12
"""Characters of a formula that is still easy to read in a grid."""


def lines_of(trace: CellTrace, style: Style, *, brief: bool = True, most: int = SHOWN) -> list[Words]:
    """The lines of one cell; `brief` leaves out zero terms, and of a long sum what is behind `most` others."""
    shown, rest = chosen(trace.terms, most if brief else None)
    if trace.written:
        shown, rest = [], Rest()
        sides = [_filled(trace.written, how, most if brief else None) for how in (_names(style), _values(style))]
    else:
        rows = [[_product(term, how) for term in shown] for how in (_names(style), _values(style))]
        if any(len(term.factors) > 1 for term in shown):
            rows.append([piece(style.number(term.product)) for term in shown])
        tail = _tail(rest, style)
        sides = [[*_joined(row), *tail] for row in rows if row]
    value, name = piece(style.number(trace.value), "result"), style.name(trace.cell)
    sides = [side for n, side in enumerate(sides) if _text(side) not in (_text([value]), name, *map(_text, sides[:n]))]
    named, blank = piece(name, trace.cell.quantity), piece(" " * len(name))
    lines = [
        Words((blank if n else named, piece("="), *side), INDENT, len(name) + 3)
        for n, side in enumerate([*sides, [value]])
    ]
    return lines + _zeros(rest)


def running_lines(trace: CellTrace, style: Style, *, brief: bool = True, most: int = SHOWN) -> list[Words]:
    """The same terms as a loop adds them up: one line per contribution with the running total."""
    shown, rest = chosen(trace.terms, most if brief else None)
    total: Any = 0
    lines = [Words((piece(style.name(trace.cell), trace.cell.quantity), *pieces("= 0")), INDENT)]
    for term in shown:
        total = total + term.product
        steps = [piece("+="), _product(term, _names(style)), piece("="), _product(term, _values(style))]
        if len(term.factors) > 1:
            steps += [piece("="), piece(style.number(term.product))]
        lines.append(Words((*steps, piece("->"), piece(style.number(total), "result")), INDENT + 2, 4))
    if tail := _tail(rest, style):
        lines.append(Words((*tail, piece("->"), piece(style.number(trace.value), "result")), INDENT + 2, 4))
    return lines + _zeros(rest)


Name = Callable[[Factor, int | None], str]
"""A factor as text: its place in the product, None where it is alone."""


def _names(style: Style) -> Name:
    def name(factor: Factor, place: int | None) -> str:
        text = factor.name(style.base)
        return f"({text})" if place and text.startswith("-") else text

    return name


def _values(style: Style) -> Name:
    def number(factor: Factor, place: int | None) -> str:
        text = factor.text or style.number(factor.value)
        return text if place is None else as_factor(text, first=place == 0)

    return number


def _product(term: Term, how: Name) -> Piece:
    """The factors joined by `*`, each in the colour of its quantity."""
    alone = len(term.factors) == 1
    runs: list[tuple[str, str]] = []
    for place, factor in enumerate(term.factors):
        text = how(factor, None if alone else place)
        runs += [*([("*", "")] if place else []), (text, "padding" if factor.padding else factor.cell.quantity)]
    return tuple(runs)


def _joined(row: list[Piece]) -> list[Piece]:
    """Summands with their signs: a negative one reads "- 0.5", and sign and number stay on one line."""
    joined = row[:1]
    for (text, quantity), *others in row[1:]:
        sign, unsigned = _sign(text)
        joined.append(((sign, ""), (unsigned, quantity), *others))
    return joined


def _sign(text: str) -> tuple[str, str]:
    """The sign between a summand and what is before it, and the summand without it."""
    return ("- ", text[1:]) if text.startswith("-") else ("+ ", text)


def _tail(rest: Rest, style: Style) -> list[Piece]:
    if not rest.alive:
        return []
    return [piece(f"{''.join(_sign(style.number(rest.total)))} ({counted(rest.alive, 'more term')})")]


def _zeros(rest: Rest) -> list[Words]:
    """One note on all terms that are 0."""
    if not rest.zeros:
        return []
    others = rest.zeros - rest.padding - rest.bias
    kinds = {"of padding": rest.padding, "with a zero factor": others, "the bias": int(rest.bias)}
    found = {says: count for says, count in kinds.items() if count}
    if len(found) == 1:
        tells = [f"{'all ' * (rest.zeros > 1)}{says}" for says in found]
    else:
        tells = [says if says == "the bias" else f"{count} {says}" for says, count in found.items()]
    says = f"(and {counted(rest.zeros, 'term')} that {'is' if rest.zeros == 1 else 'are'} 0: {', '.join(tells)})"
    return [Words(tuple(piece(word, "note") for word in says.split(" ")), INDENT + 2, 1)]


def _filled(written: Written, how: Name, most: int | None) -> list[Piece]:
    """A formula with its factors in their places: the names, or the numbers."""
    before, *others = written.template.split("{}")
    factors = written.factors
    if len(others) == 1 and len(factors) > 1:  # one place for all
        factors, more = _fewer(factors, most)
        others = [", "] * (len(factors) - 1) + [f"{more}{others[0]}"]
    spans: list[tuple[str, str]] = [(before, "")]
    for factor, after in zip(factors, others, strict=True):
        bare = before.endswith(("(", ", ")) and after.startswith((")", ","))
        first = (not before or before.endswith(OPENING)) and not after.startswith("**")
        text = how(factor, None if bare else 0 if first else 1)
        spans += [(text, "padding" if factor.padding else factor.cell.quantity), (after, "")]
        before = after
    return _broken(spans)


def _fewer(factors: tuple[Factor, ...], most: int | None) -> tuple[tuple[Factor, ...], str]:
    """At most so many of the inputs of a maximum, the first of the largest among them, and a word on the others."""
    if most is None or len(factors) <= most:
        return factors, ""
    largest = max(range(len(factors)), key=lambda i: (compared(factors[i].value, "max"), -i))
    kept = sorted({*range(most - 1), max(largest, most - 1)})
    return tuple(factors[i] for i in kept), f", and {len(factors) - len(kept)} more"


def _broken(spans: Sequence[tuple[str, str]]) -> list[Piece]:
    """Spans as pieces: a line may be broken at the blanks between names."""
    found: list[list[tuple[str, str]]] = [[]]
    for text, quantity in spans:
        head, *others = [text] if quantity else text.split(" ")
        found[-1].append((head, quantity))
        found += [[(word, quantity)] for word in others]
    return [tuple((text, quantity) for text, quantity in runs if text) for runs in found if any(t for t, _ in runs)]


def _text(side: Sequence[Piece]) -> str:
    return " ".join("".join(text for text, _ in runs) for runs in side)


def definition_line(definition: Definition, style: Style) -> Words:
    """`with s[0] = W_input*x[0] + b = 2*3 + 1 = 7`."""
    sides = [_filled(way, how, SHOWN) for way in definition.written for how in (_names(style), _values(style))]
    if definition.value is not None:
        sides.append([piece(style.number(definition.value), "result")])
    kept = [side for n, side in enumerate(sides) if _text(side) not in map(_text, sides[:n])]
    told = [each for side in kept for each in (piece("="), *side)]
    return Words((piece("with"), piece(definition.name), *told), INDENT + 2, 4)


def remark_line(remark: Remark, style: Style) -> Words:
    """A sentence on one cell; the factors in it have their values beside them."""
    known = (f"{factor.name(style.base)} = {style.number(factor.value)}" for factor in remark.factors)
    return words(remark.text.format(*known), indent=INDENT + 2, hang=2)


# --- symbolic results


def in_lines(view: View[Any], name: str) -> bool:
    """Whether a quantity is written as lines: its formulas are long, or they have values."""
    array = view.arrays.get(name)
    if array is None or view.exercise.kind is not SYMBOLIC:
        return False
    long = any(len(str(cell)) > NARROW for cell in array.flat)
    return long or values_of(array) is not None


def formula_lines(view: View[Any], names: Iterable[str], style: Style) -> Iterator[Block]:
    """One line per cell of those quantities that are written as lines."""
    for name in names:
        if not in_lines(view, name):
            continue
        array = view.arrays[name]
        planes = planes_of(array, view.derivation.letters(name), style)
        cells = [cell for cell in np.ndindex(array.shape) if any(plane.holds(cell) for plane in planes)]
        shown = cells if array.size <= WHOLE or not style.elide else cells[:WHOLE]
        for index in shown:
            yield _line(Cell(name, tuple(index)), array[index], style)
        if len(shown) < len(cells):
            yield Note(f"{len(cells) - len(shown)} more cells of {name}; {whole_elsewhere()}")
        if left := more_planes(array, planes, style, name):
            yield words(left, indent=2)


def values_of(array: Array) -> Array | None:
    """The numbers that formulas have at the values of their symbols; None where one is missing."""
    numbers = [cell.value if isinstance(cell, Formula) else cell for cell in array.flat]
    if any(number is None for number in numbers) or not any(_has_symbols(cell) for cell in array.flat):
        return None
    values = np.empty(array.size, dtype=float if any(isinstance(number, float) for number in numbers) else object)
    values[:] = numbers
    return values.reshape(array.shape)


def _has_symbols(cell: Any) -> bool:
    return isinstance(cell, Formula) and cell.number is None


def _line(cell: Cell, value: Any, style: Style) -> Words:
    name = style.name(cell)
    parts = str(value).replace(" + ", "\n+ ").replace(" - ", "\n- ").split("\n")
    number = [f"= {style.number(value.value)}"] if _has_symbols(value) and value.value is not None else []
    pieces = [piece(name, cell.quantity), piece("="), *map(piece, parts), *(piece(text, "result") for text in number)]
    return Words(tuple(pieces), 2, len(name) + 3)
