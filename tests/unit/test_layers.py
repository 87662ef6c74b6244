"""The plan of the house: which rooms the library has, which may import which, and how long a function may be."""

import ast
import graphlib
from collections import defaultdict
from pathlib import Path

import pytest

LAYERS = [  # a module imports from its own layer and those above it in this list, never from one below
    {"vocabulary", "files", "errors"},
    {"provenance", "measurement", "statistics", "csv_tables", "logs"},
    {"data", "phantom", "network", "paper", "audit", "crate", "job"},
    {"study", "presentation"},
    {"scripts"},
]
LAYER = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
ROOMS, FUNCTION_LINES, FILE_LINES = 20, 60, 400
PROJECT_TESTS = {"test_layers", "test_house_style", "test_environments"}  # of the whole, not of a module


def module(path: Path, scripts: Path) -> str:
    return ".".join(path.relative_to(scripts).with_suffix("").parts)


def room(name: str) -> str:
    return name.split(".")[1] if name.startswith("murmur.") else "scripts"


def imported(source: str, modules: set[str]) -> set[str]:
    """The modules of the library that `source` imports, wherever in the file the import stands."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        found |= modules.intersection(names)
    return found


def layer_faults(imports: dict[str, set[str]]) -> list[str]:
    """The imports of a lower layer, and the circles between modules and between rooms."""
    arrows = defaultdict(set)
    for importer, names in imports.items():
        arrows[room(importer)] |= {room(name) for name in names} - {room(importer)}
    faults = [
        f"{importer} imports {name}, which lies in a later layer"
        for importer, names in imports.items()
        for name in names
        if LAYER[room(name)] > LAYER[room(importer)]
    ]
    for graph in (imports, arrows):
        try:
            graphlib.TopologicalSorter(graph).prepare()
        except graphlib.CycleError as error:
            faults.append("circle of imports: " + " imports ".join(reversed(error.args[1])))
    return faults


def length(function: ast.FunctionDef) -> int:
    """The lines of a function without its docstring."""
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is not None:
        lines -= function.body[0].end_lineno - function.body[0].lineno + 1
    return lines


@pytest.fixture(scope="module")
def sources(root) -> dict[str, str]:
    scripts = root / "scripts"
    return {module(path, scripts): path.read_text() for path in scripts.rglob("*.py") if path.name != "__init__.py"}


def test_no_import_of_a_later_layer_and_no_circle(sources):
    assert layer_faults({name: imported(source, set(sources)) for name, source in sources.items()}) == []


@pytest.mark.parametrize(
    ("imports", "fault"),
    [
        ({"murmur.data.split": {"murmur.study.study"}}, "later layer"),
        ({"murmur.data.split": {"murmur.job"}, "murmur.job": {"murmur.data.split"}}, "circle"),
        ({"murmur.data.a": {"murmur.job"}, "murmur.job": {"murmur.data.b"}}, "circle"),
        ({"murmur.data.a": {"murmur.data.b"}, "murmur.data.b": {"murmur.data.a"}}, "circle"),
    ],
)
def test_wrong_import_is_found(imports, fault):
    assert any(fault in found for found in layer_faults(imports))


def test_every_room_has_a_layer(root):
    rooms = {path.stem for path in (root / "scripts" / "murmur").iterdir() if not path.name.startswith("__")}
    assert rooms == set(LAYER) - {"scripts"}
    assert len(rooms) <= ROOMS


def test_init_files_hold_a_docstring_and_nothing_else(root):
    for path in (root / "scripts" / "murmur").rglob("__init__.py"):
        tree = ast.parse(path.read_text())
        assert ast.get_docstring(tree) and len(tree.body) == 1, path


def test_functions_and_files_are_short(root):
    waiting = ["agreement", "main"]  # to be split
    for path in [*(root / "scripts").rglob("*.py"), *(root / "tests" / "helpers").rglob("*.py")]:
        text = path.read_text()
        assert len(text.splitlines()) <= FILE_LINES, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.name not in waiting:
                assert length(node) <= FUNCTION_LINES, f"{path}: {node.name}"


def test_unit_tests_lie_in_the_rooms_of_what_they_test(root):
    murmur, unit = root / "scripts" / "murmur", root / "tests" / "unit"
    rooms = {path.name for path in murmur.iterdir() if (path / "__init__.py").exists()}
    folders = {path.name for path in unit.iterdir() if list(path.glob("test_*.py"))}
    assert folders == rooms | {"scripts"}
    modules = {path.stem for path in murmur.glob("*.py")}
    assert {path.stem for path in unit.glob("test_*.py")} - PROJECT_TESTS <= {f"test_{name}" for name in modules}
    scripts = {f"test_{path.stem}" for path in (root / "scripts").glob("*.py")}
    assert {path.stem for path in (unit / "scripts").glob("test_*.py")} <= scripts
