"""Bad and odd readers: weights of networks, masks of a second observer. No network is loaded."""

import json
import pickle
import shutil
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from corpus import Case, Finished, Noted, Right, check, is_true, stops
from good_study import Place
from spoil_hdf5 import edit, put

SHIPPED = Path(__file__).resolve().parents[2] / "models" / "murmur.keras"
OBSERVER = "observer/Bad.h5"


def weights(name, write):
    """Give the study a network whose file `write` makes."""

    def spoil(place):
        write(place / name)
        place.study["readers"] = {"net": {"weights": name}}

    return spoil


def zipped(**files):
    """Write a .keras file, a zip archive, of these files; names are those of Keras, with _ for the dot."""

    def write(path):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name.replace("_json", ".json").replace("_h5", ".h5"), content)

    return write


def layer(kind, name, **config):
    return {"module": "keras.layers", "class_name": kind, "config": {"name": name, **config}, "registered_name": None}


def network(*layers, module="keras"):
    """The configuration of a network, as Keras 3 writes it."""
    config = {"name": "net", "layers": list(layers)}
    return json.dumps({"module": module, "class_name": "Functional", "config": config, "registered_name": "Functional"})


IMAGE = layer("InputLayer", "image", batch_shape=[None, 28, 28, 1], dtype="float32")
OTHER = network(IMAGE, layer("Flatten", "flat"), layer("Dense", "out", units=10))
LAMBDA = {"class_name": "__lambda__", "config": {"code": "4wAAAAA=", "defaults": None, "closure": None}}
UNSAFE = network(IMAGE, layer("Lambda", "run", function=LAMBDA))
METADATA = json.dumps({"keras_version": "3.15.1", "date_saved": "2026-11-28@12:00:00"})


def weights_h5() -> bytes:
    """An HDF5 file without weights."""
    with h5py.File("w", "w", driver="core", backing_store=False) as file:
        file.create_group("layers")
        file.flush()
        return file.id.get_file_image()


def complete(config):
    return zipped(metadata_json=METADATA, config_json=config, **{"model.weights_h5": weights_h5()})


def mouse_instead(path):
    shutil.copy(path.parent / "mice/G1.h5", path)


def keras2(config, with_weights=True):
    """Write an HDF5 file as Keras 2 does."""

    def write(path):
        with h5py.File(path, "w") as file:
            file.attrs["model_config"] = config
            if with_weights:
                file.create_group("model_weights")

    return write


def shipped(cut=None):
    return lambda path: path.write_bytes(SHIPPED.read_bytes()[:cut])


