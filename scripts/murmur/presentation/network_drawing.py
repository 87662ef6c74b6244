"""Drawings of networks: boxes, lines, and a layout for networks of the shape of a U.

Encoder levels are on the left, the lowest one in the middle below, decoder levels and heads on the right. All numbers
are read from the layers in the file of the network. Lengths are in mm.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import FancyBboxPatch

from murmur.network.stored_layers import Layer
from murmur.presentation import style

Span = tuple[float, float]
ENCODER, LOWEST, DECODER, HEAD = (1, 44.5), (47.5, 91), (94, 137.5), (144, 179)
HEADING, BOX, GAP, IMAGE, LINE = 5.5, 14.5, 7.0, 9.0, 3.9
ROW = BOX + GAP


def draw_box(axes: Axes, x: Span, y: float, height: float, words: str, colour: str, **style) -> None:
    """Draw a rounded box from x[0] to x[1], centred at `y`, all in mm, with `words` in it."""
    left, right = x
    patch = FancyBboxPatch((left, y - height / 2), right - left, height, boxstyle="round,pad=0,rounding_size=0.8")
    patch.set(facecolor=to_rgba(colour, 0.08), edgecolor=colour, linewidth=style.pop("linewidth", 0.8), zorder=4)
    axes.add_patch(patch)
    axes.text((left + right) / 2, y, words, ha="center", va="center", zorder=5, linespacing=1.35, **style)


def draw_lines(axes: Axes, paths: list[list[Span]], colour: str) -> None:
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


class UShape(NamedTuple):
    """The words of a network of the shape of a U, by level from the finest; a level without a head has no words."""

    image: str
    downs: Sequence[str]  # before each encoder level
    encoders: Sequence[str]
    ups: Sequence[str]  # before each decoder level
    skips: Sequence[str]
    decoders: Sequence[str]
    heads: Sequence[str]
    legend: str
    branch: Sequence[str] = ()  # of the lowest level, in training only


def height_of(network: UShape) -> float:
    """Return the height of the drawing of a network."""
    rows = len(network.encoders) + bool(network.branch)
    return HEADING + IMAGE + rows * ROW + GAP / 2 + LINE * len(network.legend.splitlines())


def draw_u_shape(axes: Axes, network: UShape) -> None:
    """Draw a network on a page of its height."""
    top, depth = height_of(network) - HEADING, len(network.encoders)
    columns = {ENCODER: "Encoder", HEAD: "Head" if sum(map(bool, network.heads)) == 1 else "Heads"}
    for (left, right), words in (columns | ({DECODER: "Decoder"} if depth > 1 else {})).items():
        axes.text((left + right) / 2, top + HEADING - 1, words, ha="center", va="top", fontsize=8, fontweight="bold")
    draw_box(axes, ENCODER, top - IMAGE / 2, IMAGE, network.image, style.GREY)
    rows = [top - IMAGE - GAP - BOX / 2 - ROW * level for level in range(depth)]
    middle = sum(ENCODER) / 2
    for level, y in enumerate(rows):
        lowest = level == depth - 1 > 0
        start = top - IMAGE if level == 0 else y + ROW - BOX / 2
        path = [(middle, start), (middle, y), (LOWEST[0], y)] if lowest else [(middle, start), (middle, y + BOX / 2)]
        draw_lines(axes, [path], style.BLUE if level else style.GREY)
        axes.text(middle + 1.5, y + (BOX + GAP) / 2, network.downs[level], va="center")
        draw_box(axes, LOWEST if lowest else ENCODER, y, BOX, network.encoders[level], style.BLUE)
    if depth > 1:
        _draw_decoder(axes, network, rows)
    for level, words in enumerate(network.heads):
        if words:
            start = DECODER[1] if depth > 1 else ENCODER[1]
            draw_lines(axes, [[(start, rows[level]), (HEAD[0], rows[level])]], style.BLACK)
            draw_box(axes, HEAD, rows[level], BOX, words, style.BLACK, linewidth=0.8 if level else 1.8)
    if network.branch:
        _draw_branch(axes, network.branch, rows[-1])
    axes.text(ENCODER[0], 0.5, network.legend, va="bottom", linespacing=1.35)


def _draw_decoder(axes: Axes, network: UShape, rows: list[float]) -> None:
    """Draw the decoder levels with what they receive from below and from the encoder."""
    middle = sum(DECODER) / 2
    for level, words in enumerate(network.decoders):
        y, below = rows[level], rows[level + 1]
        first = [(LOWEST[1], below), (middle, below)] if level == len(rows) - 2 else [(middle, below + BOX / 2)]
        draw_lines(axes, [[*first, (middle, y - BOX / 2)]], style.BLUE if len(first) > 1 else style.BLACK)
        axes.text(middle + 1.5, y - (BOX + GAP) / 2, network.ups[level], va="center")
        draw_lines(axes, [[(ENCODER[1], y), (DECODER[0], y)]], style.BLUE)
        axes.text(sum(LOWEST) / 2, y + 0.8, network.skips[level], ha="center", va="bottom", linespacing=1.35)
        draw_box(axes, DECODER, y, BOX, words, style.BLACK)


def _draw_branch(axes: Axes, branch: Sequence[str], lowest: float) -> None:
    """Draw the steps of a branch from the lowest level."""
    y, columns = lowest - ROW, (LOWEST, DECODER, HEAD)
    title = "Variational branch\n(in training only)"
    axes.text(ENCODER[1], y, title, ha="right", va="center", linespacing=1.35, fontweight="bold", color=style.PURPLE)
    middle = sum(LOWEST) / 2
    draw_lines(axes, [[(middle, lowest - BOX / 2), (middle, y + BOX / 2)]], style.PURPLE)
    for (_, left), (right, _) in pairwise(columns):
        draw_lines(axes, [[(left, y), (right, y)]], style.PURPLE)
    for column, words in zip(columns, branch, strict=True):
        draw_box(axes, column, y, BOX, words, style.PURPLE)


# --- words of each architecture --------------------------------------------------------------------------------------

Layers = Mapping[str, Layer]
ABBREVIATIONS = {
    "conv": "convolution",
    "up": "bilinear interpolation",
    "IN": "instance normalisation",
    "GN": "group normalisation",
    "LN": "layer normalisation",
}


def u_shape(architecture: str, layers: Layers, parameters: int) -> UShape:
    """Return the words of a network of one of these architectures: unet, nnunet, resnet_vae, swin_unet."""
    depth = len({name.split("_")[1] for name in layers if name.startswith("encoder_") and name.split("_")[1].isdigit()})
    words = WORDS[architecture](layers, depth)
    size = layers["image"].settings["batch_shape"][1:]
    if "input_downsample" in layers:
        pool = f"average-pool ÷{layers['input_downsample'].settings['pool_size'][0]}"
        words["downs"][0] = ", ".join(filter(None, [pool, words["downs"][0]]))
    for place in ("encoder", "decoder"):
        words[f"{place}s"] = [
            f"{place.capitalize()} {level}: {_shape(layers, f'{place}_{level}_')}\n{_lines(steps, 31)}"
            for level, steps in enumerate(words[f"{place}s"], start=1)
        ]
    explained = "; ".join(
        [*(f"{a}: {b}" for a, b in ABBREVIATIONS.items() if re.search(rf"\b{a}\b", str(words))), *words.pop("notes")]
    )
    below = f"{parameters:,} parameters{' without the variational branch' if 'branch' in words else ''}. {explained}."
    return UShape(image=f"Image\n{_times(size)}", legend=_lines(below.split(" "), 136, " "), **words)


def _times(sizes: Sequence[int]) -> str:
    return "×".join(map(str, sizes))


def _shape(layers: Layers, prefix: str) -> str:
    """Write the shape (row, column, channel) of the features of a level, which its last layers keep."""
    return _times([layer.shape for name, layer in layers.items() if name.startswith(prefix) and layer.shape][-1])


def _lines(steps: Sequence[str], letters: int, between: str = ", ") -> str:
    """Join steps in lines of at most so many letters."""
    lines = [steps[0]]
    for step in steps[1:]:
        if len(lines[-1] + between + step) > letters:
            lines[-1] += between.rstrip()
            lines.append(step)
        else:
            lines[-1] += between + step
    return "\n".join(lines)


def _head(layers: Layers, name: str, *first: str) -> str:
    """Return the words of a head."""
    up = layers.get(f"{name}_upsample")
    steps = [*first, "conv 1×1", *([f"up ×{up.settings['size'][0]}"] if up else []), "softmax"]
    return f"{_lines(steps, 22)}\n{_times([*layers['image'].settings['batch_shape'][1:3], 3])}"


def _skips(layers: Layers, depth: int) -> list[str]:
    """Return how each decoder level takes in the features of the encoder."""
    found = [layers[f"decoder_{level}_skip"] for level in range(1, depth)]
    return [f"concatenate: {2 * it.shape[-1]}" if it.kind == "Concatenate" else "add" for it in found]


def _dropout(layers: Layers, name: str) -> list[str]:
    rate = layers[name].settings["rate"] if name in layers else 0
    return [f"dropout {rate:g}"] if rate else []


def _unet(layers: Layers, depth: int) -> dict:
    convolve = "2 × (conv 3×3, ReLU)"
    return {
        "downs": ["", *["max-pool ÷2"] * (depth - 1)],
        "encoders": [[convolve, *_dropout(layers, f"encoder_{level}_dropout")] for level in range(1, depth + 1)],
        "ups": ["transposed conv 2×2, ×2"] * (depth - 1),
        "skips": _skips(layers, depth),
        "decoders": [[convolve]] * (depth - 1),
        "heads": [_head(layers, "output")],
        "notes": [],
    }


def _nnunet(layers: Layers, depth: int) -> dict:
    convolve = "2 × (conv 3×3, IN, leaky ReLU)"
    heads = [_head(layers, f"output_{level}") if f"output_{level}" in layers else "" for level in range(1, depth)]
    others = ["heavy frame: output used for segmentation"] if sum(map(bool, heads)) > 1 else []
    return {
        "downs": ["", *["first conv with stride 2"] * (depth - 1)],
        "encoders": [[convolve, *_dropout(layers, f"encoder_{level}_dropout")] for level in range(1, depth + 1)],
        "ups": ["transposed conv 2×2, ×2"] * (depth - 1),
        "skips": _skips(layers, depth),
        "decoders": [[convolve]] * (depth - 1),
        "heads": heads,
        "notes": others,
    }


def _resnet_vae(layers: Layers, depth: int) -> dict:
    counts = [
        sum(f"encoder_{level}_block_{number}_add" in layers for number in range(1, 9)) for level in range(1, depth + 1)
    ]
    blocks = [f"{count} residual block{'s' if count > 1 else ''}" for count in counts]
    dropped = [f"channel {words}" for words in _dropout(layers, "encoder_1_dropout")]
    latent, image = layers["latent_mean"].settings["units"], layers["image"].settings["batch_shape"][1:]
    narrow = _times(layers["latent_norm"].shape)
    out = [f"up ×{layers[name].settings['size'][0]}" for name in ("reconstruction_output",) if name in layers]
    return {
        "downs": ["conv 3×3", *["conv 3×3, stride 2"] * (depth - 1)],
        "encoders": [[*dropped, blocks[0]], *([words] for words in blocks[1:])],
        "ups": ["conv 1×1, up ×2"] * (depth - 1),
        "skips": _skips(layers, depth),
        "decoders": [["1 residual block"]] * (depth - 1),
        "heads": [_head(layers, "output", "GN", "ReLU")],
        "notes": ["residual block: 2 × (GN, ReLU, conv 3×3), added to its input", "z: standard normal noise"],
        "branch": [
            f"GN, ReLU, conv 3×3, stride 2,\nGN, ReLU, {narrow}, linear:\nmean and log σ², {latent} each",
            "mean + σ z, linear, ReLU,\nconv 1×1, up ×2, GN, ReLU,\ndecoder, no skip connections",
            f"{_lines(['GN', 'ReLU', 'conv 1×1', *out], 22)}\nreconstructed image\n{_times(image)}",
        ],
    }


def _swin_unet(layers: Layers, depth: int) -> dict:
    def blocks(place: str, level: int) -> list[str]:
        second = layers[f"{place}_{level}_block_2_attention"]
        side, shift = second.settings["window"], second.settings["shift"]
        windows = f"one {side}×{side} window" if side == second.shape[0] else f"{side}×{side} windows"
        heads = f"{second.settings['heads']} head{'s' if second.settings['heads'] > 1 else ''}"
        return ["2 Swin blocks", heads, windows, *([f"shifted by {shift}"] if shift else [])]

    patch = _times(layers["encoder_1_embed"].settings["kernel_size"])
    reduced = [layers[f"decoder_{level}_reduce"].settings["units"] for level in range(1, depth)]
    rate = "".join(f", with {words}," for words in _dropout(layers, "encoder_1_block_1_mlp_dropout"))
    wider = layers["encoder_1_block_1_mlp_1"].settings["units"] // layers["encoder_1_block_1_mlp_1"].shape[-1]
    return {
        "downs": [f"conv {patch}, stride {patch[0]}, LN", *["merge 2×2 patches, LN, linear"] * (depth - 1)],
        "encoders": [blocks("encoder", level) for level in range(1, depth + 1)],
        "ups": [*["linear, expand 2×2, LN"] * (depth - 2), "LN, linear, expand 2×2, LN"],
        "skips": [f"{words}, linear: {units}" for words, units in zip(_skips(layers, depth), reduced, strict=True)],
        "decoders": [blocks("decoder", level) for level in range(1, depth)],
        "heads": [_head(layers, "output", "LN", "linear", f"expand {patch}", "LN")],
        "notes": [
            "Swin block: attention within windows (those of the second block shifted), and linear layers with GELU, "
            f"{wider} times as wide in between, each after LN{rate} and added to its input",
        ],
    }


WORDS = {"unet": _unet, "nnunet": _nnunet, "resnet_vae": _resnet_vae, "swin_unet": _swin_unet}
