"""The page in a real browser: a scan is dropped, looked at, corrected and downloaded."""

import csv
import io
import zipfile

import nibabel
import numpy as np
import pytest

from bruker_files import BEAT, CYCLE_MS, FRAMES, SLICE, write_scan
from murmur.phantom.mouse import phantom_mouse

COUNT_CLICKS = "window.clicks = 0; addEventListener('click', (event) => (window.clicks += event.isTrusted), true)"
IN_DIALOG = 2  # clicks: the file, and Open
STEP = """
const [first, second] = document.querySelectorAll('#curve .dot');
return second.getBoundingClientRect().x - first.getBoundingClientRect().x;"""
NEEDED = """
const given = arguments[0].map((name) => ({name}));
return import('/static/server.js').then(({needed}) => needed(given).map(({name}) => name));"""
SCRUB = """
const slider = document.getElementById('frame'), count = Number(slider.max);
return new Promise((resolve) => {
  const begin = performance.now();
  let pictures = 0;
  const step = () => {
    slider.value = 1 + (pictures % count);
    slider.dispatchEvent(new Event('input'));
    pictures += 1;
    const seconds = (performance.now() - begin) / 1000;
    if (seconds < 1.5) requestAnimationFrame(step); else resolve(pictures / seconds);
  };
  requestAnimationFrame(step);
});"""
LEAVE = "return dispatchEvent(new Event('beforeunload', {cancelable: true}))"
UNREACHABLE = """
const named = (e) => e.textContent.trim() || e.getAttribute('aria-label') || e.ariaLabel || e.labels?.length;
const shown = (e) => !e.disabled && e.getClientRects().length && e.checkVisibility({visibilityProperty: true});
const all = [...document.querySelectorAll('button, a[href], input, summary, [tabindex]')].filter(shown);
return all.filter((e) => e.tabIndex < 0 || !named(e)).map((e) => e.outerHTML.slice(0, 100));"""


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    """A zip archive with the NIfTI file of a simulated mouse."""
    mouse = phantom_mouse(20, 0, phenotype="control")
    image = nibabel.Nifti1Image(mouse.images.astype(np.int16), np.diag([*mouse.spacing_mm, 1]))
    image.header.set_xyzt_units("mm", "msec")
    image.header["pixdim"][4] = mouse.frame_interval_ms
    path = tmp_path_factory.mktemp("scan") / "mice.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Mouse1.nii", image.to_bytes())
    return path


def measured(window, name="EF"):
    """Return a value that the page shows, None while there is none."""
    words = window.run("return document.querySelector(`[data-measure=${arguments[0]}]`)?.textContent", name)
    return None if words in (None, "", "…") else float(words.replace("−", "-"))


def downloaded(window, folder, selector, name):
    """Click a link and return the content of the file that is saved."""
    window.click(selector)
    path = folder / name
    return window.wait(lambda: path.exists() and not list(folder.glob("*.crdownload")) and path.read_bytes())


