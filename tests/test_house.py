"""The architecture: imports point one way, and nothing outside `windows` does window arithmetic."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from commands import ROOT

PACKAGE = ROOT / "cnngrad"
FLOORS = (
    "records",
    "patterns",
    "aliases",
    "errors",
    "limits",
    "wording",
    "numbers",
    "windows",
    "calculus",
    "exercise",
    "methods",
    "examples",
    "spec",
    "homework",
    "report",
    "ops",
    "render",
    "api",
    "batch",
    "__init__",
    "cli",
    "__main__",
)
"""From the ground up; a package imports only from itself and those below, wherever the import is written."""
SOURCES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
EVERY_SOURCE = [*(PACKAGE / path for path in SOURCES), *sorted((ROOT / "benchmarks").rglob("*.py"))]


@cache
def _tree(path: Path) -> ast.Module:
    """A file of the package, parsed."""
    return ast.parse((PACKAGE / path).read_text())


@cache
def _imports(path: Path, *, for_types: bool = True) -> set[str]:
    """The modules that a file imports, wherever in it; those for types alone are left out if so told."""
    found = set()
    tree = _tree(path)
    checks = [node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    left_out = {inner for node in checks for inner in ast.walk(node)} if not for_types else set()
    for node in set(ast.walk(tree)) - left_out:
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def _room(path: Path) -> str:
    return path.parts[0].removesuffix(".py")


def test_imports_point_down() -> None:
    for path in SOURCES:
        for module in _imports(path):
            parts = module.split(".")
            if parts[0] == "cnngrad" and len(parts) > 1 and parts[1] in FLOORS:
                assert FLOORS.index(parts[1]) <= FLOORS.index(_room(path)), f"{path} imports {module}"


def test_no_modules_import_each_other() -> None:
    """Late imports are counted, those for types alone are not: every module can be loaded after those that it uses."""
    modules = {".".join(("cnngrad", *path.with_suffix("").parts)).removesuffix(".__init__"): path for path in SOURCES}
    waiting = {name: _imports(path, for_types=False) & set(modules) for name, path in modules.items()}
    while loaded := {name for name, used in waiting.items() if not used}:
        waiting = {name: used - loaded for name, used in waiting.items() if name not in loaded}
    assert not waiting


def test_dataclasses_are_made_without_compiling() -> None:
    """Those of the standard library compile six methods each when they are imported: a third of a short command."""
    found = [path for path in SOURCES if "dataclasses.dataclass" in _imports(path, for_types=False)]
    assert found == []


def test_patterns_are_compiled_when_they_are_used() -> None:
    calls = [path for path in SOURCES for node in ast.walk(_tree(path)) if _is_call(node, "re.compile")]
    assert calls == [Path("patterns.py")]


def _is_call(node: ast.AST, function: str) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == function


def test_an_op_uses_other_ops_through_the_registry_alone() -> None:
    """What several ops share is a module of `ops` itself, such as windows that slide wrongly."""
    shared = {"cnngrad.ops.OPS", "cnngrad.ops.normalising", "cnngrad.ops.sliding", "cnngrad.ops.slopes"}
    for path in SOURCES:
        for module in _imports(path) if _room(path) == "ops" and path != Path("ops/__init__.py") else ():
            if module.startswith("cnngrad.ops.") and not any(module.startswith(name) for name in shared):
                assert module.split(".")[2] == path.parts[1].removesuffix(".py"), f"{path} imports {module}"


def test_only_render_and_cli_know_rich_and_click() -> None:
    for path in SOURCES:
        tops = {module.partition(".")[0] for module in _imports(path)}
        assert "rich" not in tops or _room(path) == "render", path
        assert "click" not in tops or _room(path) == "cli", path
        assert "yaml" not in tops or _room(path) in ("spec", "render"), path


def test_no_text_below_the_command_line_spells_an_option_with_dashes() -> None:
    """A reader in Python has no `--trace full`: `errors.option` names it for both."""
    spelled = re.compile(r"(?<![\w-])-(-[a-z]|o\b)")
    for path in SOURCES:
        nodes = list(ast.walk(_tree(path)))
        docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        texts = [
            node for node in ast.walk(_tree(path)) if isinstance(node, ast.Constant) and id(node) not in docstrings
        ]
        found = [node.value for node in texts if isinstance(node.value, str) and spelled.search(node.value)]
        assert found == [] or _room(path) == "cli", path


@pytest.mark.parametrize("room", ["windows", "calculus"])
def test_the_ground_floors_know_no_op(room: str) -> None:
    names = {
        name.id
        for path in (PACKAGE / room).glob("*.py")
        for name in ast.walk(ast.parse(path.read_text()))
        if isinstance(name, ast.Name)
    }
    assert not names & {"Conv", "Pool", "conv", "pool"}


def test_every_room_has_a_floor() -> None:
    rooms = {_room(path) for path in SOURCES}
    assert rooms == set(FLOORS)


def test_files_are_short() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in EVERY_SOURCE}
    assert {path: length for path, length in lengths.items() if length > 300} == {}


def test_every_public_definition_says_what_it_gives() -> None:
    for path in EVERY_SOURCE:
        assert ast.get_docstring(_tree(path)), path
        for node in _tree(path).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path}: {node.name}"


WHOLE = {"ops/test_registry.py": "every op has all its parts"}
"""Tests in a folder of the package that are about no module of it, and what they are about."""


def test_tests_mirror_the_package() -> None:
    """Who changes ops/pool/mistakes.py finds tests/ops/pool/test_mistakes.py; what is about the whole is at the top.

    Two files about one module have its name and a word more: test_derivation.py and test_derivation_formulas.py.
    """
    lost = []
    for path in sorted(test.relative_to(ROOT / "tests") for test in (ROOT / "tests").glob("*/**/test_*.py")):
        folder = (ROOT if path.parts[0] == "benchmarks" else PACKAGE) / path.parent
        places = [folder, *folder.glob("*")]
        modules = [place.name.removesuffix(".py") for place in places if place.is_dir() or place.suffix == ".py"]
        name = path.stem.removeprefix("test_")
        if not any(f"{name}_".startswith(f"{module}_") for module in modules) and path.as_posix() not in WHOLE:
            lost.append(f"tests/{path}: there is no cnngrad/{path.parent}/{name}.py; rename it with its module")
    assert lost == []


def test_no_test_looks_at_a_clock() -> None:
    """A busy machine is no fault: what takes too long is ended by its processor time."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        names = {getattr(node, "attr", getattr(node, "id", "")) for node in ast.walk(ast.parse(path.read_text()))}
        assert not names & {"perf_counter", "monotonic", "process_time", "sleep", "register_profile"}, path
