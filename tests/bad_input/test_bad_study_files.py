"""Bad and odd study files."""

import pytest
import yaml

from corpus import Case, Finished, Noted, Right, check, is_true, stops
from good_study import BAD, Place
from spoil_hdf5 import put


def cohort(**keys):
    """Change keys of the cohort."""
    return lambda place: place.cohort.update(keys)


def study(**keys):
    """Change keys of the study file's first level."""
    return lambda place: place.study.update(keys)


def observer(**keys):
    """Change keys of the reader."""
    return lambda place: place.study["readers"]["observer"].update(keys)


def reader(name, settings):
    """Add a reader."""
    return lambda place: place.study["readers"].update({name: settings})


def text(content):
    """Write the study file as text or bytes, whatever it holds."""
    data = content if isinstance(content, bytes) else content.encode()
    return lambda place: (place / "study.yaml").write_bytes(data)


def edited(old, new):
    """Replace text in the study file."""

    def spoil(place):
        content = yaml.safe_dump(place.study, sort_keys=False)
        assert old in content
        (place / "study.yaml").write_text(content.replace(old, new, 1))

    return spoil


def cohort_named(name):
    def spoil(place):
        place.study["cohorts"] = {name: place.cohort}

    return spoil


def copied_block(place: Place) -> None:
    """Copy the block of the cohort for another scanner, and forget to rename it."""
    content = yaml.safe_dump(place.study, sort_keys=False)
    block = content[content.index("  mine:\n") : content.index("readers:")]
    (place / "study.yaml").write_text(content.replace(block, block + block.replace("mice", "mice_7T")))


def anchors(place: Place) -> None:
    """Give settings once, with YAML's anchors and merge keys."""
    (place / "study.yaml").write_text(
        "study: s\ncohorts:\n  mine: &mine\n    source: {folder: mice}\n    spacing_mm: &grid [0.2, 0.2, 1.0]\n"
        "    frame_interval_ms: 25\n    participants: participants.tsv\n"
        "  again:\n    <<: *mine\n    spacing_mm: *grid\n"
        "readers:\n  observer: {masks: observer, postprocess: none}\n"
    )


def laughs(place: Place) -> None:
    """A few lines that expand to ten million words."""
    lines = ["study:", "  a: &a [x, x, x, x, x, x, x, x, x, x]"]
    for name, before in zip("bcdefg", "abcdef", strict=True):
        lines.append(f"  {name}: &{name} [{', '.join([f'*{before}'] * 10)}]")
    (place / "study.yaml").write_text("\n".join(lines) + "\ncohorts: {mine: {source: {folder: mice}}}\n")


def two_cohorts_true(results: Finished) -> None:
    is_true(results)
    assert results.of("Bad", cohort="again") == results.of("Bad")


def in_cohort(name):
    def holds(results: Finished) -> None:
        assert results.of("Bad", cohort=name)["EDV"] > 0

    return Right(holds)


def without_bad(results: Finished) -> None:
    assert "Bad" not in set(results.function["mine", "observer"]["mouse"])
    is_true(results, "G1")


def zero_bytes(place: Place, name: str = BAD) -> None:
    (place / name).write_bytes(b"")


SPLIT = {"train": 1, "validation": 1, "test": 2}
PLACE = r"study\.yaml, line \d+, column \d+"

