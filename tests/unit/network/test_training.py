"""Training: batches, what survives a cut, what stops it; these tests import TensorFlow, which takes some seconds."""

import hashlib
import json
import re
import zipfile

import h5py
import numpy as np
import pandas as pd
import pytest

keras = pytest.importorskip("keras")

from tensorflow.python.framework import config  # noqa: E402

import train_network  # noqa: E402
from murmur.errors import BadInput  # noqa: E402
from murmur.network import callbacks, checkpoint, devices, losses, unet3plus  # noqa: E402
from murmur.network import model as network_model  # noqa: E402
from murmur.network import train as network_train  # noqa: E402
from murmur.network.augmentation import RECIPES  # noqa: E402
from murmur.network.batches import Slices  # noqa: E402


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
    batches = Slices(slices, "train", 4, ["head"], RECIPES["paper"], seed=1)
    orders = []
    for epoch in (1, 2):
        batches.start(epoch)
        assert [len(batches[index][0]) for index in range(len(batches))] == [4, 4, 3]
        orders.append([number for number, _ in batches.drawn])
        assert sorted(orders[-1]) == list(range(11))
    assert orders[0] != orders[1]


def test_the_code_draws_whole_batches_with_replacement(slices):
    """Of a slice drawn twice in an epoch, each copy is augmented by itself."""
    batches = Slices(slices, "train", 4, ["head"], RECIPES["notebook"], seed=1)
    assert len(batches) == 11 // 4
    numbers, seeds = [], set()
    for epoch in range(1, 201):
        batches.start(epoch)
        assert len(batches.drawn) == 8
        numbers += [number for number, _ in batches.drawn]
        seeds |= {tuple(seed) for _, seed in batches.drawn}
    assert len(seeds) == len(numbers) == 1600
    counts = np.bincount(numbers, minlength=11)
    assert 100 < counts.min() <= counts.max() < 195  # 145 ± 11.5
    with pytest.raises(BadInput, match="found 12, more than the 11 training slices"):
        Slices(slices, "train", 12, ["head"], RECIPES["notebook"], seed=1)


def test_equal_starts():
    image = keras.Input((8, 8, 1))
    layers = [keras.layers.Conv2D(4, 3, name=name) for name in ("a", "b")]
    wide = keras.layers.Conv2D(8, 3)
    model = keras.Model(image, [layer(image) for layer in (*layers, wide)])
    assert not np.array_equal(*[layer.get_weights()[0] for layer in layers])
    network_train.start_equal(model)
    np.testing.assert_array_equal(*[layer.get_weights()[0] for layer in layers])
    assert np.std(wide.get_weights()[0]) == pytest.approx(np.sqrt(2 / 9), rel=0.3)


def test_validation_is_neither_shuffled_nor_augmented(slices):
    batches = Slices(slices, "validation", 4, ["other", "head"], RECIPES["paper"])
    images, labels = batches[0]
    with h5py.File(slices) as file:
        np.testing.assert_array_equal(images[..., 0], file["validation/images"][:])
        np.testing.assert_array_equal(labels["head"][..., 0], file["validation/masks"][:])
    _, alone = Slices(slices, "validation", 4, ["head"], RECIPES["paper"])[0]
    np.testing.assert_array_equal(alone, labels["head"])


@pytest.fixture(autouse=True, scope="module")
def small_network():
    """Stand in for the UNet3+ with a network that is built at once, and has what matters here: state and two heads."""

    def small(filters, size, downsample, dropout, mix_first=False):
        image = keras.Input((size, size, 1), name="image")
        tensor = keras.layers.Conv2D(filters[0], 3, padding="same", name="conv")(image)
        tensor = keras.layers.BatchNormalization(name="norm")(tensor)
        tensor = keras.layers.Dropout(dropout, name="dropout")(tensor)
        heads = [keras.layers.Conv2D(3, 3, padding="same", name=f"head_{level}_conv")(tensor) for level in (2, 1)]
        heads = [
            keras.layers.Activation("softmax", dtype="float32", name=f"head_{level}")(head)
            for level, head in zip((2, 1), heads, strict=True)
        ]
        return keras.Model(image, heads, name="small")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unet3plus, "unet3plus", small)
        patch.setitem(network_train.BUILDERS, "unet3plus", small)
        yield


NETWORK = {"architecture": "unet3plus", "filters": [4, 4, 6, 6, 8], "size": 32, "downsample": 1, "dropout": 0.3}
TRAINING = {
    "recipe": "paper",
    "precision": "float32",
    "epochs": 12,
    "patience": 2,
    "batch_size": 4,
    "learning_rate": 0.02,
    "schedule": "constant",
    "loss": "dice",
    "shape_weight": 0.05,
    "freeze": "none",
    "seed": 5,
}


