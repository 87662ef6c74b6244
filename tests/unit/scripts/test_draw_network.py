import json
import os
import re
from pathlib import Path

import pytest

import draw_network
from drawn_figures import record_figures, smallest_font, words

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras")

SETTINGS = {"filters": [2, 3, 4, 5, 6], "size": 64, "downsample": 2, "dropout": 0.3}


@pytest.fixture(scope="module")
def model():
    """A small network with five heads that sees half the resolution."""
    from murmur.network.unet3plus import unet3plus

    return unet3plus(**SETTINGS)


@pytest.fixture
def card(model, tmp_path):
    path = tmp_path / "training.json"
    network = {"architecture": "unet3plus", **SETTINGS}
    path.write_text(json.dumps({"network": network, "parameters": model.count_params()}))
    return str(path)


@pytest.fixture
def network(card):
    return draw_network.read_network(json.loads(Path(card).read_text()))


def shape(layer):
    return "×".join(map(str, layer.output.shape[1:]))


def sources(model, name):
    """The layers that feed a layer, by the names that they have in the figure, as E3 or D2."""
    layer = model.get_layer(name)
    while not (found := re.match(r"(En|De)coder(\d)", layer.name)):
        layer = layer.input._keras_history.operation
    return f"{found[0][0]}{found[2]}"


def test_sizes_and_parameters_are_those_of_the_network(model, network):
    assert network.depth == 5
    assert network.parameters == model.count_params()
    for level in range(1, 6):
        encoder = draw_network.block_words(network, "Encoder", level)
        assert encoder.splitlines()[1] == shape(model.get_layer(f"Encoder{level}_Activation_2"))
        assert draw_network.head_words(network, level).endswith(shape(model.get_layer(f"deepsup_activation_{level}")))
    for level in range(1, 5):
        decoder = draw_network.block_words(network, "Decoder", level)
        assert decoder.splitlines()[1] == shape(model.get_layer(f"Decoder{level}_Activation_1"))
        assert 5 * network.filters[level - 1] == model.get_layer(f"D{level}_input").output.shape[-1]


def test_inputs_of_the_decoders_come_from_where_the_network_has_them(model, network):
    for level in range(1, 5):
        for source in range(1, 6):
            drawn, _ = draw_network.input_words(network, source, level)
            assert drawn.split(":")[0] == sources(model, f"Skip{source}_{level}_Activation_1")


def test_the_inputs_of_a_decoder_name_source_resampling_and_channels(network):
    assert [draw_network.input_words(network, source, 2)[0] for source in range(1, 6)] == [
        "E1: max-pool ÷2, conv 3×3 → 3",
        "E2: conv 3×3 → 3",
        "D3: up ×2, conv 3×3 → 3",
        "E4: up ×4, conv 3×3 → 3",
        "E5: up ×8, conv 3×3 → 3",
    ]
    assert draw_network.input_words(network, 5, 4)[1] == "Encoder"


def test_blocks_and_heads(network):
    assert draw_network.block_words(network, "Encoder", 5) == "Encoder 5\n2×2×6\n2 × (conv 3×3,\nBN, ReLU)\ndropout 0.3"
    assert draw_network.block_words(network, "Decoder", 1) == "Decoder 1\n32×32×2\nconv 3×3,\nBN, ReLU"
    assert draw_network.head_words(network, 3) == "conv 3×3\nup ×4\nconv 3×3\nup ×2\nsoftmax\n64×64×3"


def test_the_figure_shows_all_of_it(card, monkeypatch):
    seen = record_figures(monkeypatch)
    draw_network.main(card, "", [])
    text = words(seen[0])
    assert sum(line.startswith(("Encoder ", "Decoder ")) for line in text) == 9
    assert sum(line.startswith(("E", "D")) and "→" in line for line in text) == 20
    assert sum(line.endswith("softmax\n64×64×3") for line in text) == 5
    assert "average-pool ÷2" in text and "concatenate: 10" in text
    assert smallest_font(seen[0]) >= 7


def test_same_network_same_bytes(card, tmp_path):
    for name in ("one.svg", "two.svg"):
        draw_network.main(card, "", [str(tmp_path / name)])
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


# --- networks of the shape of a U ------------------------------------------------------------------------------------

U_SHAPES = {
    "unet": {"filters": [4, 6, 8], "size": 64, "downsample": 2, "dropout": 0.2},
    "unet of one level": {"filters": [4], "size": 64, "downsample": 1, "dropout": 0.2},
    "nnunet": {"filters": [4, 6, 8, 8], "size": 64, "downsample": 1, "dropout": 0.0},
    "nnunet with dropout": {"filters": [4, 6, 8, 8], "size": 64, "downsample": 2, "dropout": 0.3},
    "resnet_vae": {"filters": [8, 16, 24], "size": 64, "downsample": 1, "dropout": 0.0},
    "resnet_vae with dropout": {"filters": [8, 16], "size": 64, "downsample": 2, "dropout": 0.1},
    "swin_unet": {"filters": [32, 64, 128], "size": 112, "downsample": 1, "dropout": 0.1},
    "swin_unet downsampled": {"filters": [16, 32], "size": 96, "downsample": 2, "dropout": 0.0},
}
LAST = {"unet": "conv_2", "nnunet": "activation_2", "resnet_vae": "block_{}_add", "swin_unet": "block_2_mlp_add"}


