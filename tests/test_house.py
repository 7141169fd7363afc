"""The architecture: imports point one way, and nothing outside `windows` does window arithmetic."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from commands import ROOT

PACKAGE = ROOT / "cnngrad"
FLOORS = (
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
    "__init__",
    "cli",
    "__main__",
)
"""From the ground up; a package imports only from itself and those below, wherever the import is written."""
SOURCES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


def _imports(path: Path, *, for_types: bool = True) -> set[str]:
    """The modules that a file imports, wherever in it; those for types alone are left out if so told."""
    found = set()
    tree = ast.parse((PACKAGE / path).read_text())
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


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_imports_point_down(path: Path) -> None:
    height = FLOORS.index(_room(path))
    for module in _imports(path):
        parts = module.split(".")
        if parts[0] == "cnngrad" and len(parts) > 1 and parts[1] in FLOORS:
            assert FLOORS.index(parts[1]) <= height, module


def test_no_modules_import_each_other() -> None:
    """Late imports are counted, those for types alone are not: every module can be loaded after those that it uses."""
    modules = {".".join(("cnngrad", *path.with_suffix("").parts)).removesuffix(".__init__"): path for path in SOURCES}
    waiting = {name: _imports(path, for_types=False) & set(modules) for name, path in modules.items()}
    while loaded := {name for name, used in waiting.items() if not used}:
        waiting = {name: used - loaded for name, used in waiting.items() if name not in loaded}
    assert not waiting


@pytest.mark.parametrize("path", [path for path in SOURCES if _room(path) == "ops"], ids=str)
def test_an_op_uses_other_ops_through_the_registry_alone(path: Path) -> None:
    """What several ops share is a module of `ops` itself, such as windows that slide wrongly."""
    shared = {"cnngrad.ops.OPS", "cnngrad.ops.normalising", "cnngrad.ops.sliding"}
    for module in _imports(path) if path.name != "__init__.py" or len(path.parts) > 2 else ():
        if module.startswith("cnngrad.ops.") and not any(module.startswith(name) for name in shared):
            assert module.split(".")[2] == path.parts[1].removesuffix(".py"), module


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_only_render_and_cli_know_rich_and_click(path: Path) -> None:
    tops = {module.partition(".")[0] for module in _imports(path)}
    assert "rich" not in tops or _room(path) == "render"
    assert "click" not in tops or _room(path) == "cli"
    assert "yaml" not in tops or _room(path) in ("spec", "render")


@pytest.mark.parametrize("path", [path for path in SOURCES if _room(path) != "cli"], ids=str)
def test_no_text_below_the_command_line_spells_an_option_with_dashes(path: Path) -> None:
    """A reader in Python has no `--trace full`: `errors.option` names it for both."""
    tree = ast.parse((PACKAGE / path).read_text())
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings]
    spelled = re.compile(r"(?<![\w-])-(-[a-z]|o\b)")
    assert [node.value for node in texts if isinstance(node.value, str) and spelled.search(node.value)] == []


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


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_files_are_short(path: Path) -> None:
    assert len((PACKAGE / path).read_text().splitlines()) <= 300


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_every_public_definition_says_what_it_gives(path: Path) -> None:
    tree = ast.parse((PACKAGE / path).read_text())
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("test_*.py")), ids=lambda path: path.name)
def test_no_test_looks_at_a_clock(path: Path) -> None:
    """A busy machine is no fault: what takes too long is ended by its processor time."""
    names = {getattr(node, "attr", getattr(node, "id", "")) for node in ast.walk(ast.parse(path.read_text()))}
    assert not names & {"perf_counter", "monotonic", "process_time", "sleep", "register_profile"}