FILES = {"model": "model.keras", "history": "history.csv", "record": "training.json"}


def train(slices, folder, **changes):
    folder.mkdir(exist_ok=True)
    paths = {key: str(folder / name) for key, name in FILES.items()}
    train_network.main(slices, NETWORK, TRAINING | changes, threads=2, **paths)
    return digests(folder)


def digests(folder):
    return {key: hashlib.sha256((folder / name).read_bytes()).hexdigest() for key, name in FILES.items()}


@pytest.fixture(scope="module")
def uninterrupted(slices, tmp_path_factory):
    """A training that early stopping ends after some epochs, best epoch not the last."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    train(slices, folder)
    return folder


def test_network_is_traced_once(slices, tmp_path, monkeypatch):
    """TensorFlow traces it twice, which takes as long again, if the first step creates variables."""
    steps, step = [], keras.Model.train_step
    monkeypatch.setattr(keras.Model, "train_step", lambda model, batch: steps.append(batch) or step(model, batch))
    train(slices, tmp_path, epochs=1)
    assert len(steps) == 1


def test_history_and_record(uninterrupted):
    history = pd.read_csv(uninterrupted / "history.csv")
    assert history["epoch"].tolist() == list(range(1, len(history) + 1))
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
    record = json.loads((uninterrupted / "training.json").read_text())
    assert record["slices"] == {"train": 11, "validation": 3}
    assert record["mice"]["validation"] == ["M0_validation", "M1_validation", "M2_validation"]
    assert record["best_epoch"] == int(history["epoch"][history["val_loss"].idxmin()])
    assert record["best_epoch"] < record["epochs_trained"] < TRAINING["epochs"], "early stopping was tried"

    with zipfile.ZipFile(uninterrupted / "model.keras") as file:
        shared = re.findall(r'"shared_object_id": (\d+)', file.read("config.json").decode())
    assert 0 < max(map(int, shared)) <= len(shared), "no address in memory"
    model = keras.saving.load_model(uninterrupted / "model.keras", compile=False)
    assert model.count_params() == record["parameters"]


def test_a_network_that_has_learned_nothing_is_named(caplog):
    history = pd.DataFrame(
        {"val_loss": [0.6, 0.7], "val_dice_myocardium": [0.0, 0.8], "val_dice_blood_pool": [0.9, 0.0]}
    )
    network_train.warn_if_nothing_was_learned(history)
    (message,) = caplog.messages
    assert message.startswith("Myocardium: the network has a Dice coefficient of 0.00 in the validation slices")


def test_best_weights_are_kept(slices, uninterrupted):
    """The saved network has the validation loss of the best epoch, not of the last."""
    history = pd.read_csv(uninterrupted / "history.csv")
    model = keras.saving.load_model(uninterrupted / "model.keras", compile=False)
    network_model.compile_for_training(model, 0.001)
    result = model.evaluate(
        Slices(slices, "validation", 4, model.output_names, RECIPES["paper"]), verbose=0, return_dict=True
    )
    assert result["loss"] == pytest.approx(history["val_loss"].min(), rel=1e-4)


def test_same_seed_same_bytes_cut_off_or_not(slices, uninterrupted, tmp_path, monkeypatch, caplog):
    """Cut off twice, in the epoch after the best one and before the files are written, a training ends the same."""
    best = json.loads((uninterrupted / "training.json").read_text())["best_epoch"]

    class CutOff(Exception):
        pass

    def cut_off(*_):
        raise CutOff

    start = Slices.start
    monkeypatch.setattr(Slices, "start", lambda self, epoch: cut_off() if epoch == best + 2 else start(self, epoch))
    with pytest.raises(CutOff):
        train(slices, tmp_path)
    monkeypatch.setattr(Slices, "start", start)
    assert (tmp_path / "checkpoint" / "state.npz").exists()
    monkeypatch.setattr(train_network, "write_csv", cut_off)
    with pytest.raises(CutOff):
        train(slices, tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(callbacks.Epochs, "on_epoch_begin", cut_off)  # nothing is left to train
    assert train(slices, tmp_path) == digests(uninterrupted)
    assert f"resumes after epoch {best + 1}," in caplog.text
    assert train(slices, tmp_path) == digests(uninterrupted), "cut off before its records were written"


def test_state_of_another_training_is_not_used(slices, tmp_path, caplog):
    """One epoch, kept; then other settings, other slices and a damaged file."""
    keep = {"history": callbacks.History("head"), "stopping": keras.callbacks.EarlyStopping()}
    folder = tmp_path / "checkpoint"
    settings = {"training": TRAINING, "slices": "abc", "software": {"numpy": "2.4.6"}}
    settings["device"] = {"kind": "gpu", "xla": False}
    first = checkpoint.Checkpoint(folder, settings, **keep)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    data = np.ones((4, 2)), np.ones((4, 1))
    model.fit(*data, validation_data=data, verbose=0, callbacks=[keep["stopping"]])
    keep["stopping"].best_weights = model.get_weights()
    keep["history"].rows = [{"epoch": 1, "loss": 0.1}]
    first.set_model(model)

    first.on_epoch_end(0)
    assert checkpoint.Checkpoint(folder, settings, **keep).epochs == 1
    for change, sentence in (
        ({"training": TRAINING | {"batch_size": 5}}, "(training.batch_size changed)"),
        ({"slices": "abd", "software": {"numpy": "2.5"}}, "(slices, software.numpy changed)"),
    ):
        first.on_epoch_end(0)
        assert checkpoint.Checkpoint(folder, settings | change, **keep).epochs == 0
        assert sentence in caplog.text
        assert not (folder / "state.npz").exists()

    first.on_epoch_end(0)
    message = "found 1 epochs of a training on a GPU without XLA, .* this job has a CPU without XLA; run it where"
    with pytest.raises(BadInput, match=message):
        checkpoint.Checkpoint(folder, settings | {"device": {"kind": "cpu", "xla": False}}, **keep)
    assert checkpoint.Checkpoint(folder, settings, **keep).epochs == 1, "a missing GPU costs nothing"

    first.on_epoch_end(0)
    (folder / "state.npz").write_bytes((folder / "state.npz").read_bytes()[:-200])
    assert checkpoint.Checkpoint(folder, settings, **keep).epochs == 0
    assert "cannot be read: training starts from the beginning" in caplog.text


def test_a_loss_that_is_no_number_stops_and_is_not_tried_again(slices, tmp_path, monkeypatch):
    """The weights are spoilt in the third epoch."""
    start = Slices.start

    def spoil(self, epoch):
        start(self, epoch)
        if epoch == 3 and self.seed is not None:
            self._slice = lambda *_: (np.full((32, 32), np.nan, np.float32), np.zeros((32, 32), np.uint8))

    monkeypatch.setattr(Slices, "start", spoil)
    with pytest.raises(BadInput, match="^Epoch 3: the loss in step 1 is nan, expected a finite number; try") as first:
        train(slices, tmp_path)
    assert "learning_rate than 0.02" in str(first.value)
    kept = keras.saving.load_model(tmp_path / "checkpoint" / "best.keras", compile=False)
    assert all(np.isfinite(weight).all() for weight in kept.get_weights())
    assert not (tmp_path / "model.keras").exists()
    monkeypatch.undo()
    with pytest.raises(BadInput, match="Epoch 3: .* would recur with the same settings"):
        train(slices, tmp_path)
    train(slices, tmp_path, epochs=1)
    assert (tmp_path / "checkpoint" / "best.keras").exists(), "others may read with it"


def test_half_precision_goes_on_as_it_was_and_is_saved_in_float32(slices, tmp_path, monkeypatch):
    """float16 has a state of its own, the scale of the loss."""
    settings = {"precision": "mixed_float16", "epochs": 3, "learning_rate": 0.001}
    train(slices, tmp_path / "whole", **settings)
    start = Slices.start
    monkeypatch.setattr(Slices, "start", lambda self, epoch: start(self, epoch) if epoch < 3 else 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train(slices, tmp_path / "cut", **settings)
    monkeypatch.undo()
    assert train(slices, tmp_path / "cut", **settings) == digests(tmp_path / "whole")
    model = keras.saving.load_model(tmp_path / "cut" / "model.keras", compile=False)
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"


def test_gradients_that_no_scale_makes_finite_stop_the_training():
    """In float16 Keras leaves such steps out, silently and for ever; here 16 of them halve the scale to 0.5."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam()), loss=lambda y, x: np.inf * (x - y))
    finite = callbacks.FiniteLoss("try float32")
    finite.set_model(model)
    for steps in (15, 1):
        for _ in range(steps):
            model.train_on_batch(np.ones((4, 2)), np.ones((4, 1)))
        if steps == 15:
            finite.on_epoch_end(0, {"val_loss": 1.0})
    with pytest.raises(BadInput, match="Epoch 0: the gradients are not finite at any loss scale; try float32"):
        finite.on_epoch_end(0, {"val_loss": 1.0})


