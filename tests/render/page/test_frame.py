"""What all pages have: a policy for their own style sheet and script alone; a value that is missing is a fault."""

from __future__ import annotations

import jinja2
import pytest

from cnngrad.render.colors import COLORS, color_of
from cnngrad.render.page import frame


def test_every_colour_of_a_quantity_has_a_class_that_the_style_sheet_knows() -> None:
    for quantity in COLORS:
        assert f".{frame.color_class(quantity)}" in frame.inline("page.css"), color_of(quantity)
    assert frame.color_class("no quantity") == ""


def test_a_value_that_a_template_needs_is_never_left_blank() -> None:
    with pytest.raises(jinja2.UndefinedError, match="lines"):
        frame.page_text("rows.html", title="t", headline="h")


def test_a_file_that_would_end_its_element_is_refused() -> None:
    with pytest.raises(ValueError, match=r"base\.html would end its element"):
        frame.inline("base.html")


def test_a_page_without_scripts_allows_none() -> None:
    assert "script-src 'none'" in frame.policy("page.css")
