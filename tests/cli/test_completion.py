"""What shells complete: through click's classes for each of them, and once in a real bash."""

from __future__ import annotations

import os
import pty
import select
import shutil
from pathlib import Path

import pytest
from commands import ROOT, cnngrad

from cnngrad.examples import example_names

COLON = [f"example:{name}" for name in example_names()]
WORDS = [
    (("run", "example:forum-c"), ["example:forum-conv"]),
    (("pool", "exam"), COLON),
    (("graph", "example:lecture-r"), ["example:lecture-rules"]),
    (("explain", "example:shift-c"), ["example:shift-conv"]),
    (("check", "example:shift-c"), ["example:shift-conv"]),
    (("audit", "example:shift-c"), ["example:shift-conv"]),
    (("examples", "show", "tie"), ["tied-weights", "ties"]),
    (("examples", "copy", "example:tie"), ["example:tied-weights", "example:ties"]),
    (("generate", "conv"), ["conv-backward"]),
    (("generate", "pool", "--ties", "s"), ["split"]),
    (("pool", "--ties", ""), ["first", "last", "all", "split", "any"]),
    (("pool", "--mode", "m"), ["max"]),
    (("run", "--layout", "NH"), ["NHW", "NHWC"]),
    (("conv-backward", "--method", "g"), ["gather"]),
    (("conv-backward", "--format", "j"), ["json"]),
    (("conv-backward", "--only", "dW,d"), ["dW,dA", "dW,db"]),
    (("run", "--stride", ""), []),
    (("run", "--limit", "cel"), ["cells="]),
    (("rnn", "--only", "dW"), ["dW_input", "dW_recurrent"]),
]


def completed(shell: str, typed: tuple[str, ...]) -> list[str]:
    """What a shell is told, without the types."""
    words = " ".join(("cnngrad", *typed))
    env = {"_CNNGRAD_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(typed))}
    if shell == "fish":
        env["COMP_CWORD"] = typed[-1]
    lines = cnngrad(env=env).out.splitlines()
    if shell == "zsh":
        return lines[1::3]
    return [line.partition(",")[2] for line in lines if line]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_every_word_has_its_completions(shell: str) -> None:
    for typed, words in WORDS:
        assert completed(shell, typed) == words, typed


def in_bash(*words: str) -> list[str]:
    """What bash is told of words as it splits them."""
    env = {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1), "_CNNGRAD_COMPLETE": "bash_complete"}
    return cnngrad(env=env).out.splitlines()


def test_bash_splits_at_colons_and_equal_signs() -> None:
    assert in_bash("cnngrad", "run", "example", ":", "forum-c") == ["plain,forum-conv"]
    assert in_bash("cnngrad", "run", "example", ":") == [f"plain,{name}" for name in example_names()]
    assert in_bash("cnngrad", "run", "exam") == [f"plain,{name}" for name in COLON]
    assert in_bash("cnngrad", "pool", "--ties", "=", "sp") == ["plain,split"]
    assert in_bash("cnngrad", "pool", "--ties", "=") == [f"plain,{w}" for w in ("first", "last", "all", "split", "any")]
    assert in_bash("cnngrad", "pool", "example", ":", "ties", "--ties", "f") == ["plain,first"]
    assert in_bash("cnngrad", "run", "hw") == ["file,hw"]
    env = {"COMP_WORDS": "cnngrad\npool\n--ties\n", "COMP_CWORD": "3", "_CNNGRAD_COMPLETE": "bash_complete"}
    assert cnngrad(env=env).out.splitlines()[0] == "plain,first"


def test_specs_and_folders_are_beside_the_built_in_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ex1.yaml", "ex2.json", "ex.txt", ".ex.yaml"):
        Path(name).touch()
    Path("exercises").mkdir()
    assert completed("fish", ("run", "ex")) == ["ex1.yaml", "ex2.json", "exercises/", *COLON]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_a_real_bash_completes_an_example() -> None:
    child, screen = pty.fork()
    if child == 0:
        path = f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"
        os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], {**os.environ, "PATH": path, "TERM": "dumb"})
    try:
        os.write(screen, b'eval "$(cnngrad completion bash)"; echo rea""dy\n')
        assert "ready" in _until(screen, "ready", 30)
        os.write(screen, b"cnngrad run example:forum-c\t")
        assert "example:forum-conv " in _until(screen, "forum-conv ", 30)
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(screen)


def _until(screen: int, text: str, most: int) -> str:
    """What is on the screen, until `text` is, or it stood still as often as that."""
    shown = ""
    while text not in shown and most:
        if select.select([screen], [], [], 1)[0]:
            shown += os.read(screen, 65536).decode(errors="replace")
        else:
            most -= 1
    return shown
