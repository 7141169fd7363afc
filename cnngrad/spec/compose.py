"""From events to a tree, with an explicit stack: nothing recurses, and every limit is checked on the way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any, NoReturn

from yaml import events

from cnngrad.errors import CnngradError, Mark, Problem, excerpt
from cnngrad.limits import Limits
from cnngrad.records import dataclass
from cnngrad.spec.held import HeldError, LeftError, Rows
from cnngrad.spec.tree import MappingNode, Node, ScalarNode, SequenceNode, what

_YAML_TAG = "tag:yaml.org,2002:"


@dataclass(slots=True)
class _Anchor:
    """What `&name` marks: its node once that is complete, how many cells it holds, how deep it is."""

    node: Node | None = None
    cells: int = 1
    height: int = 0


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet; `add` takes a child, `more` counts cells beyond one per child."""

    node: SequenceNode | MappingNode
    anchor: _Anchor | None
    add: Callable[[Node], None]
    key: ScalarNode | None = None
    more: int = 0
    height: int = 1
    aliased: bool = False

    @property
    def cells(self) -> int:
        children = self.node.width if isinstance(self.node, SequenceNode) else len(self.node.entries)
        return (children + self.more) or 1

    @property
    def wants_key(self) -> bool:
        """Whether the next child is a key of a mapping."""
        return self.key is None and isinstance(self.node, MappingNode)


