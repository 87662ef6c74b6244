"""A page about one mouse, to print or to keep: values, curve, contact sheet, and how they were obtained."""

import base64
from pathlib import Path

import h5py
import jinja2

import plot_animal
from murmur.csv_tables import read_csv
from murmur.data.manifest import read_manifest
from murmur.files import write_text
from page.study import REVIEWED
from page.tasks import project_of
from page.values import shown, unlike_a_mouse

TEMPLATES = Path(__file__).parent / "templates"
WIDTH, HEIGHT, LEFT, BOTTOM = 400, 200, 40, 34  # of the curve


def summary(root: str, weights: str, mouse: str) -> str:
    """Return the summary of a mouse, an HTML file without other files."""
    project, folder = project_of(root, weights), Path(root, "view", mouse)
    values = shown(folder, mouse)
    described = read_manifest(folder / "manifest.csv")[mouse]
    volumes = read_csv(folder / "volumes.csv")
    segmentation, sheet = project.segmentation(mouse), folder / "sheet.png"
    both = None if values["ed"] is None else (values["ed"], values["es"])
    plot_animal.main(f"mice/{mouse}.h5", segmentation, mouse, False, None, False, str(sheet), both)
    with h5py.File(segmentation, "r") as file:
        origin = {name: file.attrs[name] for name in ("weights_sha256", "software")}
        corrected = [int(frame) + 1 for frame in file.attrs.get("corrected_frames", [])]
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    text = environment.get_template("summary.html.j2").render(
        mouse=mouse,
        values=values,
        described=described,
        odd=unlike_a_mouse(described),
        curve=curve(volumes["time_ms"].tolist(), volumes["blood_pool_uL"].tolist(), both) if len(volumes) > 1 else None,
        sheet=base64.b64encode(sheet.read_bytes()).decode(),
        reviewed=project.reader_of(mouse) == REVIEWED,
        corrected=corrected,
        origin=origin,
    )
    path = f"{root}/downloads/{mouse}.html"
    write_text(path, text)
    return path


def curve(times: list[float], volumes: list[float], phases: tuple[int, int] | None) -> dict:
    """Return the points of the volume curve in the units of the drawing, with ticks and the places of ED and ES."""
    most, last = max(*volumes, 1e-9), max(times[-1], 1e-9)

    def x(time: float) -> float:
        return round(LEFT + (WIDTH - LEFT - 8) * time / last, 1)

    def y(volume: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 18) * volume / most, 1)

    points = [(x(time), y(volume)) for time, volume in zip(times, volumes, strict=True)]
    named = dict(zip(("ED", "ES"), phases, strict=True)) if phases else {}
    return {
        "points": points,
        "phases": {name: points[frame][0] for name, frame in named.items()},
        "times": [(x(last * part / 4), f"{last * part / 4:.0f}") for part in range(5)],
        "volumes": [(y(most * part / 2), f"{most * part / 2:.0f}") for part in range(3)],
        "size": (WIDTH, HEIGHT, LEFT, BOTTOM),
    }
