import os
import zipfile

import h5py
import numpy as np
import pytest

import draw_network
from drawn_figures import record_figures, smallest_font, words
from murmur.errors import BadInput

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A small network with five heads that sees half the resolution, and its file."""
    from murmur.network.unet3plus import unet3plus

    model = unet3plus([2, 3, 4, 5, 6], size=64, downsample=2)
    path = tmp_path_factory.mktemp("network") / "model.keras"
    model.save(path)
    return model, str(path)


def test_sizes_and_parameters_are_those_of_the_network(saved):
    model, path = saved
    network = draw_network.read_network(path)
    assert network.depth == 5
    assert network.parameters == model.count_params()
    assert network.shapes == {layer.name: tuple(layer.output.shape[1:]) for layer in model.layers}
    assert network.outputs == [f"deepsup_activation_{level}" for level in (5, 4, 3, 2, 1)]


def test_the_inputs_of_a_decoder_name_source_resampling_and_channels(saved):
    network = draw_network.read_network(saved[1])
    assert [draw_network.input_words(network, source, 2)[0] for source in range(1, 6)] == [
        "E1: max-pool ÷2, conv 3×3 → 3",
        "E2: conv 3×3 → 3",
        "D3: up ×2, conv 3×3 → 3",
        "E4: up ×4, conv 3×3 → 3",
        "E5: up ×8, conv 3×3 → 3",
    ]
    assert draw_network.input_words(network, 5, 4)[1] == "Encoder5"


def test_blocks_and_heads(saved):
    network = draw_network.read_network(saved[1])
    assert draw_network.block_words(network, "Encoder5") == "Encoder 5\n2×2×6\n2 × (conv 3×3,\nBN, ReLU)\ndropout 0.3"
    assert draw_network.block_words(network, "Decoder1") == "Decoder 1\n32×32×2\nconv 3×3,\nBN, ReLU"
    assert draw_network.head_words(network, 3) == "conv 3×3\nup ×4\nconv 3×3\nup ×2\nsoftmax\n64×64×3"


def test_the_figure_shows_all_of_it(saved, monkeypatch):
    seen = record_figures(monkeypatch)
    draw_network.main(saved[1], [])
    text = words(seen[0])
    assert sum(line.startswith(("Encoder ", "Decoder ")) for line in text) == 9
    assert sum(line.startswith(("E", "D")) and "→" in line for line in text) == 20
    assert sum(line.endswith("softmax\n64×64×3") for line in text) == 5
    assert "average-pool ÷2" in text and "concatenate: 10" in text
    assert smallest_font(seen[0]) >= 7


def test_same_network_same_bytes(saved, tmp_path):
    for name in ("one.svg", "two.svg"):
        draw_network.main(saved[1], [str(tmp_path / name)])
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_a_network_with_one_head(saved, tmp_path, monkeypatch):
    model, _ = saved
    keras.Model(model.inputs, model.outputs[-1]).save(tmp_path / "one.keras")
    seen = record_figures(monkeypatch)
    draw_network.main(str(tmp_path / "one.keras"), [])
    assert sum(line.endswith("softmax\n64×64×3") for line in words(seen[0])) == 1


def test_another_network_is_refused(tmp_path):
    path = tmp_path / "model.keras"
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file["layers/conv/vars/0"] = np.zeros(3)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", '{"config": {"layers": [], "output_layers": [["a", 0, 0]]}}')
        file.write(tmp_path / "weights.h5", "model.weights.h5")
    with pytest.raises(BadInput, match="no UNet3"):
        draw_network.read_network(str(path))
