"""Arrays in files of their own: what is read, what is refused, and that nothing escapes the folder."""

from __future__ import annotations

import io
import os
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import bounded, some

from cnngrad.errors import Problems
from cnngrad.limits import DEFAULT, Limits
from cnngrad.numbers.kinds import EXACT, FLOAT, Array, Kind
from cnngrad.spec.arrays import read_array
from cnngrad.spec.reader import read_text


def npy(header: bytes, data: bytes = b"", version: int = 1) -> bytes:
    size = len(header).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + size + header + data


def header(shape: str, descr: str = "'<f8'") -> bytes:
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()


def saved(values: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asarray(values))
    return stream.getvalue()


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return stream.getvalue()


def encrypted(data: bytes) -> bytes:
    changed = bytearray(data)
    changed[6] |= 1
    changed[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def flipped(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 255
    return bytes(changed)


SQUARE = saved([[1.0, 2.0], [3.0, 4.0]])
DATA = {
    "a.npy": SQUARE,
    "fortran.npy": saved(np.asfortranarray([[1.0, 2.0], [3.0, 4.0]])),
    "big-endian.npy": saved(np.array([1, 2], dtype=">i4")),
    "bytes.npy": saved(np.array([1, 2], dtype=np.uint8)),
    "half.npy": saved(np.array([1.5], dtype=np.float16)),
    "one.npy": saved(3.0),
    "version2.npy": npy(header("(1,)"), np.float64(7).tobytes(), 2),
    "UPPER.NPY": SQUARE,
    "one.npz": zipped({"W": SQUARE}),
    "stored.npz": zipped({"W": SQUARE}, zipfile.ZIP_STORED),
    "two.npz": zipped({"W": SQUARE, "bias": saved([5.0])}),
    "a.csv": b"1,2\n3,4\n\n5;6\n7 8\n",
    "excel.csv": b"\xef\xbb\xbf1.5;2\r\n3;4\r\n",
    "row.csv": b"1, 2, 3",
    "fraction.csv": b"1/3 0.1\n",
    "a.json": b"[[1, 2],\n [3, 4]]",
    "two.json": b'{"W": [[1, 2]], "bias": [5]}',
    "only.json": b'{"W": [[1, 2]]}',
    "block.json": b'"1 2\\n3 4"',
}

READ: list[tuple[str, Any]] = [
    ("{file: a.npy}", [[1, 2], [3, 4]]),
    ("{file: ./a.npy}", [[1, 2], [3, 4]]),
    ("{file: fortran.npy}", [[1, 2], [3, 4]]),
    ("{file: big-endian.npy}", [1, 2]),
    ("{file: bytes.npy}", [1, 2]),
    ("{file: half.npy}", [1.5]),
    ("{file: one.npy}", 3),
    ("{file: version2.npy}", [7]),
    ("{file: UPPER.NPY}", [[1, 2], [3, 4]]),
    ("{file: one.npz}", [[1, 2], [3, 4]]),
    ("{file: stored.npz}", [[1, 2], [3, 4]]),
    ("{file: two.npz, key: bias}", [5]),
    ("{file: a.csv}", [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]),
    ("{file: excel.csv}", [[1.5, 2], [3, 4]]),
    ("{file: row.csv}", [1, 2, 3]),
    ("{file: a.json}", [[1, 2], [3, 4]]),
    ("{file: two.json, key: bias}", [5]),
    ("{file: only.json}", [[1, 2]]),
    ("{file: block.json}", [[1, 2], [3, 4]]),
    ("{file: sub/b.csv}", [1]),
    ("{file: inside.csv}", [1]),
]

AGAIN = "save it again with numpy.save"
FINITE = "gradients need finite values"
TYPE = "save it as float64 or as integers"
LIKE = "is not a number; write one like 1, -2.5, 1e-3 or 3/7"
# name, content, what follows `input: file 'NAME' `
REFUSED = [
    ("objects.npy", saved(np.array([1, None])), f"holds Python objects; {TYPE}"),
    ("pickle.npy", npy(header("(1,)", "'|O'"), b"cos\nsystem\n(S'id'\ntR."), f"holds Python objects; {TYPE}"),
    ("truth.npy", saved([True]), f"holds truth values; {TYPE}"),
    ("complex.npy", saved([1j]), f"holds complex numbers; {TYPE}"),
    ("text.npy", saved(["x"]), f"holds text; {TYPE}"),
    ("records.npy", saved(np.zeros(2, dtype="f8,i4")), f"holds records; {TYPE}"),
    ("dates.npy", saved(np.array(["2020"], "M8[D]")), f"holds cells of type 'datetime64[D]'; {TYPE}"),
    ("nan.npy", saved([[1, np.nan]]), f"has nan in cell [0,1]; {FINITE}"),
    ("inf.npy", saved(-np.inf), f"has -inf in its only cell; {FINITE}"),
    ("empty.npy", saved(np.zeros((0, 2))), "is empty; give at least one number"),
    ("six.npy", saved(np.ones((1,) * 6)), "has 6 axes; an array has at most 5"),
    (
        "huge.npy",
        npy(header("(100000, 100000000)")),
        "has 10,000,000,000,000 cells, over the limit of 10,000,000; raise it with limit='cells=10000000000000'",
    ),
    ("short.npy", SQUARE[:-4], "should hold 32 bytes of numbers but holds 28; save it again"),
    ("long.npy", SQUARE + b"x", "should hold 32 bytes of numbers but holds more; save it again"),
    ("junk.npy", b"junk", f"is damaged or no .npy file; {AGAIN}"),
    ("nothing.npy", b"", f"is damaged or no .npy file; {AGAIN}"),
    ("negative.npy", npy(header("(-1,)")), f"is damaged or no .npy file; {AGAIN}"),
    ("truths.npy", npy(header("(True,)"), bytes(8)), f"is damaged or no .npy file; {AGAIN}"),
    ("brackets.npy", npy(b"(" * 9000), f"is damaged or no .npy file; {AGAIN}"),
    ("minus.npy", npy(b"-" * 9999), f"is damaged or no .npy file; {AGAIN}"),
    ("code.npy", npy(b"__import__('os').system('id')"), f"is damaged or no .npy file; {AGAIN}"),
    ("junk.npz", b"junk", f"is damaged or no .npz file; {AGAIN}z"),
    ("flipped.npz", flipped(zipped({"W": SQUARE}, zipfile.ZIP_STORED), 160), f"is damaged or no .npz file; {AGAIN}z"),
    ("encrypted.npz", encrypted(zipped({"W": SQUARE})), "is encrypted; save it with numpy.savez"),
    (
        "bzip.npz",
        zipped({"W": SQUARE}, zipfile.ZIP_BZIP2),
        "is compressed in a way numpy does not write; save it with numpy.savez",
    ),
    ("none.npz", zipped({}), "holds no array; save one in it"),
    (
        "many.npz",
        zipped({f"a{i}": SQUARE for i in range(7)}),
        "holds 'a0', 'a1', 'a2', 'a3', 'a4' and 2 more; say which with 'key:'",
    ),
    ("member.npz", zipped({"W": saved([True])}), f"holds truth values; {TYPE}"),
    ("none.json", b"{}", "holds no array; save one in it"),
    (
        "chain.json",
        b'{"W": {"file": "chain.json"}}',
        "holds a mapping where the array should be; give the array itself",
    ),
    ("name.txt", b"1", "is none of .npy, .npz, .csv and .json; save it as one of them"),
]

# name, content, whole message
INSIDE = [
    ("bad.csv", b"1,2\n3, x\n", f"bad.csv:2:4: input[1,1]: 'x' {LIKE}"),
    ("gap.csv", b"1,2,\n3,4,5\n", "gap.csv:1:5: input[0,2]: '' is empty, not a number; write 0 if you mean zero"),
    ("gap.csv", b"1;;2\n", "gap.csv:1:3: input[1]: '' is empty, not a number; write 0 if you mean zero"),
    ("comma.csv", b"1;2,,5\n", "comma.csv:1:3: input[1]: '2,,5' is not a number; write one like 1, -2.5, 1e-3 or 3/7"),
    ("rag.csv", b"1,2\n3\n", "rag.csv:2:1: input[1]: has 1 cell but input[0] has 2; give every row the same length"),
    ("none.csv", b"\n", "none.csv:1:1: input: is empty; give at least one number"),
    ("latin.csv", b"1\n\xe9", "latin.csv:2:1: input: has the byte 0xE9, which is not UTF-8; save the file as UTF-8"),
    (
        "bad.json",
        b"[[1, 2",
        "bad.json:1:7: input: is not valid JSON: did not find expected ',' or ']'; "
        "check the brackets and the commas between numbers",
    ),
    ("cell.json", b'{"W": [[1, "x"]]}', f"cell.json:1:12: input[0,1]: 'x' {LIKE}"),
]

OUTSIDE = "put the file inside it"
# the value of input, and what follows `hw.yaml:1:15: input: `
PATHS = [
    ("/etc/passwd.csv", "is an absolute path; give one relative to the spec's folder"),
    ("'C:\\x.csv'", "is an absolute path; give one relative to the spec's folder"),
    ("../x.csv", f"leads out of the spec's folder; {OUTSIDE}"),
    ("sub/../a.csv", f"leads out of the spec's folder; {OUTSIDE}"),
    ("'..\\x.csv'", f"leads out of the spec's folder; {OUTSIDE}"),
    ("link.csv", f"is a link out of the spec's folder; {OUTSIDE}"),
    ("linked/out.csv", f"is a link out of the spec's folder; {OUTSIDE}"),
    ("zero.csv", f"is a link out of the spec's folder; {OUTSIDE}"),
    ("loop.csv", "cannot be opened: Too many levels of symbolic links; check the name"),
    ("pipe.csv", "is a pipe; give a regular file"),
    ("folder.csv", "is a folder; give a regular file"),
    ("gone.csv", "does not exist; check the name and the folder"),
    ("a.csv/b.csv", "does not exist; check the name and the folder"),
    ("~/x.csv", "does not exist; check the name and the folder"),
]

FIELDS = [
    ("{file: ''}", "1:15: input: needs a name behind 'file:'"),
    ("{file: [1]}", "1:15: input: needs a name behind 'file:'"),
    ('{file: "a\\nb.csv"}', "1:15: input: needs a name behind 'file:'"),
    ('{file: "a\\0b.csv"}', "1:15: input: file 'a\\x00b.csv' has a null character in its name; remove it"),
    ("{key: a}", "1:8: input: is a mapping; give a list, a block of text or {file: NAME}"),
    ("{file: a.csv, keys: 1}", "1:15: input: file 'a.csv' is given beside the unknown key 'keys'; did you mean 'key'?"),
    ("{file: a.csv, z: 1}", "1:15: input: file 'a.csv' is given beside the unknown key 'z'; the keys are file and key"),
    ("{file: a.npy, key: x}", "1:15: input: file 'a.npy' holds one array; leave 'key: x' out"),
    ("{file: a.csv, key: x}", "1:15: input: file 'a.csv' holds one array; leave 'key: x' out"),
    ("{file: a.json, key: x}", "1:15: input: file 'a.json' holds one array; leave 'key: x' out"),
    ("{file: two.npz}", "1:15: input: file 'two.npz' holds 'W', 'bias'; say which with 'key:'"),
    ("{file: two.json}", "1:15: input: file 'two.json' holds 'W', 'bias'; say which with 'key:'"),
    ("{file: two.npz, key: bais}", "1:15: input: file 'two.npz' has no array 'bais'; did you mean 'bias'?"),
    ("{file: two.npz, key: q}", "1:15: input: file 'two.npz' has no array 'q'; it holds 'W', 'bias'"),
    ("{file: two.npz, key: [W]}", "1:15: input: file 'two.npz' needs a name behind 'key:'"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A spec's folder with good files, links that lead out, a loop and a pipe."""
    home = tmp_path / "home"
    for name in ("sub", "folder.csv"):
        (home / name).mkdir(parents=True)
    for name, data in DATA.items():
        (home / name).write_bytes(data)
    (home / "sub" / "b.csv").write_bytes(b"1")
    (tmp_path / "out.csv").write_bytes(b"1")
    for name, target in {
        "link.csv": "../out.csv",
        "linked": "..",
        "zero.csv": "/dev/zero",
        "loop.csv": "loop.csv",
        "inside.csv": "sub/b.csv",
    }.items():
        os.symlink(target, home / name)
    os.mkfifo(home / "pipe.csv")
    return home


def read(folder: Path, text: str, kind: Kind = FLOAT, limits: Limits = DEFAULT) -> tuple[Array | None, str]:
    document = read_text(f"input: {text}".encode(), "hw.yaml", folder, limits)
    problems = Problems()
    array = read_array(document.root.entries["input"], "input", kind, document, limits, problems)
    assert (array is None) == bool(problems.found)
    return array, "\n".join(map(str, problems.found))


@pytest.mark.parametrize(("text", "expected"), READ)
@pytest.mark.parametrize("kind", [FLOAT, EXACT])
def test_files(folder: Path, kind: Kind, text: str, expected: Any) -> None:
    array, problems = read(folder, text, kind)
    assert problems == ""
    assert array is not None
    assert array.tolist() == expected
    assert array.dtype == kind.dtype


def test_exact_csv_is_as_written(folder: Path) -> None:
    array, _ = read(folder, "{file: fraction.csv}", EXACT)
    assert array is not None
    assert array.tolist() == [Fraction(1, 3), Fraction(1, 10)]


@pytest.mark.parametrize(("name", "data", "message"), REFUSED)
def test_refused(folder: Path, name: str, data: bytes, message: str) -> None:
    (folder / name).write_bytes(data)
    assert read(folder, f"{{file: {name}}}") == (None, f"hw.yaml:1:15: input: file '{name}' {message}")


@pytest.mark.parametrize(("name", "data", "message"), INSIDE)
def test_places_inside_a_file(folder: Path, name: str, data: bytes, message: str) -> None:
    (folder / name).write_bytes(data)
    assert read(folder, f"{{file: {name}}}") == (None, message)


@pytest.mark.parametrize(("name", "message"), PATHS)
def test_paths(folder: Path, name: str, message: str) -> None:
    shown = name.strip("'")
    assert read(folder, f"{{file: {name}}}") == (None, f"hw.yaml:1:15: input: file '{shown}' {message}")


@pytest.mark.parametrize(("text", "message"), FIELDS)
def test_fields(folder: Path, text: str, message: str) -> None:
    assert read(folder, text) == (None, f"hw.yaml:{message}")


def test_limits(folder: Path) -> None:
    place = "hw.yaml:1:15: input: file 'a.npy' "
    size = len(SQUARE)
    _, message = read(folder, "{file: a.npy}", limits=Limits(file=100))
    assert message == f"{place}has {size} bytes, over the limit of 100; raise it with limit='file={size}'"
    _, message = read(folder, "{file: a.npy}", limits=Limits(cells=3))
    assert message == f"{place}has 4 cells, over the limit of 3; raise it with limit='cells=4'"


def test_an_option_is_the_place_of_a_bad_file(folder: Path) -> None:
    document = read_text(b"input: {file: gone.csv}", "hw.yaml", folder, DEFAULT)
    document.overrides["input"] = "--set input"
    problems = Problems()
    read_array(document.root.entries["input"], "input", FLOAT, document, DEFAULT, problems)
    expected = "--set input: input: file 'gone.csv' does not exist; check the name and the folder"
    assert str(problems.found[0]) == expected


BOMBS = {
    "cells": npy(header("(500000000,)")),
    "data": npy(header("(4,)")),
    "header": b"\x93NUMPY\x02\x00" + (2**31).to_bytes(4, "little"),
}


@pytest.mark.parametrize("start", some(pytest.param(start, id=name) for name, start in BOMBS.items()))
def test_a_member_of_gigabytes_is_not_expanded(folder: Path, start: bytes) -> None:
    with (
        zipfile.ZipFile(folder / "bomb.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("W.npy", "w", force_zip64=True) as member,
    ):
        member.write(start)
        for _ in range(400):
            member.write(b" " * 2**20)
    code = (
        "from pathlib import Path; from cnngrad.limits import DEFAULT\n"
        "from cnngrad.spec.files import load; from cnngrad.spec.reader import read_text\n"
        f"document = read_text(b'input: {{file: bomb.npz}}', 'x', Path({str(folder)!r}), DEFAULT)\n"
        "try: load(document.root.entries['input'], 'input', document, DEFAULT)\n"
        "except ValueError: print('refused')"
    )
    done, megabytes = bounded(code)
    assert (done.code, done.out, done.err) == (0, "refused\n", "")
    assert megabytes < 150
