"""Draw docs/architecture.svg: the flow of the data, and the rooms of the library with their imports.

`python tools/draw_architecture.py`, with a path for another file or format.
"""

import ast
import itertools
import sys
import textwrap
from collections import defaultdict
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

ROOT = Path(__file__).resolve().parents[1]

# Rooms import from their own layer and from earlier ones, never from a later one.
LAYERS = [
    ["vocabulary", "files", "errors", "subject"],
    ["measurement", "statistics", "comparison", "provenance", "csv_tables", "logs"],
    ["phantom", "data", "network", "quality", "paper", "audit", "job"],
    ["study", "presentation", "terminal"],
    ["scripts"],
]
COMMON = {"vocabulary", "files", "errors", "csv_tables", "logs"}  # imported by nearly all; drawn without arrows

STAGES = {
    "data": "mouse files, manifest, split",
    "training": "slices, network",
    "segmentation": "masks of every frame",
    "measurement": "volumes, function, overlap",
    "quality": "signs of errors, predicted quality",
    "statistics": "agreement, comparisons",
    "tables": "printed tables, methods, results",
    "figures": "figures, movies",
    "provenance": "records, report, crate",
}

WIDTH, HEIGHT, BOX, GAP, FLOOR = 190.0, 134.0, 14.0, 3.0, 6.5  # mm
COLOURS = ("#f2f2f2", "#fdebd8", "#dcecf7", "#e3f1e1", "#f2f2f2")  # of the layers, scripts first
LINES = {"study": "#b3541e", "presentation": "#7a4a9e"}
GREY = "#606060"


def sources() -> dict[str, str]:
    """Return the source text of every module by its dotted name; scripts have names without a dot."""
    scripts = ROOT / "scripts"
    return {
        ".".join(path.relative_to(scripts).with_suffix("").parts): path.read_text(encoding="utf-8")
        for path in sorted(scripts.rglob("*.py"))
        if path.name != "__init__.py"
    }


def room(name: str) -> str:
    """Return the room of a module: murmur.data.split lies in data, murmur.job is a room of its own."""
    return name.split(".")[1] if name.startswith("murmur.") else "scripts"


def imported(source: str, modules: set[str]) -> set[str]:
    """Return which of `modules` a source text imports, anywhere in the text."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found & modules


def imports() -> dict[str, set[str]]:
    """Return the modules that each module imports."""
    texts = sources()
    return {name: imported(text, set(texts)) for name, text in texts.items()}


def arrows(imports: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the rooms from which each room imports, itself left out."""
    found = defaultdict(set)
    for importer, names in imports.items():
        found[room(importer)] |= {room(name) for name in names} - {room(importer)}
    return dict(found)


def purpose(name: str) -> str:
    """Return the docstring of a room, if long only the part before the colon; empty for a single file."""
    path = ROOT / "scripts" / "murmur" / name / "__init__.py"
    if not path.exists():
        return ""
    words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).rstrip(".")
    return words if len(words) < 75 else words.split(":")[0]


def draw_box(axes: Axes, x: tuple[float, float], top: float, title: str, words: str, colour: str) -> None:
    """Draw a box from x[0] to x[1] below `top`, in mm, with a title in bold and `words` below it."""
    (left, right), middle = x, sum(x) / 2
    patch = FancyBboxPatch((left, top - BOX), right - left, BOX, boxstyle="round,pad=0,rounding_size=1.2", zorder=3)
    patch.set(facecolor=colour, edgecolor=GREY, linewidth=0.6)
    axes.add_patch(patch)
    axes.text(
        middle,
        top - (1.3 if words else BOX / 2 - 1.2),
        title,
        fontweight="bold",
        ha="center",
        va="top",
        zorder=4,
        fontsize=min(6.5, 3.9 * (right - left) / len(title)),
    )
    text = "\n".join(textwrap.wrap(words, int((right - left) / 1.1)))
    axes.text(middle, top - 4.6, text, fontsize=5.5, ha="center", va="top", linespacing=1.15, zorder=4)


def draw_arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    """Draw an arrow between two points, in mm."""
    style = {"arrowstyle": "-|>,head_width=0.16,head_length=0.32", "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=style | {"color": colour}, zorder=2)


def columns(number: int) -> list[tuple[float, float]]:
    """Return the left and right edges of boxes that fill the width, in mm."""
    width = (WIDTH - GAP) / number
    return [(GAP + place * width, (place + 1) * width) for place in range(number)]


def draw_stages(axes: Axes, top: float) -> None:
    """Draw the stages of the workflow in the order of the data flow."""
    places = columns(len(STAGES))
    for (stage, words), place in zip(STAGES.items(), places, strict=True):
        draw_box(axes, place, top, stage, words, "white")
    for (_, right), (left, _) in itertools.pairwise(places):
        draw_arrow(axes, (right, top - BOX / 2), (left, top - BOX / 2), GREY)


def draw_rooms(axes: Axes, top: float) -> None:
    """Draw a row for each layer, scripts first, and an arrow from each room to the rooms that it imports."""
    places = {}
    for number, (layer, colour) in enumerate(zip(reversed(LAYERS), COLOURS, strict=True)):
        floor = top - number * (BOX + FLOOR)
        for name, (left, right) in zip(layer, columns(len(layer)), strict=True):
            words = "one script for each rule: read, call the library, write" if name == "scripts" else purpose(name)
            draw_box(axes, (left, right), floor, name, words, "white" if name in COMMON else colour)
            places[name] = left, right, floor
    for importer, names in sorted(arrows(imports()).items()):
        if importer in COMMON | {"scripts"}:
            continue
        targets = sorted(names - COMMON, key=lambda name: (places[name][0], name))
        left, right, floor = places[importer]
        for number, name in enumerate(targets, start=1):
            start = left + (right - left) * number / (len(targets) + 1)
            to_left, to_right, to_floor = places[name]
            end = min(max(start, to_left + 2), to_right - 2)
            draw_arrow(axes, (start, floor - BOX), (end, to_floor), LINES.get(importer, GREY))


def main(path: Path) -> None:
    """Draw the picture."""
    matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "murmur", "font.size": 6.5}
    figure = Figure((WIDTH / 25.4, HEIGHT / 25.4), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(0, HEIGHT))
    axes.set_axis_off()
    axes.text(GAP, HEIGHT - 2, "Stages: rules/*.smk, in the order of the data flow", va="top", fontsize=8)
    draw_stages(axes, HEIGHT - 8)
    words = "Rooms: scripts/murmur/; arrows point to imported rooms (white: imported by nearly all, arrows omitted)"
    axes.text(GAP, HEIGHT - BOX - 14, words, va="top", fontsize=8)
    draw_rooms(axes, HEIGHT - BOX - 20)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=150)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "architecture.svg")
