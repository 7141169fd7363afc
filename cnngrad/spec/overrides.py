"""Keys of a spec that are set from outside of it, such as by an option of the command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cnngrad.errors import CnngradError, Problem, excerpt
from cnngrad.limits import Limits
from cnngrad.spec.reader import read_text
from cnngrad.spec.tree import OPTION, Document, MappingNode, Node, ScalarNode, SequenceNode


@dataclass(frozen=True, slots=True)
class Setting:
    """A key of a spec, `stride` or `values.x` (inside the mapping `values`), and its value as YAML.

    `option` is what messages call the place that it comes from.
    """

    option: str
    key: str
    text: str


def override(document: Document, settings: Iterable[Setting], limits: Limits) -> Document:
    """The document with each setting applied, one after the other."""
    root, overrides, options = document.root, dict(document.overrides), list(document.options)
    for setting in settings:
        value = _value(setting, document, limits)
        overrides[setting.key] = setting.option
        options.append(setting.option)
        _move(value, OPTION * len(options))
        root = _with(root, setting.key.split("."), value, setting.option)
    return replace(document, root=root, overrides=overrides, options=tuple(options))


def _move(value: Node, lines: int) -> None:
    """Count the lines of a new value from here, so that whatever is said of a part of it names the option."""
    left, moved = [value], set()
    while left:
        node = left.pop()
        if id(node) in moved:  # an anchor and its aliases are one node
            continue
        moved.add(id(node))
        node.line += lines
        if isinstance(node, MappingNode):
            left += [*node.keys.values(), *node.entries.values()]
        elif isinstance(node, SequenceNode):
            left += node.items
            if node.row is not None:
                node.row.line += lines


def _with(node: MappingNode, path: list[str], value: Node, option: str) -> MappingNode:
    """The mapping with `value` at the end of the path of keys."""
    key, *inner = path
    if inner:
        below = node.entries.get(key, MappingNode({}, line=value.line))
        if not isinstance(below, MappingNode):
            raise CnngradError(
                Problem(f"{excerpt(key)} is no mapping; set it as a whole", f"{option}: {'.'.join(path)}")
            )
        value = _with(below, inner, value, option)
    keys = node.keys if key in node.keys else node.keys | {key: ScalarNode(key, value.line)}
    return MappingNode({**node.entries, key: value}, keys, node.line, node.column)


def _encoded(text: str) -> bytes:
    """The bytes of an argument; those that were no UTF-8 came in as characters that have none."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise CnngradError("is not UTF-8; write it with other characters") from None


def _value(setting: Setting, document: Document, limits: Limits) -> Node:
    text, place = setting.text, f"{setting.option}: {setting.key}"
    if "," in text and text[:1] not in "[{\"'":
        text = f"[{text}]"  # stride 2,1
    try:
        root = read_text(_encoded(f"value: {text}"), setting.option, document.folder, limits).root
    except CnngradError as error:
        raise CnngradError(Problem(f"{excerpt(text)} {error.problems[0].message}", place)) from None
    if len(root.entries) != 1:
        raise CnngradError(Problem(f"{excerpt(text)} is more than one value; give one", place))
    return root.entries["value"]
