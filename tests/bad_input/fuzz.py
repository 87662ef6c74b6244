"""Read mutated files until the time is up: every file must be read, or refused with a BadInput that names it.

`python tests/bad_input/fuzz.py SECONDS [SEED]` prints each finding with the file that led to it, kept in `fuzz_found/`.
A finding is another exception, a crash of the process, more than 10 s, or more than 1 GB of memory.
"""

import contextlib
import gzip
import io
import logging
import multiprocessing
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import yaml

import convert_nifti
from good_study import BAD, SHAPE, folder_study, measurements_study, nifti_study
from murmur.data import measurement_table
from murmur.data.mouse import check_mouse
from murmur.data.mouse_file import check_header, contoured_frames
from murmur.data.nifti import NiftiFolder
from murmur.data.participants import read_participants
from murmur.data.reader_masks import check_masks
from murmur.data.split import read_split
from murmur.errors import BadInput
from murmur.network.weights_file import check_weights
from murmur.study.study import Study
from murmur.study.study_file import read_study_file
from test_bad_readers import IMAGE, complete, layer, network

SECONDS, MEGABYTES = 10, 1000  # allowed per file
TOKENS = [",", ";", "\t", '"', "\n", "\r", "\0", "é", "NaN", "1e999", "-1", "0", "M1", "\ufeff", "'", " ", "9" * 400]
YAML_TOKENS = [": ", "- ", "&a ", "*a", "{", "}", "[", "]", "!!python/object:os.system ", "<<: ", "|\n", "? ", "#"]
YAML_TOKENS += ["null", "2026-99-99", ".nan", "no", "'", '"', "\\", "%", "---\n", "mine", "  "]


class Target(NamedTuple):
    """A kind of file: its name in the working directory, good contents, how text is mutated, and what reads it."""

    file: str
    good: list[bytes]
    read: Callable[[], object]
    tokens: list[str] | None = None


def mutated(data: bytes, rng: random.Random, tokens: list[str] | None) -> bytes:
    """Return the content of a file with one to eight changes."""
    if data[:2] == b"\x1f\x8b" and rng.random() < 0.8:  # change the header of the image rather than the compression
        return gzip.compress(mutated(gzip.decompress(data), rng, tokens), 1)
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 4, 8])):
        # Most of what matters is at the beginning: headers of NIfTI, superblock and object headers of HDF5.
        at = rng.randrange(min(len(data), rng.choice([400, 4000, len(data)])) or 1) if data else 0
        choice = rng.randrange(8 if tokens else 7)
        if choice == 0:
            data[at : at + 1] = bytes([rng.randrange(256)])
        elif choice == 1 and data:
            data[min(at, len(data) - 1)] ^= 1 << rng.randrange(8)
        elif choice == 2:
            width = rng.choice([1, 2, 4, 8])
            value = rng.choice([0, 1, 2**7, 2**15, 2**31, 2**63, 2**64 - 1, rng.getrandbits(16)]) % 2 ** (8 * width)
            data[at : at + width] = value.to_bytes(width, "little")
        elif choice == 3:
            del data[at : at + rng.choice([1, 4, 64, 10**6])]
        elif choice == 4:
            data[at:at] = data[at : at + rng.choice([1, 8, 64])]
        elif choice == 5:
            other = rng.randrange(len(data) or 1)
            data[at : at + 8] = data[other : other + 8]
        elif choice == 6:
            size = rng.choice([4, 32, 512])
            data[at : at + size] = bytes(size)
        else:
            data[at:at] = rng.choice(tokens).encode()
    return bytes(data)


