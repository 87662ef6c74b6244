import json
import os
import re

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
    return draw_network.read_network(card)


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
    draw_network.main(card, [])
    text = words(seen[0])
    assert sum(line.startswith(("Encoder ", "Decoder ")) for line in text) == 9
    assert sum(line.startswith(("E", "D")) and "→" in line for line in text) == 20
    assert sum(line.endswith("softmax\n64×64×3") for line in text) == 5
    assert "average-pool ÷2" in text and "concatenate: 10" in text
    assert smallest_font(seen[0]) >= 7


def test_same_network_same_bytes(card, tmp_path):
    for name in ("one.svg", "two.svg"):
        draw_network.main(card, [str(tmp_path / name)])
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
