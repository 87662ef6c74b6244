"""The scripts of the page in a real browser, with a server that computes nothing: what they do when states change."""

import contextlib
import time

import pytest

from scripted_page import FRAMES, SIDE, mouse, scripted_page

PIXELS = SIDE * SIDE
DRAW = """
const canvas = document.getElementById('canvas');
const press = (key) => canvas.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
for (const key of ['b', 'Enter', 'ArrowRight', 'Enter']) press(key);"""
ENTER, RIGHT, SHIFT, CONTROL, RELEASE = "\ue007", "\ue014", "\ue008", "\ue009", "\ue000"
# texts whose contrast to what is behind them is below 4.5, or that are cut off or wider than the page
FAULTS = """
const channel = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
const numbers = (colour) => colour.match(/[0-9.]+/g).map(Number);
const light = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
const behind = (e) => {
  for (; e; e = e.parentElement) {
    const found = numbers(getComputedStyle(e).backgroundColor);
    if (found.length < 4 || found[3] > 0.99) return found;
  }
  return [255, 255, 255];
};
const own = (e) => [...e.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
const apart = '.hidden, .corner, svg, #slices, :disabled'; // hidden, or on a picture
const seen = (e) => e.getClientRects().length && e.checkVisibility({visibilityProperty: true});
const all = [...document.querySelectorAll('body *')].filter((e) => own(e) && seen(e) && !e.closest(apart));
return all.flatMap((e) => {
  const [low, high] = [light(numbers(getComputedStyle(e).color)), light(behind(e))].sort((a, b) => a - b);
  const box = e.getBoundingClientRect(), wide = box.left < 0 || box.right > document.documentElement.clientWidth;
  const cut = e.clientWidth && e.scrollWidth > e.clientWidth + 1;
  const faults = [(high + 0.05) / (low + 0.05) < 4.5 && 'contrast', wide && 'wide', cut && 'cut off'];
  return faults.filter(Boolean).map((fault) => `${fault}: ${e.tagName} ${e.textContent.slice(0, 60)}`);
});"""
CURVE = """
const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg'), place = {frame: 0, ...arguments[0]};
svg.id = 'curve';
document.getElementById('curve').replaceWith(svg);
document.getElementById('start').after(svg);
return import('/static/curve.js').then(({ Curve }) => {
  new Curve(svg).draw(place);
  const shown = [...svg.querySelectorAll('text, .label')];
  const all = shown.map((e) => ({ name: e.textContent, box: e.getBoundingClientRect() }));
  const { left, right } = svg.getBoundingClientRect();
  const faults = all.filter(({ box }) => box.left < left || box.right > right).map(({ name }) => `${name} is cut off`);
  const texts = all.filter(({ name }) => name);
  texts.forEach(({ name, box: a }, number) => texts.slice(number + 1).forEach(({ name: other, box: b }) => {
    const overlap = a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    if (overlap) faults.push(`${name} overlaps ${other}`);
  }));
  faults.push(...all.filter(({ name }) => name.includes('e-')).map(({ name }) => `${name} is no tick`));
  const touch = svg.querySelector('.touch').getBoundingClientRect();
  return [...faults, ...(Math.min(touch.width, touch.height) < 24 ? ['marks are small'] : [])];
});"""
PAINTED = """
const { width, height } = document.getElementById('canvas');
const { data } = document.getElementById('canvas').getContext('2d').getImageData(0, 0, width, height);
return data.some((value) => value);"""
CHOOSE = """
const click = () => document.querySelector(`#rows tr:nth-child(${arguments[0]}) .name`).click();
click(); setTimeout(click, 50); setTimeout(click, 150);"""


@contextlib.contextmanager
def opened(window, width=1000):
    """A page that shows two mice."""
    with scripted_page() as (address, served):
        served.state["mice"] = [mouse("a"), mouse("b")]
        served.masks["b"] = 2
        window.resize(width, 800)
        window.open(address)
        window.wait(lambda: window.run("return document.querySelectorAll('#slices button').length") == 1)
        window.wait(lambda: window.text("#where").startswith("Slice 1"))
        yield served
        window.open("about:blank")


@pytest.fixture
def page(window):
    with opened(window) as served:
        yield served


def saved(page):
    """Return mouse, frame and the number of pixels of blood of each correction that was sent."""
    posts = [(path.split("/"), content) for path, content in page.posts if "/frames/" in path]
    return [(parts[4], int(parts[6]), content.count(2)) for parts, content in posts]


def test_a_correction_is_saved_for_its_own_mouse_however_fast_another_is_chosen(page, window):
    page.delay = 0.5
    window.run(DRAW + CHOOSE, 2)
    window.wait(lambda: len(saved(page)) == 2 and window.text("#scan-title") == "b")
    time.sleep(1)
    assert [each[:2] for each in saved(page)] == [("a", 0), ("a", 1)]
    assert all(0 < blood < PIXELS / 2 for _, _, blood in saved(page)), "those drawn, not those of b"
    assert window.text("#problems") == ""


