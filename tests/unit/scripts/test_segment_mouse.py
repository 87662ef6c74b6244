"""Segmenting a mouse with a network, whatever the size of its images; these tests import TensorFlow."""

import os
import subprocess
import sys

import h5py
import numpy as np
import pytest

from published_layout import Answer, draw_weights, write_network
from workplace import ROOT

keras = pytest.importorskip("keras")

import segment_mouse  # noqa: E402
from murmur.data.mouse_file import write_cine  # noqa: E402
from murmur.errors import BadInput  # noqa: E402
from murmur.files import sha256  # noqa: E402
from murmur.network import inference, unet3plus  # noqa: E402
from murmur.network import model as network_model  # noqa: E402
from murmur.network.preprocessing import scale  # noqa: E402
from murmur.network.stored import load_network  # noqa: E402


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network with random weights, on squares of 32 pixels."""
    keras.utils.set_random_seed(3)
    path = tmp_path_factory.mktemp("model") / "model.keras"
    network_model.save_model(unet3plus.unet3plus([4, 4, 4, 4, 4], size=32), path)
    return str(path)


def export(model, folder):
    """Export a network in a process of its own, as a job does: OpenVINO numbers the layers of a process."""
    call = f"import export_network; export_network.main({model!r}, '{folder}/network.xml', '{folder}/network.bin')"
    path = str(ROOT / "scripts")
    subprocess.run([sys.executable, "-c", call], check=True, env=os.environ | {"PYTHONPATH": path})
    return str(folder / "network.xml")


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    """The same network for OpenVINO."""
    return export(model, tmp_path_factory.mktemp("exported"))


def write_mouse(folder, rows, columns):
    images = np.random.default_rng(0).integers(0, 4000, (rows, columns, 3, 5)).astype(np.uint16)
    write_cine(folder / "A.h5", images)
    return images


def segment(folder, model, postprocess="none", exported=None, precision="float32", copies=None):
    output, spacing_mm = folder / "seg" / "A.h5", [0.1, 0.2, 1.0]
    mouse, crop, models = str(folder / "A.h5"), True, [model] if isinstance(model, str) else model
    networks = models, [exported] if exported else [], copies
    segment_mouse.main(mouse, *networks, "net", postprocess, spacing_mm, precision, crop, str(output), threads=1)
    with h5py.File(output) as file:
        return file["Masks"][:], file["Frames_with_ROI"][:].tolist(), dict(file.attrs)


def test_labels_are_those_of_the_last_head(tmp_path, model):
    images = write_mouse(tmp_path, 32, 32)
    masks, frames, attributes = segment(tmp_path, model)
    assert (masks.dtype, masks.shape, frames) == (np.uint8, images.shape, [0, 1, 2, 3, 4])
    heads = keras.saving.load_model(model, compile=False).predict(scale(images[:, :, 1, 2])[None, ..., None], verbose=0)
    np.testing.assert_array_equal(masks[:, :, 1, 2], heads[-1][0].argmax(axis=-1))
    assert len(np.unique(masks)) > 1, "an answer that is all background would prove nothing"
    assert attributes["weights_sha256"] == sha256(model)
    assert attributes["spacing_mm"].tolist() == [0.1, 0.2, 1.0]
    assert attributes["segmented_rows"].tolist() == attributes["segmented_columns"].tolist() == [0, 32]


def test_mean_of_networks_and_mirrored_copies(tmp_path, model):
    """Twice the same network gives its masks; on an image and its mirror image, mirrored copies give mirrored masks."""
    images = write_mouse(tmp_path, 32, 32)
    plain, _, _ = segment(tmp_path, model)
    twice, _, attributes = segment(tmp_path, [model, model])
    np.testing.assert_array_equal(twice, plain)
    assert attributes["weights_sha256"] == ", ".join([sha256(model)] * 2)
    assert attributes["software"].startswith("mean of 2 networks; Keras")
    with h5py.File(tmp_path / "seg" / "A.h5") as file:
        entropy = file["Entropy"][:]
    assert entropy.shape == images.shape and 0 < entropy.max() <= 100
    copies, _, _ = segment(tmp_path, model, copies="mirrored")
    write_cine(tmp_path / "A.h5", images[::-1])
    mirrored, _, _ = segment(tmp_path, model, copies="mirrored")
    np.testing.assert_array_equal(mirrored[::-1], copies)
    assert (copies != plain).any()


@pytest.mark.parametrize(("rows", "columns"), [(20, 26), (44, 32), (40, 25)])
def test_other_sizes_are_cropped_or_padded_around_the_centre(tmp_path, model, rows, columns):
    images = write_mouse(tmp_path, rows, columns)
    masks, _, _ = segment(tmp_path, model)
    assert masks.shape == images.shape
    if rows == 44:  # the middle 32 rows are what the network sees; the rest is background
        assert not masks[:6].any()
        assert not masks[38:].any()
        square = scale(images[:, :, 0, 0])[6:38]
        heads = keras.saving.load_model(model, compile=False).predict(square[None, ..., None], verbose=0)
        np.testing.assert_array_equal(masks[6:38, :, 0, 0], heads[-1][0].argmax(axis=-1))


def test_islands_are_dropped(tmp_path, model):
    from scipy.ndimage import label

    write_mouse(tmp_path, 32, 32)
    raw, _, _ = segment(tmp_path, model)
    kept, _, _ = segment(tmp_path, model, "largest_component")
    assert not (kept[raw == 0]).any()
    for frame in range(5):
        for structure in np.unique(raw)[1:]:
            sizes = np.bincount(label(raw[..., frame] == structure, np.ones((3, 3, 3)))[0].ravel())[1:]
            assert sizes.max() <= (kept[..., frame] == structure).sum() <= sizes.sum()


@pytest.mark.parametrize("skip", ["encoder", "decoder"])
def test_published_weights(tmp_path, skip):
    filters = [2, 3, 4, 5, 6]
    weights = draw_weights(filters, seed=4)
    write_network(tmp_path / "SEG.h5", weights, filters, 32, skip)
    images = write_mouse(tmp_path, 32, 32)
    masks, _, attributes = segment(tmp_path, str(tmp_path / "SEG.h5"))
    probabilities = Answer(weights, skip).probabilities(scale(images[:, :, 1, 2]))
    first, second = np.sort(probabilities, axis=-1)[..., :-3:-1].transpose(2, 0, 1)
    clear = first - second > 1e-3  # elsewhere rounding decides
    assert clear.mean() > 0.9
    np.testing.assert_array_equal(masks[:, :, 1, 2][clear], probabilities.argmax(axis=-1)[clear])
    assert len(np.unique(masks)) == 3
    assert attributes["weights_sha256"] == sha256(tmp_path / "SEG.h5")


def test_what_is_no_network_is_refused(tmp_path, model):
    (tmp_path / "no.keras").write_text("no")
    with pytest.raises(BadInput, match="no.keras: found no readable network file"):
        load_network(str(tmp_path / "no.keras"))
    (tmp_path / "SEG459.h5").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 156245288\n")
    with pytest.raises(BadInput, match="git lfs pull"):
        load_network(str(tmp_path / "SEG459.h5"))
    image = keras.Input((32, 32, 1))
    keras.Model(image, keras.layers.Conv2D(5, 3, padding="same")(image)).save(tmp_path / "five.keras")
    with pytest.raises(BadInput, match=r"5 output classes, expected \(size, size, 1\) and 3"):
        load_network(str(tmp_path / "five.keras"))


def test_a_gpu_that_is_not_there_stops_the_job(tmp_path, model, monkeypatch):
    write_mouse(tmp_path, 32, 32)
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["cpu:0"])
    with pytest.raises(BadInput, match="given 1 GPU, and TensorFlow sees 0"):
        mouse, output = str(tmp_path / "A.h5"), str(tmp_path / "B.h5")
        segment_mouse.main(
            mouse, [model], [], None, "net", "none", [0.1, 0.2, 1.0], "float32", True, output, threads=1, gpu=1
        )


def test_openvino_gives_the_labels_of_keras(tmp_path, model, exported):
    write_mouse(tmp_path, 40, 25)
    by_keras, _, _ = segment(tmp_path, model)
    by_openvino, frames, attributes = segment(tmp_path, model, exported=exported)
    np.testing.assert_array_equal(by_openvino, by_keras)
    assert frames == [0, 1, 2, 3, 4]
    assert attributes["weights_sha256"] == sha256(model)
    assert attributes["software"].startswith("OpenVINO ") and attributes["software"].endswith(", float32")


def test_lower_precision_is_named_where_it_is_used(tmp_path, model, exported):
    write_mouse(tmp_path, 32, 32)
    exact, _, _ = segment(tmp_path, model, exported=exported)
    masks, _, attributes = segment(tmp_path, model, exported=exported, precision="bfloat16")
    assert (masks == exact).mean() > 0.95
    features = set(inference.CPU_INFO.read_text().split()) if inference.CPU_INFO.exists() else set()
    if {"avx512_bf16", "amx_bf16"} & features:
        assert attributes["software"].endswith("bfloat16")
    if attributes["software"].endswith("float32"):  # the processor has no bfloat16
        np.testing.assert_array_equal(masks, exact)


@pytest.mark.parametrize(
    ("features", "expected"),
    [("avx2", "bfloat16"), ("avx2 avx512f", "float32"), ("avx512f avx512_bf16", "bfloat16"), (None, "bfloat16")],
)
def test_bfloat16_is_not_simulated(tmp_path, monkeypatch, features, expected):
    monkeypatch.setattr(inference, "CPU_INFO", tmp_path / "cpuinfo")
    if features:
        inference.CPU_INFO.write_text(f"model name : one\nflags : {features} sse2\n")
    assert inference.supported("bfloat16") == expected, "without AVX-512, OpenVINO decides"
    assert inference.supported("float32") == "float32"


def test_openvino_does_without_tensorflow(tmp_path, model, exported):
    write_mouse(tmp_path, 32, 32)
    networks = f"['{model}'], ['{exported}'], None, 'net'"
    code = (
        "import sys, segment_mouse\n"
        f"segment_mouse.main('{tmp_path}/A.h5', {networks}, 'none', [1] * 3, 'float32', False, '{tmp_path}/B.h5', 1)\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")})


def test_exported_network_depends_on_the_weights_alone(tmp_path, model, exported):
    export(model, tmp_path)
    for suffix in ("xml", "bin"):
        assert sha256(tmp_path / f"network.{suffix}") == sha256(exported.replace("xml", suffix))
    assert {path.name for path in tmp_path.iterdir()} == {"network.xml", "network.bin"}


@pytest.mark.parametrize(
    ("images", "megabytes", "expected"), [(22, 1, 2), (24, 1, 8), (13, 1, 1), (24, 32, 4), (24, 500, 1)]
)
def test_batches_divide_the_images_and_keep_tensors_small(images, megabytes, expected):
    assert inference.batch_size(images, megabytes * 2**20) == expected
