"""The published study's files, obtained by the real rules from a server on this machine that has troubles."""

import hashlib
import os

import numpy as np
import pandas as pd
import pytest

from file_server import FileServer
from murmur.data.download import git_blob_sha1
from murmur.data.mouse_file import write_cine
from workplace import ROOT, planned_jobs

MICE = [1, 2, 3, 4, 17]
SPLIT, WEIGHTS = "results/mirror/cohorts/published/split.csv", "results/mirror/readers/elsewhere/net.h5"
FILES = "results/mirror/cohorts/published/mice"


def write_mouse(path, number):
    """A mouse of noise, which cannot be packed: 3.1 MB; two annotated frames, Mouse17 three."""
    random = np.random.default_rng(number)
    images = random.integers(0, 2**16, (128, 128, 2, 48)).astype(np.uint16)
    masks = np.zeros(images.shape, np.uint8)
    frames = [0, 5, 9] if number == 17 else [0, 9]
    for frame in frames:
        masks[20 : 60 - frame, 20:60, :, frame], masks[60:70, 20:60, :, frame] = 2, 1
    write_cine(path, images, masks, frames)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A folder of mice in the published layout."""
    folder = tmp_path_factory.mktemp("published")
    for number in MICE:
        write_mouse(folder / f"Mouse{number}.h5", number)
    return folder


@pytest.fixture
def server(copy, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = FileServer()
    server.files = {f"/Data/{path.name}": path.read_bytes() for path in copy.glob("*.h5")}
    server.files["/net.h5"] = b"weights"
    yield server
    server.close()


@pytest.fixture
def study(workplace, copy, server):
    """A study of the mirror's mice, drawn anew, and of weights from the mirror."""
    rows = [f"Data/Mouse{number}.h5\t{git_blob_sha1(copy / f'Mouse{number}.h5')}\n" for number in MICE]
    (workplace.folder / "sums.tsv").write_text("file\tgit_blob_sha1\n" + "".join(rows))
    weights = {"address": f"{server.address}/net.h5", "sha256": hashlib.sha256(b"weights").hexdigest(), "bytes": 7}
    return {
        "study": "mirror",
        "cohorts": {
            "published": {
                "source": {"published": {"address": server.address, "checksums": "sums.tsv"}},
                "split": {"train": 2, "validation": 1, "test": 2},
            }
        },
        "readers": {"unet3plus": {"train_on": "published"}, "elsewhere": {"weights": weights}},
    }


def obtained(workplace):
    return {path.name for path in (workplace.folder / FILES).glob("Mouse*.h5")}


