"""Figure 1: the UNet3+, drawn from a saved network.

Input: a Keras 3 file (.keras). Layers, connections, sizes and channels are read from its configuration and the
number of parameters from its weights, so the figure shows the network that was trained. No Keras is needed.
"""

import io
import json
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import h5py
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import FancyBboxPatch

from murmur.errors import BadInput
from murmur.job import job
from murmur.presentation import style

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

LEVEL_COLOURS = (style.BLUE, style.GREEN, style.ORANGE, style.PURPLE, "#606060")
DECODER_COLOUR = style.BLACK

# the drawing's grid, in mm
HEADING, ROW, STACK, BOX = 21.5, 31.0, 25.0, 4.4
ENCODER, INPUTS, CONCATENATION, DECODER, HEAD = (1, 29), (54.5, 99), (103.5, 108), (113, 141), (148, 179)
LANES = tuple(34.0 + 3.5 * level for level in range(5))  # one vertical line for each encoder's output
DECODER_LANE = 51.5


@dataclass(frozen=True)
class Network:
    """A saved network: its layers by name, the layers that feed each, and output shapes (row, column, channel)."""

    layers: dict[str, dict]
    sources: dict[str, list[str]]
    shapes: dict[str, tuple]
    outputs: list[str]
    parameters: int

    @property
    def depth(self) -> int:
        """The number of encoder levels."""
        return sum(bool(re.fullmatch(r"Encoder\d+_Conv_1", name)) for name in self.layers)

    def chain(self, name: str) -> list[str]:
        """Return `name` and what feeds it, back to the last encoder or decoder that is not part of it."""
        names = [name]
        while not re.match(r"(En|De)coder", source := self.sources[names[-1]][0]):
            names.append(source)
        return [*names, source]


def tensors(node) -> Iterator[dict]:
    """Yield the descriptions of all Keras tensors within a part of the configuration."""
    if isinstance(node, dict):
        if node.get("class_name") == "__keras_tensor__":
            yield node["config"]
        else:
            node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from tensors(part)


def read_network(path: str) -> Network:
    """Read a Keras 3 file. Raises BadInput where it does not hold a UNet3+ with the usual names of layers."""
    with zipfile.ZipFile(path) as file:
        config = json.loads(file.read("config.json"))["config"]
        weights = h5py.File(io.BytesIO(file.read("model.weights.h5")), "r")
    sizes = []
    weights["layers"].visititems(lambda _, item: sizes.append(getattr(item, "size", 0)))
    layers = {layer["name"]: layer for layer in config["layers"]}
    if not {"Encoder1_Conv_1", "Decoder1_Conv_1", "D1_input"} <= layers.keys():
        raise BadInput(
            f"{path}: found a network without the layer names of a UNet 3+, expected Encoder1_Conv_1 and so on"
        )
    sources, shapes = {}, {}
    for name, layer in layers.items():
        fed = list(tensors(layer["inbound_nodes"]))
        sources[name] = [tensor["keras_history"][0] for tensor in fed]
        shapes |= {tensor["keras_history"][0]: tuple(tensor["shape"][1:]) for tensor in fed}
    ends = config["output_layers"]  # one output is not in a list of its own
    outputs = [name for name, *_ in (ends if isinstance(ends[0], list) else [ends])]
    shapes |= {name: shapes[sources[name][0]] for name in outputs}
    return Network(layers, sources, shapes, outputs, sum(sizes))


def size_words(shape: tuple) -> str:
    """Write a shape (row, column, channel), with a point for a size that is left open."""
    return "×".join("·" if length is None else str(length) for length in shape)


def step_words(network: Network, name: str) -> str:
    """Say in a word or two what a layer does; empty for a layer that does nothing at prediction."""
    layer = network.layers[name]
    config = layer["config"]
    match layer["class_name"]:
        case "Conv2D":
            return f"conv {size_words(config['kernel_size'])}"
        case "MaxPooling2D":
            return f"max-pool ÷{config['pool_size'][0]}"
        case "AveragePooling2D":
            return f"average-pool ÷{config['pool_size'][0]}"
        case "UpSampling2D":
            return f"up ×{config['size'][0]}"
        case "BatchNormalization":
            return "BN"
        case "Dropout":
            return f"dropout {config['rate']:g}"
        case "Activation" | "ReLU" | "Softmax":
            return {"relu": "ReLU"}.get(config.get("activation"), config.get("activation", layer["class_name"]))
    return ""


def block_words(network: Network, block: str) -> str:
    """Return the lines of an encoder or decoder block: its size and the steps that it repeats."""
    number = sum(name.startswith(f"{block}_Conv_") for name in network.layers)
    kinds = [f"{block}_{kind}_1" for kind in ("BN", "Activation")]
    conv, rest = step_words(network, f"{block}_Conv_1"), ", ".join(step_words(network, name) for name in kinds)
    steps = f"{number} × ({conv},\n{rest})" if number > 1 else f"{conv},\n{rest}"
    dropout = f"\n{step_words(network, f'{block}_dropout')}" if f"{block}_dropout" in network.layers else ""
    size = size_words(network.shapes[f"{block}_Activation_{number}"])
    return f"{block[0:7]} {block[7:]}\n{size}\n{steps}{dropout}"


def input_words(network: Network, source: int, level: int) -> tuple[str, str]:
    """Return the words of a decoder level's input and where it comes from, as Encoder3 or Decoder2."""
    *steps, origin = network.chain(f"Skip{source}_{level}_Activation_1")
    block = re.match(r"(En|De)coder\d+", origin)[0]
    convolution = f"Skip{source}_{level}_Conv_1"
    done = [step_words(network, name) for name in reversed(steps) if not re.search("_(BN|Activation)_", name)]
    channels = network.shapes[convolution][-1]
    return f"{block[0]}{block[7:]}: {', '.join(done)} → {channels}", block


