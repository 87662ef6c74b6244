"""The weights that ship: they are what their card and study file say, and they segment mice that they have not seen."""

import hashlib

import pytest

from murmur.measurement.overlap import dice
from murmur.network.postprocessing import keep_heart
from murmur.phantom.mouse import phantom_mouse
from murmur.vocabulary import BLOOD_POOL, MYOCARDIUM

pytest.importorskip("tensorflow")
import export_network
from murmur.network.inference import read_openvino
from murmur.network.segmentation import segment
from murmur.network.stored import load_network


@pytest.fixture(scope="module")
def weights(root):
    return root / "models" / "murmur.keras"


@pytest.fixture(scope="module")
def network(weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("network")
    export_network.main(str(weights), str(folder / "network.xml"), str(folder / "network.bin"))
    return read_openvino(folder / "network.xml", images=1, threads=2)


def test_file_is_small_and_the_one_that_the_card_describes(weights):
    content = weights.read_bytes()
    assert len(content) < 10e6
    card = (weights.parent / "README.md").read_text()
    assert hashlib.sha256(content).hexdigest() in card


def test_network_is_the_one_that_the_card_describes(weights):
    network = load_network(str(weights))
    card = (weights.parent / "README.md").read_text()
    convolutions = [layer for layer in network.layers if layer.name.startswith("Encoder") and "Conv_1" in layer.name]
    filters = [layer.filters for layer in convolutions]
    assert f"{filters[0]} to {filters[-1]} filters, {network.count_params():,} parameters" in card
    assert f"central square of {network.input_shape[1]} pixels" in card


# Mice that neither trained nor chose the network, and what it reached there, less 0.03: blood pool, myocardium.
@pytest.mark.parametrize(
    ("index", "varied", "least"),
    [(0, False, (0.93, 0.86)), (1, False, (0.92, 0.89)), (4, True, (0.92, 0.87)), (5, True, (0.87, 0.80))],
)
def test_generated_mice_are_segmented(network, index, varied, least):
    phantom = phantom_mouse(21, index, varied=varied)
    frames = phantom.frames_with_roi
    masks = keep_heart(segment(phantom.images[..., frames], network), phantom.spacing_mm)
    for number, frame in enumerate(frames):
        for label, bound in zip((BLOOD_POOL, MYOCARDIUM), least, strict=True):
            assert dice(phantom.masks[..., frame] == label, masks[..., number] == label) > bound
