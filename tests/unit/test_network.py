"""The network, its loss and its training; these tests import TensorFlow, which takes some seconds."""

import hashlib
import json
import re
import zipfile

import h5py
import numpy as np
import pandas as pd
import pytest

keras = pytest.importorskip("keras")

import train_network  # noqa: E402
from murmur import network  # noqa: E402
from murmur.training import Slices  # noqa: E402


@pytest.fixture(scope="module")
def published():
    return network.unet3plus([32, 64, 128, 256, 512])


def parameters(model, prefix):
    return sum(layer.count_params() for layer in model.layers if layer.name.startswith(prefix))


def test_size_of_the_published_network(published):
    assert published.count_params() == 12_963_443
    assert (len(published.layers), len(published.weights)) == (147, 224)
    assert sum(int(np.prod(w.shape)) for w in published.non_trainable_weights) == 9_728
    assert [tuple(output.shape) for output in published.outputs] == [(None, 256, 256, 3)] * 5
    kinds = [type(layer).__name__ for layer in published.layers]
    assert kinds.count("Conv2D") == 44
    assert kinds.count("BatchNormalization") == 34


@pytest.mark.parametrize(
    ("layer", "count"),
    [
        ("Encoder1_Conv_1", 320),
        ("Encoder5_Conv_2", 2_359_808),
        ("Skip5_1_Conv_1", 147_488),
        ("Skip1_4_Conv_1", 73_984),
        ("Skip5_4_Conv_1", 1_179_904),
        ("Decoder4_Conv_1", 2_949_376),
        ("Decoder1_Conv_1", 46_112),
        ("deepsup_conv_5_1", 13_827),
        ("deepsup_conv_1_2", 84),
    ],
)
def test_layers_of_the_published_network(published, layer, count):
    assert published.get_layer(layer).count_params() == count


def source_of(model, layer):
    """Name of the convolutional block that feeds a layer, through pooling and upsampling."""
    tensor = model.get_layer(layer).input
    while True:
        origin = tensor._keras_history.operation
        if "Activation" in origin.name or "dropout" in origin.name:
            return origin.name
        tensor = origin.input


def test_deep_scales_come_from_the_encoder_but_for_the_level_below(published):
    assert source_of(published, "Skip3_1_Conv_1") == "Encoder3_Activation_2"
    assert source_of(published, "Skip4_2_Conv_1") == "Encoder4_Activation_2"
    assert source_of(published, "Skip5_1_Conv_1") == "Encoder5_dropout"
    assert source_of(published, "Skip2_1_Conv_1") == "Decoder2_Activation_1"
    assert source_of(published, "Skip4_3_Conv_1") == "Decoder4_Activation_1"
    assert source_of(published, "Skip5_4_Conv_1") == "Encoder5_dropout"
    assert source_of(published, "Skip1_3_Conv_1") == "Encoder1_Activation_2"


def test_initial_kernels_differ(published):
    for first, second in (("Encoder4_Conv_2", "Skip4_4_Conv_1"), ("deepsup_conv_1_2", "deepsup_conv_2_2")):
        a, b = (np.asarray(published.get_layer(name).kernel) for name in (first, second))
        assert a.shape == b.shape
        assert not np.array_equal(a, b)


def test_downsampled_network_answers_on_the_grid_it_was_given():
    model = network.unet3plus([4, 4, 4, 4, 4], size=64, downsample=2)
    outputs = model.predict(np.random.default_rng(0).random((2, 64, 64, 1), np.float32), verbose=0)
    assert [output.shape for output in outputs] == [(2, 64, 64, 3)] * 5
    np.testing.assert_allclose(outputs[-1].sum(axis=-1), 1, atol=1e-5)


def test_last_head_alone_gives_the_same_answer():
    model = network.unet3plus([4, 4, 4, 4, 4], size=32)
    image = np.random.default_rng(0).random((2, 32, 32, 1), np.float32)
    np.testing.assert_array_equal(
        network.last_head(model).predict(image, verbose=0), model.predict(image, verbose=0)[-1]
    )


def test_dice_loss_of_known_answers():
    labels = np.array([0, 0, 1, 2], np.uint8).reshape(1, 2, 2, 1)
    perfect = np.eye(3, dtype=np.float32)[labels[..., 0]]
    assert float(network.dice_loss(labels, perfect)) == pytest.approx(0, abs=1e-6)
    # All background: Dice 2·2 / (2 + 4) for background, 0 for the others.
    background = np.zeros_like(perfect)
    background[..., 0] = 1
    assert float(network.dice_loss(labels, background)) == pytest.approx(1 - (4 / 6) / 3, abs=1e-5)
    even = np.full_like(perfect, 1 / 3)
    expected = np.mean([2 * count / 3 / (count + 4 / 3) for count in (2, 1, 1)])
    assert float(network.dice_loss(labels, even)) == pytest.approx(1 - expected, abs=1e-5)


