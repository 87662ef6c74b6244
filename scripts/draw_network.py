"""Figure 1: the UNet3+, drawn from a saved network.

Input: a Keras 3 file (.keras). Layers, connections, sizes and channels are read from its configuration and the
number of parameters from its weights, so the figure shows the network that was trained. No Keras is needed.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import h5py
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import FancyBboxPatch
from matplotlib.patheffects import Normal, withStroke

from murmur import figures
from murmur.errors import BadInput
from murmur.logs import job_log

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

LEVEL_COLOURS = (figures.BLUE, figures.GREEN, figures.ORANGE, figures.PURPLE, "#606060")
DECODER_COLOUR = figures.BLACK

# the drawing's grid, in mm
ROW, STACK, BOX = 31.0, 25.0, 4.4
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
        raise BadInput(f"{path}: found no UNet3+ by the names of its layers, expected Encoder1_Conv_1 and so on")
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


def draw_line(axes: Axes, points: list[tuple[float, float]], colour: str, arrow: bool = True) -> None:
    """Draw a line through `points` that ends in an arrow; where it crosses another, a gap of white sets it apart."""
    xs, ys = zip(*points, strict=True)
    casing = [withStroke(linewidth=2.4, foreground="white"), Normal()]
    axes.plot(xs, ys, color=colour, linewidth=0.8, path_effects=casing, zorder=2, solid_joinstyle="miter")
    if arrow:
        style = {"arrowstyle": "-|>,head_width=0.12,head_length=0.24", "color": colour, "linewidth": 0.8}
        style |= {"shrinkA": 0, "shrinkB": 0}
        axes.annotate("", points[-1], points[-2], arrowprops=style, zorder=3)


def draw(axes: Axes, network: Network, height: float) -> None:
    """Draw the network: encoder on the left, the inputs of each decoder level, the decoder, the heads."""
    levels = range(1, network.depth + 1)
    row = {level: height - 22 + 0.5 - STACK / 2 - ROW * (level - 1) for level in levels}

    def slot(source: int, level: int) -> float:
        """The height of the input from `source` in the stack of a decoder level."""
        return row[level] + STACK / 2 - (STACK - BOX) * (source - 1) / (network.depth - 1) - BOX / 2

    columns = ((ENCODER, "Encoder"), (INPUTS, "Inputs of a decoder"), (DECODER, "Decoder"), (HEAD, "Heads"))
    for (left, right), words in columns:
        axes.text((left + right) / 2, height - 1, words, ha="center", va="top", fontsize=8, fontweight="bold")

    draw_encoder(axes, network, row, height)
    for level in levels[:-1]:
        for source in levels:
            words, block = input_words(network, source, level)
            y = slot(source, level)
            if block.startswith("Encoder"):
                start = slot(source, source) if source < network.depth else row[source]
                lane = LANES[source - 1]
                points = [(ENCODER[1], start), (lane, start), (lane, y), (INPUTS[0], y)]
                colour = LEVEL_COLOURS[source - 1]
            else:
                middle, gap = sum(DECODER) / 2, row[level] - ROW / 2
                bottom = row[source] + STACK / 2
                points = [(middle, bottom), (middle, gap), (DECODER_LANE, gap), (DECODER_LANE, y), (INPUTS[0], y)]
                colour = DECODER_COLOUR
            draw_line(axes, points, colour)
            draw_box(axes, INPUTS, y, BOX, words, colour)
            draw_line(axes, [(INPUTS[1], y), (CONCATENATION[0], y)], colour)
        y = row[level]
        draw_box(
            axes,
            CONCATENATION,
            y,
            STACK,
            f"concatenate: {network.shapes[f'D{level}_input'][-1]}",
            figures.GREY,
            rotation=90,
        )
        draw_box(axes, DECODER, y, STACK, block_words(network, f"Decoder{level}"), DECODER_COLOUR)
        draw_line(axes, [(CONCATENATION[1], y), (DECODER[0], y)], figures.GREY)
    for level in levels:
        output = f"deepsup_activation_{level}"
        if output in network.outputs:
            start, y = (DECODER[1], row[level]) if level < network.depth else (ENCODER[1], row[level] - 6)
            draw_line(
                axes, [(start, y), (HEAD[0], y)], DECODER_COLOUR if level < network.depth else LEVEL_COLOURS[level - 1]
            )
            width = 1.8 if output == network.outputs[-1] else 0.8
            draw_box(axes, HEAD, row[level], STACK, head_words(network, level), DECODER_COLOUR, linewidth=width)
    number = f"{network.parameters:,}".replace(",", "\N{NO-BREAK SPACE}")
    axes.text(
        INPUTS[0],
        row[network.depth] + 4,
        f"{number} parameters. E, D: encoder, decoder of that level;\n"
        "→ number of channels; BN: batch normalisation;\n"
        "heavy frame: the head that predicts.",
        va="center",
        linespacing=1.35,
    )


def draw_encoder(axes: Axes, network: Network, row: dict[int, float], height: float) -> None:
    """Draw the input and below it the encoder's blocks, `row` giving the height of each level."""
    middle = sum(ENCODER) / 2
    image = next(name for name, sources in network.sources.items() if not sources)
    draw_box(axes, ENCODER, height - 11, 9, f"Image\n{size_words(network.shapes[image])}", figures.GREY)
    below = height - 15.5
    for level, y in row.items():
        fed = network.sources[f"Encoder{level}_Conv_1"][0]
        draw_line(axes, [(middle, below), (middle, y + STACK / 2)], figures.GREY)
        axes.text(middle + 1.5, (below + y + STACK / 2) / 2, step_words(network, fed), va="center")
        draw_box(axes, ENCODER, y, STACK, block_words(network, f"Encoder{level}"), LEVEL_COLOURS[level - 1])
        below = y - STACK / 2


def main(model: str, outputs: list[str]) -> None:
    """Draw the network of the file `model` on a page as high as its levels need."""
    network = read_network(model)
    height = 22 + ROW * network.depth - (ROW - STACK)
    with figures.printed_figure(outputs, height, layout="none") as figure:
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, figures.PAGE_MM), ylim=(0, height))
        axes.set_axis_off()
        draw(axes, network, height)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(model=snakemake.input.model, outputs=list(snakemake.output))