class Composer:
    """Builds the tree of one document from its events; `rows` are those that were taken out of its text."""

    def __init__(self, source: str, limits: Limits, rows: Rows) -> None:
        self.source = source
        self.limits = limits
        self.rows = rows
        self.top = SequenceNode([])
        self.stack = [_Open(self.top, None, self.top.items.append)]
        self.anchors: dict[str, _Anchor] = {}
        self.documents = 0

    def compose(self, next_event: Callable[[], Any]) -> Node:
        """The root of the only document."""
        longest, most = self.limits.scalar, self.limits.values
        stack, scalar, held = self.stack, events.ScalarEvent, self.rows.held
        handlers = {
            events.SequenceStartEvent: self._open_list,
            events.MappingStartEvent: self._open_mapping,
            events.SequenceEndEvent: self._close,
            events.MappingEndEvent: self._close,
            events.AliasEvent: self._alias,
            events.DocumentStartEvent: self._document,
        }
        add = stack[-1].add
        for number in count():
            event = next_event()
            kind = type(event)
            if number > most:  # about as many events as nodes; how many more will come is not known
                if not self.rows.all and not self.rows.holds_behind(event):
                    raise LeftError
                what = "is part of a file with too many lists, keys and words"
                self._check("values", number, what, event, enough=str(10 * most))
            if kind is scalar:
                text = event.value
                if held in text and not (text := self._unheld(event)):
                    continue
                mark = event.start_mark
                node = ScalarNode(text, mark.line + 1, mark.column + 1)
                if event.style or event.tag or event.anchor or len(text) > longest:
                    self._unusual(event, node)
                add(node)
            elif kind is events.StreamEndEvent:
                return self._root()
            elif kind in handlers:
                handlers[kind](event)
                add = stack[-1].add

        raise AssertionError("the parser never ends without an event that says so")

    def _check(self, limit: str, value: int, what: str, event: Any, enough: str = "") -> None:
        if message := self.limits.refusal(limit, value, what, enough=enough):
            self._refuse(message, event.start_mark)

    def _unheld(self, event: Any) -> str:
        """The text of a scalar with its rows put back; nothing where it is the row of the list that is open, which
        holds it then."""
        node, row = self.stack[-1].node, self.rows.at(event)
        if row is None or not isinstance(node, SequenceNode) or node.width:
            return self.rows.restored(event)
        if row.has_longer(self.limits.scalar):
            raise HeldError
        node.hold(row)
        return ""

    def _root(self) -> Node:
        root = self.top.items[0] if self.top.items else ScalarNode("")
        if isinstance(root, ScalarNode) and not root.text and not root.quoted:
            message = "is empty; write a mapping, one 'key: value' per line"
            raise CnngradError(Problem(message, "", Mark(self.source)))
        return root

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self._refuse("holds a second document; keep one exercise per file", event.start_mark)

    def _unusual(self, event: Any, node: ScalarNode) -> None:
        """A scalar with a tag, an anchor, quotes or unusual length."""
        if event.tag:
            self._refuse_tag(event)
        one_line = event.end_mark.line == event.start_mark.line
        node.quoted = event.style in ("'", '"')
        # Line breaks that the text itself folds would lose the rows; escaped ones (as in JSON) keep them.
        node.block = event.style in ("|", ">") or (node.quoted and one_line and "\n" in node.text)
        if event.anchor:
            self._anchor(event).node = node
        length = 0 if node.block else len(node.text)
        if length > self.limits.scalar and not one_line:
            self._refuse(
                "is one text over several lines; start rows of numbers with | behind the key", event.start_mark
            )
        self._check("scalar", length, f"has {length:,} characters in one value", event)

    def _open_list(self, event: Any) -> None:
        items: list[Node] = []
        mark = event.start_mark
        self._open(event, SequenceNode(items, mark.line + 1, mark.column + 1), items.append)

    def _open_mapping(self, event: Any) -> None:
        mark = event.start_mark
        self._open(event, MappingNode({}, {}, mark.line + 1, mark.column + 1), self._pair)

    def _open(self, event: Any, node: SequenceNode | MappingNode, add: Callable[[Node], None]) -> None:
        if event.tag:
            self._refuse_tag(event)
        if self.stack[-1].wants_key:
            self._refuse_as_key(event, what(node))
        self._check_nesting(len(self.stack), event)
        self.stack.append(_Open(node, self._anchor(event) if event.anchor else None, add))

    def _close(self, event: Any) -> None:
        closed = self.stack.pop()
        cells = closed.cells
        if closed.anchor:
            closed.anchor.node, closed.anchor.cells, closed.anchor.height = closed.node, cells, closed.height
        self._child(closed.node, cells, closed.height)
        if closed.aliased and len(self.stack) > 1:
            self.stack[-1].aliased = True
            self._check_cells(event)

    def _child(self, node: Node, cells: int, height: int) -> None:
        """Put a finished list, mapping or alias into what is open around it."""
        parent = self.stack[-1]
        parent.more += cells - 1
        if height >= parent.height:
            parent.height = height + 1
        parent.add(node)

    def _pair(self, node: Node) -> None:
        """A key or a value of the open mapping, whichever is next."""
        frame = self.stack[-1]
        assert isinstance(frame.node, MappingNode)
        if frame.key is not None:
            frame.node.entries[frame.key.text] = node
            frame.key = None
        elif isinstance(node, ScalarNode):
            self._check_key(node, frame.node)
            frame.node.keys[node.text] = frame.key = node

    def _check_key(self, key: ScalarNode, mapping: MappingNode) -> None:
        if key.text == "<<" and not key.quoted:
            self._refuse_at("is a merge key; write the keys out", key.line, key.column, key)
        if (first := mapping.keys.get(key.text)) is not None:
            self._refuse_at(f"is given twice, first in line {first.line}; keep one", key.line, key.column, key)

    def _alias(self, event: Any) -> None:
        name = excerpt("*" + event.anchor)
        anchor = self.anchors.get(event.anchor)
        if self.stack[-1].wants_key:
            self._refuse_as_key(event, f"the alias {name}")
        if anchor is None:
            self._refuse(f"has the alias {name}, but no anchor of that name is above it", event.start_mark)
        if anchor.node is None:
            self._refuse(f"has the alias {name} inside its own anchor; write the values out", event.start_mark)
        self._check_nesting(len(self.stack) - 1 + anchor.height, event)
        self._child(anchor.node, anchor.cells, anchor.height)
        self.stack[-1].aliased = True
        self._check_cells(event)

    def _anchor(self, event: Any) -> _Anchor:
        self.anchors[event.anchor] = anchor = _Anchor()
        return anchor

    def _check_nesting(self, depth: int, event: Any) -> None:
        if depth > self.limits.nesting:
            self._check("nesting", depth, f"is nested {depth} levels deep", event)

    def _check_cells(self, event: Any) -> None:
        """The limit holds for each list; the whole document has none but the file's size."""
        cells = self.stack[-1].cells if len(self.stack) > 2 else 0
        self._check("cells", cells, f"expands to {cells:,} values through aliases", event)

    def _refuse_tag(self, event: Any) -> NoReturn:
        tag = str(event.tag)
        shown = "!!" + tag.removeprefix(_YAML_TAG) if tag.startswith(_YAML_TAG) else tag
        self._refuse(f"has the tag {excerpt(shown)}; leave tags out", event.start_mark)

    def _refuse_as_key(self, event: Any, what: str) -> NoReturn:
        self._refuse(f"has {what} as a key; keys are plain words", event.start_mark)

    def _refuse(self, message: str, mark: Any) -> NoReturn:
        self._refuse_at(message, mark.line + 1, mark.column + 1)

    def _refuse_at(self, message: str, line: int, column: int, key: ScalarNode | None = None) -> NoReturn:
        raise CnngradError(Problem(message, self._path(key), Mark(self.source, line, column)))

    def _path(self, last: ScalarNode | None = None) -> str:
        """Where the reader is, as in `layers[1].kernel[0,2]`."""
        path = ""
        for frame in self.stack[1:]:
            if isinstance(frame.node, SequenceNode):
                index = f"{len(frame.node.items)}]"
                path = f"{path[:-1]},{index}" if path.endswith("]") else f"{path}[{index}"
            elif key := frame.key or (last if frame is self.stack[-1] else None):
                name = key.text or "''"
                path = f"{path}.{name}" if path else name
        return path[:80]