def test_study_of_the_paper_is_planned_without_a_network(workplace, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    run = workplace.snakemake("--dry-run", study=str(ROOT / "config" / "paper.yaml"))
    assert run.status == 0, run.output[-3000:]
    planned = planned_jobs(run.output)
    assert planned["obtain_mouse"] == 130
    assert planned["obtain_weights"] == planned["train_network"] == planned["check_cohort"] == 1
    assert planned["segment_mouse"] == 50


def test_weights_may_be_named_as_trained_ones_are(workplace, server, study):
    study["readers"]["elsewhere"]["weights"]["address"] = f"{server.address}/model.keras"
    run = workplace.snakemake("--dry-run", study=workplace.write(study))
    assert run.status == 0, run.output[-3000:]
    planned = planned_jobs(run.output)
    assert planned["obtain_weights"] == planned["train_network"] == 1


def test_files_come_whole_from_a_server_with_troubles(workplace, copy, server, study):
    server.trouble["/Data/Mouse1.h5"] = [500, 503]
    server.trouble["/Data/Mouse2.h5"] = ["cut"]
    server.trouble["/Data/Mouse3.h5"] = ["hang"]
    server.trouble["/net.h5"] = [429]
    name = workplace.write(study)
    run = workplace.snakemake("--", SPLIT, WEIGHTS, study=name)
    assert run.status == 0, run.output[-5000:]
    for number in MICE:
        file = f"Mouse{number}.h5"
        assert (workplace.folder / FILES / file).read_bytes() == (copy / file).read_bytes()
    assert (workplace.folder / WEIGHTS).read_bytes() == b"weights"
    for number in (2, 3):
        assert [part for path, part in server.asked if path == f"/Data/Mouse{number}.h5"] == [None, "bytes=1048576-"]
    split = pd.read_csv(workplace.folder / SPLIT, index_col="mouse")["split"]
    assert split.value_counts().to_dict() == {"train": 2, "test": 2, "validation": 1}
    assert split["Mouse17"] == "train"
    assert set(os.listdir(workplace.folder / FILES)) == {f"Mouse{number}.h5" for number in MICE}
    assert "Nothing to be done" in workplace.snakemake("--", SPLIT, WEIGHTS, study=name).output


def test_one_file_that_fails_does_not_lose_the_others(workplace, server, study):
    wrong = bytearray(server.files["/Data/Mouse2.h5"])
    wrong[1000] ^= 1
    right, server.files["/Data/Mouse2.h5"] = server.files["/Data/Mouse2.h5"], bytes(wrong)
    missing = server.files.pop("/Data/Mouse4.h5")
    name = workplace.write(study)
    run = workplace.snakemake("--", SPLIT, WEIGHTS, study=name)
    assert run.status == 1
    assert obtained(workplace) == {f"Mouse{number}.h5" for number in MICE if number not in (2, 4)}
    digest = hashlib.sha1(f"blob {len(wrong)}\0".encode() + wrong).hexdigest()
    assert f"{server.address}/Data/Mouse2.h5: found git_blob_sha1 {digest}" in run.output
    assert f"{server.address}/Data/Mouse4.h5: found the HTTP status 404 Not Found, expected the file" in run.output
    assert "Traceback" not in run.output
    assert (workplace.folder / WEIGHTS).exists()

    server.files |= {"/Data/Mouse2.h5": right, "/Data/Mouse4.h5": missing}
    server.asked.clear()
    run = workplace.snakemake("--", SPLIT, study=name)
    assert run.status == 0, run.output[-5000:]
    assert sorted(server.asked) == [("/Data/Mouse2.h5", None), ("/Data/Mouse4.h5", None)]


def test_downloads_are_as_few_at_a_time_as_a_profile_says(workplace, study):
    files = [f"{FILES}/Mouse1.h5", WEIGHTS]
    run = workplace.snakemake("--resources", "downloads=1", "--", *files, study=workplace.write(study))
    assert run.status == 0, run.output[-5000:]
    assert workplace.log().count("Execute 1 jobs...") == 2, "the two cores would do both at once"


@pytest.mark.parametrize(
    ("content", "found"), [(b"Weights", "found sha256"), (b"weights and more", "found bytes 16 (16 bytes), expected 7")]
)
def test_weights_that_are_others_are_refused(workplace, server, study, content, found):
    server.files["/net.h5"] = content
    run = workplace.snakemake("--", WEIGHTS, study=workplace.write(study))
    assert run.status == 1
    assert f"{server.address}/net.h5: {found}" in run.output
    assert not (workplace.folder / WEIGHTS).exists()


def test_what_an_earlier_call_left_is_continued(workplace, server, study):
    whole = server.files["/Data/Mouse1.h5"]
    mouse = workplace.folder / FILES / "Mouse1.h5"
    mouse.parent.mkdir(parents=True)
    mouse.with_name(".Mouse1.h5.partial").write_bytes(whole[:2_000_000])
    run = workplace.snakemake("--", f"{FILES}/Mouse1.h5", study=workplace.write(study))
    assert run.status == 0, run.output[-5000:]
    assert server.asked == [("/Data/Mouse1.h5", "bytes=2000000-")]
    assert mouse.read_bytes() == whole


def test_copy_is_checked_and_linked(workplace, copy, server, study):
    mine = workplace.folder / "mine"
    mine.mkdir()
    for path in copy.glob("*.h5"):
        (mine / path.name).write_bytes(path.read_bytes())
        os.utime(mine / path.name, (1e9, 1e9))
    (mine / "Mouse3.h5").write_bytes((copy / "Mouse4.h5").read_bytes())
    cohort = study["cohorts"]["published"]
    cohort["source"]["published"] = {"folder": "mine", "checksums": "sums.tsv"}
    sets = dict(zip(MICE, ["train", "train", "validation", "test", "test"], strict=True))
    (workplace.folder / "split.csv").write_text(
        "mouse,split\n" + "".join(f"Mouse{n},{where}\n" for n, where in sets.items())
    )
    cohort["split"] = {"file": "split.csv"}
    name = workplace.write(study)
    run = workplace.snakemake("--", SPLIT, study=name)
    assert run.status == 1
    assert "mine/Mouse3.h5: found git_blob_sha1" in run.output
    note = (
        "Note: the split file does not use all mice with inflow frames for training (Mouse17). As test mice (Mouse17)"
    )
    assert run.output.count(note) == 1, "when the study is planned, and not again in the process of a job"
    assert obtained(workplace) == {f"Mouse{number}.h5" for number in MICE if number != 3}

    (mine / "Mouse3.h5").write_bytes((copy / "Mouse3.h5").read_bytes())
    run = workplace.snakemake("--", SPLIT, study=name)
    assert run.status == 0, run.output[-5000:]
    assert planned_jobs(run.output)["obtain_mouse"] == 1
    assert run.output.count(note) == 2, "planned, and found in the files"
    assert server.asked == []
    for path in mine.glob("*.h5"):
        assert os.readlink(workplace.folder / FILES / path.name) == str(path)
        assert path.read_bytes() == (copy / path.name).read_bytes()
    assert (mine / "Mouse1.h5").stat().st_mtime == 1e9
    assert "Nothing to be done" in workplace.snakemake("--", SPLIT, study=name).output
    (mine / "Mouse1.h5").touch()
    assert "Nothing to be done" in workplace.snakemake("--", SPLIT, study=name).output

    (mine / "Mouse1.h5").write_bytes((copy / "Mouse2.h5").read_bytes())
    os.utime(mine / "Mouse1.h5", (1e9, 1e9))
    run = workplace.snakemake("--", SPLIT, study=name)
    assert run.status == 1
    assert "mine/Mouse1.h5: found git_blob_sha1" in run.output
