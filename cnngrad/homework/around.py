"""What is around answers that are pasted: fences of Markdown, prompts of Python and notebooks, the braces of a dict,
the tags of a text that was typed into a learning platform."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from cnngrad.patterns import pattern
from cnngrad.spec.pasted import is_pasted

_AROUND = pattern(r"^[ \t]*(?:```|~~~|>>>|(?:In|Out) ?\[[0-9 ]*\]:)", re.MULTILINE)
_FENCE = pattern(r"[ \t]*(?:```|~~~).*")
_PROMPT = pattern(r"[ \t]*(?:>>>|In ?\[[0-9 ]*\]:)[ \t]*(.*)")
_CONTINUED = pattern(r"(?:\.\.\.|[ \t]*\.\.\.:)(?:[ \t].*)?")
_OUT = pattern(r"[ \t]*Out ?\[[0-9 ]*\]:")
_SHOWN = pattern(r"(?:print\(\s*)?([^\W\d][\w.]*)\s*(?:\)\s*)?;?")
_GIVEN = pattern(r"[^\W\d][\w.]*\s*=(?!=)\s*(.*)")
_LINE = pattern(r"<(?:br|/p|/div|/li|/tr|/pre|/h[1-6])\b[^<>]*>", re.IGNORECASE)
_CELL = pattern(r"</t[dh]\s*>", re.IGNORECASE)
_TAG = pattern(r"<[/!]?[A-Za-z-][^<>]*>")


def text_of_html(text: str) -> str:
    """The text of a page without its tags: paragraphs are lines, cells of a table stand between tabs."""
    text = _TAG.sub("", _CELL.sub("\t", _LINE.sub("\n", text)))
    return html.unescape(text).replace("\u00a0", " ")


def answers_in(text: str) -> str:
    """The text without fences and prompts, in the same lines: `>>> dW` becomes `dW =`, so that what is printed below
    has its name."""
    if not _AROUND.search(text):
        return text
    lines: list[str] = []
    given: dict[int, str] = {}
    typed, printed = False, False
    for line in text.splitlines():
        prompt = _PROMPT.fullmatch(line)
        typed = prompt is not None or (typed and _CONTINUED.fullmatch(line) is not None)
        if prompt:
            shown = _SHOWN.fullmatch(prompt[1].strip())
            if _is_given(prompt[1]):
                given[len(lines)] = prompt[1].strip()
            lines.append(f"{shown[1]} =" if shown else "")
        elif typed or _FENCE.fullmatch(line):
            lines.append("")
        else:
            lines.append(_OUT.sub(lambda out: " " * len(out[0]), line, count=1))
            printed = printed or bool(line.strip())
    # What is typed is shown below as a rule; where nothing is shown, it is what was handed in.
    return "\n".join([*(line if printed else given.get(i, line) for i, line in enumerate(lines)), ""])


def _is_given(typed: str) -> bool:
    """Whether an array was typed in."""
    given = _GIVEN.fullmatch(typed.strip())
    return given is not None and is_pasted(given[1])


def entries_of_dict(text: str) -> Iterator[tuple[str, int]]:
    """Every `name: value` of a dict that Python printed, and the line of each, counted from 0; nothing where the text
    is none."""
    start, end = text.find("{"), text.rstrip().rfind("}")
    if text[:start].strip() or end < len(text.rstrip()) - 1 or start < 0:
        return
    depth, behind = 0, start + 1
    for place in range(start + 1, end + 1):
        depth += (text[place] in "([{") - (text[place] in ")]")
        if (text[place] == "," and not depth) or place == end:
            entry = text[behind:place]
            if entry.strip():
                blanks = len(entry) - len(entry.lstrip())
                yield entry.strip(), text.count("\n", 0, behind + blanks)
            behind = place + 1