def test_a_correction_that_could_not_be_saved_is_kept_for_its_mouse_and_sent_again(page, window):
    page.answers = {str(frame): (422, {"problem": "found no room"}) for frame in range(FRAMES)}
    window.run(DRAW + CHOOSE, 2)
    window.wait(lambda: "found no room" in window.text("#problems"))
    window.wait(lambda: len(saved(page)) == 2 and window.text("#scan-title") == "b")
    page.answers = {}
    window.run(CHOOSE, 1)  # with the correction, although the server does not have it
    window.wait(lambda: len(saved(page)) == 4)
    assert [each[:2] for each in saved(page)] == [("a", 0), ("a", 1)] * 2
    window.wait(lambda: window.text("#scan-title") == "a")
    page.posts.clear()
    window.run(DRAW.replace("'Enter', 'ArrowRight', 'Enter'", "'ArrowRight', 'Shift'") + "press('Enter')")
    window.wait(lambda: saved(page))
    assert {each[0] for each in saved(page)} == {"a"}


def test_corrections_of_a_removed_mouse_are_forgotten(page, window):
    page.answers = {str(frame): (422, {"problem": "found no room"}) for frame in range(FRAMES)}
    window.run(DRAW)
    window.wait(lambda: len(saved(page)) == 2)
    page.show(mice=[mouse("b")])
    window.wait(lambda: window.text("#scan-title") == "b")
    page.answers, page.posts = {}, []
    window.run(DRAW.replace("'b'", "'e'"))
    window.wait(lambda: len(saved(page)) == 2)
    assert {each[0] for each in saved(page)} == {"b"}


def uploaded(page, window, path, *problems):
    """Upload a file in which these problems are found."""
    page.answers["read"] = (200, {"problems": list(problems)})
    page.posts.clear()
    path.write_bytes(b"x")
    window.type("#files", str(path))
    window.wait(lambda: any(sent.endswith("/read") for sent, _ in page.posts))


def test_messages_stay_until_they_are_dismissed(page, window, tmp_path):
    uploaded(page, window, tmp_path / "first.nii", "one.nii: found no image", "two.nii: found no image")
    window.wait(lambda: window.text("#problems").splitlines()[0] == "first.nii")
    uploaded(page, window, tmp_path / "second.nii")
    uploaded(page, window, tmp_path / "third.nii", "three.nii: found no image")
    window.wait(lambda: "three.nii" in window.text("#problems"))
    assert "one.nii" in window.text("#problems")
    window.click("#problems > div button")
    assert window.text("#problems").splitlines() == ["three.nii: found no image", "Dismiss"]


def test_what_takes_long_is_shown_and_cancelled(page, window):
    page.show(long=[{"name": "Preparing murmur.zip", "progress": "measuring 2 of 3"}])
    window.wait(lambda: window.text("#status") == "Preparing murmur.zip: measuring 2 of 3")
    window.click("#cancel")
    window.wait(lambda: [path for path, _ in page.posts] == ["/api/t/stop"])
    page.show(long=[])
    window.wait(lambda: not window.text("#busy"))


@pytest.mark.parametrize("state", ["stopped", "failed"])
def test_a_mouse_whose_computation_has_ended_is_started_again(page, window, state):
    page.show(mice=[mouse("a"), mouse("b", state) | {"problem": "found that the process has ended"}])
    window.wait(lambda: "Start again" in window.text("#rows"))
    window.click("#rows tr:nth-child(2) td button")
    window.wait(lambda: [path for path, _ in page.posts] == ["/api/t/mice/b/again"])


def test_input_is_kept_while_other_mice_change(page, window):
    value = lambda: window.run("return document.querySelector('#question label:nth-child(4) input').value")  # noqa: E731
    asked = [mouse(name, "question", None) for name in ("a", "c", "d")]
    page.show(mice=asked[:1])
    window.wait(lambda: "How much time" in window.text("#question"))
    window.type("#question label:nth-child(4) input", "12.5")
    page.show(mice=asked[:2])
    window.wait(lambda: "Also for c" in window.text("#question"))
    assert value() == "12.5"
    page.show(mice=asked)
    window.wait(lambda: "the 2 other mice" in window.text("#question"))
    assert value() == "12.5"
    window.click("#question button")
    window.wait(lambda: sum(path.endswith("/grid") for path, _ in page.posts) == 3)


