"""What programs read: JSON, YAML, diagrams in DOT and Mermaid, score sheets for graders, and HTML for Jupyter."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from cnngrad.errors import escape
from cnngrad.render.spellings import JSON, yaml_spelling
from cnngrad.render.traced import written
from cnngrad.report.traced import Traced

if TYPE_CHECKING:
    import yaml

    from cnngrad.report.blocks import Diagram
    from cnngrad.report.sheet import Score, Sheet


def as_json(record: Mapping[str, Any]) -> str:
    """One JSON object with a final newline."""
    return "".join(json_parts(record))


def json_parts(record: Mapping[str, Any]) -> Iterator[str]:
    """The same in parts: a trace is written while it is made."""
    trace = record.get("trace")
    if not isinstance(trace, Traced):
        yield _value(record, 0) + "\n"
        return
    names = [*record]
    place = names.index("trace")
    before, behind = ([_entry(name, record[name], 0) for name in some] for some in (names[:place], names[place + 1 :]))
    yield "{\n  " + "".join(f"{entry},\n  " for entry in before) + '"trace": ['
    yield from _surrounded("\n    ", written(trace, JSON), "\n  ")
    yield "]" + "".join(f",\n  {entry}" for entry in behind) + "\n}\n"


def _surrounded(before: str, parts: Iterator[str], behind: str) -> Iterator[str]:
    """Parts between two texts; nothing where there are no parts."""
    first = next(parts, None)
    if first is not None:
        yield before + first
        yield from parts
        yield behind


def _entry(key: str, value: Any, depth: int) -> str:
    return f"{json.dumps(key)}: {_value(value, depth + 1)}"


def _value(value: Any, depth: int) -> str:
    """JSON with line breaks between rows, so that a matrix reads as one."""
    if isinstance(value, dict) and any(isinstance(entry, dict | list) for entry in value.values()):
        entries = [_entry(key, entry, depth) for key, entry in value.items()]
        return _lines("{", entries, "}", depth)
    if isinstance(value, list) and any(isinstance(entry, dict | list) for entry in value):
        return _lines("[", [_value(entry, depth + 1) for entry in value], "]", depth)
    return json.dumps(value, allow_nan=False, ensure_ascii=True)


def _lines(opening: str, entries: list[str], closing: str, depth: int) -> str:
    outer = "\n" + "  " * depth
    return f"{opening}{outer}  {f',{outer}  '.join(entries)}{outer}{closing}"


def as_yaml(record: Mapping[str, Any]) -> Iterator[str]:
    """One YAML document; rows of numbers in brackets, keys in the order of the JSON object."""
    trace = record.get("trace")
    if not isinstance(trace, Traced):
        yield _yaml(record)
        return
    place = "\ntrace:\n- {}\n"  # at the beginning of a line, as only a key of the record can be
    before, behind = _yaml({**record, "trace": [{}]}).split(place)
    yield before + "\ntrace:"
    parts = written(trace, yaml_spelling(_yaml))
    yield f"\n{first}" if (first := next(parts, None)) is not None else " []\n"
    yield from parts
    yield behind


def _yaml(value: Any, default_flow_style: bool | None = None) -> str:
    import yaml

    text: str = yaml.dump(
        value,
        Dumper=_dumper(),
        default_flow_style=default_flow_style,
        sort_keys=False,
        allow_unicode=True,
        width=10**6,
    )
    return text


@cache
def _dumper() -> type[yaml.SafeDumper]:
    import yaml

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        """Safe YAML without anchors: a list that is there twice is written twice."""

        def ignore_aliases(self, _data: Any) -> bool:
            return True

    def written(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        # The name of a file may have bytes that are no text; YAML has no sign for them.
        return dumper.represent_str(value.encode("utf-8", "backslashreplace").decode())

    Dumper.add_representer(str, written)
    return Dumper


def as_dot(diagram: Diagram) -> str:
    """One directed graph, from left to right."""
    keys = _keys(diagram)
    lines = ["digraph cnngrad {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    for box in diagram.boxes:
        shape = ", shape=ellipse" if box.given else ""
        label = "\\n".join(map(_for_dot, box.lines))
        lines.append(f'  {keys[box.key]} [label="{label}"{shape}];')
    for arrow in diagram.arrows:
        label = f' [label="{_for_dot(arrow.label)}"]' if arrow.label else ""
        lines.append(f"  {keys[arrow.start]} -> {keys[arrow.end]}{label};")
    return "\n".join([*lines, "}"]) + "\n"


def as_mermaid(diagram: Diagram) -> str:
    """One flowchart, from left to right."""
    keys = _keys(diagram)
    lines = ["flowchart LR"]
    for box in diagram.boxes:
        label = "<br>".join(map(_for_mermaid, box.lines))
        opening, closing = ("([", "])") if box.given else ("[", "]")
        lines.append(f'  {keys[box.key]}{opening}"{label}"{closing}')
    for arrow in diagram.arrows:
        label = f'|"{_for_mermaid(arrow.label)}"|' if arrow.label else ""
        lines.append(f"  {keys[arrow.start]} -->{label} {keys[arrow.end]}")
    return "\n".join(lines) + "\n"


def _keys(diagram: Diagram) -> dict[str, str]:
    return {box.key: f"n{number}" for number, box in enumerate(diagram.boxes)}


def _for_dot(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _for_mermaid(text: str) -> str:
    """Mermaid's own entities, so that a star or a quotation mark is only itself."""
    return "".join(c if c.isalnum() or c in " =.,()-" else f"#{ord(c)};" for c in text)


