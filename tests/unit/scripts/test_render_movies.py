import numpy as np
import pytest
from PIL import Image, ImageSequence

import render_movies
from murmur.csv_tables import read_csv, write_csv
from murmur.data.manifest import read_manifest
from murmur.presentation import style
from murmur.presentation.cases import read_case
from round_hearts import without_reference, write_cohort


def films(folder, paths):
    outputs = [str(folder / f"movie_{case}.gif") for case in ("best", "median", "worst")]
    files = [paths[name] for name in ("overlap", "function", "frames", "manifest", "mice", "segmentations")]
    render_movies.main(*files, outputs)
    return outputs


def case_of(paths):
    mouse = read_manifest(paths["manifest"])["Mouse1"]
    return read_case(mouse, paths["mice"]["Mouse1"], paths["segmentations"]["Mouse1"])


def test_two_mice_still_give_three_films(tmp_path):
    best, median, worst = films(tmp_path, write_cohort(tmp_path, 2))
    pictures = [np.asarray(Image.open(path).convert("RGB")) for path in (best, median, worst)]
    assert not np.array_equal(pictures[0], pictures[1])
    below_the_title = slice(24, None)
    assert np.array_equal(pictures[1][below_the_title], pictures[2][below_the_title])


def test_the_cine_runs_ten_frames_a_second_and_holds_the_annotated_ones(tmp_path):
    with Image.open(films(tmp_path, write_cohort(tmp_path, 1))[0]) as film:
        assert [frame.info["duration"] for frame in ImageSequence.Iterator(film)] == [1000, 100, 100, 1000, 100, 100]
        assert film.info["loop"] == 0


def test_the_reference_is_that_of_the_last_annotated_frame(tmp_path):
    paths = write_cohort(tmp_path, 1)
    stills = list(render_movies.stills(case_of(paths), read_csv(paths["overlap"])))
    assert [still.reader.words for still in stills][:2] == [
        "Reader · frame 1 of 6 · 0 ms",
        "Reader · frame 2 of 6 · 5 ms",
    ]
    shown = [still.reference.words.split(" · Dice")[0] for still in stills]
    assert shown == ["Reference · ED, frame 1"] * 3 + ["Reference · ES, frame 4"] * 3
    dice = read_csv(paths["overlap"]).set_index(["phase", "structure"])["dice"]
    expected = f"myocardium {dice['ES', 'myocardium']:.2f}, blood pool {dice['ES', 'blood_pool']:.2f}"
    assert stills[4].reference.words.endswith(f"Dice {expected}")
    assert np.array_equal(stills[4].reference.mask, stills[3].reference.mask)


def test_before_the_first_annotated_frame_stands_the_last_one(tmp_path):
    paths = write_cohort(tmp_path, 1)
    manifest = read_csv(paths["manifest"])
    write_csv(manifest.assign(annotated_frames="2;3", ed_frame=2, es_frame=3), paths["manifest"])
    stills = list(render_movies.stills(case_of(paths), read_csv(paths["overlap"])))
    assert [still.reference.words.split(", ")[1].split(" ·")[0] for still in stills[:3]] == [
        "frame 4",
        "frame 4",
        "frame 3",
    ]


def test_one_frame_runs_slice_by_slice(tmp_path):
    with Image.open(films(tmp_path, write_cohort(tmp_path, 1, frames=1, slices=5))[0]) as film:
        assert film.n_frames == 5


def test_every_picture_of_the_file_is_the_one_that_was_drawn(tmp_path):
    paths = write_cohort(tmp_path, 1)
    case = case_of(paths)
    stills = list(render_movies.stills(case, read_csv(paths["overlap"])))
    path = tmp_path / "film.gif"
    path.write_bytes(render_movies.encode(stills, "Mouse1", 160, 1))
    palette = np.reshape(render_movies.PALETTE, (-1, 3))
    size = (160, round(160 * stills[0].reader.picture.shape[0] / stills[0].reader.picture.shape[1]))
    with Image.open(path) as film:
        for still, frame in zip(stills, ImageSequence.Iterator(film), strict=True):
            found = np.asarray(frame.convert("RGB"))
            top = 2 * round(1.6 * 9)
            expected = palette[render_movies.draw_panel(still.reader, size)]
            assert np.array_equal(found[top : top + size[1], :160], expected)


def test_outlines_have_the_colours_of_the_structures():
    mask = np.zeros((40, 40), int)
    mask[5:35, 5:35] = 1
    mask[15:25, 15:25] = 2
    found = render_movies.draw_panel(render_movies.Panel(np.full((40, 40), 0.5), mask, ""), (40, 40))
    myocardium, blood_pool = (render_movies.COLOURS[name] for name in style.STRUCTURE_COLOURS)
    assert found[20, [5, 6, 10, 15, 16, 20]].tolist() == [myocardium, myocardium, 30, blood_pool, blood_pool, 30]


def test_a_film_becomes_smaller_until_it_fits(tmp_path, monkeypatch):
    paths = write_cohort(tmp_path, 1)
    case, overlap = case_of(paths), read_csv(paths["overlap"])
    large = render_movies.render(case, "Best of 1 mouse", overlap)
    monkeypatch.setattr(render_movies, "MOST_BYTES", len(large) - 1)
    small = render_movies.render(case, "Best of 1 mouse", overlap)
    assert len(small) < len(large)


def test_without_a_reference_the_reader_fills_the_film_which_is_held_at_its_ed_and_es(tmp_path):
    paths = without_reference(write_cohort(tmp_path, 1))
    stills = list(render_movies.stills(case_of(paths), None))
    assert [still.ms for still in stills] == [1000, 100, 100, 1000, 100, 100]
    assert [still.reader.words for still in stills[::3]] == [
        "Frame 1 of 6 · 0 ms · ED",
        "Frame 4 of 6 · 15 ms · ES",
    ]
    assert all(still.reference is None for still in stills)
    both = list(render_movies.stills(case_of(write_cohort(tmp_path / "both", 1)), None))
    for movie, path in ((stills, "one.gif"), (both, "two.gif")):
        (tmp_path / path).write_bytes(render_movies.encode(movie, "Mouse1", 160, 1))
    with Image.open(tmp_path / "one.gif") as one, Image.open(tmp_path / "two.gif") as two:
        assert one.width == two.width
        assert one.height > two.height
    assert len(films(tmp_path, paths)) == 3


def test_no_mouse_to_show_still_gives_films(tmp_path):
    paths = write_cohort(tmp_path, 1)
    write_csv(read_csv(paths["overlap"]).assign(dice=None), paths["overlap"])
    write_csv(read_csv(paths["function"]).assign(reader=None), paths["function"])
    for path in films(tmp_path, paths):
        assert Image.open(path).n_frames == 1


@pytest.mark.parametrize("frames", [1, 6])
def test_same_data_same_bytes(tmp_path, frames):
    paths = write_cohort(tmp_path, 1, frames)
    case, overlap = case_of(paths), read_csv(paths["overlap"])
    first, second = (render_movies.render(case, "Best of 1 mouse", overlap) for _ in range(2))
    assert first == second