def restructured(data: bytes, rng: random.Random) -> bytes:
    """Return a mouse file in which one to three datasets or attributes have another shape and type."""
    with h5py.File(io.BytesIO(data), "r") as source, h5py.File.in_memory() as file:
        for name in source:
            source.copy(name, file)
        for _ in range(rng.randint(1, 3)):
            name = rng.choice(["Images", "Masks", "Frames_with_ROI", "spacing_mm", "frame_interval_ms"])
            place = file if name[0].isupper() else file.attrs
            shape = rng.choice([(), (0,), (1,), (2,), (3,), (1, 3), SHAPE, SHAPE[::-1], SHAPE[:3], (1,) * 5, (1,) * 4])
            kind = rng.choice(
                ["u1", ">i8", "f4", "f8", "c8", "S3", "?", "u8", "f2", [("a", "u1")], h5py.string_dtype()]
            )
            values = np.random.default_rng(rng.getrandbits(32)).integers(0, rng.choice([1, 2, 3, 9]), shape)
            values = np.asarray(values if place is file else np.ravel(values)[:4])
            if name in place:
                del place[name]
            if isinstance(kind, np.dtype):
                values = values.astype(str).astype(object)
            elif rng.random() < 0.1:
                values, kind = h5py.Empty("f4"), None
            place[name] = values if kind is None else values.astype(kind)
        file.flush()
        return file.id.get_file_image()


def targets(folder: Path) -> dict[str, Target]:
    """Write good files in `folder`, and return what is to be fuzzed."""
    study = folder_study(folder)
    measurements_study(folder)
    scans = folder / "nifti"
    scans.mkdir()
    nifti_study(scans)
    (folder / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    (folder / "split.csv").write_text("mouse,split\nG1,train\nG2,validation\nG3,test\n")
    (folder / "images").mkdir()
    for name in ("Bad_4d", "Bad_frame01_gt", "Bad_frame03_gt"):
        data = gzip.decompress((scans / f"images/{name}.nii.gz").read_bytes())
        (folder / f"images/{name}.nii").write_bytes(data)
    head = layer("Conv2D", "out", filters=3, kernel_size=[1, 1])
    complete(network(IMAGE, head))(folder / "m.keras")
    compact = folder / "compact.h5"
    with h5py.File(folder / BAD) as source, h5py.File(compact, "w", libver="latest") as file:
        for name in source:
            file[name] = source[name][()]
        file.attrs.update(spacing_mm=[0.2, 0.2, 1.0], frame_interval_ms=25.0)
    images = NiftiFolder("images", "{mouse}_4d.nii", LABELS, masks="{mouse}_frame{frame}_gt.nii")
    packed = NiftiFolder("images", "{mouse}_4d.nii.gz", LABELS, masks="{mouse}_frame{frame}_gt.nii")

    def content(*names: str) -> list[bytes]:
        return [(folder / name).read_bytes() for name in names]

    mice = [f"M{number}" for number in range(1, 7)]
    return {
        "mouse": Target(BAD, content(BAD, "compact.h5"), read_mouse),
        "masks": Target("observer/Bad.h5", content("observer/Bad.h5"), read_masks),
        "image": Target("images/Bad_4d.nii", content("images/Bad_4d.nii"), lambda: convert(images)),
        "packed": Target("images/Bad_4d.nii.gz", content("nifti/images/Bad_4d.nii.gz"), lambda: convert(packed)),
        "mask": Target("images/Bad_frame01_gt.nii", content("images/Bad_frame01_gt.nii"), lambda: convert(images)),
        "numbers": Target("numbers.csv", content("numbers.csv"), read_numbers, TOKENS),
        "participants": Target(
            "participants.tsv",
            content("participants.tsv"),
            lambda: read_participants("participants.tsv", mice),
            TOKENS,
        ),
        "split": Target("split.csv", content("split.csv"), lambda: read_split("split.csv", ["G1", "G2", "G3"]), TOKENS),
        "study": Target("study.yaml", content("study.yaml"), read_study, YAML_TOKENS + TOKENS),
        "weights": Target("m.keras", content("m.keras"), lambda: check_weights("m.keras")),
    }


LABELS = {"myocardium": 1, "blood_pool": 2}


def read_mouse() -> None:
    """Check the mouse file as when planning, and as the jobs do."""
    check_header(BAD)
    contoured_frames(BAD)
    check_mouse(BAD)


def read_masks() -> None:
    """Check the masks of a reader."""
    check_masks("observer/Bad.h5", dataset="Masks")


def convert(folder: NiftiFolder) -> None:
    """Check the headers of the NIfTI files, and convert them."""
    folder.check_headers("Bad", None, None, False)
    convert_nifti.main(folder, "Bad", "converted.h5", None, None, False)


def read_numbers() -> None:
    """Read the measurements of every reader."""
    measurement_table._rows.cache_clear()
    measurement_table.mice("numbers.csv")
    for reader in measurement_table.readers("numbers.csv"):
        measurement_table.function("numbers.csv", reader)


def read_study() -> None:
    """Read the study file, and plan the study."""
    read_study_file("study.yaml")
    study = Study(yaml.safe_load(Path("study.yaml").read_text(encoding="utf-8-sig")))
    study.check_mice()


def problem_of(target: Target) -> str:
    """Read the file of a target; return what is wrong with how it was read, or nothing."""
    start = time.monotonic()
    try:
        target.read()
    except BadInput as refusal:
        text = str(refusal)
        if target.file != "study.yaml" and Path(target.file).stem.split("_")[0] not in text:
            return f"the file is not named: {text[:300]}"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:300]}"
    took = time.monotonic() - start
    return f"{took:.0f} s" if took > SECONDS else ""