def head_words(network: Network, level: int) -> str:
    """Return the steps of a head, a line each, and the size of its output."""
    output = f"deepsup_activation_{level}"
    steps = [step_words(network, name) for name in reversed(network.chain(output)[:-1])]
    return "\n".join([*steps, size_words(network.shapes[output])])


def draw_box(axes: Axes, x: tuple[float, float], y: float, height: float, words: str, colour: str, **style) -> None:
    """Draw a rounded box from x[0] to x[1], centred at `y`, all in mm, with `words` in it."""
    left, right = x
    patch = FancyBboxPatch((left, y - height / 2), right - left, height, boxstyle="round,pad=0,rounding_size=0.8")
    patch.set(facecolor=to_rgba(colour, 0.08), edgecolor=colour, linewidth=style.pop("linewidth", 0.8), zorder=4)
    axes.add_patch(patch)
    axes.text((left + right) / 2, y, words, ha="center", va="center", zorder=5, linespacing=1.35, **style)


def draw_lines(axes: Axes, paths: list[list[tuple[float, float]]], colour: str) -> None:
    """Draw the lines that leave one block, each through its points to an arrow.

    A white casing under all of them sets them apart from the lines of other blocks that they cross.
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
        """Where an encoder level's output leaves: at the input from it in its own row, which the last has not."""
        return self.slot(level, level) if level < self.depth else self.row(level)


def draw_encoder(axes: Axes, network: Network, grid: Grid) -> None:
    """Draw the image and below it the encoder's blocks with what lies between them."""
    middle = sum(ENCODER) / 2
    image = next(name for name, sources in network.sources.items() if not sources)
    below = grid.top + 7
    draw_box(axes, ENCODER, below + 4.5, 9, f"Image\n{size_words(network.shapes[image])}", style.GREY)
    for level in range(1, grid.depth + 1):
        block, y = f"Encoder{level}", grid.row(level)
        draw_lines(axes, [[(middle, below), (middle, y + STACK / 2)]], style.GREY)
        between = step_words(network, network.sources[f"{block}_Conv_1"][0])
        axes.text(middle + 1.5, (below + y + STACK / 2) / 2, between, va="center")
        draw_box(axes, ENCODER, y, STACK, block_words(network, block), LEVEL_COLOURS[level - 1])
        below = y - STACK / 2


def draw_inputs(axes: Axes, network: Network, grid: Grid) -> None:
    """Draw the inputs of all decoder levels and the lines to them, those of one source together."""
    paths = defaultdict(list)
    for level in range(1, grid.depth):
        for source in range(1, grid.depth + 1):
            words, block = input_words(network, source, level)
            y = grid.slot(source, level)
            if block == f"Encoder{source}":
                colour, lane, start = LEVEL_COLOURS[source - 1], LANES[source - 1], (ENCODER[1], grid.output(source))
                path = [start, (lane, start[1]), (lane, y), (INPUTS[0], y)]
            else:
                colour, middle, gap = DECODER_COLOUR, sum(DECODER) / 2, grid.row(level) - ROW / 2
                start = (middle, grid.row(source) + STACK / 2)
                path = [start, (middle, gap), (DECODER_LANE, gap), (DECODER_LANE, y), (INPUTS[0], y)]
            paths[block, colour].append(path)
            draw_box(axes, INPUTS, y, BOX, words, colour)
            draw_lines(axes, [[(INPUTS[1], y), (CONCATENATION[0], y)]], colour)
    for (_, colour), lines in paths.items():
        draw_lines(axes, lines, colour)


def draw_decoder(axes: Axes, network: Network, grid: Grid) -> None:
    """Draw each decoder level from its concatenated inputs on, and the heads that the network has."""
    for level in range(1, grid.depth):
        y, joined = grid.row(level), f"concatenate: {network.shapes[f'D{level}_input'][-1]}"
        draw_box(axes, CONCATENATION, y, STACK, joined, style.GREY, rotation=90)
        draw_lines(axes, [[(CONCATENATION[1], y), (DECODER[0], y)]], style.GREY)
        draw_box(axes, DECODER, y, STACK, block_words(network, f"Decoder{level}"), DECODER_COLOUR)
    for level in range(1, grid.depth + 1):
        output = f"deepsup_activation_{level}"
        if output in network.outputs:
            y, start, colour = grid.row(level), DECODER[1], DECODER_COLOUR
            if level == grid.depth:
                y, start, colour = y - 6, ENCODER[1], LEVEL_COLOURS[level - 1]
            draw_lines(axes, [[(start, y), (HEAD[0], y)]], colour)
            width = 1.8 if output == network.outputs[-1] else 0.8
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
        "heavy frame: the head that predicts.",
        va="center",
        linespacing=1.35,
    )


def main(model: str, outputs: list[str]) -> None:
    """Draw the network of the file `model` on a page as high as its levels need."""
    network = read_network(model)
    height = HEADING + ROW * (network.depth - 1) + STACK + 0.5
    with style.printed_figure(outputs, height, layout="none") as figure:
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, style.PAGE_MM), ylim=(0, height))
        axes.set_axis_off()
        draw(axes, network, height)


if __name__ == "__main__":
    with job(snakemake):
        main(model=snakemake.input.model, outputs=list(snakemake.output))