def test_focus_and_presses_are_kept_when_states_change(page, window):
    focus = lambda: window.run("return document.activeElement.closest('#review, #rows')?.id")  # noqa: E731
    window.wait(lambda: window.run("return document.querySelector('#review button')"))
    for selector, place in (("#review button", "review"), ("#rows tr:nth-child(2) td:last-child button", "rows")):
        window.run("document.querySelector(arguments[0]).focus()", selector)
        page.show(mice=[mouse("a"), mouse("b", "segmenting"), mouse("c")])
        window.wait(lambda: "drawing masks" in window.text("#rows") and "c" in window.text("#rows"))
        assert focus() == place
        page.show(mice=[mouse("a"), mouse("b")])
        window.wait(lambda: "drawing masks" not in window.text("#rows"))
        assert focus() == place
    x, y = window.centre("#rows tr:nth-child(2) td:last-child button")
    click = {"x": x, "y": y, "button": "left", "clickCount": 1}
    window.command("Input.dispatchMouseEvent", type="mousePressed", **click)
    page.show(mice=[mouse("a"), mouse("b"), mouse("c")])
    window.wait(lambda: "c" in window.text("#rows"))
    window.command("Input.dispatchMouseEvent", type="mouseReleased", **click)
    window.wait(lambda: [path for path, _ in page.posts] == ["/api/t/mice/b/remove"])


def test_slice_and_frame_are_announced_once_they_stay(page, window):
    window.type("#canvas", "\ue014\ue014")
    window.wait(
        lambda: window.run("return document.getElementById('announced').textContent").startswith("Slice 1, frame 3")
    )


def test_masks_are_corrected_with_keys_only(page, window):
    window.type("#canvas", "b" + ENTER)
    window.wait(lambda: len(saved(page)) == 1)
    window.type("#canvas", SHIFT + RIGHT * 4 + RELEASE + ENTER)
    window.wait(lambda: len(saved(page)) == 2)
    window.type("#canvas", CONTROL + "z" + RELEASE)
    window.wait(lambda: len(saved(page)) == 3)
    window.type("#canvas", SHIFT + RIGHT * 2 + RELEASE + "e" + ENTER)
    window.wait(lambda: len(saved(page)) == 4)
    (_, _, first), (_, _, second), (_, _, third), (_, _, last) = saved(page)
    assert second > first == third > last > 0


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [True, False])
def test_a_result_is_readable_in_light_and_dark_and_on_narrow_screens(chromium, tmp_path, width, dark):
    with chromium.tab(tmp_path, dark) as other, opened(other, width) as served:
        odd = mouse("c", "question", None) | {"odd": ["found 40 × 40 pixels, expected more"]}
        served.show(mice=[mouse("a"), mouse("b", "segmenting"), odd])
        other.wait(lambda: "needs an answer" in other.text("#rows"))
        assert other.run("return matchMedia('(prefers-color-scheme: dark)').matches") == dark
        other.run("for (const details of document.querySelectorAll('details')) details.open = true")
        assert other.run(FAULTS) == []
        other.click("#rows tr:nth-child(3) .name")
        other.wait(lambda: "How much time" in other.text("#question"))
        assert other.run(FAULTS) == []


def test_images_of_another_mouse_are_not_shown_while_one_is_read(page, window):
    window.wait(lambda: window.run(PAINTED))
    page.show(mice=[mouse("a"), mouse("c", "reading") | {"has_images": False}])
    window.wait(lambda: "reading" in window.text("#rows"))
    window.click("#rows tr:nth-child(2) .name")
    window.wait(lambda: window.text("#scan-title") == "c")
    assert not window.run(PAINTED) and window.text("#where") == window.text("#slices") == ""


def test_the_page_states_which_files_were_joined(page, window):
    page.show(mice=[mouse("a") | {"joined": "4 files were joined, each a frame of this mouse by its name."}])
    window.wait(lambda: window.text("#joined").startswith("4 files were joined"))


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(
    "curve",
    [
        {"volumes": [126096, 90000, 83780, 100000], "interval": 46, "ed": 0, "es": 3},
        {"volumes": [60 - abs(10 - n) for n in range(20)], "interval": 5, "ed": 19, "es": 18},
        {"volumes": [60 - abs(10 - n) for n in range(40)], "interval": 2.5, "ed": 0, "es": 1},
        {"volumes": [0] * 12, "interval": 10, "ed": 0, "es": 0},
    ],
)
def test_labels_of_the_curve_are_not_cut_off_and_do_not_overlap(window, width, curve):
    with scripted_page() as (address, _):
        window.resize(width, 800)
        window.open(address)
        assert window.run(CURVE, curve) == []


def test_a_tab_has_nothing_of_another(chromium, tmp_path):
    kept = "return [sessionStorage.getItem('a'), localStorage.getItem('a'), document.cookie]"
    with scripted_page() as (address, _):
        for _ in range(2):
            with chromium.tab(tmp_path) as window:
                window.open(address)
                assert window.run(kept) == [None, None, ""]
                window.run("sessionStorage.a = localStorage.a = 1; document.cookie = 'a=1'")
                assert window.run(kept) == ["1", "1", "a=1"]
