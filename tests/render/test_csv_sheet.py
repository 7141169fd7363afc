"""CSV: numbers are unchanged, text is never a formula."""

from __future__ import annotations

import csv
import io

import pytest

from cnngrad.render.csv_sheet import csv_lines


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 1", "'+49 30 1"),
        ("-x11*d11", "'-x11*d11"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\n=1", '"\'\n=1"'),
        ("\r=1", '"\'\r=1"'),
        ("--5", "'--5"),
        ("-1 2", "'-1 2"),
        ("-", "'-"),
        ("-0.5", "-0.5"),
        ("+3", "+3"),
        ("-1e-3", "-1e-3"),
        ("-.5", "-.5"),
        ("-3/7", "-3/7"),
        (-0.5, "-0.5"),
        (1e-300, "1e-300"),
        (3, "3"),
        (None, ""),
        ("a=b", "a=b"),
        (" =1", " =1"),
        ('a,"b"', '"a,""b"""'),
        ("two\nlines", '"two\nlines"'),
        ("é", "é"),
        ("a\0\x1bb", "a\ufffd\ufffdb"),
        ("\udcff", "\\udcff"),
        ("[[-1.0,2.0]]", '"[[-1.0,2.0]]"'),
    ],
)
def test_a_cell(value: object, written: str) -> None:
    assert list(csv_lines([["x", value]])) == [f"x,{written}\n"]


def test_what_is_written_is_read_back() -> None:
    rows = [["a", "two\r\nlines"], ['q"', ",;"], ["", "-0.5"]]
    assert list(csv.reader(io.StringIO("".join(csv_lines(rows)), newline=""))) == rows
