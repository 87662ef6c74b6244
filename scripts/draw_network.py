"""Figure 1: the UNet 3+ of a reader, drawn from the settings of its training.

Input: training.json, of which the network's filters, size, downsample and dropout and its number of parameters are
used. `murmur.network.unet3plus` describes the architecture; the tests compare the drawing with that network.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import FancyBboxPatch

from murmur.job import job
from murmur.presentation import style
from murmur.vocabulary import STRUCTURES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

LEVEL_COLOURS = (style.BLUE, style.GREEN, style.ORANGE, style.PURPLE, "#606060")
DECODER_COLOUR = style.BLACK
CLASSES = 1 + len(STRUCTURES)

# grid of the drawing, in mm
HEADING, ROW, STACK, BOX = 21.5, 31.0, 25.0, 4.4
ENCODER, INPUTS, CONCATENATION, DECODER, HEAD = (1, 29), (54.5, 99), (103.5, 108), (113, 141), (148, 179)
LANES = tuple(34.0 + 3.5 * level for level in range(5))  # one vertical line for each encoder's output
DECODER_LANE = 51.5


@dataclass(frozen=True)
class Network:
    """The settings that determine a UNet 3+: `filters` of each level, `size` and `downsample` of the input, dropout."""

    filters: list[int]
    size: int
    downsample: int
    dropout: float
    parameters: int

    @property
    def depth(self) -> int:
        """The number of encoder levels."""
        return len(self.filters)

    def shape(self, level: int, channels: int) -> str:
        """Write the shape (row, column, channel) of the features of a level."""
        side = self.size // self.downsample // 2 ** (level - 1)
        return f"{side}×{side}×{channels}"


def read_network(path: str) -> Network:
    """Read the settings of a trained network from its training.json."""
    card = json.loads(Path(path).read_text(encoding="utf-8"))
    settings = {name: card["network"][name] for name in ("filters", "size", "downsample", "dropout")}
    return Network(**settings, parameters=card["parameters"])


def before_encoder(network: Network, level: int) -> str:
    """Return the pooling before an encoder level."""
    if level > 1:
        return "max-pool ÷2"
    return f"average-pool ÷{network.downsample}" if network.downsample > 1 else ""


def block_words(network: Network, block: str, level: int) -> str:
    """Return the text of an encoder or decoder block: its size and its layers."""
    conv = "conv 3×3,\nBN, ReLU"
    steps = f"2 × ({conv})" if block == "Encoder" else conv
    dropout = f"\ndropout {network.dropout:g}" if level == network.depth else ""
    return f"{block} {level}\n{network.shape(level, network.filters[level - 1])}\n{steps}{dropout}"


def input_words(network: Network, source: int, level: int) -> tuple[str, str]:
    """Return the text of an input of a decoder level, and the block that it comes from (Encoder or Decoder)."""
    block = "Decoder" if source == level + 1 < network.depth else "Encoder"
    factor = 2 ** abs(source - level)
    resample = "" if source == level else f"max-pool ÷{factor}, " if source < level else f"up ×{factor}, "
    return f"{block[0]}{source}: {resample}conv 3×3 → {network.filters[level - 1]}", block


def head_words(network: Network, level: int) -> str:
    """Return the layers of an output head, one per line, and the size of the output."""
    factors = (2 ** (level - 1), network.downsample)
    steps = [f"conv 3×3\nup ×{factor}" if factor > 1 else "conv 3×3" for factor in factors]
    return "\n".join([*steps, "softmax", f"{network.size}×{network.size}×{CLASSES}"])


def draw_box(axes: Axes, x: tuple[float, float], y: float, height: float, words: str, colour: str, **style) -> None:
    """Draw a rounded box from x[0] to x[1], centred at `y`, all in mm, with `words` in it."""
    left, right = x
    patch = FancyBboxPatch((left, y - height / 2), right - left, height, boxstyle="round,pad=0,rounding_size=0.8")
    patch.set(facecolor=to_rgba(colour, 0.08), edgecolor=colour, linewidth=style.pop("linewidth", 0.8), zorder=4)
    axes.add_patch(patch)
    axes.text((left + right) / 2, y, words, ha="center", va="center", zorder=5, linespacing=1.35, **style)


def draw_lines(axes: Axes, paths: list[list[tuple[float, float]]], colour: str) -> None:
    """Draw the lines from one block, each through its points to an arrow.

    A white outline below them separates them from crossing lines of other blocks.
    """
    for width, shade in ((2.4, "white"), (0.8, colour)):
        for path in paths:
            axes.plot(*zip(*path, strict=True), color=shade, linewidth=width, zorder=2, solid_joinstyle="miter")
    style = {"arrowstyle": "-|>,head_width=0.12,head_length=0.24", "color": colour, "linewidth": 0.8}
    for *_, (x, y), end in paths:
        # the arrow is only the tip: a second stroke over the whole line would make it look heavier
        length = max(abs(end[0] - x), abs(end[1] - y))
        start = (end[0] - (end[0] - x) / length, end[1] - (end[1] - y) / length)
        axes.annotate("", end, start, arrowprops={**style, "shrinkA": 0, "shrinkB": 0}, zorder=3)


@dataclass(frozen=True)
class Grid:
    """Heights on the page, in mm from its lower edge."""

    top: float
    depth: int

    def row(self, level: int) -> float:
        """The middle of a level's row."""
        return self.top - STACK / 2 - ROW * (level - 1)

    def slot(self, source: int, level: int) -> float:
        """The middle of the input from `source` in the stack of a decoder level."""
        return self.row(level) + (STACK - BOX) * (0.5 - (source - 1) / (self.depth - 1))

    def output(self, level: int) -> float:
        """Where the output of an encoder level starts: at its input in the same row, or mid-height in the last row."""
        return self.slot(level, level) if level < self.depth else self.row(level)


