"""House style of printed figures, saved so that the same data give the same bytes.

Colours are from the colour-blind-safe palette of Okabe and Ito (jfly.uni-koeln.de/color) and have the same meaning in
all figures; where two could be confused in greyscale, they also differ in line style or marker.
"""

import contextlib
import string
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FuncFormatter

from murmur.files import atomic_write
from murmur.provenance.stamp import stamp
from murmur.subject import SPECIES, in_words, subject

BLACK = "#000000"
ORANGE = "#E69F00"
SKY_BLUE = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"
GREY = "#808080"
LIGHT_GREY = "#B8B8B8"

# of the readers or cohorts of a figure, in their order
COLOURS = [BLUE, ORANGE, GREEN, PURPLE, SKY_BLUE, VERMILION]
MARKERS = "osD^vP"
STRUCTURE_COLOURS = {"myocardium": SKY_BLUE, "blood_pool": VERMILION}

PAGE_MM = 180.0  # the width of a printed page's two columns
MM = 1 / 25.4
MAX_LETTERS = 24  # of an abbreviated name

STYLE = {
    "font.family": "DejaVu Sans",  # ships with matplotlib, so the figures look the same on every machine
    "font.size": 7,
    "axes.titlesize": 8,
    "axes.labelsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "figure.titlesize": 8,
    "figure.constrained_layout.w_pad": 2 * MM,  # between panels and the edge of the page
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "legend.frameon": False,
    "axes.unicode_minus": True,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "murmur",
}

# no date and no version of the software that wrote the file
METADATA = {
    ".pdf": {"Creator": "Murmur", "Producer": None, "CreationDate": None},
    ".svg": {"Creator": "Murmur", "Date": None},
    ".png": {"Software": None},
}
STAMPED = {".pdf": "Subject", ".svg": "Description", ".png": "Description"}


@contextlib.contextmanager
def printed_figure(
    outputs: Sequence[str | Path],
    height_mm: float,
    width_mm: float = PAGE_MM,
    layout: str = "constrained",
    dpi: int = 300,
) -> Iterator[Figure]:
    """Provide an empty figure of fixed size in the house style and save it when the block ends.

    `outputs` are the paths to write, whose suffixes (.pdf, .svg, .png) determine the formats. Saving is part of the
    block because matplotlib reads the settings of the style while writing. The figure is not registered with pyplot and
    need not be closed.
    """
    with matplotlib.style.context(["default", STYLE]), warnings.catch_warnings():
        # seaborn 0.13.2 still calls the boxplot of Matplotlib as before 3.11
        warnings.filterwarnings("ignore", "vert: bool was deprecated", matplotlib.MatplotlibDeprecationWarning)
        figure = Figure(figsize=(width_mm * MM, height_mm * MM), layout=layout)
        yield figure
        write_in_words(figure)
        for output in map(Path, outputs):
            with atomic_write(output) as partial:
                figure.savefig(partial, dpi=dpi, metadata=_metadata(output.suffix))
            figure.set_layout_engine(None)  # panels have the same places in all formats, found once


def print_sentence(outputs: Sequence[str | Path], words: str) -> None:
    """Save a figure that only has a sentence, to explain why there is nothing to draw."""
    with printed_figure(outputs, height_mm=30) as figure:
        write_in_panel(figure.subplots(), words)


def print_pages(output: str | Path, pages: Iterable[Callable[[Figure], None]], size_mm: tuple[float, float]) -> None:
    """Write a PDF in the house style, with one page of the `size_mm` (width, height) for each function of `pages`.

    The function draws in the empty figure that it is passed. One page is held in memory at a time.
    """
    metadata = _metadata(".pdf")
    style = matplotlib.style.context(["default", STYLE])
    with style, atomic_write(output) as partial, PdfPages(partial, metadata=metadata) as pdf:
        for draw in pages:
            figure = Figure(figsize=[side * MM for side in size_mm])
            draw(figure)
            write_in_words(figure)
            pdf.savefig(figure)


def _metadata(suffix: str) -> dict[str, str | None]:
    """Return the metadata of a file, with the stamp of the job."""
    return METADATA[suffix] | ({STAMPED[suffix]: stamp()} if stamp() else {})


def look(number: int) -> tuple[str, str]:
    """Return colour and marker of series `number`, counted from 0; the pair differs for the first 36."""
    turn, place = divmod(number, len(COLOURS))
    return COLOURS[place], MARKERS[(place + turn) % len(MARKERS)]


def symbol(colour: str, marker: str, label: str) -> Line2D:
    """Return the entry of a legend for points."""
    look = {"linestyle": "none", "markeredgecolor": BLACK, "markeredgewidth": 0.4}
    return Line2D([], [], color=colour, marker=marker, label=label, **look)


def abbreviate(name: str, letters: int = MAX_LETTERS) -> str:
    """Return a name, its middle left out where it has more than that many letters."""
    kept = letters // 2
    return name if len(name) <= letters else f"{name[:kept]}…{name[kept + 1 - letters :]}"


def write_in_words(figure: Figure) -> None:
    """Replace the word for the subject in all texts of a figure, and in the names of ticks."""
    if subject() == SPECIES["mouse"]:
        return
    for text in figure.findobj(Text):
        if (words := in_words(text.get_text())) != text.get_text():
            text.set_text(words)
    for axis in figure.findobj(Axis):
        names = axis.get_major_formatter()
        if isinstance(names, FixedFormatter | FuncFormatter):
            axis.set_major_formatter(FuncFormatter(lambda value, place, name=names: in_words(name(value, place))))


def write_at_right(axes: Axes, y: float, words: str, **text) -> None:
    """Write `words` to the right of the panel `axes` at height `y` in data coordinates."""
    where = {"xycoords": ("axes fraction", "data"), "xytext": (4, 0), "textcoords": "offset points", "va": "center"}
    axes.annotate(words, (1, y), **where, **text)


def letter_panels(panels: Sequence[Axes]) -> None:
    """Write A, B, ... at the upper left of panels, left of their axes; a single panel has no letter."""
    look = {"xycoords": "axes fraction", "textcoords": "offset points", "weight": "bold", "fontsize": 9}
    for axes, letter in zip(panels, string.ascii_uppercase, strict=False):
        if len(panels) > 1:
            axes.annotate(letter, (0, 1), (-30, 2), ha="left", va="baseline", in_layout=False, **look)


def write_in_panel(axes: Axes, words: str) -> None:
    """Clear the panel `axes` and write `words` in its centre, to explain why there is nothing to draw."""
    title = axes.get_title(loc="left")
    axes.clear()
    axes.set_title(title)
    axes.set_axis_off()
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", wrap=True, color=GREY)