CASES = [
    Case(
        "S01_unknown_key",
        cohort(spacing=[1, 1, 1]),
        stops("planning", r"cohorts\.mine\.spacing: found an unknown key.*did you mean 'spacing_mm'\?"),
    ),
    Case(
        "S02_wrong_type",
        cohort(spacing_mm=0.1),
        stops("planning", r"cohorts\.mine\.spacing_mm: found 0\.1, expected a list, such as"),
    ),
    Case("S03_no_readers", study(readers={}), Noted("reader", mouse=".*")),
    Case(
        "S04_split_too_many",
        cohort(split={"train": 90, "validation": 15, "test": 25}),
        stops("planning", r"mine.*found 90 \+ 15 \+ 25 = 130 mice, expected .*4"),
    ),
    Case(
        "S07_missing_folder",
        cohort(source={"folder": "mouse_files"}),
        stops("planning", r"cohorts\.mine\.source\.folder: found no folder 'mouse_files'"),
    ),
    Case("S08_cohort_reference", cohort_named("reference"), in_cohort("reference")),
    Case("S09_cohort_slash", cohort_named("mine/2024"), stops("planning", r'cohorts: found "mine/2024"')),
    Case(
        "S10_reader_reference",
        reader("reference", {"masks": "observer"}),
        stops("planning", r"readers\.reference: found the name of the expert's masks"),
    ),
    Case(
        "S11_yaml_error",
        text("study: s\ncohorts:\n  mine:\n    source: {folder: mice\nreaders: {}\n"),
        stops("planning", PLACE),
    ),
    Case("S12_empty", text(""), stops("planning", r"study\.yaml: found an empty file")),
    Case(
        "S13_tabs",
        text("study: s\ncohorts:\n\tmine:\n\t\tsource: {folder: mice}\n"),
        stops("planning", PLACE + ".*tab"),
    ),
    Case("S14_study_space", study(study="TAC study 2026/11"), stops("planning", r'study: found "TAC study 2026/11"')),
    Case(
        "S15_no_study",
        lambda place: place.study.pop("study"),
        stops("planning", r"the study file: found no key study"),
    ),
    Case(
        "S16_duplicate_key",
        copied_block,
        stops("planning", r"study\.yaml, line \d+: found the key cohorts\.mine, which is on line 3 as well"),
    ),
    Case(
        "S17_reader_unknown_cohort",
        observer(cohorts=["min"]),
        stops("planning", r"readers\.observer\.cohorts: found 'min'.*did you mean 'mine'\?"),
    ),
    Case(
        "S18_train_on_unknown",
        reader("net", {"train_on": "mines"}),
        stops("planning", r"readers\.net\.train_on: found 'mines'.*did you mean 'mine'\?"),
    ),
    Case(
        "S19_postprocess_typo",
        observer(postprocess="largest"),
        stops("planning", r'readers\.observer\.postprocess: found "largest"'),
    ),
    Case(
        "S38_alpha",
        study(statistics={"alpha": 5}),
        stops("planning", r"statistics\.alpha: found 5, expected less than 0\.5"),
    ),
    Case(
        "S38b_confidence_instead_of_alpha",
        study(statistics={"alpha": 0.95}),
        stops("planning", r"statistics\.alpha: found 0\.95, expected less than 0\.5"),
    ),
    Case(
        "S90_mouse_in_other_words",
        lambda p: (study(subject={"name": "Mouse", "plural": "mice"})(p), cohort(spacing_mm=[200, 200, 1000])(p)),
        Noted("spacing out of range"),
    ),
    Case("S91_oblong_pixels", cohort(spacing_mm=[0.2, 0.4, 1.0]), Noted("pixels not square: 0.2 x 0.4 x 1 mm")),
    Case(
        "S92_beat_of_25_ms",
        cohort(frame_interval_ms=5.0),
        Noted("cine shorter or longer than beats: 5 frames of 5 ms, 25 ms in all"),
    ),
    Case(
        "S39_spacing_zero",
        cohort(spacing_mm=[0.2, 0.2, 0]),
        stops("planning", r"cohorts\.mine\.spacing_mm.*found 0, expected more than 0"),
    ),
    Case("S39b_spacing_in_um", cohort(spacing_mm=[200, 200, 1000]), Noted("spacing.*", mouse=".*")),
    Case(
        "S40_interval_string",
        cohort(frame_interval_ms="20 ms"),
        stops("planning", r'frame_interval_ms: found "20 ms", expected a number'),
    ),
    Case(
        "S42_split_no_test",
        cohort(split={"train": 3, "validation": 1, "test": 0}),
        stops("planning", r"cohorts\.mine\.split\.test: found 0, expected 1 or more"),
    ),
    Case(
        "S43_cohort_number",
        cohort_named(2024),
        stops("planning", r"cohorts\.2024: found the name 2024, expected text; put it in quotes"),
    ),
    Case(
        "S44_study_number", study(study=2024), stops("planning", r"study: found 2024, expected text; put it in quotes")
    ),
    Case(
        "S45_reader_no",
        edited("observer:", "no:"),
        stops("planning", r"readers\.False: found the name False, expected text; put it in quotes"),
    ),
    Case(
        "S46_config_is_list",
        text("- study: s\n- cohorts: {}\n"),
        stops("planning", r"study\.yaml.*found no keys at the left margin"),
    ),
    Case(
        "S47_utf16",
        text("study: s\n".encode("utf-16")),
        stops("planning", r"study\.yaml: found text that is not UTF-8"),
    ),
    Case("S47b_latin1", text("study: s  # Mäuse\n".encode("latin-1")), stops("planning", r"study\.yaml.*UTF-8")),
    Case("S48_windows_path", edited("folder: mice", 'folder: "C:\\Users\\mice"'), stops("planning", PLACE)),
    Case(
        "S49_absolute_home",
        cohort(source={"folder": "~/mice"}),
        stops("planning", "source.folder: found no folder '~/mice'"),
    ),
    Case(
        "S50_source_two",
        cohort(source={"folder": "mice", "nifti": "mice"}),
        stops("planning", r"cohorts\.mine\.source: found folder and nifti.*expected exactly one"),
    ),
    Case(
        "S51_observer_unknown",
        study(statistics={"observers": ["observer2"]}),
        stops("planning", r"statistics\.observers: found 'observer2', expected one of observer"),
    ),
    Case(
        "S52_train_no_split",
        reader("net", {"train_on": "mine"}),
        stops("planning", r"readers\.net\.train_on: found 'mine'.*split"),
    ),
    Case("S54_study_dotdot", study(study=".."), stops("planning", r'study: found "\.\."')),
    # more
    Case("S60_anchors", anchors, Right(two_cohorts_true, noted="same|participants|G1|again|mine")),
    Case(
        "S61_python_object", text("study: !!python/object/apply:os.system ['touch spoilt']\n"), stops("planning", PLACE)
    ),
    Case("S62_laughs", laughs, stops("planning", "study\\.yaml: found keys nested without end")),
    Case(
        "S63_deep",
        text("study: s\ncohorts: " + "[" * 5000 + "]" * 5000 + "\n"),
        stops("planning", r"study\.yaml: found brackets nested without end"),
    ),
    Case(
        "S64_study_date",
        edited("study: s", "study: 2026-11-28"),
        stops("planning", "study: found 2026-11-28 .*expected text"),
    ),
    Case(
        "S65_spacing_nan",
        cohort(spacing_mm=[float("nan"), 0.2, 1.0]),
        stops("planning", r"cohorts\.mine\.spacing_mm, number 1: found NaN"),
    ),
    Case(
        "S66_spacing_inf",
        cohort(spacing_mm=[0.2, 0.2, float("inf")]),
        stops("planning", r"cohorts\.mine\.spacing_mm, number 3: found Infinity"),
    ),
    Case(
        "S67_spacing_exponent",
        edited("frame_interval_ms: 25.0", "frame_interval_ms: 25e0"),
        stops("planning", 'frame_interval_ms: found "25e0", expected a number'),
    ),
    Case("S68_readers_null", study(readers=None), stops("planning", "readers: found null, expected a section")),
    Case(
        "S69_folder_is_file",
        cohort(source={"folder": "participants.tsv"}),
        stops("planning", "source.folder: found no folder 'participants.tsv'"),
    ),
    Case(
        "S70_folder_empty_text",
        cohort(source={"folder": ""}),
        stops("planning", r"cohorts\.mine\.source\.folder: found an empty path"),
    ),
    Case(
        "S71_spacing_in_source",
        cohort(source={"folder": "mice", "spacing_mm": [1, 1, 1]}),
        stops("planning", r"cohorts\.mine\.source\.spacing_mm: found an unknown key.*; it belongs to cohorts\.NAME"),
    ),
    Case(
        "S72_split_without_validation",
        cohort(split={"train": 2, "test": 2}),
        stops("planning", r"cohorts\.mine\.split: found no key validation"),
    ),
    Case(
        "S73_seed_text",
        cohort(split=SPLIT | {"seed": "1"}),
        stops("planning", r'cohorts\.mine\.split\.seed: found "1", expected a whole number; remove the quotes'),
    ),
    Case("S74_split_right", cohort(split=SPLIT | {"seed": 7}), Right(lambda r: is_true(r, "G1"))),
    Case(
        "S75_network_without_training",
        observer(network={"size": 64}),
        stops("planning", r"readers\.observer\.network: found without train_on"),
    ),
    Case(
        "S76_labels_without_nifti",
        cohort(source={"folder": "mice", "labels": {"myocardium": 2}}),
        stops("planning", r"cohorts\.mine\.source\.labels: found without nifti"),
    ),
    Case(
        "S77_two_mistakes",
        lambda place: (cohort(spacing=1)(place), study(study="a b")(place)),
        stops("planning", r"cohorts\.mine\.spacing: found an unknown key", 'study: found "a b"'),
    ),
    Case(
        "S78_same_mice_twice",
        lambda place: place.study["cohorts"].update(again=dict(place.cohort)),
        Right(two_cohorts_true, noted="again|mine"),
    ),
    Case(
        "S79_control_character",
        text("study: s\x07\n"),
        stops("planning", r"study\.yaml: found unacceptable character #x0007"),
    ),
    Case("S80_undefined_alias", text("study: *name\n"), stops("planning", PLACE + r": found an unknown name after \*")),
    Case("S81_two_documents", text("study: s\n---\nstudy: t\n"), stops("planning", PLACE + ": found a second study")),
    Case(
        "S81b_conflict",
        edited("study: s", "<<<<<<< HEAD\nstudy: s"),
        stops("planning", "line 1: found a conflict mark"),
    ),
    Case(
        "S81c_no_break_spaces",
        edited("    spacing_mm", "\u00a0\u00a0\u00a0\u00a0spacing_mm"),
        stops("planning", r"study\.yaml, line \d+: found a no-break space"),
    ),
    Case(
        "S81d_no_space_after_colon", edited("study: s", "study:s"), stops("planning", PLACE + ": found a second colon")
    ),
    Case(
        "S81e_indented_otherwise",
        edited("    frame_int", "   frame_int"),
        stops("planning", PLACE + ": found a line that is ind"),
    ),
    Case(
        "S81f_decimal_commas",
        cohort(spacing_mm=[0, 2, 0, 2, 1]),
        stops(
            "planning", r"spacing_mm: found \[0, 2, 0, 2, 1\], expected 3 values or fewer; write decimals with a point"
        ),
    ),
    Case("S82_long_name", study(study="s" * 300), stops("planning", "study: found .s{70}.*expected letters")),
    Case(
        "S83_folder_with_newline",
        cohort(source={"folder": "mice\nelsewhere"}),
        stops("planning", r"cohorts\.mine\.source\.folder: found no folder"),
    ),
    Case(
        "S84_integer_beyond_float",
        edited("25.0", "1" + "0" * 400),
        stops("planning", r"frame_interval_ms.*found 10{50}.*expected a number"),
    ),
    # exclusion of mice, and what to do about bad ones
    Case("E01_exclude", cohort(exclude={"Bad": "died in the scanner"}), Right(without_bad)),
    Case(
        "E02_exclude_bad_file",
        lambda place: (zero_bytes(place), cohort(exclude={"Bad": "file damaged"})(place)),
        Right(without_bad),
    ),
    Case(
        "E03_exclude_unknown",
        cohort(exclude={"Bda": "died"}),
        stops("planning", r"cohorts\.mine\.exclude.*Bda.*did you mean 'Bad'\?"),
    ),
    Case(
        "E04_exclude_all",
        cohort(exclude={m: "none" for m in ("G1", "G2", "G3", "Bad")}),
        stops("planning", r"cohorts\.mine\.exclude"),
    ),
    Case(
        "E05_exclude_without_reason",
        cohort(exclude=["Bad"]),
        stops("planning", r"cohorts\.mine\.exclude: found \['Bad'\], expected a section"),
    ),
    Case(
        "E06_skip_bad_file",
        lambda place: (zero_bytes(place), cohort(on_bad_file="skip")(place)),
        Right(without_bad, noted="Bad"),
    ),
    Case(
        "E07_skip_bad_content",
        lambda place: (
            put("Masks", lambda v: v * 85)(place),
            cohort(on_bad_file="skip")(place),
        ),
        Right(without_bad, noted="Bad"),
    ),
    Case(
        "E08_strict",
        lambda place: ((place / "mice/More.hdf5").touch(), study(strict=True)(place)),
        stops("job", r"files passed over: found More\.hdf5"),
    ),
    Case("E09_strict_and_good", study(strict=True), Right()),
    Case(
        "E10_on_bad_file_typo",
        cohort(on_bad_file="skipp"),
        stops("planning", r"cohorts\.mine\.on_bad_file: found \"skipp\".*did you mean 'skip'"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_study_file(case, place):
    case.spoil(place)
    place.write()
    check(case, place.folder)
    assert not (place.folder / "spoilt").exists()