def bomb(path):
    """A small archive that unpacks to 256 MB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", METADATA)
        with archive.open("config.json", "w", force_zip64=True) as file:
            for _ in range(256):
                file.write(bytes(2**20))


LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:1f\nsize 1\n"
NET, H5 = r"m\.keras: found ", r"w\.h5: found "

WEIGHTS = [
    Case(
        "S27_weights_missing",
        lambda p: p.study.update(readers={"net": {"weights": "m.keras"}}),
        stops("planning", r"readers\.net\.weights: found no file 'm\.keras'"),
    ),
    Case(
        "S28_weights_truncated", weights("m.keras", shipped(20_000)), stops("planning", NET + "a truncated .keras file")
    ),
    Case("S29_weights_other_network", weights("m.keras", complete(OTHER)), stops("planning", NET + "a network")),
    Case(
        "S30_weights_pickle",
        weights("m.keras", lambda path: path.write_bytes(pickle.dumps({"weights": [1, 2]}))),
        stops("planning", NET + r"no readable network file \(neither"),
    ),
    Case(
        "S31_weights_hdf5_mouse",
        lambda p: p.study.update(readers={"net": {"weights": "mice/G1.h5"}}),
        stops("planning", r"mice/G1\.h5: found .*model_config"),
    ),
    Case(
        "S32_weights_text_h5",
        weights("w.h5", lambda path: path.write_text(LFS)),
        stops("planning", H5 + "a Git LFS pointer"),
    ),
    Case(
        "G24_wrong_network_h5_published_like",
        weights("w.h5", keras2(json.dumps({"class_name": "Functional", "config": {}}))),
        stops("planning", H5 + "an HDF5 file of a network with the layers none"),
    ),
    # more
    Case(
        "W01_folder",
        weights("m.keras", lambda path: path.mkdir()),
        stops("planning", r"readers\.net\.weights: found no file 'm\.keras'"),
    ),
    Case("W02_empty", weights("m.keras", lambda path: path.write_bytes(b"")), stops("planning", NET + "an empty file")),
    Case("W03_lambda", weights("m.keras", complete(UNSAFE)), stops("planning", NET + ".*(Lambda|code)")),
    Case(
        "W04_no_config",
        weights("m.keras", zipped(metadata_json=METADATA)),
        stops("planning", NET + "an archive without config.json"),
    ),
    Case(
        "W05_config_no_json",
        weights("m.keras", complete("{not json")),
        stops("planning", NET + r"no readable network file \(Expecting property name"),
    ),
    Case(
        "W06_config_other_json",
        weights("m.keras", complete("[1, 2]")),
        stops("planning", NET + "a configuration without layers"),
    ),
    Case("W07_bomb", weights("m.keras", bomb), stops("planning", NET + "an archive without model.weights.h5")),
    Case(
        "W08_foreign_class",
        weights("m.keras", complete(network(layer("system", "x"), module="os"))),
        stops("planning", NET + "the layer Functional, which is not part of Keras"),
    ),
    Case(
        "W09_pytorch",
        weights("m.keras", zipped(**{"archive/data.pkl": b"\x80\x02}q\x00."})),
        stops("planning", NET + "an archive without config.json, metadata.json"),
    ),
    Case(
        "W10_config_no_json_h5",
        weights("w.h5", keras2("{not json")),
        stops("planning", H5 + r"no readable network file \(Expecting property name"),
    ),
    Case(
        "W11_weights_only_h5",
        weights("w.h5", keras2("{}", with_weights=False)),
        stops("planning", H5 + ".*model_weights"),
    ),
    Case(
        "W12_address",
        lambda p: p.study.update(readers={"net": {"weights": "https://example.org/m.keras"}}),
        stops("planning", r"readers\.net\.weights: found .*address"),
    ),
    Case(
        "W13_dangling_link",
        weights("m.keras", lambda path: path.symlink_to("nowhere")),
        stops("planning", r"readers\.net\.weights: found no file"),
    ),
    Case(
        "W14_truncated_h5",
        weights("w.h5", lambda path: path.write_bytes(weights_h5()[:300])),
        stops("planning", H5 + r"no readable network file \(truncated file"),
    ),
    Case(
        "W15_word_misspelt",
        lambda p: p.study.update(readers={"net": {"weights": "publised"}}),
        stops("planning", r"readers\.net\.weights: found .*'publised'.*did you mean 'published'"),
    ),
    Case("W16_shipped", weights("m.keras", shipped()), Right(lambda results: None)),  # planned, not segmented
]


def one_observer(place: Place, *names: str) -> None:
    """Leave only these files of the observer."""
    for path in (place.folder / "observer").glob("*.h5"):
        if path.stem not in names:
            path.unlink()


def settings(**keys):
    return lambda place: place.study["readers"]["observer"].update(keys)


def others_names(place: Place) -> None:
    for path in (place.folder / "observer").glob("*.h5"):
        path.rename(path.with_name(f"scan_{path.name}"))


def nested(place: Place) -> None:
    for path in (place.folder / "observer").glob("*.h5"):
        edit(lambda h5: h5.move("Masks", "second/look"), f"observer/{path.name}")(place)
    settings(dataset="second/look")(place)


def not_read(results: Finished) -> None:
    assert set(results.of("Bad", "reader").values()) == {None}
    is_true(results, "G1")


def twice(place: Place) -> None:
    place.study["readers"]["second"] = dict(place.study["readers"]["observer"])


def group_instead(name):
    return lambda place: (
        no_datasets_of(OBSERVER, name)(place),
        edit(lambda h5: h5.create_group(name), OBSERVER)(place),
    )


def no_datasets_of(file, name):
    return edit(lambda h5: h5.__delitem__(name), file)


def external(place: Place) -> None:
    no_datasets_of(OBSERVER, "Masks")(place)
    edit(lambda h5: h5.__setitem__("Masks", h5py.ExternalLink("G1.h5", "/Masks")), OBSERVER)(place)


FOUND = r"observer/Bad\.h5: found "

MASKS = [
    Case(
        "S33_masks_empty",
        one_observer,
        stops("planning", r"readers\.observer\.masks: found no file \*\.h5 in 'observer'"),
    ),
    Case(
        "S34_masks_other_names",
        others_names,
        stops("planning", r"readers\.observer\.masks: found no Masks in 'observer' for any mouse"),
    ),
    Case(
        "S35_masks_label_3",
        put("Masks", lambda v: np.where(v == 2, 3, v), OBSERVER),
        stops("planning", FOUND + "the labels? 3 in Masks"),
    ),
    Case(
        "S36_masks_shape",
        put("Masks", lambda v: v[1:], OBSERVER),
        stops("planning", FOUND + r"Masks of shape \(39, 36, 4, 5\)"),
    ),
    Case(
        "S37_dataset_misspelt",
        settings(dataset="Mask"),
        stops("planning", r"readers\.observer\.masks: found no Mask in 'observer' for any mouse"),
    ),
    Case(
        "S56_masks_dangling_folder",
        lambda p: (shutil.rmtree(p.folder / "observer"), (p.folder / "observer").symlink_to("nowhere")),
        stops("planning", r"readers\.observer\.masks: found no folder 'observer'"),
    ),
    Case(
        "G11_masks_reader_frames_strings",
        put("Frames_with_ROI", lambda v: [b"ED", b"ES"], OBSERVER),
        stops("planning", FOUND + ".*Frames_with_ROI"),
    ),
    Case("G12_masks_reader_group", group_instead("Masks"), stops("planning", FOUND + ".*group")),
    Case(
        "G13_masks_reader_string", put("Masks", lambda v: "none", OBSERVER), stops("planning", FOUND + "Masks of shape")
    ),
    # more
    Case(
        "M01_truncated",
        lambda p: (p / OBSERVER).write_bytes((p / OBSERVER).read_bytes()[:3000]),
        stops("planning", FOUND + r"no readable HDF5 file \(truncated file"),
    ),
    Case(
        "M02_dangling_link",
        lambda p: ((p / OBSERVER).unlink(), (p / OBSERVER).symlink_to("nowhere")),
        stops("planning", FOUND + "a link to 'nowhere'"),
    ),
    Case(
        "M03_missing_mouse",
        lambda p: (p / OBSERVER).unlink(),
        Noted("mice without masks of observer: Bad", "", not_read),
    ),
    Case(
        "M04_nan",
        put("Masks", lambda v: np.where(v == 2, np.nan, v), OBSERVER),
        stops("planning", FOUND + "the labels? nan"),
    ),
    Case("M05_floats", put("Masks", lambda v: v.astype(float), OBSERVER), Right()),
    Case(
        "M06_frames_twice",
        put("Frames_with_ROI", lambda v: [0, 0, 2], OBSERVER),
        stops("planning", FOUND + ".*Frames_with_ROI"),
    ),
    Case(
        "M07_frames_beyond",
        put("Frames_with_ROI", lambda v: [0, 9], OBSERVER),
        stops("planning", FOUND + r".*Frames_with_ROI \[0, 9\]"),
    ),
    Case(
        "M08_3D",
        put("Masks", lambda v: v[..., 0], OBSERVER),
        stops("planning", FOUND + r"Masks of shape \(40, 36, 4\)"),
    ),
    Case("M09_external_link", external, stops("planning", FOUND + ".*(external|link|another file)")),
    Case("M10_nested_dataset", nested, Right()),
    Case(
        "M11_labels_in_other_frame",
        put("Masks", lambda v: np.where(np.arange(5) == 1, v[..., [0]], v), OBSERVER),
        Right(),
    ),
    Case(
        "M12_folder_named_h5",
        lambda p: ((p / OBSERVER).unlink(), (p / OBSERVER).mkdir()),
        stops("planning", FOUND + "a folder"),
    ),
    Case(
        "M13_compound",
        put("Masks", lambda v: np.zeros(v.shape, [("a", "u1")]), OBSERVER),
        stops("planning", FOUND + r"Masks of shape .* and type \["),
    ),
    Case("M14_mouse_of_nobody", lambda p: shutil.copy(p / OBSERVER, p / "observer/Bda.h5"), Noted("Bda", mouse=".*")),
    Case("M15_empty_masks", put("Masks", lambda v: v * 0, OBSERVER), Noted("masks without labels: .* by observer")),
    Case(
        "M16_labels_swapped",
        put("Masks", lambda v: np.choose(v, [0, 2, 1]), OBSERVER),
        Noted("labels look swapped: .* by observer"),
    ),
    Case("M17_slices_reversed", put("Masks", lambda v: v[:, :, ::-1], OBSERVER), Noted("slices reversed in the masks")),
    Case(
        "M18_no_ES",
        put("Masks", lambda v: np.where(np.arange(5) == 2, 0, v), OBSERVER),
        Noted("ED or ES without masks: no masks in frame 3 of 5 by observer"),
    ),
    Case(
        "M19_the_reference", settings(masks="mice"), Noted("same masks as the reference: those of observer", mouse="")
    ),
    Case("M20_one_folder_twice", twice, Noted("same masks as observer: those of second in Bad, G1", mouse="")),
]


@pytest.mark.parametrize("case", WEIGHTS, ids=lambda case: case.name)
def test_weights(case, place):
    case.spoil(place)
    place.write()
    check(case, place.folder)


@pytest.mark.parametrize("case", MASKS, ids=lambda case: case.name)
def test_masks_of_a_reader(case, place):
    case.spoil(place)
    place.write()
    check(case, place.folder)
