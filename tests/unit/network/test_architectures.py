"""Every architecture: size, learning, repetition, file and export; these tests import TensorFlow."""

import hashlib
from itertools import pairwise

import numpy as np
import pytest

keras = pytest.importorskip("keras")

import export_network  # noqa: E402
import train_network  # noqa: E402
from murmur.errors import BadInput  # noqa: E402
from murmur.network import inference, swin_unet, train  # noqa: E402
from murmur.network.architectures import ARCHITECTURES, check_network, planned_filters, with_defaults  # noqa: E402
from murmur.network.batches import Slices  # noqa: E402
from murmur.network.model import compile_for_training, last_head  # noqa: E402
from murmur.network.stored import load_network  # noqa: E402
from random_slices import write_random_slices  # noqa: E402

TINY = {
    "unet3plus": [4, 6, 8, 8, 8],
    "unet": [6, 10, 16],
    "nnunet": [6, 10, 16],
    "resnet_vae": [8, 16],
    "swin_unet": [16, 32],
}
RESUMED = ["unet", "nnunet", "resnet_vae", "swin_unet"]  # unet3plus is in test_training.py
SIZE = 32
TRAINING = {"seed": 0, "precision": "float32", "recipe": "paper", "freeze": "none"}


def settings(architecture):
    return {"architecture": architecture, "filters": TINY[architecture], "size": SIZE, "downsample": 1, "dropout": 0}


def build(architecture, seed=1, **changes):
    return train.build(settings(architecture) | changes, TRAINING | {"seed": seed})


@pytest.fixture(scope="module")
def four():
    """Four slices of bright discs in grey rings, and their labels."""
    y, x = np.mgrid[:SIZE, :SIZE]
    centres, radii = np.array([[14, 14], [18, 15], [15, 18], [17, 17]]), np.array([5, 6, 4, 7])
    distance = np.stack([np.hypot(y - row, x - column) for row, column in centres])
    masks = np.select([distance < radii[:, None, None], distance < radii[:, None, None] + 4], [2, 1]).astype("u1")
    noise = 0.05 * np.random.default_rng(0).random(masks.shape)
    return (np.choose(masks, [0.1, 0.4, 0.9]) + noise).astype(np.float32)[..., None], masks[..., None]


def targets(model, images, labels):
    found = {name: images if name == "reconstruction" else labels for name in model.output_names}
    return found if len(found) > 1 else labels


def dice(masks, truth):
    return np.mean(
        [2 * ((masks == k) & (truth == k)).sum() / ((masks == k).sum() + (truth == k).sum()) for k in (1, 2)]
    )


@pytest.mark.parametrize("architecture", TINY)
def test_four_slices_are_learned_by_heart_saved_and_exported(architecture, four, tmp_path):
    """The network as trained, as loaded, and as exported for OpenVINO gives the same labels, of Dice above 0.98."""
    images, labels = four
    model = build(architecture)
    rate = 0.01 if architecture != "swin_unet" else 0.002
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.8  # its statistics follow within few steps
    compile_for_training(model, rate)
    head = last_head(model)
    head.jit_compile = False  # compiling takes longer than four slices
    model.optimizer.build(model.trainable_variables)  # as train.fit does, so that TensorFlow traces the network once
    train.create_loss_trackers(model, images, targets(model, images, labels))
    many, many_labels = (np.tile(array, (60, 1, 1, 1)) for array in four)  # 60 steps are faster in one epoch than in 60
    for _ in range(15):  # on some processors, twice as many steps are needed as on others
        model.fit(many, targets(model, many, many_labels), batch_size=4, verbose=0, shuffle=False)
        probabilities = head.predict(images, verbose=0)
        if (reached := dice(probabilities.argmax(-1), labels[..., 0])) > 0.981:
            break
    assert reached > 0.98
    train.save_layers(settings(architecture), model.get_weights(), tmp_path / "model.keras")
    loaded = load_network(str(tmp_path / "model.keras"))
    loaded.jit_compile = False
    np.testing.assert_allclose(loaded.predict(images, verbose=0), probabilities, atol=1e-5)

    export_network.main(str(tmp_path / "model.keras"), str(tmp_path / "net.xml"), str(tmp_path / "net.bin"))
    openvino = inference.read_openvino(tmp_path / "net.xml", images=4, threads=1)
    assert bool(openvino.limited_to) == (architecture in ("unet3plus", "unet")), "the others need whole images"
    found = openvino.probabilities(images[..., 0])
    np.testing.assert_allclose(found, probabilities, atol=1e-4)
    np.testing.assert_array_equal(found.argmax(-1), probabilities.argmax(-1))


