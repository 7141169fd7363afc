"""Archives of submissions, whole and deformed."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Sequence

from .. import spoil
from ..draw import Draw

BOMB = 17 * 2**20
LEADING = (
    "/abs.yaml",
    "../up.yaml",
    "a/../../b.yaml",
    "C:\\x.yaml",
    "\\\\host\\x",
    "..",
    "/",
    ".",
    "a//b.yaml",
    "./a.yaml",
)
METHODS = {zipfile.ZIP_STORED: 2.0, zipfile.ZIP_DEFLATED: 6.0, zipfile.ZIP_BZIP2: 0.2, zipfile.ZIP_LZMA: 0.2}
CENTRAL, LOCAL = b"PK\x01\x02", b"PK\x03\x04"


def archive(draw: Draw, files: Sequence[tuple[str, bytes]], *, spoilt: bool) -> bytes:
    """A .zip of these files; `spoilt` ones may be no .zip at all."""
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names that are there twice
        with zipfile.ZipFile(stream, "w") as made:
            top = draw.pick(("", "", "", "class/", "hw3/"))
            for name, data in files:
                _add(draw, made, top + name, data)
                if draw.chance(0.05):
                    _add(draw, made, top + name, data[:3])
            if draw.chance(0.05):
                made.comment = b"PK\x05\x06" + bytes(draw.randrange(30))
    found = _marked(draw, stream.getvalue())
    return _deformed(draw, found) if spoilt else found


def _add(draw: Draw, made: zipfile.ZipFile, name: str, data: bytes) -> None:
    if draw.chance(0.06):
        name = draw.pick(LEADING)
    info = zipfile.ZipInfo(name.encode("utf-8", "replace").decode(), (1980 + draw.randrange(100), 1, 1, 0, 0, 0))
    info.compress_type = draw.weighted(METHODS)
    if draw.chance(0.03):
        info.external_attr = draw.pick((0o120777, 0o010644, 0o140755, 0o040755)) << 16
    if draw.chance(0.05):
        info.filename += "/"
        data = b""
    if draw.chance(0.005):
        data = bytes(BOMB)
    made.writestr(info, data)


def _marked(draw: Draw, data: bytes) -> bytes:
    """Some files are encrypted, have another checksum or size, or no name."""
    changed = bytearray(data)
    start = changed.find(CENTRAL)
    while start >= 0:
        if draw.chance(0.04):
            changed[start + 8] |= draw.pick((1, 8, 0x20, 0x40))
        if draw.chance(0.04):
            place = draw.pick((10, 16, 20, 24, 28, 30, 42))  # method, checksum, sizes, lengths of names, place
            old = struct.unpack_from("<H", changed, start + place)[0]
            struct.pack_into("<H", changed, start + place, draw.pick((0, 1, old ^ 1, 0xFFFF)))
        start = changed.find(CENTRAL, start + 1)
    return bytes(changed)


def _deformed(draw: Draw, data: bytes) -> bytes:
    match draw.pick(("cut", "bytes", "bytes", "front", "back", "empty", "other", "middle")):
        case "cut":
            return data[: draw.randrange(len(data) + 1)]
        case "bytes":
            return spoil.data(draw, data)
        case "front":
            return b"#!/bin/sh\n" + data
        case "back":
            return data + bytes(draw.randrange(70_000))
        case "empty":
            return draw.pick((b"", b"PK\x05\x06" + bytes(18), LOCAL))
        case "other":
            return draw.pick((b"Rar!\x1a\x07\x00", b"\x1f\x8b\x08\x00", b"7z\xbc\xaf\x27\x1c", b"<html>login</html>"))
        case _:
            start = draw.randrange(len(data) + 1)
            return data[:start] + draw.randbytes(4) + data[start + 4 :]
