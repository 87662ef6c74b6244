import pytest

from murmur.audit.explain_difference import differences, short, why_different
from recorded_study import FIGURE, INPUTS, MASKS, TABLE, known, make, make_study, record_file


@pytest.fixture
def before(tmp_path, monkeypatch):
    """The study as it was; the working directory is that of the same study, to be changed."""
    for name in ("before", "now"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        make_study(tmp_path / name)
    return tmp_path / "before"


def make_again(*paths, **changes):
    """Make the first of some files anew with `changes`, and the others from it."""
    for minute, path in enumerate(paths, start=30):
        make(path, minute, **(changes if path == paths[0] else {}))


def causes(before, path=FIGURE):
    return why_different(known(before), path, known(before.parent / "now"), path)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (1, 1, []),
        (1, 2, [("", 1, 2)]),
        ({"a": 1}, {"a": 1, "b": 2}, [("b", None, 2)]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, [("a.b.1", 2, 3)]),
        ({"a": [1]}, {"a": [1, 2]}, [("a", [1], [1, 2])]),
        ({"a": {"b": 1}}, {"a": 1}, [("a", {"b": 1}, 1)]),
    ],
)
def test_differences_of_values(old, new, expected):
    assert differences(old, new) == expected


def test_values_are_told_in_a_few_words():
    assert short(None) == "nothing"
    assert short("µL") == '"µL"'
    assert len(short(list(range(1000)))) == 60


def test_two_that_are_the_same_have_no_causes(before):
    assert causes(before) == {}


def test_a_setting_is_named_with_its_rule_and_its_consequences_are_not(before):
    make_again(TABLE, FIGURE, settings={"alpha": 0.01}, content="other numbers")
    assert causes(before) == {"settings": ["alpha 0.05 -> 0.01 (measure)"]}


def test_a_mouse_that_changed_is_the_one_cause(before):
    with open("mouse", "w") as file:
        file.write("another mouse")
    for minute, path in enumerate(INPUTS, start=30):
        make(path, minute, content=f"another {path}")
    assert causes(before) == {"inputs": ["mouse has different content"]}


def test_code_packages_and_commit_are_named(before):
    make_again(MASKS[0], content="other", science={"scripts/new.py": "1"}, software={"numpy": "2.0"}, commit="ab")
    make_again(TABLE, FIGURE, content="other")
    assert causes(before) == {
        "code": ["scripts/segment.py is only in A (segment)", "scripts/new.py is only in B (segment)"],
        "packages": ["numpy none -> 2.0 (segment)"],
        "commit": ["unknown -> ab"],
    }


def test_an_input_that_came_out_the_same_explains_nothing(before):
    make_again(MASKS[0], science={"scripts/segment.py": "a formula"})
    make_again(TABLE, FIGURE, settings={"alpha": 0.01}, content="other")
    assert causes(before) == {"settings": ["alpha 0.05 -> 0.01 (measure)"]}


def test_where_the_records_alone_differ_it_is_said_in_what(before):
    make_again(MASKS[0], TABLE, FIGURE, code={"scripts/segment.py": "a comment"})
    sentence = "scripts/segment.py differs in parts that cannot affect results (segment)"
    assert causes(before) == {"code": [sentence]}
    make_again(TABLE, FIGURE, science={"scripts/measure.py": "a formula"}, content="other")
    assert causes(before) == {"code": ["scripts/measure.py differs (measure)"]}


def test_a_mouse_more_is_named_and_the_mask_made_from_it_is_not(before):
    with open("mouse2", "w") as file:
        file.write("mouse2")
    make_again(TABLE, FIGURE, content="other", inputs={**INPUTS[TABLE], "more": "mouse2"})
    assert causes(before) == {"inputs": ["mouse2 is only in B (measure)"]}
    make_again(TABLE, FIGURE, content="other", inputs={"first": MASKS[0], "mouse": "mouse", "more": "mouse2"})
    assert causes(before) == {"inputs": ["mouse2 is only in B (measure)"]}


def test_fewer_inputs_are_named_where_nothing_deeper_explains_them(before):
    make_again(TABLE, FIGURE, content="other", inputs={"first": MASKS[0], "mouse": "mouse"})
    assert causes(before) == {"inputs": [f"{MASKS[1]} is only in A (measure)"]}


def test_the_same_made_twice_with_another_result_is_said_to_be_so(before):
    make_again(MASKS[0], TABLE, FIGURE, content="another result")
    expected = f"{MASKS[0]} has different content although the same code made it from the same inputs"
    assert causes(before) == {"inputs": [expected]}


def test_a_lost_record_is_said(before):
    make_again(MASKS[0], TABLE, FIGURE, content="other", commit="ab")
    (before / record_file(MASKS[0])).unlink()
    assert "a record is missing" in causes(before)["inputs"][0]