def as_gradescope(sheet: Sheet) -> str:
    """One test per answer; what the student reads is in `output`.

    The format: Gradescope, Autograder specifications, output format.
    """
    from cnngrad.render import text  # JSON does not need it

    whole: dict[str, Any] = {
        "score": sheet.points,
        "max_score": sheet.most,
        "output": "".join(text.render(sheet.page[:2])),
        "output_format": "text",
        "visibility": "visible",
        "tests": [_test(score, number) for number, score in enumerate(sheet.scores, start=1)],
    }
    return as_json(whole | ({"extra_data": dict(sheet.extra)} if sheet.extra else {}))


def gradescope_of_many(results: Iterable[str]) -> Iterator[str]:
    """One JSON array of what `as_gradescope` gives for each student, piece by piece."""
    opening = "[\n"
    for result in results:
        yield f"{opening}{result.rstrip()}"
        opening = ",\n"
    yield "\n]\n"


def _test(score: Score, number: int) -> dict[str, object]:
    return {
        "name": score.name,
        "number": str(number),
        "score": score.points,
        "max_score": score.most,
        "status": "passed" if score.passed else "failed",
        "output": _says(score),
        "output_format": "text",
        "visibility": "visible",
    }


def as_junit(sheet: Sheet) -> str:
    """One test case per answer; one that is not right has failed, or is an error where nothing could be read.

    The format: Jenkins' xUnit plugin, junit-10.xsd.
    """
    return "".join(junit_of_many([junit_suite(sheet)]))


def junit_suite(sheet: Sheet) -> str:
    """The test suite of one student, an element without the document around it."""
    from xml.etree import ElementTree  # here, because JSON does not need it

    found = [_outcome(score) for score in sheet.scores]
    counts = {"tests": str(len(found)), "failures": str(found.count("failure")), "errors": str(found.count("error"))}
    name = escape(sheet.name) or "cnngrad"
    suite = ElementTree.Element("testsuite", {"name": name, **counts, "skipped": str(found.count("skipped"))})
    for score, outcome in zip(sheet.scores, found, strict=True):
        case = ElementTree.SubElement(suite, "testcase", {"classname": name, "name": score.name})
        if outcome:
            says = {"type": score.verdict, "message": f"{score.name}: {score.verdict}"}
            ElementTree.SubElement(case, outcome, says).text = _says(score)
    ElementTree.indent(suite, level=1)
    return ElementTree.tostring(suite, encoding="unicode")


def junit_of_many(suites: Iterable[str]) -> Iterator[str]:
    """One document of these test suites, which are gone through twice, piece by piece."""
    from xml.etree import ElementTree

    total = dict.fromkeys(("tests", "failures", "errors"), 0)
    for suite in suites:
        found = ElementTree.fromstring(suite).attrib
        total = {name: count + int(found[name]) for name, count in total.items()}
    counts = " ".join(f'{name}="{count}"' for name, count in total.items())
    yield f'<?xml version="1.0" encoding="utf-8"?>\n<testsuites {counts}>\n'
    yield from (f"  {suite}\n" for suite in suites)
    yield "</testsuites>\n"


def _outcome(score: Score) -> str:
    """What a test case holds: nothing where it passed; an answer that nobody asked for does not fail."""
    if score.unread:
        return "error"
    if score.passed:
        return ""
    return "failure" if score.counts else "skipped"


def _says(score: Score) -> str:
    from cnngrad.render import text

    return "".join(text.render(score.page)) if score.page else f"{score.verdict}\n"


def steps_table(trace: dict[str, Any]) -> str:
    """A trace (the JSON object) as an HTML table: one row per term, and the sum."""
    from html import escape

    def row(term: dict[str, Any]) -> str:
        cells = ("*".join(term["factors"]), " * ".join(map(str, term["values"])), str(term["product"]))
        return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"

    rows = "".join(map(row, trace["terms"]))
    head = f"<caption>{escape(trace['cell'])} = {escape(trace['formula'])}</caption>"
    columns = "<tr><th>term</th><th>with numbers</th><th>product</th></tr>"
    total = f"<tr><th colspan='2'>sum</th><th>{escape(str(trace['value']))}</th></tr>"
    return f"<table>{head}<thead>{columns}</thead><tbody>{rows}</tbody><tfoot>{total}</tfoot></table>"
