"""The reader: what it accepts, every message it has, and what a hostile file costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import bounded, some
from hypothesis import given, settings
from hypothesis import strategies as st

from cnngrad.errors import CnngradError
from cnngrad.limits import DEFAULT, Limits
from cnngrad.spec.reader import read_file, read_node, read_text, regular_bytes
from cnngrad.spec.tree import Document, MappingNode, Node, ScalarNode, SequenceNode

MAPPING = "write a mapping, one 'key: value' per line"
ALL_QUOTES = "check the indentation, and put quotes around text that has a colon"
DEFAULT_ADVICE = "check the brackets and the indentation"

MESSAGES = [
    (b"", f"hw.yaml: is empty; {MAPPING}"),
    (b"# only\n", f"hw.yaml: is empty; {MAPPING}"),
    (
        b"op: conv\ninput: |\n   3  4\n  -1  2\n",
        "hw.yaml:4:3: is not valid YAML: found a row of numbers further left than the first (parsing a block mapping "
        "from line 1); start every row in the same column",
    ),
    (b"---\n", f"hw.yaml: is empty; {MAPPING}"),
    (b"a: 1\n---\nb: 2\n", "hw.yaml:2:1: holds a second document; keep one exercise per file"),
    (b"- 1\n- 2\n", f"hw.yaml:1:1: holds a list alone; {MAPPING}"),
    (b"hello\n", f"hw.yaml:1:1: holds the text 'hello' alone; {MAPPING}"),
    (b"a:1\n", f"hw.yaml:1:1: holds the text 'a:1' alone; {MAPPING}"),
    (b"''\n", f"hw.yaml:1:1: holds the text '' alone; {MAPPING}"),
    (
        b"a: [[[[[[[[[[[[1]]]]]]]]]]]]",
        "hw.yaml:1:15: a[0,0,0,0,0,0,0,0,0,0,0]: is nested 13 levels deep, over the limit of 12; "
        "raise it with limit='nesting=13'",
    ),
    (
        b"a: " + b"1" * 1001,
        "hw.yaml:1:4: a: has 1,001 characters in one value, over the limit of 1,000; raise it with limit='scalar=1001'",
    ),
    (
        b"a:\n" + b"  1 2 3\n" * 400,
        "hw.yaml:2:3: a: is one text over several lines; start rows of numbers with | behind the key",
    ),
    (b"a: !!python/object:os.system x", "hw.yaml:1:4: a: has the tag '!!python/object:os.system'; leave tags out"),
    (b"a: !foo 1", "hw.yaml:1:4: a: has the tag '!foo'; leave tags out"),
    (b"a: !!str 1", "hw.yaml:1:4: a: has the tag '!!str'; leave tags out"),
    (b"a: !!seq [1]", "hw.yaml:1:4: a: has the tag '!!seq'; leave tags out"),
    (b"!!map {a: 1}", "hw.yaml:1:1: has the tag '!!map'; leave tags out"),
    (b"a: ! 1", "hw.yaml:1:4: a: has the tag '!'; leave tags out"),
    (b"%TAG ! x\n---\na: 1\n", "hw.yaml:1:1: has the directive '%TAG ! x'; leave tags out"),
    (b"x: &x {a: 1}\ny:\n  <<: *x\n", "hw.yaml:3:3: y.<<: is a merge key; write the keys out"),
    (b"a: 1\nb: 2\na: 3\n", "hw.yaml:3:1: a: is given twice, first in line 1; keep one"),
    (b"a: 1\n'a': 3\n", "hw.yaml:2:1: a: is given twice, first in line 1; keep one"),
    (b"l:\n - k: 1\n   k: 2\n", "hw.yaml:3:4: l[0].k: is given twice, first in line 2; keep one"),
    (b"'': 1\n'': 2\n", "hw.yaml:2:1: '': is given twice, first in line 1; keep one"),
    (b"? [a]\n: 1\n", "hw.yaml:1:3: has a list as a key; keys are plain words"),
    (b"{a: 1}: 2\n", "hw.yaml:1:1: has a mapping as a key; keys are plain words"),
    (b"a: &x 1\n*x : 2\n", "hw.yaml:2:1: has the alias '*x' as a key; keys are plain words"),
    (b"a: *x\n", "hw.yaml:1:4: a: has the alias '*x', but no anchor of that name is above it"),
    (b"a: &x [1, *x]\n", "hw.yaml:1:11: a[1]: has the alias '*x' inside its own anchor; write the values out"),
    (
        b"input: [1, 2\nkernel: 3\n",
        "hw.yaml:2:7: is not valid YAML: did not find expected ',' or ']' (parsing a flow sequence from line 1); "
        "check the brackets and the commas between numbers",
    ),
    (
        b"input: [1, 2",
        "hw.yaml:1:13: is not valid YAML: did not find expected ',' or ']'; "
        "check the brackets and the commas between numbers",
    ),
    (
        b"input: {a: 1",
        "hw.yaml:1:13: is not valid YAML: did not find expected ',' or '}'; "
        "check the braces and the commas between entries",
    ),
    (b"a: [1,, 2]\n", f"hw.yaml:1:7: is not valid YAML: did not find expected node content; {DEFAULT_ADVICE}"),
    (
        b"a:\n\tb: 2\n",
        "hw.yaml:2:1: is not valid YAML: found a tab where only blanks are allowed; indent with spaces",
    ),
    (b"a: 'x\n", "hw.yaml:1:6: is not valid YAML: found unexpected end of stream; close the quote"),
    (
        b'a: "\\q"\n',
        "hw.yaml:1:5: is not valid YAML: found unknown escape character; write the text in single quotes",
    ),
    (
        b"a: @x\n",
        "hw.yaml:1:4: is not valid YAML: found character that cannot start any token; put quotes around the text",
    ),
    (
        b"a: b: c\n",
        f"hw.yaml:1:5: is not valid YAML: mapping values are not allowed in this context; {ALL_QUOTES}",
    ),
    (
        b"a: 1\n]\n",
        "hw.yaml:2:1: is not valid YAML: did not find expected key (parsing a block mapping from line 1); "
        f"{DEFAULT_ADVICE}",
    ),
    (
        b"op: conv\nstride 2\n",
        "hw.yaml:2:9: is not valid YAML: could not find expected ':'; write 'key: value', with a blank after the colon",
    ),
    (b"a: !x!y 1", "hw.yaml:1:4: is not valid YAML: found undefined tag handle; leave tags out"),
    (
        b"%YAML 3.0\n---\na: 1\n",
        f"hw.yaml:1:1: is not valid YAML: found incompatible YAML document; {DEFAULT_ADVICE}",
    ),
    (b"a: \x00\n", "hw.yaml:1:4: has the control character '\\x00'; remove it"),
    (b"a: 1\nb: \x1b[31m\n", "hw.yaml:2:4: has the control character '\\x1b'; remove it"),
    (b"a: \xe9\n", "hw.yaml:1:4: has the byte 0xE9, which is not UTF-8; save the file as UTF-8"),
    (
        b"\xef\xbb\xbfa: 1\r\nb: \xc3(\r\n",
        "hw.yaml:2:4: has the byte 0xC3, which is not UTF-8; save the file as UTF-8",
    ),
    ("a: 1".encode("utf-16"), "hw.yaml: is UTF-16; save the file as UTF-8"),
]


def read(data: bytes, limits: Limits = DEFAULT) -> Document:
    return read_text(data, "hw.yaml", Path(), limits)


def plain(node: Node) -> Any:
    """The tree as lists, dicts and texts."""
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.items]
    if isinstance(node, MappingNode):
        return {key: plain(value) for key, value in node.entries.items()}
    assert isinstance(node, ScalarNode)
    return node.text


def texts(value: Any) -> Any:
    if isinstance(value, list):
        return [texts(item) for item in value]
    if isinstance(value, dict):
        return {key: texts(item) for key, item in value.items()}
    return value if isinstance(value, str) else json.dumps(value)


@pytest.mark.parametrize(("data", "message"), MESSAGES)
def test_messages(data: bytes, message: str) -> None:
    with pytest.raises(CnngradError) as caught:
        read(data)
    assert str(caught.value) == message


def test_json_is_called_json() -> None:
    with pytest.raises(CnngradError) as caught:
        read_node(b"[1", "w.json", DEFAULT)
    expected = "is not valid JSON: did not find expected ',' or ']'; check the brackets and the commas between numbers"
    assert str(caught.value) == f"w.json:1:3: {expected}"


def test_lines_and_columns() -> None:
    document = read(b"\xef\xbb\xbfop: conv\r\ninput: [1,\r\n  -2]\r\nkernel:\r\n  - 3\r\n")
    nodes = document.root.entries
    assert nodes["op"] == ScalarNode("conv", 1, 5)
    assert nodes["input"] == SequenceNode([ScalarNode("1", 2, 9), ScalarNode("-2", 3, 3)], 2, 8)
    assert nodes["kernel"] == SequenceNode([ScalarNode("3", 5, 5)], 5, 3)
    assert document.root.keys["kernel"] == ScalarNode("kernel", 4, 1)
    assert document.lines.all == ("op: conv", "input: [1,", "  -2]", "kernel:", "  - 3")


@pytest.mark.parametrize(
    ("value", "text", "quoted", "block"),
    [
        (b"0.140", "0.140", False, False),
        (b"'0.140'", "0.140", True, False),
        (b'"a b"', "a b", True, False),
        (b"|\n  1 2\n  3 4\n", "1 2\n3 4\n", False, True),
        (b">\n  1 2\n  3 4\n", "1 2 3 4\n", False, True),
        (b'"1 2\\n3 4"', "1 2\n3 4", True, True),
        # Here YAML itself has folded the lines, so the rows are lost.
        (b"\n  1 2\n\n  3 4\n", "1 2\n3 4", False, False),
        (b'"1 2\n\n  3 4"', "1 2\n3 4", True, False),
        (b"", "", False, False),
        (b"<<", "<<", False, False),
    ],
)
def test_scalars(value: bytes, text: str, quoted: bool, block: bool) -> None:
    node = read(b"a: " + value).root.entries["a"]
    assert isinstance(node, ScalarNode)
    assert (node.text, node.quoted, node.block) == (text, quoted, block)


def test_a_block_may_be_longer_than_a_word() -> None:
    node = read(b"a: |\n" + b"  1 2 3 4 5 6\n" * 1000).root.entries["a"]
    assert isinstance(node, ScalarNode)
    assert len(node.text) == 12_000


@pytest.mark.parametrize("data", [b"%YAML 1.1\n---\na: 1\n...\n", b"%YAML 1.2\n---\na: 1\n", b"--- {a: 1}", b"'<<': 1"])
def test_accepted(data: bytes) -> None:
    assert len(read(data).root.entries) == 1


def test_aliases_share_one_node() -> None:
    entries = read(b"a: &x [1, &y 2]\nb: *x\nc: [*x, *y]\n").root.entries
    assert entries["b"] is entries["a"]
    assert plain(entries["c"]) == [["1", "2"], "2"]


def test_an_anchor_may_be_used_again() -> None:
    entries = read(b"a: &x [&x 1, *x]\nb: *x\nc: &x 5\nd: *x\n").root.entries
    assert [plain(entries[key]) for key in "abd"] == [["1", "1"], "1", "5"]


def laughs(levels: int) -> bytes:
    rows = ["a0: &a0 [1,1,1,1,1,1,1,1,1,1]"]
    rows += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]" for i in range(1, levels)]
    return "\n".join(rows).encode()


def test_aliases_count_against_the_limit_of_cells() -> None:
    assert len(read(laughs(7)).root.entries) == 7
    with pytest.raises(CnngradError) as caught:
        read(laughs(9))
    assert str(caught.value) == (
        "hw.yaml:8:14: a7[2]: expands to 20,000,000 values through aliases, over the limit of 10,000,000; "
        "raise it with limit='cells=20000000'"
    )


def test_aliases_of_empty_lists_count_too() -> None:
    with pytest.raises(CnngradError, match="over the limit of 10,000,000"):
        read(laughs(9).replace(b"[1,1,1,1,1,1,1,1,1,1]", b"[[],[],[],[],[],[],[],[],[],[]]"))


def test_aliases_count_against_the_limit_of_nesting() -> None:
    with pytest.raises(CnngradError) as caught:
        read(b"a: &a [[[1]]]\nb: [[*a]]\n", Limits(nesting=5))
    assert str(caught.value) == (
        "hw.yaml:2:6: b[0,0]: is nested 6 levels deep, over the limit of 5; raise it with limit='nesting=6'"
    )


def test_limits_can_be_raised() -> None:
    assert read(b"a: " + b"[" * 20 + b"]" * 20, Limits(nesting=21)).root.entries
    assert read(b"a: " + b"1" * 1001, Limits(scalar=1001)).root.entries


names = st.text(alphabet="abcxyz_ 019", min_size=1, max_size=6)
leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=8).filter(str.isprintable)
values = st.recursive(
    leaves, lambda kids: st.lists(kids, max_size=4) | st.dictionaries(names, kids, max_size=4), max_leaves=12
)


@settings(max_examples=10)
@given(st.dictionaries(names, values, min_size=1, max_size=4))
def test_agrees_with_yaml(spec: dict[str, Any]) -> None:
    data = json.dumps(spec, ensure_ascii=False).encode()
    if yaml.load(data, yaml.CSafeLoader) == spec:
        assert plain(read(data).root) == texts(spec)
    block = yaml.dump(spec, Dumper=yaml.CSafeDumper, allow_unicode=True, width=10_000).encode()
    assert texts_of_yaml(block) == plain(read(block).root)


def texts_of_yaml(data: bytes) -> Any:
    """What PyYAML reads when every scalar stays text."""
    return yaml.load(data, yaml.CBaseLoader)


# --- files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hw.yaml").write_bytes(b"a: 1\n")
    (tmp_path / "sub").mkdir()
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


def test_read_file(folder: Path) -> None:
    document = read_file(str(folder / "hw.yaml"), DEFAULT)
    assert (document.source, document.folder) == (str(folder / "hw.yaml"), str(folder))
    assert plain(document.root) == {"a": "1"}


FILES = [
    ("gone.yaml", "does not exist; check the name and the folder"),
    ("hw.yaml/x", "does not exist; check the name and the folder"),
    ("sub", "is a folder; give a regular file"),
    ("pipe", "is a pipe; give a regular file"),
    ("x" * 300, "cannot be opened: File name too long; check the name"),
]


@pytest.mark.parametrize(("name", "message"), FILES)
def test_unreadable_files(folder: Path, name: str, message: str) -> None:
    path = str(folder / name)
    with pytest.raises(CnngradError) as caught:
        read_file(path, DEFAULT)
    assert str(caught.value) == f"{path}: {message}"


def test_a_file_that_does_not_tell_its_size_is_read_whole() -> None:
    path = Path("/proc/self/stat")
    if not path.exists():
        pytest.skip("no file here is of that kind")
    assert path.stat().st_size == 0
    assert regular_bytes(str(path), DEFAULT).startswith(f"{os.getpid()} (".encode())
    with pytest.raises(CnngradError) as caught:
        regular_bytes(str(path), replace(DEFAULT, file=5))
    assert str(caught.value) == "has 6 bytes, over the limit of 5; raise it with limit='file=6'"


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/tty"])
def test_devices(device: str) -> None:
    with pytest.raises(CnngradError) as caught:
        read_file(device, DEFAULT)
    # A session without a terminal has no /dev/tty to open.
    known = [f"{device}: is a device; give a regular file", f"{device}: cannot be opened: No such device or address"]
    assert str(caught.value).removesuffix("; check the name") in known


def test_forbidden_file(folder: Path) -> None:
    path = folder / "hw.yaml"
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("root may read everything")
    with pytest.raises(CnngradError) as caught:
        read_file(str(path), DEFAULT)
    assert str(caught.value) == f"{path}: cannot be read; check its permissions"


def test_null_in_a_name() -> None:
    with pytest.raises(CnngradError) as caught:
        read_file("a\0b", DEFAULT)
    assert str(caught.value) == "a\\x00b: cannot be opened: embedded null byte; check the name"


def test_large_file(folder: Path) -> None:
    path = folder / "hw.yaml"
    path.write_bytes(b"a: 12345")
    with pytest.raises(CnngradError) as caught:
        read_file(str(path), Limits(file=7))
    assert str(caught.value) == f"{path}: has 8 bytes, over the limit of 7; raise it with limit='file=8'"


def test_standard_input() -> None:
    code = (
        "from cnngrad.limits import Limits; from cnngrad.spec.reader import read_file\n"
        "try: print(read_file('-', Limits(file=9)).source)\n"
        "except ValueError as error: print(error)"
    )

    def run(data: bytes) -> str:
        return subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True).stdout.decode()

    assert run(b"a: 1") == "<stdin>\n"
    assert run(b"") == f"<stdin>: is empty; {MAPPING}\n"
    assert run(b"a: 1234567") == (
        "<stdin>: has more than 9 bytes, over the limit of 9; raise it with limit='file=BYTES'\n"
    )


def test_closed_standard_input() -> None:
    code = "from cnngrad.limits import DEFAULT; from cnngrad.spec.reader import read_file; read_file('-', DEFAULT)"
    done = subprocess.run(
        ["sh", "-c", f'exec "{sys.executable}" -c "{code}" <&-'], capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1].endswith("CnngradError: <stdin>: cannot be read; is it open?")


# --- rows of words, which the parser does not see


@pytest.mark.parametrize(
    ("text", "input_"),
    [
        ("input: [1, -2.5]", SequenceNode([ScalarNode("1", 1, 9), ScalarNode("-2.5", 1, 12)], 1, 8)),
        ("input: [ 1/2 ,x_1]", SequenceNode([ScalarNode("1/2", 1, 10), ScalarNode("x_1", 1, 15)], 1, 8)),
        ("input:\n  [\n1,\n  2 ]", SequenceNode([ScalarNode("1", 3, 1), ScalarNode("2", 4, 3)], 2, 3)),
        ("input: [a b, 1]", SequenceNode([ScalarNode("a b", 1, 9), ScalarNode("1", 1, 14)], 1, 8)),
        ("input: see [1, 2] and [3,4]", ScalarNode("see [1, 2] and [3,4]", 1, 8)),
        ("input: 'it''s [1, 2]'", ScalarNode("it's [1, 2]", 1, 8, quoted=True)),
        ("input: |\n  [1, 2]\n  [3, 4]\n", ScalarNode("[1, 2]\n[3, 4]\n", 1, 8, block=True)),
        ('input: "[1,\n 2]"', ScalarNode("[1, 2]", 1, 8, quoted=True)),
        ("# [1,\n# 2]\ninput: [ # [2,\n 3, 4]", SequenceNode([ScalarNode("3", 4, 2), ScalarNode("4", 4, 5)], 3, 8)),
        ("input: [\ue000, 1]", SequenceNode([ScalarNode("\ue000", 1, 9), ScalarNode("1", 1, 12)], 1, 8)),
        ("input: é\na: [é, 1]\nb: [1, 2]", ScalarNode("é", 1, 8)),
    ],
)
def test_rows(text: str, input_: Node) -> None:
    assert read(text.encode()).root.entries["input"] == input_


def test_the_words_of_a_row_one_by_one() -> None:
    row = read(b"input: [1,\n 22 , 3]").root.entries["input"]
    assert isinstance(row, SequenceNode)
    assert row.row is not None
    words = [ScalarNode(*row.row.place(i)) for i in range(3)]
    assert words == [ScalarNode("1", 1, 9), ScalarNode("22", 2, 2), ScalarNode("3", 2, 7)]
    assert row.items == words
    assert row.width == 3


def test_too_many_values() -> None:
    says = "is part of a file with too many lists, keys and words, over the limit of 9; raise it with limit='values=90'"
    for text, place in (
        (b"input: [[1, 2, 3], [4, 5, 6], [7, 8, 9]]", "1:28: input[1,3]"),
        (b"input: [" + b"{}," * 9 + b"]", "1:16: input[2]"),
    ):
        with pytest.raises(CnngradError) as caught:
            read_text(text, "w.yaml", Path(), replace(DEFAULT, values=9))
        assert str(caught.value) == f"w.yaml:{place}: {says}"
    assert read_text(b"input: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", "w.yaml", Path(), replace(DEFAULT, values=9))


# --- hostile files: at most so much work and so many megabytes

HOSTILE = {
    "brackets": "b'[' * 10**6",
    "brackets of a key": "b'input: ' + b'[' * 10**6",
    "braces": "b'{' * 10**6",
    "dashes": "b'- ' * 10**6",
    "question marks": "b'? ' * 10**6",
    "tag directives": "b''.join(b'%%TAG !a%d! x\\n' % i for i in range(300_000)) + b'---\\na: 1'",
    "laughs": "b'a0: &a0 [1,1]\\n' + b''.join(b'a%d: &a%d [*a%d, *a%d]\\n' % (i, i, i-1, i-1) for i in range(1, 99))",
    "one digit after the other": "b'a: ' + b'1' * 2**24",
    "one long key": "b'x' * 2**24 + b': 1'",
    "commas": "b'a: [' + b',' * 10**6",
    "keys": "b''.join(b'k%d: 1\\n' % i for i in range(700_000))",
    "small mappings": "b'a: [' + b'{},' * (5 * 10**6) + b']'",
    "documents": "b'--- \\n' * 10**6",
    "zeros": "bytes(2**24)",
}


@pytest.mark.parametrize("name", some(HOSTILE, 8))
def test_hostile_files(name: str) -> None:
    code = (
        "from pathlib import Path; from cnngrad.limits import DEFAULT\n"
        f"from cnngrad.spec.reader import read_text\ndata = {HOSTILE[name]}\n"
        "try: read_text(data, 'x', Path(), DEFAULT)\n"
        "except ValueError as error: assert len(str(error)) < 300 and '\\n' not in str(error)\n"
        "else: raise SystemExit('accepted')\n"
    )
    done, megabytes = bounded(code, seconds=5)
    assert (done.code, done.out, done.err) == (0, "", "")
    assert megabytes < 300