@pytest.mark.filterwarnings("error:Model doesn't support")
def test_xla_trains(slices, tmp_path):
    config.disable_op_determinism()  # which a training without XLA has asked of this process, and which excludes XLA
    train(slices, tmp_path, xla=True, epochs=1)
    assert json.loads((tmp_path / "training.json").read_text())["device"]["xla"] is True


def test_bfloat16_trains(slices, tmp_path):
    train(slices, tmp_path, precision="mixed_bfloat16", epochs=1)
    assert np.isfinite(pd.read_csv(tmp_path / "history.csv")["loss"]).all()


def test_threads_that_prepare_batches_change_nothing(slices):
    """Three threads finish their batches in any order; the network sees them in one."""
    weights = []
    for workers in (1, 3):
        keras.utils.set_random_seed(3)
        model = unet3plus.unet3plus(filters=[4], size=32, downsample=1, dropout=0.3)
        network_model.compile_for_training(model, 0.01)
        batches = Slices(slices, "train", 2, model.output_names, RECIPES["paper"], seed=1, workers=workers)
        model.fit(batches, epochs=3, verbose=0, shuffle=False, callbacks=[callbacks.Epochs(batches)])
        weights.append(model.get_weights())
    for first, second in zip(*weights, strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_gpu_that_is_not_there_stops_the_job(slices, tmp_path, monkeypatch):
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["gpu:0"])
    assert devices.find_gpus(1) == ["gpu:0"]
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["cpu:0"])
    assert devices.find_gpus(0) == []
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(
        BadInput, match="given 1 GPU, and TensorFlow sees 0: it lists cpu:0, and CUDA_VISIBLE_DEVICES is ''"
    ):
        train_network.main(
            slices, NETWORK, TRAINING, threads=2, model=str(tmp_path / "m.keras"), history="", record="", gpu=1
        )


