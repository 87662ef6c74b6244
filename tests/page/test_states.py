"""The scripts of the page in a real browser, with a server that computes nothing: what they do when states change."""

import time

import pytest

from scripted_page import FRAMES, SIDE, mouse, scripted_page

PIXELS = SIDE * SIDE
DRAW = """
const canvas = document.getElementById('canvas');
const press = (key) => canvas.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
for (const key of ['b', 'Enter', 'ArrowRight', 'Enter']) press(key);"""
CHOOSE = """
const click = () => document.querySelector(`#rows tr:nth-child(${arguments[0]}) .name`).click();
click(); setTimeout(click, 50); setTimeout(click, 150);"""


@pytest.fixture
def page(window):
    """A page that shows two mice."""
    with scripted_page() as (address, served):
        served.state["mice"] = [mouse("a"), mouse("b")]
        served.masks["b"] = 2
        window.resize(1000, 800)
        window.open(address)
        window.wait(lambda: window.run("return document.querySelectorAll('#slices button').length") == 1)
        window.wait(lambda: window.text("#where").startswith("Slice 1"))
        yield served
        window.open("about:blank")


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
