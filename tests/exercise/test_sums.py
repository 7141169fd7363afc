"""Sums in letters: formulas, terms and their number, against sums that are written out."""

from __future__ import annotations

import numpy as np
import pytest

from cnngrad.exercise.sums import Affine, Places, Range, Sums, letter, read_sums
from cnngrad.exercise.terms import Cell
from cnngrad.windows.windows import Index

A = np.array([[1, 2, 3], [4, 5, 6]])


W = np.array([[10, 20, 30], [40, 50, 60]])


ROWS = ("Z[n,o] = sum of A[n,i] * W[o,i] + b[o]", "dW[o,i] = sum of dZ[n,o] * A[n,i]", "db[o] = sum of dZ[n,o]")


RANGES = {"n": Range(2), "o": Range(2), "i": Range(3)}


def dense(b: int | list[int], base: int = 0) -> Sums:
    arrays = {"A": A, "W": W, "b": np.array(b), "dZ": np.array([[1, -1], [2, 0]]), "db": np.array(b)}
    return Sums(rows=read_sums(*ROWS), arrays=arrays, ranges=RANGES, base=base)


def test_a_row_is_its_own_formula() -> None:
    assert dense([7, 8]).general("Z") == "Z[n,o] = sum of A[n,i]*W[o,i] + b[o]"


@pytest.mark.parametrize(("base", "formula"), [(0, "sum of A[1,i]*W[0,i] + b[0]"), (1, "sum of A[2,i]*W[1,i] + b[1]")])
def test_a_cell_puts_its_index_in(base: int, formula: str) -> None:
    assert dense([7, 8], base).formula(Cell("Z", (1, 0))) == formula


def test_the_terms_of_a_cell_and_their_number() -> None:
    terms = dense([7, 8]).terms(Cell("Z", (1, 0)))
    assert [term.product for term in terms] == [4 * 10, 5 * 20, 6 * 30, 7]
    assert [factor.name() for factor in terms[1].factors] == ["A[1,1]", "W[0,1]"]
    assert [dense([7, 8]).most_terms(name) for name in ("Z", "dW", "db")] == [3 + 1, 2, 2]


def test_an_array_with_fewer_axes_has_fewer_indices() -> None:
    sums = dense(7)
    assert sums.general("db") == "db = sum of dZ[n,o]"
    assert sums.formula(Cell("db")) == "sum of dZ[n,0]"
    assert [term.product for term in sums.terms(Cell("db"))] == [1, 2]
    assert sums.terms(Cell("Z", (0, 0)))[-1].factors[0].name() == "b"


def test_a_list_of_one_has_one_cell_where_no_letter_says_which() -> None:
    sums = Sums(rows=read_sums("Z[x] = A[x] * s"), arrays={"A": np.array([5]), "s": np.array([3])})
    assert [term.product for term in sums.terms(Cell("Z", (0,)))] == [5 * 3]


def test_a_letter_of_an_axis_that_is_not_there_goes_away() -> None:
    rows = read_sums(*ROWS, without="n")
    arrays = {"A": A[0], "W": W, "b": np.array([7, 8]), "dZ": np.array([1, -1])}
    sums = Sums(rows=rows, arrays=arrays, ranges={"o": Range(2), "i": Range(3)})
    assert [sums.general(name) for name in rows] == [
        "Z[o] = sum of A[i]*W[o,i] + b[o]",
        "dW[o,i] = dZ[o]*A[i]",
        "db[o] = dZ[o]",
    ]
    assert [term.product for term in sums.terms(Cell("dW", (1, 2)))] == [-1 * 3]


def test_a_letter_without_a_range_is_a_whole_cell_and_a_silent_one_is_not_in_the_formula() -> None:
    def pairs(places: Places) -> list[Index]:
        return [(*places["i"][:-1], j) for j in range(3)]

    sums = Sums(
        rows=read_sums("dA[i] = sum of dZ[j] * ∂Z[j]/∂A[i]", "Z[x] = f(A[x])"),
        arrays={"dZ": A},
        named={"∂Z/∂A": lambda place: 10 * place[1] + place[3], "f(A)": A**2},
        ranges={"j": Range(3, pairs)},
        silent="x",
        base=1,
    )
    assert sums.general("Z") == "Z = f(A)"
    assert sums.formula(Cell("Z", (0, 1))) == "f(A[1,2])"
    assert sums.formula(Cell("dA", (1, 2))) == "sum of dZ[j]*∂Z[j]/∂A[2,3]"
    terms = sums.terms(Cell("dA", (1, 2)))
    assert [term.product for term in terms] == [4 * 2, 5 * 12, 6 * 22]
    assert [factor.name(1) for factor in terms[1].factors] == ["dZ[2,2]", "∂Z[2,2]/∂A[2,3]"]
    assert [term.product for term in sums.terms(Cell("Z", (1, 0)))] == [4**2]


def test_words_before_a_sum_stay_where_it_is_one() -> None:
    rows = read_sums("db[i] = sum over t of dh[t,i]", "dh[t,i] = delta[t,i] + sum of dh[t+1,k]")
    sums = Sums(rows=rows)
    assert sums.right("db") == "sum over t of dh[t,i]"
    assert sums.right("dh") == "delta[t,i] + sum of dh[t+1,k]"


def test_affine_formulas_add_multiply_and_solve() -> None:
    i, u = letter("i"), letter("u")
    assert str(2 * i + u - 1) == "2*i+u-1"
    assert str(3 - i) == "3-i"
    assert str(Affine()) == "0"
    assert str(i * -1) == "-i"
    assert (2 * i + u - 5).solve("u") == "5-2*i"
    assert (i + 2 * u - 5).solve("u") == "(5-i)/2"
    assert (i + 3 - u).solve("u") == "i+3"