@pytest.fixture(scope="module", params=U_SHAPES)
def drawn(request, tmp_path_factory):
    """A network, its architecture and its drawing."""
    from murmur.network.model import save_model
    from murmur.network.train import BUILDERS

    folder, architecture = tmp_path_factory.mktemp("network"), request.param.split()[0]
    model = BUILDERS[architecture](**U_SHAPES[request.param])
    save_model(model, folder / "model.keras")
    card = {"network": {"architecture": architecture, **U_SHAPES[request.param]}, "parameters": 123456}
    (folder / "training.json").write_text(json.dumps(card))
    with pytest.MonkeyPatch.context() as patch:
        seen = record_figures(patch)
        draw_network.main(str(folder / "training.json"), str(folder / "model.keras"), [])
    return model, architecture, seen[0]


def last_of_level(model, architecture, place, level):
    """The layer whose output a level passes on."""
    names = {layer.name for layer in model.layers}
    name = LAST[architecture] if place == "encoder" else LAST[architecture].replace("_{}", "")
    numbers = [number for number in range(1, 5) if f"{place}_{level}_{name.format(number)}" in names]
    return model.get_layer(f"{place}_{level}_{name.format(max(numbers))}")


def test_levels_and_skips_are_those_of_the_network(drawn):
    model, architecture, figure = drawn
    text = words(figure)
    found = dict(re.findall(r"((?:En|De)coder \d): ([\d×]+)", "\n".join(text)))
    levels = sum(name.startswith("Encoder") for name in found)
    assert len(found) == 2 * levels - 1
    for name, size in found.items():
        place, level = name.lower().split()
        assert size == shape(last_of_level(model, architecture, place, level)), name
    skips = [layer for layer in model.layers if re.fullmatch(r"decoder_\d_skip", layer.name)]
    expected = ["add" if type(it).__name__ == "Add" else f"concatenate: {it.output.shape[-1]}" for it in skips]
    assert sorted(line.split(", ")[0] for line in text if line.startswith(("add", "concat"))) == sorted(expected)


def test_heads_are_the_outputs_with_classes(drawn):
    model, _, figure = drawn
    size = "×".join(map(str, model.outputs[-1].shape[1:]))
    heads = [line for line in words(figure) if line.endswith(f"softmax\n{size}")]
    assert len(heads) == sum(output.shape[1:] == model.outputs[-1].shape[1:] for output in model.outputs)
    ups = [layer.size[0] for layer in model.layers if re.match(r"output.*_upsample", layer.name)]
    assert sorted(int(it) for head in heads for it in re.findall(r"up ×(\d+)", head)) == sorted(ups)


def test_operations_are_those_of_the_network(drawn):
    """Every convolution, attention and residual block is drawn once; dropout has its rates."""
    model, architecture, figure = drawn
    text = "\n".join(words(figure))
    kinds = [type(layer).__name__ for layer in model.layers]
    rates = [layer.rate for layer in model.layers if "Dropout" in type(layer).__name__ and layer.rate]
    rates = rates[:1] if architecture == "swin_unet" else rates
    assert [float(rate) for rate in re.findall(r"dropout ([\d.]*\d)", text)] == pytest.approx(rates)
    if architecture in ("unet", "nnunet"):
        heads = text.count("softmax")
        assert 2 * text.count("2 × (conv 3×3") + heads == kinds.count("Conv2D")
        assert text.count("transposed conv 2×2") == kinds.count("Conv2DTranspose")
    elif architecture == "resnet_vae":
        blocks = sum(int(number) for number in re.findall(r"(\d) residual block", text))
        assert blocks == sum(re.fullmatch(r".*_block_(\d_)?add", layer.name) is not None for layer in model.layers)
        size = "×".join(map(str, model.get_layer("reconstruction").output.shape[1:]))
        assert f"reconstructed image\n{size}" in text
        assert f"mean and log σ², {model.get_layer('latent').output.shape[1] // 2} each" in text
    else:
        attention = [layer for layer in model.layers if type(layer).__name__ == "WindowAttention"]
        assert 2 * text.count("2 Swin blocks,") == len(attention)
        shifts = [int(shift) for shift in re.findall(r"shifted by (\d)", text)]
        assert sorted(shifts) == sorted(layer.shift for layer in attention if layer.shift)
        windows = [int(side) for side in re.findall(r"(\d+)×\1 window", text)]
        assert sorted([*windows, *windows]) == sorted(layer.window for layer in attention)


def test_no_words_overlap_or_leave_box_and_page(drawn):
    _, _, figure = drawn
    figure.draw_without_rendering()
    (axes,) = figure.axes
    places = [text.get_window_extent() for text in axes.texts if text.get_text()]
    boxes = [patch.get_window_extent() for patch in axes.patches if hasattr(patch, "get_boxstyle")]
    for number, place in enumerate(places):
        assert figure.bbox.x0 <= place.x0 and place.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= place.y0 and place.y1 <= figure.bbox.y1
        assert not any(place.overlaps(other) for other in places[number + 1 :])
        for box in boxes:
            inside = box.x0 < place.x0 and place.x1 < box.x1 and box.y0 < place.y0 and place.y1 < box.y1
            assert inside or not place.overlaps(box)
    assert smallest_font(figure) >= 7
