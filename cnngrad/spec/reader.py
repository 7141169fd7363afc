"""A file in, a tree out: its bytes, their text, and YAML or JSON in it, every node with its line and column."""

from __future__ import annotations

import codecs
import os
import re
import stat
import sys
from dataclasses import replace
from typing import BinaryIO

from cnngrad.errors import CnngradError, Mark, Problem, excerpt
from cnngrad.limits import Limits
from cnngrad.patterns import pattern
from cnngrad.spec.attached import contents
from cnngrad.spec.plain import plain_node
from cnngrad.spec.tree import Document, Folder, Lines, MappingNode, Node, ScalarNode

_UNREADABLE = pattern("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_READABLE = bytes((*b"\t\n\r", *range(0x20, 0x7F)))
_TAG_DIRECTIVE = pattern(r"^%TAG\b.*", re.MULTILINE)
IRREGULAR = {
    stat.S_IFDIR: "is a folder",
    stat.S_IFIFO: "is a pipe",
    stat.S_IFSOCK: "is a socket",
    stat.S_IFCHR: "is a device",
    stat.S_IFBLK: "is a device",
}
"""What is no regular file, by its kind."""


def read_file(path: str, limits: Limits) -> Document:
    """The spec in the file `path`, or on standard input for `-`; CnngradError says why not."""
    data, source, folder = read_bytes(path, limits)
    return read_text(data, source, folder, limits)


def read_bytes(path: str, limits: Limits) -> tuple[bytes, str, Folder]:
    """What is in the file `path`, or on standard input for `-`, the name that errors show, and the folder."""
    if path == "-":
        return _stdin_bytes(limits), "<stdin>", os.curdir
    try:
        return contents(("", path), lambda: regular_bytes(path, limits)), path, folder_of(path)
    except CnngradError as error:
        raise CnngradError(*(replace(p, mark=Mark(path)) for p in error.problems)) from None


def folder_of(path: str) -> str:
    """The folder of a file, that its `file:` is relative to."""
    return os.path.dirname(path) or os.curdir


def read_text(data: bytes, source: str, folder: Folder, limits: Limits) -> Document:
    """The spec in `data`, UTF-8 YAML or JSON whose top is a mapping.

    `source` is the name that errors show, `folder` what `file:` is relative to. CnngradError says what is
    wrong and where.
    """
    root, lines = read_node(data, source, limits)
    if isinstance(root, MappingNode):
        return Document(root, source, folder, lines)
    what = "the text " + excerpt(root.text) if isinstance(root, ScalarNode) else "a list"
    message = f"holds {what} alone; write a mapping, one 'key: value' per line"
    raise CnngradError(Problem(message, "", Mark(source, root.line, root.column)))


def read_node(data: bytes, source: str, limits: Limits) -> tuple[Node, Lines]:
    """The one document in `data`, whatever it holds, and the lines of its text."""
    text = decode(data, source)
    _refuse_unreadable(text, source)
    lines = Lines(text)
    if (plain := plain_node(text, limits)) is not None:
        return plain, lines
    from cnngrad.spec.parsed import parsed_node  # with the parser, which takes a tenth of a short command

    return parsed_node(text, source, lines, limits), lines


def regular_bytes(path: str, limits: Limits) -> bytes:
    """The bytes of the regular file `path`, at most `limits.file`; CnngradError, without a place yet, says why not."""
    # Opening a pipe without O_NONBLOCK waits for a writer, perhaps forever.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise CnngradError(why_unopened(path, error)) from None
    try:
        status = os.fstat(descriptor)
        if what := IRREGULAR.get(stat.S_IFMT(status.st_mode)):
            raise CnngradError(f"{what}; give a regular file")
        limits.allow("file", status.st_size, f"has {status.st_size:,} bytes")
        with open(descriptor, "rb", closefd=False) as file:
            data = _read(file, status.st_size, limits.file + 1)
    except OSError as error:
        raise CnngradError(f"cannot be read: {error.strerror}") from None
    finally:
        os.close(descriptor)
    limits.allow("file", len(data), f"has {len(data):,} bytes")
    return data


def _read(file: BinaryIO, size: int, most: int) -> bytes:
    """All of a file, or so many bytes at most. Room is made for its `size` alone, which is not told of every file."""
    data = file.read(min(size + 1, most))
    if data is None:
        raise CnngradError("gives nothing to read; give a regular file")
    return data if len(data) <= size else data + file.read(most - len(data))


def decode(data: bytes, source: str) -> str:
    """`data` as text; CnngradError with the place of the first byte that is not UTF-8."""
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise CnngradError(Problem("is UTF-16; save the file as UTF-8", "", Mark(source)))
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        message = f"has the byte 0x{data[error.start]:02X}, which is not UTF-8; save the file as UTF-8"
        raise CnngradError(Problem(message, "", _end_of(before, source))) from None


def _end_of(before: str, source: str) -> Mark:
    """The place right after the text `before`."""
    rows = (before + "x").splitlines()
    return Mark(source, len(rows), len(rows[-1]))


def _stdin_bytes(limits: Limits) -> bytes:
    try:
        data = sys.stdin.buffer.read(limits.file + 1)
    except (OSError, AttributeError, ValueError):
        raise CnngradError(Problem("cannot be read; is it open?", "", Mark("<stdin>"))) from None
    # Only the beginning was read, so the size that would be enough is not known.
    if message := limits.refusal("file", len(data), f"has more than {limits.file:,} bytes", enough="BYTES"):
        raise CnngradError(Problem(message, "", Mark("<stdin>")))
    return data


def why_unopened(path: str, error: OSError | ValueError) -> str:
    """The message for a file that `error` kept from being opened."""
    if os.path.isdir(path):
        return "is a folder; give a regular file"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "does not exist; check the name and the folder"
    if isinstance(error, PermissionError):
        return "cannot be read; check its permissions"
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return f"cannot be opened: {reason}; check the name"


def _refuse_unreadable(text: str, source: str) -> None:
    # That a text has readable ASCII alone is much quicker to see than by the pattern.
    plain = text.isascii() and not text.encode().translate(None, _READABLE)
    if not plain and (found := _UNREADABLE.search(text)):
        message = f"has the control character {excerpt(found[0])}; remove it"
    # libyaml compares every %TAG with all others, and tags are refused anyway.
    elif "%TAG" in text and (found := _TAG_DIRECTIVE.search(text)):
        message = f"has the directive {excerpt(found[0])}; leave tags out"
    else:
        return
    raise CnngradError(Problem(message, "", _end_of(text[: found.start()], source)))