def draw_encoder(axes: Axes, network: Network, grid: Grid) -> None:
    """Draw the image and, below it, the encoder blocks with the pooling between them."""
    middle = sum(ENCODER) / 2
    below = grid.top + 7
    draw_box(axes, ENCODER, below + 4.5, 9, f"Image\n{network.size}×{network.size}×1", style.GREY)
    for level in range(1, grid.depth + 1):
        y = grid.row(level)
        draw_lines(axes, [[(middle, below), (middle, y + STACK / 2)]], style.GREY)
        axes.text(middle + 1.5, (below + y + STACK / 2) / 2, before_encoder(network, level), va="center")
        draw_box(axes, ENCODER, y, STACK, block_words(network, "Encoder", level), LEVEL_COLOURS[level - 1])
        below = y - STACK / 2


def draw_inputs(axes: Axes, network: Network, grid: Grid) -> None:
    """Draw the inputs of all decoder levels and the lines to them, those of one source together."""
    paths = defaultdict(list)
    for level in range(1, grid.depth):
        for source in range(1, grid.depth + 1):
            words, block = input_words(network, source, level)
            y = grid.slot(source, level)
            if block == "Encoder":
                colour, lane, start = LEVEL_COLOURS[source - 1], LANES[source - 1], (ENCODER[1], grid.output(source))
                path = [start, (lane, start[1]), (lane, y), (INPUTS[0], y)]
            else:
                colour, middle, gap = DECODER_COLOUR, sum(DECODER) / 2, grid.row(level) - ROW / 2
                start = (middle, grid.row(source) + STACK / 2)
                path = [start, (middle, gap), (DECODER_LANE, gap), (DECODER_LANE, y), (INPUTS[0], y)]
            paths[block, source, colour].append(path)
            draw_box(axes, INPUTS, y, BOX, words, colour)
            draw_lines(axes, [[(INPUTS[1], y), (CONCATENATION[0], y)]], colour)
    for (*_, colour), lines in paths.items():
        draw_lines(axes, lines, colour)


def draw_decoder(axes: Axes, network: Network, grid: Grid) -> None:
    """Draw each decoder level from its concatenated inputs on, and the heads."""
    for level in range(1, grid.depth):
        y, joined = grid.row(level), f"concatenate: {network.depth * network.filters[level - 1]}"
        draw_box(axes, CONCATENATION, y, STACK, joined, style.GREY, rotation=90)
        draw_lines(axes, [[(CONCATENATION[1], y), (DECODER[0], y)]], style.GREY)
        draw_box(axes, DECODER, y, STACK, block_words(network, "Decoder", level), DECODER_COLOUR)
    for level in range(1, grid.depth + 1):
        y, start, colour = grid.row(level), DECODER[1], DECODER_COLOUR
        if level == grid.depth:
            y, start, colour = y - 6, ENCODER[1], LEVEL_COLOURS[level - 1]
        draw_lines(axes, [[(start, y), (HEAD[0], y)]], colour)
        width = 1.8 if level == 1 else 0.8
        draw_box(axes, HEAD, grid.row(level), STACK, head_words(network, level), colour, linewidth=width)


def draw(axes: Axes, network: Network, height: float) -> None:
    """Draw the network on a page of `height` mm: encoder on the left, decoders and heads on the right."""
    columns = {ENCODER: "Encoder", INPUTS: "Inputs of a decoder", DECODER: "Decoder", HEAD: "Heads"}
    for (left, right), words in columns.items():
        axes.text((left + right) / 2, height - 1, words, ha="center", va="top", fontsize=8, fontweight="bold")
    grid = Grid(height - HEADING, network.depth)
    draw_encoder(axes, network, grid)
    draw_inputs(axes, network, grid)
    draw_decoder(axes, network, grid)
    number = f"{network.parameters:,}".replace(",", "\N{NO-BREAK SPACE}")
    axes.text(
        INPUTS[0],
        grid.row(grid.depth) + 4,
        f"{number} parameters. E, D: encoder, decoder of that level;\n"
        "→ number of channels; BN: batch normalisation;\n"
        "heavy frame: output used for segmentation.",
        va="center",
        linespacing=1.35,
    )


def main(training: str, outputs: list[str]) -> None:
    """Draw the network of the card `training` on a page as high as its levels need."""
    network = read_network(training)
    height = HEADING + ROW * (network.depth - 1) + STACK + 0.5
    with style.printed_figure(outputs, height, layout="none") as figure:
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, style.PAGE_MM), ylim=(0, height))
        axes.set_axis_off()
        draw(axes, network, height)


if __name__ == "__main__":
    with job(snakemake):
        main(training=snakemake.input.training, outputs=list(snakemake.output))
