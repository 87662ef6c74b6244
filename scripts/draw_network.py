"""Figure 1: the network of a reader.

Inputs: training.json, with its architecture, settings and number of parameters, and model.keras, with its layers. The
UNet 3+ is drawn here, from its settings; the other architectures have the shape of a U (`network_drawing.py`). Tests
compare the drawings with the networks.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from murmur.job import job
from murmur.network.stored_layers import read_layers
from murmur.presentation import style
from murmur.presentation.network_drawing import draw_box, draw_lines, draw_u_shape, height_of, u_shape
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


def read_network(card: dict) -> Network:
    """Read the settings of a trained network from the content of its training.json."""
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


def draw(axes: Axes, network: Network) -> None:
    """Draw the network on the whole page: encoder on the left, decoders and heads on the right."""
    height = axes.get_ylim()[1]
    columns = {ENCODER: "Encoder", INPUTS: "Inputs of a decoder", DECODER: "Decoder", HEAD: "Heads"}
    for (left, right), words in columns.items():
        axes.text((left + right) / 2, height - 1, words, ha="center", va="top", fontsize=8, fontweight="bold")
    grid = Grid(height - HEADING, network.depth)
    draw_encoder(axes, network, grid)
    draw_inputs(axes, network, grid)
    draw_decoder(axes, network, grid)
    axes.text(
        INPUTS[0],
        grid.row(grid.depth) + 4,
        f"{network.parameters:,} parameters. E, D: encoder, decoder of that level;\n"
        "→ number of channels, after convolution, BN and ReLU;\n"
        "BN: batch normalisation;\n"
        "heavy frame: output used for segmentation.",
        va="center",
        linespacing=1.35,
    )


def main(training: str, model: str, outputs: list[str]) -> None:
    """Draw the network of the card `training`, with the layers of `model`, on a page as high as its levels need."""
    card = json.loads(Path(training).read_text(encoding="utf-8"))
    if card["network"]["architecture"] == "unet3plus":
        network = read_network(card)
        height, drawing = HEADING + ROW * (network.depth - 1) + STACK + 0.5, draw
    else:
        network = u_shape(card["network"]["architecture"], read_layers(model), card["parameters"])
        height, drawing = height_of(network), draw_u_shape
    with style.printed_figure(outputs, height, layout="none") as figure:
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, style.PAGE_MM), ylim=(0, height))
        axes.set_axis_off()
        drawing(axes, network)


if __name__ == "__main__":
    with job(snakemake):
        main(training=snakemake.input.training, model=snakemake.input.model, outputs=list(snakemake.output))