def rows_of(content):
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_a_scan_is_looked_at_corrected_and_downloaded(served, window, scan, tmp_path):
    window.resize(1280, 900)
    window.open(served[0])
    window.wait(lambda: window.run("return document.querySelector('#start') && sessionStorage.getItem('murmur')"))
    window.run(COUNT_CLICKS)
    window.click("#choose")
    window.type("#files", str(scan))
    window.wait(lambda: measured(window))
    window.wait(lambda: window.run("return document.querySelector('#slices').children.length") == 11)

    # four clicks to the table, which has the values of the page
    window.wait(lambda: "done" in window.text("#rows"))
    (row,) = rows_of(downloaded(window, tmp_path, "#downloads a", "measurements.csv"))
    assert window.run("return window.clicks") + IN_DIALOG <= 4
    assert row["mouse"] == "Mouse1"
    for column, name in (("EF_percent", "EF"), ("EDV_uL", "EDV"), ("mass_ED_mg", "mass_ED")):
        assert measured(window, name) == pytest.approx(float(row[column]), abs=0.051)
    assert 45 < float(row["EF_percent"]) < 75

    # sliders, keys and the speed of scrubbing
    window.type("#slice", "\ue014")  # arrow right
    window.type("#canvas", "\ue012\ue012")  # arrow left, twice
    assert "Slice 7, frame 19" in window.text("#where")
    assert window.run(SCRUB) > 8  # on a busy machine; docs/page.md has the rate on an idle one
    assert window.run(UNREACHABLE) == []

    # ED is dragged along the curve and moved with a key; all values follow
    before, ed = measured(window, "EDV"), int(row["ed_frame"])
    step = window.run(STEP)
    window.drag("[data-phase=ed] .label", (0, 0), (step, 3), (3 * step, 3))
    assert window.text("#where").startswith(f"Slice 7, frame {ed + 4} ")
    window.wait(lambda: "chosen" in window.text("#measure-note"))
    assert measured(window, "EDV") < before
    window.type("[data-phase=ed]", "\ue012")
    assert window.run("return document.querySelector('[data-phase=ed]').ariaValueText") == f"frame {ed + 3}"
    window.click("#automatic")
    window.wait(lambda: "chosen" not in window.text("#measure-note"))
    assert measured(window, "EDV") == before

    # so is ES, which does not pass over ED
    volume, es = measured(window, "ESV"), int(row["es_frame"])
    place = lambda: window.run("return document.querySelector('[data-phase=es]').ariaValueText")  # noqa: E731
    window.drag("[data-phase=es] .label", (0, 0), (2, 2), (2 * step, 0))
    assert place() == f"frame {es + 3}" and measured(window, "ESV") > volume
    window.type("[data-phase=es]", "\ue014\ue012\ue012\ue012")
    assert place() == f"frame {es + 1}" and measured(window, "ESV") == volume
    window.drag("[data-phase=es] .label", (0, 0), ((ed - es) * step, 0))
    assert place() == f"frame {es + 1}"
    window.click("#automatic")
    window.wait(lambda: "chosen" not in window.text("#measure-note"))

    # a stroke of the brush at ED, and undo
    window.run("document.getElementById('frame').value = arguments[0]", int(row["ed_frame"]) + 1)
    window.run("document.getElementById('frame').dispatchEvent(new Event('input'))")
    window.click("[data-tool='0']")
    window.drag("#canvas", (-20, -10), (0, 0), (20, 10))
    erased = measured(window, "EDV")
    assert erased < before
    window.wait(lambda: "1 frame corrected" in window.text("#rows"))
    assert measured(window, "EDV") == erased
    window.click("#undo")
    assert measured(window, "EDV") == before
    window.wait(lambda: "corrected" not in window.text("#rows"))
    window.drag("#canvas", (-20, -10), (0, 0), (20, 10))
    window.wait(lambda: "1 frame corrected" in window.text("#rows"))

    # everything, with what the workflow needs to make it again
    content = downloaded(window, tmp_path, "#downloads a[href$='murmur.zip']", "murmur.zip")
    archive = zipfile.ZipFile(io.BytesIO(content))
    names = set(archive.namelist())
    frame = f"corrected/Mouse1/frame{int(row['ed_frame']) + 1}_mask.nii.gz"
    assert {"study.yaml", "mice/Mouse1.h5", "movies/Mouse1.gif", "summaries/Mouse1.html", frame} <= names
    (corrected,) = rows_of(archive.read("measurements.csv"))
    assert float(corrected["EDV_uL"]) == pytest.approx(erased, abs=0.051)
    assert b"corrects: murmur" in archive.read("study.yaml")


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_window(served, window, width):
    window.resize(width, 800)
    window.open(served[0])
    window.wait(lambda: window.run("return sessionStorage.getItem('murmur')"))
    assert window.run("return document.documentElement.scrollWidth") <= width
    assert window.run(LEAVE), "an empty page is left without a question"
    window.click("#try")
    window.wait(lambda: window.run("return document.querySelectorAll('#rows tr').length"))
    assert not window.run(LEAVE), "mice would be deleted"
    assert window.run("return document.documentElement.scrollWidth") <= width
    assert window.run("const e = document.querySelector('.scroll'); return e.scrollWidth - e.clientWidth") == 0


