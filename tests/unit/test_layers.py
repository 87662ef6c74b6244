"""The plan of the house: which rooms the library has, which may import which, and how long a function may be."""

import ast
import graphlib

import pytest

from draw_architecture import LAYERS, arrows, imported, imports, room
from draw_architecture import main as draw

LAYER = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
ROOMS, FUNCTION_LINES, FILE_LINES = 20, 60, 400
# Of the whole, not of a module.
PROJECT_TESTS = {"test_layers", "test_house_style", "test_environments", "test_report_page"}


def layer_faults(imports: dict[str, set[str]]) -> list[str]:
    """The imports of a lower layer, and the circles between modules and between rooms."""
    faults = [
        f"{importer} imports {name}, which lies in a later layer"
        for importer, names in imports.items()
        for name in names
        if LAYER[room(name)] > LAYER[room(importer)]
    ]
    for graph in (imports, arrows(imports)):
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


def test_no_import_of_a_later_layer_and_no_circle():
    assert layer_faults(imports()) == []


def test_imports_are_found_wherever_they_stand():
    source = (
        "import murmur.job\nfrom murmur.data import split\ndef f():\n    from murmur.data.nifti import read_image\n"
    )
    modules = {"murmur.job", "murmur.data.split", "murmur.data.nifti", "murmur.errors"}
    assert imported(source, modules) == modules - {"murmur.errors"}


def test_picture_shows_the_present_rooms_and_imports(root, tmp_path):
    draw(tmp_path / "architecture.svg")
    drawn, kept = ((folder / "architecture.svg").read_text() for folder in (tmp_path, root / "docs"))
    assert drawn == kept, "run: python tools/draw_architecture.py"


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
    files = [path for place in ("scripts", "page", "tests/helpers") for path in (root / place).rglob("*.py")]
    for path in [*files, *(root / "page" / "static").glob("*.js")]:
        assert len(path.read_text().splitlines()) <= FILE_LINES, path
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
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