@pytest.fixture(scope="module")
def slices(tmp_path_factory):
    return write_random_slices(tmp_path_factory.mktemp("slices") / "slices.h5", SIZE)


def test_windows_of_the_tests_are_shifted():
    attention = [layer for layer in build("swin_unet").layers if isinstance(layer, swin_unet.WindowAttention)]
    assert {(layer.side, layer.window, layer.shift) for layer in attention} >= {(8, 4, 0), (8, 4, 2)}


@pytest.mark.parametrize("architecture", RESUMED)
def test_same_seed_same_bytes_interrupted_or_not(architecture, slices, tmp_path, monkeypatch):
    """Two epochs at once, and the second after an interruption; latent vectors and dropout are drawn as before."""
    levels = 1 if architecture in ("resnet_vae", "swin_unet") else 2
    network = {"architecture": architecture, "filters": TINY[architecture][:levels], "size": SIZE, "downsample": 1}
    settings = TRAINING | {"epochs": 2, "patience": 5, "batch_size": 2, "learning_rate": 0.01, "schedule": "constant"}
    settings |= {"loss": "dice_ce", "shape_weight": 0.05}

    def digest(folder):
        files = {"model": str(folder / "model.keras"), "history": str(folder / "h"), "record": str(folder / "r")}
        train_network.main(slices, network | {"dropout": 0.2}, settings, threads=1, **files)
        return [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("model.keras", "h", "r")]

    folders = [tmp_path / "whole", tmp_path / "cut"]
    for folder in folders:
        folder.mkdir()
    start = Slices.start
    monkeypatch.setattr(Slices, "start", lambda self, epoch: start(self, epoch) if epoch < 2 else 1 / 0)
    with pytest.raises(ZeroDivisionError):
        digest(folders[1])
    monkeypatch.undo()
    assert digest(folders[0]) == digest(folders[1])


def test_number_of_parameters_of_unets_of_each_depth():
    """Per level two convolutions, 9 · (in + out) · out + 2 · out, and a transposed one, 4 · below · out + out."""
    for depth in (1, 2, 3, 5):
        widths = [2 ** (4 + level) for level in range(1, depth + 1)]
        expected = sum(
            9 * (before + width) * width + 2 * width for before, width in zip([1, *widths], widths, strict=False)
        )
        for width, below in pairwise(widths):
            expected += 4 * below * width + width + 9 * (2 * width + width) * width + 2 * width
        expected += 3 * widths[0] + 3
        network = with_defaults({"architecture": "unet", "filters": widths, "size": 64, "downsample": 1})
        assert train.build(network, TRAINING).count_params() == expected


def test_nnunet_differs_from_its_published_relative_by_what_is_known():
    """The published 34,164,258 parameters are those of MONAI's network with residual blocks, for two classes.

    Each block that changes its width or resolution has a shortcut there: a 1 × 1 convolution and its normalisation.
    """
    widths = [32, 64, 128, 256, 512, 512, 512]
    assert planned_filters(256) == widths
    network = with_defaults({"architecture": "nnunet", "size": 256, "downsample": 1})
    shortcuts = sum(before * width + 2 * width for before, width in zip([1, *widths], widths, strict=False))
    heads = sum(3 * width + 3 for width in widths[:5])
    two_classes = 2 * 32 + 2
    model = train.build(network, TRAINING)
    assert model.count_params() == 34_164_258 - shortcuts - two_classes + heads


