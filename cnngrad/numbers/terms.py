"""The terms of a formula: collected, counted, and raised to a power, within the limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from cnngrad.numbers.account import account
from cnngrad.numbers.atoms import Monomial, multiplied

Terms = Mapping[Monomial, Fraction]
_COST = 3
"""Operations on fractions that take as long as one product of terms."""
_COUNTED = 10**15
"""Terms beyond are not counted any more."""


def collected(terms: Iterable[tuple[Monomial, Fraction]], count: int = 0) -> Terms:
    """Equal monomials as one; CnngradError if more are left than a formula may have. `count` is how many come."""
    here = account()
    most = here.limits.symbols
    here.expect(_COST * count)
    total: dict[Monomial, Fraction] = {}
    for monomial, coefficient in terms:
        here.spend(_COST)
        before = total.get(monomial)
        total[monomial] = coefficient if before is None else before + coefficient
        if len(total) > most:
            here.check_terms(max(count, len(total)))
    found = {monomial: coefficient for monomial, coefficient in total.items() if coefficient}
    here.check_terms(size_of(found))
    return found


def size_of(terms: Terms) -> int:
    """How many terms there are, those inside of functions and fractions counted."""
    return sum(1 + sum(atom.size for atom, _ in monomial) for monomial in terms)


def _least_terms(base: Terms, times: int) -> int:
    """How many terms a sum to a power has at least: all products of its terms where no two can be the same."""
    atoms = Counter(atom for monomial in base for atom, _ in monomial)
    alone = sum(any(atoms[atom] == 1 for atom, _ in monomial) for monomial in base)
    free = len(base) if alone >= len(base) - 1 else alone
    count = 1
    for k in range(1, max(free, 2)):
        count = count * (times + k) // k
        if count > _COUNTED:
            break
    return count


def _binomial(base: Terms, times: int) -> Iterator[tuple[Monomial, Fraction]]:
    """The terms of a sum of two, to a power."""
    (first, one), (second, two) = base.items()
    ratio, coefficient = two / one, one**times
    for k in range(times + 1):
        powers = [tuple((atom, n * m) for atom, n in side if m) for side, m in ((first, times - k), (second, k))]
        yield multiplied(*powers), coefficient
        coefficient = coefficient * ratio * (times - k) / (k + 1)


def power(base: Terms, times: int) -> Terms | None:
    """A sum of two to a whole power; nothing for longer sums, which are multiplied out, if that is little enough."""
    account().check_terms(_least_terms(base, times))
    if len(base) == 2:
        return collected(_binomial(base, times), times + 1)
    account().expect(_COST * times * _least_terms(base, times) // len(base))
    return None
