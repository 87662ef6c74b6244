"""One page about a mouse, to print or to keep: values, curve, contact sheet, and how they were obtained."""

import base64
from pathlib import Path

import h5py
import jinja2
from matplotlib.ticker import MaxNLocator

import plot_animal
from murmur.csv_tables import read_csv
from murmur.data.manifest import read_manifest
from murmur.files import write_text
from page.study import REVIEWED
from page.tasks import project_of
from page.values import shown, unlike_a_mouse

TEMPLATES = Path(__file__).parent / "templates"
WIDTH, HEIGHT, RIGHT, BOTTOM, DIGIT = 400, 200, 26, 34, 8  # of the curve, and of a digit
MOST_PLACES, MOST_REASONS = 5, 2  # places to look at and reasons for each: the summary is one printed page


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
        places=MOST_PLACES,
        reasons=MOST_REASONS,
        reviewed=project.reader_of(mouse) == REVIEWED,
        corrected=corrected,
        origin=origin,
    )
    path = f"{root}/downloads/{mouse}.html"
    write_text(path, text)
    return path


def curve(times: list[float], volumes: list[float], phases: tuple[int, int] | None) -> dict:
    """Return the points of the volume curve in the units of the drawing, with ticks and the places of ED and ES."""
    most, last = max(volumes) or 1.0, times[-1]
    levels, moments = (
        [tick for tick in MaxNLocator(count, steps=[1, 2, 5, 10]).tick_values(0, end) if tick <= end]
        for count, end in ((3, most), (5, last))
    )
    left = 10 + DIGIT * max(len(f"{level:g}") for level in levels)

    def x(time: float) -> float:
        return round(left + (WIDTH - left - RIGHT) * time / last, 1)

    def y(volume: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 18) * volume / most, 1)

    points = [(x(time), y(volume)) for time, volume in zip(times, volumes, strict=True)]
    named = sorted(zip(phases, ("ED", "ES"), strict=True)) if phases else []
    return {
        "points": points,
        # names are written away from each other
        "phases": [
            (name, points[frame][0], side) for (frame, name), side in zip(named, ("end", "start"), strict=False)
        ],
        "times": [(x(time), f"{time:g}") for time in moments],
        "volumes": [(y(volume), f"{volume:g}") for volume in levels],
        "size": (WIDTH, HEIGHT, left, RIGHT, BOTTOM),
    }