def work(folder: Path, seed: int, first: int, last: int, state, findings) -> None:
    """Read the mutated files number `first` to `last` - 1; `state` tells the number and when it began."""
    logging.disable(logging.CRITICAL)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kinds = targets(folder)
    with contextlib.chdir(folder), open("stderr.txt", "w") as quiet, contextlib.redirect_stderr(quiet):
        for number in range(first, last):
            rng = random.Random(f"{seed}/{number}")
            name = rng.choice([*kinds])
            target = kinds[name]
            data = rng.choice(target.good)
            is_hdf5 = name in ("mouse", "masks") and rng.random() < 0.5
            data = restructured(data, rng) if is_hdf5 else mutated(data, rng, target.tokens)
            Path(target.file).write_bytes(data)
            state[0], state[1] = number, time.monotonic()
            problem = problem_of(target)
            now = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            if now - memory > MEGABYTES * 1024:
                problem, memory = problem or f"{(now - memory) // 1024} MB of memory", now
            if problem:
                findings.put((number, name, problem, data))
            Path(target.file).write_bytes(target.good[0])
    state[0] = last


def fuzz(folder: Path, seed: int, last: int, seconds: float) -> tuple[int, list[tuple]]:
    """Read up to `last` mutated files for so many seconds; return how many were read, and the findings."""
    context = multiprocessing.get_context("fork")
    state, findings = context.Array("d", 2), context.Queue()
    end, first, found, run = time.monotonic() + seconds, 0, [], 0
    while first < last and time.monotonic() < end:
        state[0], state[1], run = first, time.monotonic() + 60, run + 1
        place = folder / f"run{run}"
        place.mkdir()
        process = context.Process(target=work, args=(place, seed, first, last, state, findings))
        process.start()
        while process.is_alive() and time.monotonic() < end and time.monotonic() - state[1] < 2 * SECONDS:
            process.join(0.2)
            while not findings.empty():
                found.append(findings.get())
        stuck, first = process.is_alive() and time.monotonic() < end, int(state[0]) + 1
        if process.is_alive():
            process.kill()
        process.join()
        if stuck or process.exitcode not in (0, -9):
            what = "no end" if stuck else f"the process ended with {process.exitcode}"
            found.append((first - 1, "unknown", what, b""))
        elif process.exitcode == 0:
            first = last
    while not findings.empty():
        found.append(findings.get())
    return int(state[0]), found


def main() -> None:
    """Fuzz for the seconds given as the first argument; the second is the seed."""
    seconds, seed = float(sys.argv[1]), int((sys.argv[2:] or ["1"])[0])
    folder = Path(tempfile.mkdtemp())
    number, found = fuzz(folder, seed, 10**9, seconds)
    shutil.rmtree(folder)
    print(f"{number} files read, {len(found)} findings")
    for place, name, problem, data in found:
        kept = Path("fuzz_found") / f"{seed}_{place}_{name}"
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(data)
        print(f"{kept}: {problem}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