def test_resnet_vae_has_its_published_size():
    """3,555,891 parameters for two classes (SegResNetVAE of MONAI); a third has 8 weights and a bias."""
    network = with_defaults({"architecture": "resnet_vae", "size": 256, "downsample": 1})
    model = train.build(network, TRAINING)
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == 3_555_891 + 9


def test_swin_unet_has_its_published_size():
    """27.17 million parameters for three channels and nine classes, without biases of the last convolution."""
    network = with_defaults({"architecture": "swin_unet", "size": 224, "downsample": 1})
    model = train.build(network, TRAINING)
    published = model.count_params() + 2 * 16 * 96 + 6 * 96 - 3
    assert published == 27_168_900


def test_latent_vector_is_drawn_in_training_only():
    model = build("resnet_vae")
    image = np.random.default_rng(0).random((2, SIZE, SIZE, 1), np.float32)
    first, second = (model(image, training=True)[1] for _ in range(2))
    assert not np.allclose(first, second)
    first, second = (model(image, training=False)[1] for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_shifted_windows_attend_across_windows_but_not_across_the_image():
    """With windows of 2 patches shifted by 1, patch (0, 0) is alone, and (1, 1) shares a window with (2, 2)."""
    layer = swin_unet.WindowAttention(heads=1, window=2, shift=1)
    features = np.random.default_rng(0).random((1, 6, 6, 4), np.float32)
    before = np.asarray(layer(features))
    for place, affected in (((0, 0), {(0, 0)}), ((2, 2), {(1, 1), (1, 2), (2, 1), (2, 2)})):
        changed = features.copy()
        changed[0][place] += 1
        rows, columns = np.nonzero(np.abs(np.asarray(layer(changed)) - before)[0].max(-1) > 1e-6)
        assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == affected


def test_attention_without_weights_is_the_mean_of_the_window():
    """With zero queries and keys, and the identity for values and output, each patch becomes the mean of its window."""
    layer = swin_unet.WindowAttention(heads=1, window=2, shift=0)
    features = np.random.default_rng(0).random((1, 4, 4, 3), np.float32)
    layer.build(features.shape)
    layer.project_in.kernel.assign(np.hstack([np.zeros((3, 6)), np.eye(3)]))
    layer.project_out.kernel.assign(np.eye(3))
    layer.bias.assign(np.zeros(layer.bias.shape))
    means = features.reshape(1, 2, 2, 2, 2, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(layer(features), means.repeat(2, 1).repeat(2, 2), atol=1e-6)


def test_windows_divide_every_level():
    assert [swin_unet.window_of(side) for side in (56, 28, 14, 7, 64, 40, 10, 5)] == [7, 7, 7, 7, 4, 5, 5, 5]


def test_filters_are_planned_by_halving_down_to_four_pixels():
    assert planned_filters(64) == [32, 64, 128, 256, 512]
    assert planned_filters(80) == [32, 64, 128, 256, 512]  # 5 pixels cannot be halved
    assert planned_filters(6) == [32]


@pytest.mark.parametrize(
    ("network", "words"),
    [
        ({"architecture": "unet3plus", "filters": [8, 16]}, "found 2 values, expected 5, one for each level"),
        ({"architecture": "unet", "filters": [8] * 7}, "found 7 values, expected 1 to 6"),
        ({"architecture": "unet", "filters": [8] * 3, "size": 30}, "found 30, expected a multiple of 4"),
        ({"architecture": "resnet_vae", "size": 88, "downsample": 2}, "expected a multiple of 32"),
        ({"architecture": "swin_unet", "filters": [48, 96]}, "in multiples of 32 above 32"),
        ({"architecture": "swin_unet", "filters": [32, 96]}, "twice the filters"),
    ],
)
def test_settings_that_do_not_fit_are_refused(network, words):
    complete = with_defaults({"size": 256, "downsample": 1} | network)
    with pytest.raises(BadInput, match=words):
        check_network(complete, "readers.net.network")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_defaults_fit(architecture):
    check_network(with_defaults({"architecture": architecture, "size": 256, "downsample": 1}), "network")
