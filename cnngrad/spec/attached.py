"""Files that came along with the work, where no disk is shared: read in place of those on the disk of this machine.

What was read elsewhere keeps its name and its folder, so that every source, place and message is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from cnngrad.errors import CnngradError, Problem

Place = tuple[str, str]
"""A folder, as the spec beside it knows it, and the name as it is written there; no folder for a path by itself."""
Files = Mapping[Place, bytes | tuple[Problem, ...]]
"""What is in each file, or why it could not be read."""

_ATTACHED: ContextVar[Files | None] = ContextVar("_ATTACHED", default=None)


@contextmanager
def attached(files: Files) -> Iterator[None]:
    """Within this context, specs, submissions and data files are those in `files`, and others are on the disk."""
    token = _ATTACHED.set(files)
    try:
        yield
    finally:
        _ATTACHED.reset(token)


def contents(place: Place, read: Callable[[], bytes]) -> bytes:
    """The bytes of the file at this place: what was attached, else what `read` gives; CnngradError says why not."""
    files = _ATTACHED.get()
    found = files.get(place) if files is not None else None
    if found is None:
        return read()
    if isinstance(found, tuple):
        raise CnngradError(*found)
    return found


def gathered(read: Callable[[], bytes]) -> bytes | tuple[Problem, ...]:
    """What `read` gives, or why not, to be attached."""
    try:
        return read()
    except CnngradError as error:
        return error.problems
