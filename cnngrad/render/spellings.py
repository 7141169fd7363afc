"""How JSON and YAML write the names and numbers of a trace.

The scalars of YAML are PyYAML's: it is asked for each kind of text once, and where what it does with a text is known
from its characters it is not asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from cnngrad.patterns import pattern
from cnngrad.render.traced import Form, Spelling

_FLOW = pattern(r"(?a)['\w∂.]+\[[0-9,-]+\][)'\]0-9∂A-Za-z/\[,-]*")
"""Names of cells: their brackets and commas are the signs of a list in YAML, so that they are quoted in one."""
_BLOCK = pattern(r"(?a)[A-Za-z∂][\w∂ .,()*+/'=|\[\]-]*\[[\w∂ .,()*+/'=|\[\]-]*[\w)\]]")
"""Names and formulas that are no number or other word of YAML, and need no quotes as the value of a key."""
_FRACTION = pattern(r"-?[0-9]+/[0-9]+")


def _json_texts(texts: list[str]) -> list[str]:
    joined = "".join(texts)
    if joined.isascii() and joined.isprintable() and '"' not in joined and "\\" not in joined:
        return [f'"{text}"' for text in texts]
    return [json.dumps(text) for text in texts]


def _json_numbers(values: list[Any]) -> list[str]:
    return [repr(value) if type(value) is float else json.dumps(value) for value in values]


JSON = Spelling(
    Form(
        cell='{\n      "cell": ',
        value=',\n      "value": ',
        formula=',\n      "formula": ',
        terms=',\n      "terms": [\n        ',
        factors='{\n          "factors": [',
        values='],\n          "values": [',
        product='],\n          "product": ',
        term_end="\n        }",
        between_terms=",\n        ",
        cell_end="\n      ]\n    }",
        between_cells=",\n    ",
        no_terms=',\n      "terms": []\n    }',
    ),
    _json_texts,
    _json_numbers,
    _json_texts,
    _json_numbers,
)
"""JSON with line breaks, at the depth of a trace."""
LINE = Spelling(
    Form(
        cell='{"cell": ',
        value=', "value": ',
        formula=', "formula": ',
        terms=', "terms": [',
        factors='{"factors": [',
        values='], "values": [',
        product='], "product": ',
        term_end="}",
        between_terms=", ",
        cell_end="]}",
        between_cells=", ",
        no_terms=', "terms": []}',
    ),
    _json_texts,
    _json_numbers,
    _json_texts,
    _json_numbers,
)
"""JSON on one line."""


def yaml_spelling(dump: Callable[..., str]) -> Spelling:
    """YAML with the scalars that `dump` gives for a value in a style."""

    @lru_cache(2**12)
    def in_list(value: Any) -> str:
        return dump([value], default_flow_style=True).rstrip("\n")[1:-1]

    @lru_cache(2**12)
    def of_key(value: Any) -> str:
        return dump({"k": value}, default_flow_style=False).rstrip("\n").removeprefix("k: ")

    def name(text: str) -> str:
        return "'" + text.replace("'", "''") + "'" if _FLOW.fullmatch(text) else in_list(text)

    def numbers(values: list[Any], other: Callable[[Any], str]) -> list[str]:
        return [
            _yaml_float(value) if type(value) is float else value if _is_fraction(value) else other(value)
            for value in values
        ]

    return Spelling(
        Form(
            cell="- cell: ",
            value="\n  value: ",
            formula="\n  formula: ",
            terms="\n  terms:\n",
            factors="  - factors: [",
            values="]\n    values: [",
            product="]\n    product: ",
            term_end="\n",
            between_terms="",
            cell_end="",
            between_cells="",
            no_terms="\n  terms: []\n",
        ),
        lambda texts: [*map(name, texts)],
        lambda values: numbers(values, in_list),
        lambda texts: [text if _BLOCK.fullmatch(text) else of_key(text) for text in texts],
        lambda values: numbers(values, of_key),
    )


def _yaml_float(value: float) -> str:
    """As PyYAML writes it: YAML 1.1 reads an exponent only behind a point."""
    text = repr(value)
    return text.replace("e", ".0e", 1) if "e" in text and "." not in text else text


def _is_fraction(value: Any) -> bool:
    return isinstance(value, str) and bool(_FRACTION.fullmatch(value))
