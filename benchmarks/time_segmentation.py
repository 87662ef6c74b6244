"""Time a cine from its HDF5 file to volumes.csv, in the way of the published study and with Murmur.

    python benchmarks/time_segmentation.py [--repetitions N] [--study FILE] [--every N]

The published study passes each frame to Keras and computes all five outputs of the network. Murmur computes the last
output by OpenVINO, where the heart is, in float32 and, if the processor supports it, in bfloat16. Each way starts new
processes, and imports and writing are timed as well; the ways take turns. Without a study file, a simulated cine of 9
slices and 22 frames of 256 × 256 pixels is segmented by the network of the published study (`full_network.py`) and by
the weights that are provided. With one, its first mouse is segmented by its first network, if the study has been run,
and the table is printed. With `--every N`, the way of the published study takes every N-th frame only, and its times
without start-up are scaled to all frames.

Murmur uses all cores for one mouse here; the workflow uses one per mouse, and segments several side by side.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from results import ROOT, Cost, cost_of, processor, record, report, result, total

THREADS = os.cpu_count()
FRAMES, SLICES = 22, 9
SEED = 5
GRID = {"spacing_mm": None, "override_headers": False}  # keys of a cohort, with their defaults
WAYS = {"Murmur, whole images": "whole", "Murmur": "crop"}
BFLOAT16 = {"Murmur, bfloat16": "bfloat16"}


def reference_way(mouse: str, model: str, masks: str, volumes: str, every: int, grid: dict) -> None:
    """Segment a cine frame by frame with all outputs of the network, and write masks and volumes.

    `grid` has the spacing of the study file, for mice without, and whether it overrules theirs.
    """
    import pandas as pd

    from murmur.data.mouse import check_mouse
    from murmur.data.mouse_file import open_mouse, write_cine
    from murmur.network.postprocessing import keep_heart
    from murmur.network.preprocessing import from_square, scale, to_square

    network = network_of(model)
    spacing = check_mouse(mouse, **grid).spacing_mm
    with open_mouse(mouse) as file:
        images = file["Images"][:]
    labels = np.zeros(images.shape, np.uint8)
    size = network.input_shape[1]
    frames = taken(images.shape[3], every)
    for frame in frames:
        squares = to_square(scale(np.moveaxis(images[..., frame], 2, 0)), size)
        outputs = network.predict(squares[..., None], verbose=0)
        probabilities = outputs[-1] if isinstance(outputs, list) else outputs
        found = from_square(np.argmax(probabilities, axis=-1).astype(np.uint8), images.shape[:2])
        labels[..., frame] = np.moveaxis(found, 0, 2)
    labels = keep_heart(labels, spacing)
    write_cine(masks, masks=labels, frames=frames)
    voxel = np.prod(spacing)
    counts = {name: (labels == label).sum(axis=(0, 1, 2)) * voxel for name, label in (("myocardium", 1), ("blood", 2))}
    pd.DataFrame(counts).to_csv(volumes)


def taken(frames: int, every: int) -> list[int]:
    """Return every `every`-th frame, but not those in which the heart is sought, which begin with the first."""
    return list(range(every // 2, frames, every))


def network_of(model: str):
    """Return a network with all of its outputs."""
    import h5py
    import keras

    from murmur.network.keras2_weights import read_published

    return read_published(model) if h5py.is_hdf5(model) else keras.saving.load_model(model, compile=False)


def murmur_way(mouse: str, model: str, exported: str, how: str, masks: str, grid: dict) -> None:
    """Segment a cine as the rule segment_mouse does: `whole` images, a `crop`, or a crop in `bfloat16`."""
    import segment_mouse

    segment_mouse.main(
        mouse=mouse,
        models=[model],
        exported=[exported],
        copies=None,
        reader="network",
        postprocess="largest_component",
        **grid,
        precision="bfloat16" if how == "bfloat16" else "float32",
        crop=how != "whole",
        segmentation=masks,
        threads=THREADS,
    )


def measure(manifest: str, masks: str, folder: str) -> None:
    """Measure a cine as the rule measure_volumes does."""
    import measure_volumes
    from murmur.data.manifest import read_manifest

    mice = list(read_manifest(manifest))
    measure_volumes.main(manifest, mice, [masks], False, f"{folder}/volumes.csv", f"{folder}/slices.csv")


def simulated_cine(path: Path) -> None:
    """Write a simulated cine of 9 slices and 22 frames of 256 x 256 pixels."""
    from murmur.data.mouse_file import write_cine
    from murmur.phantom.mouse import phantom_mouse

    mouse = phantom_mouse(SEED, 0)
    frames = np.arange(FRAMES) % mouse.images.shape[3]
    slices = np.arange(SLICES) % mouse.images.shape[2]
    attributes = {"spacing_mm": mouse.spacing_mm, "frame_interval_ms": mouse.frame_interval_ms}
    write_cine(path, mouse.images[:, :, slices][..., frames], attributes=attributes)


def first_of_study(path: str) -> tuple[str, str, dict, str]:
    """Return the first mouse and the first network of a study that has been run, the grid, and a title."""
    import yaml

    from murmur.study.study import Study

    study = Study(yaml.safe_load(Path(path).read_text()))
    for name in study.readers_by("train_on", "weights"):
        for cohort in study.readers[name].cohorts:
            for mouse in study.readers[name].mice(study.cohorts[cohort]):
                file, model = study.cohorts[cohort].file(mouse), study.readers[name].model
                if Path(file).exists() and Path(model).exists():
                    grid = {key: getattr(study.cohorts[cohort], key) for key in GRID}
                    return file, model, grid, f"{mouse} of {cohort}, network {name}"
    sys.exit(f"{path}: found no mouse with a network, expected files of a finished study; run the study first")


def compare(first: str, second: str, every: int) -> str:
    """Return in words how the masks of two files agree, in the frames of the first."""
    import h5py

    from murmur.measurement.overlap import dice

    with h5py.File(first) as one, h5py.File(second) as other:
        frames = taken(one["Masks"].shape[3], every)
        ours, theirs = one["Masks"][..., frames], other["Masks"][..., frames]
        rows, columns = other.attrs["segmented_rows"], other.attrs["segmented_columns"]
    found = {name: dice(ours == label, theirs == label) for name, label in (("myocardium", 1), ("blood pool", 2))}
    edv, other_edv = ((masks == 2).sum(axis=(0, 1, 2)).max() for masks in (ours, theirs))
    return (
        f"{np.diff(rows)[0]} × {np.diff(columns)[0]} pixels, Dice coefficients with the masks of the published way "
        f"{', '.join(f'{value:.4f} ({name})' for name, value in found.items())}, difference of the largest blood pool "
        f"{100 * (other_edv / edv - 1):+.2f} %."
    )


def scaled(cost: Cost, of_one: Cost, every: int) -> Cost:
    """Return the cost of all frames from that of every `every`-th frame and that of one frame."""
    factor = (FRAMES - 1) / (len(taken(FRAMES, every)) - 1)
    seconds, cpu_seconds = (one + factor * (some - one) for some, one in zip(cost[:2], of_one[:2], strict=True))
    return Cost(seconds, cpu_seconds, cost.memory_GB)


def time_ways(mouse: str, model: str, grid: dict, repetitions: int, every: int) -> tuple[dict[str, list[Cost]], str]:
    """Time all ways in turn; return what each took, and a remark on how the masks agree."""
    with tempfile.TemporaryDirectory() as name:
        folder, script = Path(name), str(Path(__file__).resolve())
        manifest, exported = str(folder / "manifest.csv"), str(folder / "network.xml")
        cost_of([script, "--step", "export", model, exported, str(folder / "network.bin")])
        cost_of([script, "--step", "check", mouse, manifest, json.dumps(grid)])
        ways = WAYS | (BFLOAT16 if "bf16" in processor() else {})
        costs: dict[str, list[Cost]] = {"published study": [], **{way: [] for way in ways}}
        for _ in range(repetitions):
            plain = ["--step", "reference", mouse, model, f"{name}/plain.h5", f"{name}/plain.csv", json.dumps(grid)]
            cost = cost_of([script, *plain, str(every)])
            if every > 1:
                cost = scaled(
                    cost,
                    cost_of([script, *plain[:4], f"{name}/one.h5", f"{name}/one.csv", plain[-1], str(FRAMES)]),
                    every,
                )
            costs["published study"].append(cost)
            for way, how in ways.items():
                masks = f"{name}/{how}.h5"
                steps = (
                    ["segment", mouse, model, exported, how, masks, json.dumps(grid)],
                    ["measure", manifest, masks, name],
                )
                costs[way].append(total([cost_of([script, "--step", *step]) for step in steps]))
        remark = " ".join(
            f"{way}: {compare(f'{name}/plain.h5', f'{name}/{how}.h5', every)}"
            for way, how in ways.items()
            if how != "whole"
        )
    if every > 1:
        remark += f" Comparison and times of the published study: every {every}th frame; the times are scaled to all."
    return costs, remark


def step(name: str, *given: str) -> None:
    """Do one step in a process of its own."""
    if name == "export":
        import export_network

        export_network.main(*given)
    elif name == "check":
        import pandas as pd

        import check_cohort

        mouse, manifest, grid = given
        check_cohort.main([mouse], frame_interval_ms=None, checked=manifest, threads=1, **json.loads(grid))
        pd.read_csv(manifest).assign(phenotype="").to_csv(manifest, index=False)
    elif name == "reference":
        reference_way(*given[:-2], grid=json.loads(given[-2]), every=int(given[-1]))
    elif name == "segment":
        murmur_way(*given[:-1], grid=json.loads(given[-1]))
    elif name == "measure":
        measure(*given)
    elif name == "simulate":
        simulated_cine(Path(given[0]))


def main(repetitions: int, study: str | None, every: int) -> None:
    """Time the cine of a study, or simulated ones."""
    if study:
        mouse, model, grid, title = first_of_study(study)
        costs, remark = time_ways(mouse, model, grid, repetitions, every=1)
        print(report({title: result(costs, remark)}))
        return
    from full_network import CACHE, FULL

    # In other processes, because the memory of this one would count for those that it starts
    subprocess.run([sys.executable, str(Path(__file__).with_name("full_network.py"))], check=True)
    full, mouse = str(FULL), CACHE / "cine.h5"
    if not mouse.exists():
        cost_of([str(Path(__file__).resolve()), "--step", "simulate", str(mouse)])
    provided = str(ROOT / "models" / "murmur.keras")
    for task, model in (("network of the published study", full), ("provided network", provided)):
        record(f"a cine, {task}", *time_ways(str(mouse), model, GRID, repetitions, every))


if __name__ == "__main__":
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--study")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        step(*asked.step)
    else:
        main(asked.repetitions, asked.study, asked.every)
