"""Arrays in files of their own: `{file: name.npy}`, `.npz` with `key:`, `.csv`, `.json`.

Nothing outside the spec's folder is opened, nothing is unpickled, and every size is known before it is read.
"""

from __future__ import annotations

import math
import os
import re
import warnings
from dataclasses import replace
from io import BytesIO
from typing import IO, Any

import numpy as np

from cnngrad.errors import CnngradError, Mark, Problem, did_you_mean, escape, excerpt
from cnngrad.limits import Limits
from cnngrad.numbers.kinds import Array
from cnngrad.spec.attached import contents
from cnngrad.spec.reader import decode, read_node, regular_bytes
from cnngrad.spec.tree import ArrayNode, Document, Folder, Lines, MappingNode, Node, ScalarNode
from cnngrad.wording import read_cell

MAX_AXES = 5
"""Batch, channel and three spatial axes."""
_LARGEST_HEADER = 2**16 + 16
_ENCRYPTED = 1
_SHOWN_NAMES = 5


def load(node: MappingNode, key: str, document: Document, limits: Limits) -> tuple[Node, Document]:
    """What the mapping `node`, the value of `key`, names, and the document to place its errors in.

    An .npy or .npz gives an array, a .csv one block of text, a .json whatever it holds; CnngradError says why not.
    """
    from pathlib import PurePosixPath

    place = node.entries.get("file")
    try:
        _check_fields(node)
        name, member = _word(node, "file"), _word(node, "key")
        suffix = PurePosixPath(name).suffix.lower()
        if suffix not in _LOADERS:
            raise CnngradError("is none of .npy, .npz, .csv and .json; save it as one of them")
        data = contents((str(document.folder), name), lambda: inside_bytes(name, document.folder, limits))
        if member and suffix in (".npy", ".csv"):
            raise CnngradError(f"holds one array; leave 'key: {escape(member[:40])}' out")
        found, lines = _LOADERS[suffix](data, member, name, limits)
        return found, Document(MappingNode({}), name, document.folder, lines)
    except CnngradError as error:
        mark = place_of(place or node, key, document)
        raise CnngradError(*(_placed(p, key, mark, place) for p in error.problems)) from None


def inside_bytes(name: str, folder: Folder, limits: Limits) -> bytes:
    """What is in the file `name` inside `folder`; CnngradError, without a place yet, says why not."""
    return regular_bytes(_inside(name, folder), limits)


def place_of(node: Node, key: str, document: Document) -> Mark:
    """The place of `node`, found under the path `key`; an option that set the top-level key is the place."""
    return document.mark(node, re.split(r"[.\[]", key, maxsplit=1)[0])


def _placed(problem: Problem, key: str, mark: Mark, place: Node | None) -> Problem:
    """A problem of a file as a problem of the spec; one that has a place inside the file keeps it."""
    if problem.mark is not None:
        return replace(problem, key=problem.key or key)
    name = place.text if isinstance(place, ScalarNode) else ""
    named = bool(name.strip()) and "\n" not in name
    return Problem(f"file {excerpt(name, 80)} {problem.message}" if named else problem.message, key, mark)


def check_shape(shape: tuple[int, ...], limits: Limits) -> str | None:
    """The message for a shape that no array may have, or nothing."""
    if len(shape) > MAX_AXES:
        return f"has {len(shape)} axes; an array has at most {MAX_AXES}"
    if 0 in shape:
        return "is empty; give at least one number"
    cells = math.prod(shape)
    return limits.refusal("cells", cells, f"has {cells:,} cells") if cells > limits.cells else None


def _check_fields(node: MappingNode) -> None:
    if "file" not in node.entries:
        raise CnngradError("is a mapping; give a list, a block of text or {file: NAME}")
    for field in node.entries:
        if field not in ("file", "key"):
            hint = did_you_mean(field, ("file", "key")) or "; the keys are file and key"
            raise CnngradError(f"is given beside the unknown key {excerpt(field)}{hint}")


def _word(node: MappingNode, field: str) -> str:
    """The text of a field; nothing where it is missing."""
    value = node.entries.get(field)
    if value is None:
        return ""
    if not isinstance(value, ScalarNode) or not value.text.strip() or "\n" in value.text:
        raise CnngradError(f"needs a name behind '{field}:'")
    return value.text


def _inside(name: str, folder: Folder) -> str:
    """The real path of `name`, which must stay inside `folder` after every symbolic link."""
    from pathlib import PurePosixPath, PureWindowsPath

    windows = PureWindowsPath(name)
    if windows.anchor or PurePosixPath(name).anchor:
        raise CnngradError("is an absolute path; give one relative to the spec's folder")
    if ".." in windows.parts:
        raise CnngradError("leads out of the spec's folder; put the file inside it")
    if "\0" in name:
        raise CnngradError("has a null character in its name; remove it")
    root = os.path.realpath(folder)
    path = os.path.realpath(os.path.join(root, name))
    if os.path.commonpath([root, path]) != root:
        raise CnngradError("is a link out of the spec's folder; put the file inside it")
    return path


# What loads a file: (its bytes, the array in it that is meant, its name, limits) -> a node, and the lines of a text.


def _npy(data: bytes, member: str, name: str, limits: Limits) -> tuple[Node, Lines]:
    return ArrayNode(_array(BytesIO(data), limits)), Lines()


