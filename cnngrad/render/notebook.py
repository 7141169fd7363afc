"""HTML for Jupyter: the steps of one cell as a table."""

from __future__ import annotations

from html import escape
from typing import Any


def steps_table(trace: dict[str, Any]) -> str:
    """A trace (the JSON object) as an HTML table: one row per term, and the sum."""
    rows = "".join(_row(term) for term in trace["terms"])
    head = f"<caption>{escape(trace['cell'])} = {escape(trace['formula'])}</caption>"
    columns = "<tr><th>term</th><th>with numbers</th><th>product</th></tr>"
    total = f"<tr><th colspan='2'>sum</th><th>{escape(str(trace['value']))}</th></tr>"
    return f"<table>{head}<thead>{columns}</thead><tbody>{rows}</tbody><tfoot>{total}</tfoot></table>"


def _row(term: dict[str, Any]) -> str:
    cells = ("*".join(term["factors"]), " * ".join(map(str, term["values"])), str(term["product"]))
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