def test_a_folder_is_dropped_and_a_missing_frame_time_asked_for(served, window, tmp_path):
    study = tmp_path / "Mouse7"
    write_scan(study, 5, [BEAT, SLICE], VisuCardiacCycle=None)
    (study / "5" / "fid").write_bytes(bytes(1000))
    window.resize(1280, 900)
    window.open(served[0])
    window.wait(lambda: window.run("return sessionStorage.getItem('murmur')"))
    window.drop("#start", study)
    window.wait(lambda: "needs an answer" in window.text("body"))
    assert window.text("#rows").startswith("Mouse7") and window.text("#problems") == ""
    assert "How much time passes from one frame to the next?" in window.text("#question")
    assert "pixel?" not in window.text("#question")
    window.type("#question label:nth-child(5) input", f"{60_000 / CYCLE_MS}")
    interval = window.run("return document.querySelector('#question label:nth-child(4) input').value")
    assert float(interval) == pytest.approx(CYCLE_MS / FRAMES, rel=1e-3)
    study = ["M/5/fid", "M/5/pdata/1/2dseq", "M/5/pdata/1/visu_pars", "M/5/pdata/1/reco", "M/subject", "5/a.nii"]
    assert window.run(NEEDED, study) == ["M/5/pdata/1/2dseq", "M/5/pdata/1/visu_pars", "M/subject", "5/a.nii"]


def written(path, shape, grid):
    """Write a cine of noise as NIfTI file, with its distances and frame time; return the path."""
    image = nibabel.Nifti1Image(np.random.default_rng(0).integers(0, 900, shape).astype(np.int16), None)
    image.header.set_xyzt_units("mm", "msec")
    image.header["pixdim"][1:5] = grid
    path.write_bytes(image.to_bytes())
    return path


def test_one_answer_is_used_for_all_mice_that_need_it(served, window, tmp_path):
    given = [written(tmp_path / f"{name}.nii", (32, 32, 3, 8), (0.2, 0.2, 1, 0)) for name in ("a1a", "b2b", "c3c")]
    window.resize(390, 844)
    window.open(served[0])
    window.wait(lambda: window.run("return sessionStorage.getItem('murmur')"))
    window.type("#files", "\n".join(map(str, given)))
    window.wait(lambda: window.text("#rows").count("needs an answer") == 3)
    window.click("#rows tr:nth-child(2) td button")
    window.wait(lambda: window.run("return document.activeElement.closest('#question') !== null"))
    window.wait(lambda: "the 2 other mice" in window.text("#question"))
    window.type("#question label:nth-child(4) input", "5")
    window.click("#question button")
    window.wait(lambda: "needs an answer" not in window.text("#rows"))


def test_a_scan_unlike_a_mouse_is_named_as_such(served, window, tmp_path):
    human = written(tmp_path / "human.nii", (40, 40, 3, 8), (1.3, 1.3, 8, 46))
    window.open(served[0])
    window.wait(lambda: window.run("return sessionStorage.getItem('murmur')"))
    window.type("#files", str(human))
    window.wait(lambda: "Unlike a mouse" in window.text("#question"))
    assert "do not use masks and numbers" in window.text("#question")
    window.wait(lambda: "done, unlike a mouse" in window.text("#rows"))
    assert "masks probably wrong" in window.text("#rows") and "probably wrong" in window.text("#doubt")


def test_a_single_frame_has_volume_and_mass_and_needs_no_frame_time(served, window, tmp_path):
    window.open(served[0])
    window.wait(lambda: window.run("return sessionStorage.getItem('murmur')"))
    window.type("#files", str(written(tmp_path / "one.nii", (40, 40, 3, 1), (0.2, 0.2, 1, 0))))
    window.wait(lambda: "done" in window.text("#rows"))
    assert window.run(
        "return [...document.querySelectorAll('#measures td[data-measure]')].map((e) => e.dataset.measure)"
    ) == [
        "blood_pool",
        "mass",
    ]
    assert "single frame" in window.text("#measure-note") and not window.text("#beat")
    assert "single frame, blood pool" in window.text("#rows")
    assert window.text("#rows .number") == "–", "it may be at ES, which is not an EDV"