def _npz(data: bytes, member: str, name: str, limits: Limits) -> tuple[Node, Lines]:
    import zipfile  # with those of several other modules

    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
            info = archive.getinfo(_choice(member, names) + ".npy")
            if info.flag_bits & _ENCRYPTED:
                raise CnngradError("is encrypted; save it with numpy.savez")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise CnngradError("is compressed in a way numpy does not write; save it with numpy.savez")
            with archive.open(info) as stream:
                return ArrayNode(_array(stream, limits)), Lines()
    except CnngradError:
        raise
    # A damaged archive raises nearly anything: struct.error, zlib.error, UnicodeDecodeError, ValueError ...
    except Exception:
        raise CnngradError("is damaged or no .npz file; save it again with numpy.savez") from None


def arrays_of_file(data: bytes, limits: Limits) -> dict[str, Node | CnngradError]:
    """The arrays in the bytes of an .npz by name, or why each cannot be read, or the one of an .npy without a name;
    together they have no more cells than one array may have."""
    import zipfile

    if not data.startswith(b"PK"):
        return {"": _npy(data, "", "", limits)[0]}
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    except Exception:
        raise CnngradError("is damaged or no .npz file; save it again with numpy.savez") from None
    found: dict[str, Node | CnngradError] = {}
    cells = 0
    for name in dict.fromkeys(names):
        left = replace(limits, cells=max(1, limits.cells - cells))
        try:
            node, _ = _npz(data, name, "", left)
        except CnngradError as error:
            found[name] = error
            continue
        assert isinstance(node, ArrayNode)
        found[name] = node
        cells += node.values.size
    if not found:
        raise CnngradError("holds no array; save one in it")
    return found


def _csv(data: bytes, member: str, name: str, limits: Limits) -> tuple[Node, Lines]:
    text = decode(data, name)
    return ScalarNode(text, 1, 1, block=True), Lines(text)


def _json(data: bytes, member: str, name: str, limits: Limits) -> tuple[Node, Lines]:
    root, lines = read_node(data, name, limits)
    if isinstance(root, MappingNode):
        root = root.entries[_choice(member, list(root.entries))]
    elif member:
        raise CnngradError(f"holds one array; leave 'key: {escape(member[:40])}' out")
    if isinstance(root, MappingNode):
        raise CnngradError("holds a mapping where the array should be; give the array itself")
    return root, lines


_LOADERS = {".npy": _npy, ".npz": _npz, ".csv": _csv, ".json": _json}


def _choice(wanted: str, names: list[str]) -> str:
    """Which of a file's arrays is meant; CnngradError lists them when that is open."""
    if wanted in names or (not wanted and len(names) == 1):
        return wanted or names[0]
    if not names:
        raise CnngradError("holds no array; save one in it")
    listed = ", ".join(excerpt(name) for name in names[:_SHOWN_NAMES])
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    if not wanted:
        raise CnngradError(f"holds {listed}{more}; say which with 'key:'")
    hint = did_you_mean(wanted, names) or f"; it holds {listed}{more}"
    raise CnngradError(f"has no array {excerpt(wanted)}{hint}")


def _array(stream: IO[bytes], limits: Limits) -> Array:
    """The array in an .npy stream; nothing is read before its header promises an acceptable array."""
    start = stream.read(_LARGEST_HEADER)
    shape, fortran, dtype, offset = _header(start)
    if dtype.kind not in "fiu":
        raise CnngradError(f"holds {_cells_of(dtype)}; save it as float64 or as integers")
    if message := check_shape(shape, limits):
        raise CnngradError(message)
    size = math.prod(shape) * dtype.itemsize
    data = start[offset:] + stream.read(max(0, size + 1 - len(start) + offset))
    if len(data) != size:
        found = f"{len(data):,}" if len(data) < size else "more"
        raise CnngradError(f"should hold {size:,} bytes of numbers but holds {found}; save it again")
    values = np.frombuffer(data, dtype=dtype).reshape(shape[::-1] if fortran else shape)
    values = (values.T if fortran else values).astype(dtype.newbyteorder("="), order="C")
    finite = np.isfinite(values)
    if not finite.all():
        place = np.unravel_index(int(finite.argmin()), values.shape)
        cell = read_cell("cell ", place) if values.ndim else "its only cell"
        raise CnngradError(f"has {float(values[place])} in {cell}; gradients need finite values")
    return values


def _header(start: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Shape, whether the first axis runs fastest, type of the cells, and where the numbers begin."""
    stream = BytesIO(start)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            version = np.lib.format.read_magic(stream)
            read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
            shape, fortran, dtype = read(stream)
            if any(isinstance(n, bool) or n < 0 for n in shape):
                raise ValueError("no shape")
    # The header is Python source that numpy evaluates as a literal; a damaged one raises nearly anything.
    except Exception:
        raise CnngradError("is damaged or no .npy file; save it again with numpy.save") from None
    return shape, fortran, dtype, stream.tell()


def _cells_of(dtype: np.dtype[Any]) -> str:
    names = {"O": "Python objects", "b": "truth values", "c": "complex numbers", "S": "text", "U": "text"}
    return names.get(dtype.kind, "records" if dtype.fields else f"cells of type {excerpt(str(dtype))}")