def test_dice_metric_is_of_its_structure_over_all_batches():
    metrics = {name: network.StructureDice(name) for name in ("myocardium", "blood_pool")}
    labels = np.array([[0, 1], [1, 2]], np.uint8).reshape(1, 2, 2, 1)
    found = np.eye(3, dtype=np.float32)[np.array([[0, 1], [2, 2]])][None]
    for metric in metrics.values():
        metric.update_state(labels, found)
        metric.update_state(labels, np.eye(3, dtype=np.float32)[labels[..., 0]])
    assert float(metrics["myocardium"].result()) == pytest.approx(2 * 3 / (4 + 3))
    assert float(metrics["blood_pool"].result()) == pytest.approx(2 * 2 / (2 + 3))


@pytest.fixture(scope="module")
def slices(tmp_path_factory):
    """Eleven training and three validation slices of bright discs in grey rings."""
    path = tmp_path_factory.mktemp("slices") / "slices.h5"
    y, x = np.mgrid[:32, :32]
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        for part, count in (("train", 11), ("validation", 3)):
            centres, radii = rng.uniform(12, 20, (count, 2)), rng.uniform(3, 6, count)
            distance = np.stack([np.hypot(y - c[0], x - c[1]) for c in centres])
            masks = np.select([distance < radii[:, None, None], distance < radii[:, None, None] + 4], [2, 1]).astype(
                "u1"
            )
            images = np.choose(masks, [0.1, 0.4, 0.9]) + 0.05 * rng.random(masks.shape)
            group = file.create_group(part)
            group["images"], group["masks"] = images.astype(np.float32), masks
            names = [f"M{number % 4}_{part}_sl{number:02d}_fr00" for number in range(count)]
            group.create_dataset("names", data=names, dtype=h5py.string_dtype())
    return str(path)


def test_every_slice_once_per_epoch_in_an_order_of_its_own(slices):
    batches = Slices(slices, "train", 4, ["head"], seed=1)
    orders = []
    for _ in range(2):
        assert [len(batches[index][0]) for index in range(len(batches))] == [4, 4, 3]
        orders.append(batches.order.tolist())
        assert sorted(orders[-1]) == list(range(11))
        batches.on_epoch_end()
    assert orders[0] != orders[1]


def test_validation_is_neither_shuffled_nor_augmented(slices):
    batches = Slices(slices, "validation", 4, ["head"])
    images, labels = batches[0]
    with h5py.File(slices) as file:
        np.testing.assert_array_equal(images[..., 0], file["validation/images"][:])
        np.testing.assert_array_equal(labels["head"][..., 0], file["validation/masks"][:])


NETWORK = {"architecture": "unet3plus", "filters": [4, 4, 6, 6, 8], "size": 32, "downsample": 1, "dropout": 0.3}
TRAINING = {"epochs": 3, "patience": 25, "batch_size": 4, "learning_rate": 0.001, "seed": 5}


def train(slices, folder, **changes):
    paths = {
        key: str(folder / name) for key, name in (("model", "model.keras"), ("history", "h.csv"), ("record", "t.json"))
    }
    train_network.main(slices, NETWORK, TRAINING | changes, threads=2, **paths)
    return {
        key: hashlib.sha256((folder / path).read_bytes()).hexdigest()
        for key, path in (("model", "model.keras"), ("history", "h.csv"), ("record", "t.json"))
    }


def test_same_seed_same_bytes(slices, tmp_path):
    first, second, other = tmp_path / "1", tmp_path / "2", tmp_path / "3"
    for folder in (first, second, other):
        folder.mkdir()
    digests = train(slices, first)
    assert digests == train(slices, second)
    assert digests["model"] != train(slices, other, seed=6)["model"]

    history = pd.read_csv(first / "h.csv")
    assert history["epoch"].tolist() == [1, 2, 3]
    assert history.columns.tolist() == [
        "epoch",
        "loss",
        "val_loss",
        "dice_myocardium",
        "dice_blood_pool",
        "val_dice_myocardium",
        "val_dice_blood_pool",
        "learning_rate",
    ]
    assert history["loss"].iloc[-1] < history["loss"].iloc[0]
    record = json.loads((first / "t.json").read_text())
    assert record["slices"] == {"train": 11, "validation": 3}
    assert record["mice"]["validation"] == ["M0_validation", "M1_validation", "M2_validation"]
    assert record["best_epoch"] == int(history["epoch"][history["val_loss"].idxmin()])

    with zipfile.ZipFile(first / "model.keras") as file:
        shared = re.findall(r'"shared_object_id": (\d+)', file.read("config.json").decode())
    assert 0 < max(map(int, shared)) <= len(shared), "no address in memory"
    model = keras.saving.load_model(first / "model.keras", compile=False)
    assert model.count_params() == record["parameters"]


def test_best_weights_are_kept(slices, tmp_path):
    """The saved network has the validation loss of the best epoch, not of the last."""
    train(slices, tmp_path, epochs=6, learning_rate=0.02, patience=2)
    history = pd.read_csv(tmp_path / "h.csv")
    model = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    network.compile_for_training(model, 0.001)
    result = model.evaluate(Slices(slices, "validation", 4, model.output_names), verbose=0, return_dict=True)
    assert result["loss"] == pytest.approx(history["val_loss"].min(), rel=1e-4)
