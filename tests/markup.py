"""Reading a page for a browser back: its elements, the text of each, and its tables."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "input", "br", "img", "link", "rect", "hr"}

INLINE = {"span", "bdi", "strong", "em", "a"}
"""Elements that stand in a line of text."""


@dataclass
class Element:
    """An element with its children: elements and texts."""

    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All its text, blanks joined."""
        return re.sub(r"\s+", " ", self._inner).strip()

    @property
    def _inner(self) -> str:
        texts = (child if isinstance(child, str) else child._inner for child in self.children)
        return "".join(texts) if self.tag in INLINE else f" {''.join(texts)} "

    def all(self, tag: str = "") -> Iterator[Element]:
        """The elements within of this tag, in order; all elements where none is given."""
        for child in self.children:
            if isinstance(child, Element):
                if tag in ("", child.tag):
                    yield child
                yield from child.all(tag)

    def find(self, tag: str, **attributes: str) -> Element:
        """The first element within of this tag and these attributes."""
        return next(each for each in self.all(tag) if attributes.items() <= each.attributes.items())

    def rows(self) -> list[list[str]]:
        """The texts of a table."""
        return [[cell.text for cell in row.children if isinstance(cell, Element)] for row in self.all("tr")]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attributes})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attributes}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> ends <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(page: str) -> Element:
    """The page as a tree; every element that is opened is closed."""
    parser = _Parser()
    parser.feed(page)
    parser.close()
    assert len(parser.open) == 1, [element.tag for element in parser.open]
    return parser.open[0]


def faults(page: str) -> list[str]:
    """What a page does that it must not: something from elsewhere, a style or an event in an attribute, a script that
    its policy does not allow, an id that is there twice, a link to nowhere."""
    tree = read(page)
    elements = [*tree.all()]
    ids = [each.attributes["id"] for each in elements if "id" in each.attributes]
    targets = [each.attributes["href"] for each in elements if "href" in each.attributes]
    return [
        *(f"{name} in <{each.tag}>" for each in elements for name in each.attributes if _forbidden(name)),
        *(f"id {name} twice" for name in {*ids} if ids.count(name) > 1),
        *(f"link to {target}" for target in targets if target.removeprefix("#") not in ids),
        *_not_allowed(tree),
    ]


def _forbidden(name: str) -> bool:
    return name in ("style", "src", "srcset", "action") or name.startswith("on")


def _not_allowed(tree: Element) -> Iterator[str]:
    policy = tree.find("meta", **{"http-equiv": "Content-Security-Policy"}).attributes["content"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    if rules["default-src"] != "'none'":
        yield "other sources are allowed"
    for tag in ("style", "script"):
        hashes = [_hash("".join(map(str, each.children))) for each in tree.all(tag)]
        if rules[f"{tag}-src"].split() != hashes:
            yield f"{tag}-src is not the hash of each {tag}"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