def test_training_as_the_code_does_it(slices, tmp_path, monkeypatch):
    seen = []
    make, start = Slices.__init__, network_train.start_equal
    monkeypatch.setattr(Slices, "__init__", lambda *args, **kwargs: seen.append(args[2:4]) or make(*args, **kwargs))
    monkeypatch.setattr(network_train, "start_equal", lambda model: seen.append("equal starts") or start(model))
    train(slices, tmp_path, recipe="notebook", epochs=2)
    record = json.loads((tmp_path / "training.json").read_text())
    assert (record["training"]["recipe"], record["epochs_trained"]) == ("notebook", 2)
    assert seen == ["equal starts", ("train", 4), ("validation", 32)]


def test_loss_is_the_sum_over_the_heads(slices):
    keras.utils.set_random_seed(4)
    model = unet3plus.unet3plus(filters=[4], size=32, downsample=1, dropout=0.3)
    network_model.compile_for_training(model, 0.01)
    images, labels = Slices(slices, "validation", 3, model.output_names, RECIPES["paper"])[0]
    total = model.evaluate(images, labels, verbose=0, return_dict=True)["loss"]
    each = [float(losses.dice_loss(labels[name], model(images)[number])) for number, name in enumerate(labels)]
    assert len(each) == 2
    assert total == pytest.approx(sum(each), rel=1e-5)


def test_learning_rate_falls_along_half_a_cosine(slices, tmp_path):
    train(slices, tmp_path, schedule="cosine", epochs=4, patience=4)
    rates = pd.read_csv(tmp_path / "history.csv")["learning_rate"]
    assert rates.tolist() == pytest.approx([0.01 * (1 + np.cos(np.pi * epoch / 4)) for epoch in (1, 2, 3, 4)], abs=1e-8)


def test_digest_of_slices_is_of_their_content(slices, tmp_path):
    with h5py.File(slices) as source, h5py.File(tmp_path / "other.h5", "w") as copy:
        for part in ("validation", "train"):
            group = copy.create_group(part)
            for name in ("names", "masks"):
                source[part].copy(name, group)
            group.create_dataset("images", data=source[part]["images"], compression="lzf", chunks=(1, 32, 32))
    digest = checkpoint.digest_of_slices(slices)
    assert checkpoint.digest_of_slices(tmp_path / "other.h5") == digest
    with h5py.File(tmp_path / "other.h5", "r+") as copy:
        copy["train/masks"][3, 4, 5] += 1
    assert checkpoint.digest_of_slices(tmp_path / "other.h5") != digest
