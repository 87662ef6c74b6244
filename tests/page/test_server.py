"""The server of the page: whom it answers, what it refuses, and that nothing remains of a session."""

import gzip
import io
import os
import signal
import socket
import tempfile
import time
from pathlib import Path

import h5py
import nibabel
import numpy as np
import pytest
import requests

from page.server import STATIC
from page_server import Client, page_server


def nifti(shape=(32, 32, 3, 8), spacing=(0.2, 0.2, 1.0, 5.0), units=("mm", "msec")):
    """Return a NIfTI file with noise; spacing as written into the header."""
    image = nibabel.Nifti1Image(np.random.default_rng(0).integers(0, 900, shape).astype(np.int16), None)
    image.header.set_xyzt_units(*units)
    content = bytearray(image.to_bytes())
    content[80:96] = np.array(spacing, "<f4").tobytes()
    return bytes(content)


def hdf5():
    """Return an HDF5 file with a dataset."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file["Images"] = np.zeros((16, 16, 3, 4))
    return content.getvalue()


def folders():
    return set(Path(tempfile.gettempdir()).glob("murmur-page-*/*"))


def test_the_page_is_reached_from_this_computer_only(served):
    port = int(served[0].rsplit(":", 1)[1])
    socket.create_connection(("127.0.0.1", port), 5).close()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", port), 5)


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Host": "evil.example"}, "found the host"),
        ({"Host": "127.0.0.1.evil.example:80"}, "found the host"),
        ({"Origin": "http://evil.example"}, "another page"),
        ({"Origin": "null"}, "another page"),
        ({"Sec-Fetch-Site": "cross-site"}, "another site"),
    ],
)
def test_requests_of_other_pages_are_refused(served, headers, words):
    answer = requests.post(f"{served[0]}/api/sessions", headers=headers, timeout=20)
    assert answer.status_code == 403 and words in answer.text.lower()


def test_the_page_loads_nothing_from_elsewhere_and_cannot_be_framed(served):
    answer = requests.get(served[0], timeout=20)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
    files = [path.name for path in STATIC.iterdir()]
    texts = [answer.text, *(requests.get(f"{served[0]}/static/{file}", timeout=20).text for file in files)]
    assert not [text for text in texts if "https://" in text or "//cdn" in text]
    assert requests.get(f"{served[0]}/static/../server.py", timeout=20).status_code == 404
    assert requests.get(f"{served[0]}/static/%2e%2e/server.py", timeout=20).status_code == 404


def test_a_new_session_is_given_its_token_and_no_path_of_the_server(served):
    answer = requests.post(f"{served[0]}/api/sessions", timeout=20).json()
    assert list(answer) == ["token"]
    requests.post(f"{served[0]}/api/{answer['token']}/end", timeout=20)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.nii.gz", gzip.compress(nifti())[:-300], "truncated"),
        ("a.nii", nifti()[:5000], "truncated"),
        ("a.nii", nifti((4096, 4096, 1, 2)), "at most 1024"),
        ("a.nii", nifti((32, 32, 3)), "found 3 dimensions"),
        ("a.exe", b"MZ" + bytes(600), "a Windows program"),
        ("a.h5", b"\x89HDF\r\n\x1a\n" + bytes(600), "a.h5: found"),
        ("a.h5", hdf5()[:3000], "found no readable HDF5 file (truncated file), expected one"),
    ],
)
def test_a_file_that_cannot_be_used_gets_one_sentence(client, name, content, words):
    (problem,) = client.upload(**{name: content})
    assert words in problem and problem.startswith(name) and "expected" in problem
    assert tempfile.gettempdir() not in problem
    session = next(folder for folder in folders() if folder.name == client.token)
    assert not [path for path in session.rglob("*") if path.is_file()], "nothing remains of it"


@pytest.mark.parametrize("spacing", [(np.nan, 0.2, 1, 5), (-0.2, 0.2, 1, 5), (0, 0, 0, 5), (0.2, 0.2, 1, 0)])
def test_a_voxel_size_or_frame_time_that_is_none_is_asked_for(client, spacing):
    assert client.upload(**{"a.nii": nifti(spacing=spacing)}) == []
    mouse = client.mouse("a", "question")
    assert (mouse["spacing_mm"] is None) != (mouse["frame_interval_ms"] is None) and mouse["has_images"]
    images = client.get("mice/a/view/images").content
    assert len(images) == 32 * 32 * 3 * 8
    for given in ([0.1, 0.1], [0.1, 0.1, -1], ["a", 1, 1], [1e9, 1, 1], None):
        answer = client.ask("mice/a/grid", {"spacing_mm": given, "frame_interval_ms": 5})
        assert answer.status_code == 422 and "expected" in answer.json()["problem"]


def test_numbered_volumes_are_joined_to_a_cine_and_masks_are_left_out(client):
    volumes = {f"Mouse7_frame{n:02d}.nii.gz": gzip.compress(nifti((32, 32, 3), (0.2, 0.2, 1, 0))) for n in range(1, 9)}
    mask = nibabel.Nifti1Image(np.eye(32, dtype=np.uint8)[..., None].repeat(3, 2), None).to_bytes()
    assert client.upload(**volumes, **{"Mouse7_frame01_gt.nii": mask}) == []
    mouse = client.mouse("Mouse7", "question")
    assert mouse["shape"] == [32, 32, 3, 8] and mouse["frame_interval_ms"] is None


def test_two_users_see_only_their_own_mice(served, client):
    other = Client(served[0])
    client.upload(**{"mine.nii": nifti(spacing=(0, 0, 0, 5))})
    other.upload(**{"theirs.nii": nifti(spacing=(0, 0, 0, 5))})
    client.mouse("mine", "question")
    assert [mouse["name"] for mouse in other.until(lambda state: state["mice"])["mice"]] == ["theirs"]
    assert client.get("mice/theirs/view/images").status_code == 422
    assert requests.get(f"{served[0]}/api/{'0' * 32}/mice/mine/view/images", timeout=20).status_code == 422
    before = folders()
    other.close()
    assert len(before - folders()) == 1, "its files are deleted when a page is closed"


def test_a_computation_is_cancelled_and_started_again_and_masks_are_shown_before_it_ends(client):
    client.upload(**{"a.nii": nifti((96, 96, 6, 12))})
    client.mouse("a", "waiting", "segmenting")
    assert client.ask("mice/a/stop").status_code == 204
    assert client.mouse("a", "stopped")["result"] is None
    client.ask("mice/a/again")
    early = client.mouse("a", "measuring", "failed")["result"]
    assert early["provisional"] and early["measures"][0]["value"] is None
    assert len(client.get("mice/a/view/masks").content) == 96 * 96 * 6 * 12
    mouse = client.mouse("a", "done", "failed")
    assert mouse["state"] == "done" and mouse["result"]["measures"][0]["name"] == "EDV"
    assert (early["ed"], early["es"]) in ((None, None), (mouse["result"]["ed"], mouse["result"]["es"]))
    assert mouse["result"]["doubtful"], "there is no heart in noise"
    assert "probably wrong" in client.get("mice/a/download/summary.html").text
    assert client.get("download/measurements.csv").ok
    client.until(lambda state: [long["name"] for long in state["long"]] == ["Preparing measurements.csv"])
    client.until(lambda state: not state["long"])


def memory_MB(*pids):
    lines = [line for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_fifty_uploads_need_no_more_memory_and_disk_than_ten(served, client):
    pid = served[1].pid
    pids = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    content = gzip.compress(nifti((96, 96, 6, 12), spacing=(0, 0, 0, 5)))
    used = []
    for number in range(50):
        client.upload(**{f"m{number}.nii.gz": content})
        client.mouse(f"m{number}", "question")
        client.ask(f"mice/m{number}/remove")
        if number in (9, 49):
            files = [path for folder in folders() for path in folder.rglob("*") if path.is_file()]
            used.append((memory_MB(*pids), sum(path.stat().st_size for path in files) / 1e6))
    assert used[1][0] - used[0][0] < 40, "MB of memory"
    assert used[1][1] - used[0][1] < 5, "MB on disk"


def test_nothing_remains_after_the_server_is_killed():
    before = folders()
    with page_server() as (address, process):
        client = Client(address)
        client.upload(**{"a.nii": nifti(spacing=(0, 0, 0, 5))})
        client.mouse("a", "question")
        assert len(folders() - before) == 1
        os.kill(process.pid, signal.SIGKILL)
        end = time.monotonic() + 20
        while folders() - before and time.monotonic() < end:
            time.sleep(0.1)
        assert not folders() - before
