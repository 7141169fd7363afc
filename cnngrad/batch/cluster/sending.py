"""The files that an item names, read where they are, because the workers share no disk."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from cnngrad.api.solve import document
from cnngrad.batch.grading.handed import Handed
from cnngrad.batch.grading.work import Grading
from cnngrad.batch.items import Item
from cnngrad.batch.json_lines import STDIN
from cnngrad.batch.solving import Solving
from cnngrad.errors import CnngradError, Problem
from cnngrad.examples import PREFIX
from cnngrad.limits import Limits
from cnngrad.patterns import pattern
from cnngrad.spec.attached import Files, Place, gathered
from cnngrad.spec.build import Setting
from cnngrad.spec.files import inside_bytes
from cnngrad.spec.reader import folder_of, read_node, regular_bytes
from cnngrad.spec.tree import Folder, MappingNode, Node, ScalarNode, SequenceNode

MOST = 2**30
"""Bytes of the data files of one item."""
_TOO_MUCH = Problem("is not sent with the files before it, which have 1 GiB; compute this one on one machine")
_NAME = pattern(r"""[^\s"'{}\[\],:]+\.(?:npy|npz|csv|json)\b""", re.IGNORECASE)
"""A data file in a text that is no YAML."""


def files_for(work: Any) -> Callable[[Any], Files] | None:
    """What gives the files that an item of this work names; nothing for work that is not a part of cnngrad."""
    if isinstance(work, Solving):
        return partial(_of_spec, work)
    if isinstance(work, partial) and work.args and isinstance(work.args[0], Grading):
        return partial(_of_submission, work.args[0])
    return None


def shared_by(work: Any) -> Files:
    """The files that every item of this work needs: what the one exercise names, and its key."""
    grading = work.args[0] if isinstance(work, partial) and work.args else None
    if not isinstance(grading, Grading):
        return {}
    found = dict(files_of(grading.key, grading.limits)) if grading.key else {}
    if grading.exercise is not None:
        folder = grading.exercise.folder
        names = {*_names_in(grading.exercise.root), *_names_set(grading.settings, grading.limits)}
        found |= _read(sorted(names), folder, grading.limits)
    return found


def _of_spec(work: Solving, item: Item) -> Files:
    also = tuple(_names_set(work.settings, work.limits))
    if item.text is not None:
        folder = os.curdir if item.path == STDIN else folder_of(item.path)
        return files_named(item.text, folder, work.limits, also)
    if item.spec is not None:
        return _of_values(item, work.limits, also)
    return files_of(item.path, work.limits, also) if item.path and not item.path.startswith(PREFIX) else {}


def _of_values(item: Item, limits: Limits, also: tuple[str, ...]) -> Files:
    try:
        found = document(item.spec, limits)
    except CnngradError:  # the worker says why
        return {}
    return _read([*_names_in(found.root), *also], found.folder, limits)


def _of_submission(grading: Grading, handed: Handed) -> Files:
    found: dict[Place, bytes | tuple[Problem, ...]] = {}
    if handed.data is not None:
        found |= files_named(handed.data, folder_of(handed.source or ""), grading.limits)
    for path in filter(None, (handed.path, handed.exercise, handed.key)):
        found |= files_of(path, grading.limits, tuple(_names_set(grading.settings, grading.limits)))
    return found


def _names_set(settings: Iterable[Setting], limits: Limits) -> Iterator[str]:
    """What settings from the command line name."""
    for setting in settings:
        if "file" in setting.text:
            yield from _names(setting.text.encode(), limits)


def files_of(path: str, limits: Limits, also: tuple[str, ...] = ()) -> Files:
    """The file with this path and the data files that it names, or are in `also`, each with what is in it or why it
    cannot be read."""
    data = gathered(lambda: regular_bytes(path, limits))
    named = files_named(data, folder_of(path), limits, also) if isinstance(data, bytes) else {}
    return {("", path): data, **named}


def files_named(text: bytes, folder: Folder, limits: Limits, also: tuple[str, ...] = ()) -> Files:
    """The data files that a spec or a submission names by `{file: NAME}`, relative to `folder`, and those in `also`."""
    names = _names(text, limits) if b"file" in text or b"\\" in text else ()  # a letter of `file` may be escaped
    return _read([*names, *also], folder, limits)


def _read(names: Iterable[str], folder: Folder, limits: Limits) -> dict[Place, bytes | tuple[Problem, ...]]:
    found: dict[Place, bytes | tuple[Problem, ...]] = {}
    left = MOST
    for name in dict.fromkeys(names):
        data: bytes | tuple[Problem, ...] = (_TOO_MUCH,)
        if left > 0:
            data = gathered(partial(inside_bytes, name, folder, limits))
        found[str(folder), name] = data
        left -= len(data) if isinstance(data, bytes) else 0
    return found


def _names(text: bytes, limits: Limits) -> Iterable[str]:
    try:
        root, _ = read_node(text, "", limits)
    except CnngradError:
        return _NAME.findall(text.decode(errors="replace"))
    return _names_in(root)


def _names_in(root: Node) -> Iterator[str]:
    """What stands behind every `file` in a tree."""
    left, seen = [root], set[int]()
    while left:
        node = left.pop()
        if id(node) in seen:  # an anchor and its aliases are one node
            continue
        seen.add(id(node))
        if isinstance(node, MappingNode):
            left += node.entries.values()
            named = node.entries.get("file")
            if isinstance(named, ScalarNode):
                yield named.text
        elif isinstance(node, SequenceNode) and node.row is None:
            left += node.items
