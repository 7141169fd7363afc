"""What all pages have: the templates with their style sheet and scripts, and a policy that lets nothing else in.

A page allows its own style sheet and script by their hashes and nothing else (Content Security Policy Level 3, W3C):
no network, no images, no attributes that hold styles or events. Whatever a text says, it runs nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cnngrad.errors import escape
from cnngrad.render.colors import GRADIENT, INPUT, OUTPUT, PARAMETER, RIGHT, UPSTREAM, WRONG, color_of

CLASSES = {
    INPUT: "input",
    PARAMETER: "parameter",
    UPSTREAM: "upstream",
    OUTPUT: "output",
    GRADIENT: "gradient",
    RIGHT: "is-right",
    WRONG: "is-wrong",
    "bold": "result",
    "dim": "dim",
}
"""The class of the style sheet for each colour of a quantity."""
_KEPT = 40
"""Characters that are kept on one line."""


def page_text(template: str, **values: Any) -> str:
    """The page that a template makes of these values."""
    return "".join(page_parts(template, **values))


def page_parts(template: str, **values: Any) -> Iterator[str]:
    """The same in parts, each as soon as it is made: for a page that is long."""
    stream = _environment().get_template(template).stream(**values)
    stream.enable_buffering(500)
    return iter(stream)


@cache
def _environment() -> Environment:
    """Texts are never markup, and a name that no value has is a mistake in the template."""
    environment = Environment(
        loader=PackageLoader("cnngrad.render.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {"shown": shown, "color": color_class, "keep": is_kept}
    environment.globals |= {"inline": inline, "policy": policy}
    return environment


def shown(value: object) -> str:
    """A text of a user with everything unprintable written out."""
    return escape(str(value))


def color_class(quantity: str) -> str:
    """The class of the colour of a quantity, or no text."""
    return CLASSES.get(color_of(quantity), "")


def is_kept(text: str) -> bool:
    """Whether a piece of a sentence has blanks and is short enough to be kept on one line."""
    return " " in text and len(text) <= _KEPT


@cache
def inline(name: str) -> Markup:
    """A style sheet or a script, as it stands in the page."""
    text = files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
    if "</" in text:
        raise ValueError(f"{name} would end its element: it has '</'")
    return Markup(text)


@cache
def policy(style: str, *scripts: str) -> str:
    """The Content-Security-Policy of a page with this style sheet and these scripts."""
    allowed = " ".join(map(_source, scripts)) or "'none'"
    return f"default-src 'none'; style-src {_source(style)}; script-src {allowed}; base-uri 'none'; form-action 'none'"


def _source(name: str) -> str:
    digest = hashlib.sha256(inline(name).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
