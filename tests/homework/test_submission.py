"""The table of files that are pasted whole: what of them is an answer, and what is said of the rest.

The exercise gives Z = [[1, 2], [3, 4]] and, from a delta of ones, dA = [[1, 1], [1, 1]].
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from cnngrad import check
from cnngrad.homework import submission

SPEC = {"op": "activation", "function": "identity", "input": [[1, 2], [3, 4]], "delta": 1}
BOTH = {"Z": "right", "dA": "right"}
Z, PRINTED = {"Z": "right"}, "[[1. 2.]\n [3. 4.]]\n"
ARRAY = "array([[1., 2.],\n       [3., 4.]])"
LIST = "block sequence entries are not allowed in this context"
FILES: list[tuple[str, dict[str, str]]] = [
    ("```yaml\nZ: [[1, 2], [3, 4]]\n```\n", Z),
    (f"~~~\nZ = {ARRAY}\n~~~\n", Z),
    (PRINTED, Z),
    (ARRAY, Z),
    ("tensor([[1., 2.],\n        [3., 4.]], dtype=torch.float64, grad_fn=<AddBackward0>)\n", Z),
    ("Parameter containing:\ntensor([[1., 2.],\n        [3., 4.]], requires_grad=True)\n", Z),
    ("<tf.Tensor: shape=(2, 2), dtype=float32, numpy=\narray([[1., 2.],\n       [3., 4.]], dtype=float32)>\n", Z),
    (f"Out[3]:\n{ARRAY}\n", Z),
    (f"Out[3]: {ARRAY}\n", Z),
    (f"In [3]: Z\nOut[3]:\n{ARRAY}\n\nIn [4]: print(dA)\n[[1 1]\n [1 1]]\n", BOTH),
    (
        f">>> import x\n>>> Z\n{ARRAY}\n>>> for i in a:\n...     pass\n...\n>>> dA\narray([[1., 1.], [1., 1.]])\n",
        BOTH,
    ),
    (f'In [1]: Z = np.array([[9, 9], [9, 9]])\n\nIn [2]: print("Z:", Z)\nZ: {PRINTED}', Z),
    ("In [1]: Z = np.array([[1, 2], [3, 4]])\n", Z),
    (f"Z {PRINTED}dA [[1. 1.]\n [1. 1.]]\n", BOTH),
    (f"Z\n{PRINTED}dA\n[[1. 1.]\n [1. 1.]]\n", BOTH),
    (f"Z:\n{PRINTED}\ndA:\n[[1. 1.]\n [1. 1.]]\n", BOTH),
    (f"Dear all,\n\nZ = {PRINTED}∂L/∂A = [[1 1]\n [1 1]]\n", BOTH),
    (f"{{'Z': {ARRAY}, 'dA': array([[1., 1.], [1., 1.]])}}\n", BOTH),
    (
        "{'Z': array([[1, 2], [3, 4]]), 'dA': array([[1, x], [1, 1]])}",
        {"Z": "right", "dA": "a.yaml:1:7: dA[0,1]: 'x' is not a number; write one like 1, -2.5, 1e-3 or 3/7"},
    ),
    ("- Z: [[1, 2], [3, 4]]\n- dA: [[1, 1], [1, 1]]\n", BOTH),
    ("- Z = [1 2; 3 4];\n- dA = [1 1; 1 1];\n", BOTH),
    ("1. Z = [[1, 2], [3, 4]],\n2) **dA**: [[1, 1], [1, 1]],\n", BOTH),
    ("* `Z`: [[1, 2], [3, 4]]\n* dA := [[1, 1], [1, 1]]\n", BOTH),
    ("Z:[[1, 2], [3, 4]]\ndA\uff1a[[1, 1], [1, 1]]\n", BOTH),
    ("3x3\nZ = [1 2; 3 4]\n", {"3x3": "a.yaml:1:1: 3x3: this exercise has no '3x3'; it has Z, dA", "Z": "right"}),
    ("Z:3\n", {"Z": "is one number, but Z has shape 2x2"}),
    (
        "Z =\n| 1 | 2 |\n|---|---|\n| 3 | 4 |\n",
        {"Z": "a.yaml:1:4: Z: is a table with lines between its columns; write the numbers alone, a row per line"},
    ),
    (
        "Z: \\begin{bmatrix} 1 & 2 \\\\ 3 & 4 \\end{bmatrix}\n",
        {"Z": "a.yaml:1:4: Z: is LaTeX; write the numbers alone, as in [[1, 2], [3, 4]]"},
    ),
    (
        "Z: - 1\n",
        {"Z": f"a.yaml:1:4: Z: is not valid YAML: {LIST}; write -1 without a blank, and a list in brackets"},
    ),
    ("[]", {"Z": "is empty, but Z has shape 2x2"}),
]


@pytest.mark.parametrize(("text", "expected"), FILES)
def test_a_file_gives_its_answers(text: str, expected: dict[str, str], tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(text)
    found = check(SPEC, "a.yaml", require=["Z"]).answers
    assert {
        name: each.message if each.verdict == "refused" else each.verdict for name, each in found.items()
    } == expected


def test_formulas_keep_their_blanks(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    spec = {"op": "activation", "function": "identity", "numbers": "symbolic", "input": ["a - 2*b", "a"], "delta": "a"}
    (tmp_path / "a.yaml").write_text("Z = [a - 2*b, a]\ndA: [a, a]\n")
    assert check(spec, "a.yaml").passed


@pytest.mark.parametrize(
    "page",
    [
        '<p dir="ltr">Z =&nbsp;[[1, 2],<br/> [3, 4]]</p><p>dA: [[1, 1], [1, 1]]</p>',
        "<!DOCTYPE html><html><body><pre>Z =\n1 2\n3 4</pre>dA = [[1 1] [1 1]]</body></html>",
        "<h2>Z =</h2><table><tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table><p>dA = [[1,1],[1,1]]",
    ],
)
def test_a_text_that_was_typed_into_a_platform_is_read_without_its_tags(page: str, tmp_path: Path) -> None:
    (tmp_path / "onlinetext.html").write_text(page)
    found = check(SPEC, tmp_path / "onlinetext.html").answers
    assert {name: judged.verdict for name, judged in found.items()} == BOTH


def test_many_blanks_behind_a_name_are_gone_through_once(tmp_path: Any, monkeypatch: Any) -> None:
    """A name with a blank at its end would have them tried a hundred times: minutes for a megabyte."""
    assert re.fullmatch(submission._NAME, "dW ") is None
    assert re.fullmatch(submission._NAME, "'dW '") is not None
    monkeypatch.chdir(tmp_path)
    Path("mine.txt").write_text(f"Z{' ' * 200_000}= [[1, 2], [3, 4]]\n")
    assert check(SPEC, "mine.txt").verdict == "right"


def test_many_blanks_behind_a_prompt_are_gone_through_once(tmp_path: Any, monkeypatch: Any) -> None:
    """Where each were tried with every other, this would take hours."""
    monkeypatch.chdir(tmp_path)
    Path("mine.txt").write_text(f">>> print(Z{' ' * 1_000_000};;\n>>> print(Z ) ;\n{PRINTED}")
    assert check(SPEC, "mine.txt").answers["Z"].verdict == "right"
