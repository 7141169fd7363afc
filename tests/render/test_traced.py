"""A trace that is written run by run is what json and PyYAML write of the whole object."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from layers import integers

import cnngrad
from cnngrad.render import parts
from cnngrad.render.spellings import LINE
from cnngrad.render.traced import written
from cnngrad.report.record import written_record

SPECS: dict[str, dict[str, Any]] = {
    "padded": {"op": "conv", "input": integers((3, 4), 1), "kernel": integers((2, 2), 2), "padding": 1, "delta": 3},
    "far apart": {"op": "conv", "input": [1e-7, 2e16, 3, -0.0], "kernel": [1e22, 0.1], "delta": [1, -1e-5, 1e-9]},
    "a number": {"op": "dense", "input": [1, 2], "weights": [[3, 4]], "bias": 5, "delta": [6]},
    "slopes": {"op": "activation", "function": "relu", "input": [[1, -2], [0, 3]], "delta": 2},
    "no terms": {"op": "pool", "input": [[1, 2], [3, 4]], "window": 1, "stride": 2, "delta": 1},
    "steps": {
        "op": "rnn",
        "inputs": [1, 2],
        "weights": {"input": 1, "recurrent": 2, "bias": 0},
        "activation": "relu",
        "delta": 1,
    },
    "symbols": {"op": "conv", "numbers": "symbolic", "input": ["x", "y", 1], "kernel": ["2*a", "b"], "delta": ["d", 0]},
    "yes": {"op": "graph", "expression": "yes * no + 1", "values": {"yes": 2, "no": 0.5}},
    "a name": {
        "op": "network",
        "input": [[1, 2], [3, 4]],
        "layers": [{"op": "conv", "name": "größe", "kernel": [[1, 2]]}, {"op": "flatten"}],
        "delta": [1, 2],
    },
}
KINDS = [(name, kind) for name in SPECS for kind in ("float", "exact") if "numbers" not in SPECS[name]]


def plain_yaml(whole: dict[str, Any]) -> str:
    """PyYAML's own text, without anchors."""

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    options: dict[str, Any] = {"default_flow_style": None, "sort_keys": False, "allow_unicode": True, "width": 10**6}
    text: str = yaml.dump(whole, Dumper=Dumper, **options)
    return text


@pytest.mark.parametrize(("name", "kind"), [*KINDS, ("symbols", "symbolic")])
def test_json_and_yaml_are_those_of_the_whole_object(name: str, kind: str) -> None:
    result = cnngrad.run({**SPECS[name], "numbers": kind}, trace="full", index_base=1)
    whole = result.to_dict()
    assert "".join(parts("yaml", written_record(result))) == plain_yaml(whole)
    text = "".join(parts("json", written_record(result)))
    assert text == "".join(parts("json", whole))
    assert json.loads(text) == whole
    line = ", ".join([json.dumps(cell) for cell in whole["trace"]])
    assert "".join(written(written_record(result)["trace"], LINE)) == line
