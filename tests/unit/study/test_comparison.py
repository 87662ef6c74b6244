import pandas as pd
import pytest

from murmur.errors import BadInput
from murmur.study.cohort import Cohort
from murmur.study.study import Study

GROUPS = ["MI", "sham", "MI", "sham", "MI patch", "MI patch"]


@pytest.fixture
def compared(monkeypatch, tmp_path):
    """Return a function that makes the settings of a comparison of six scans, with columns of participants added."""
    monkeypatch.chdir(tmp_path)

    def compared(columns=None, readers=("r",), **given):
        table = pd.DataFrame({"mouse": [f"Mouse{n}" for n in range(1, 7)]})
        columns = {"animal": table["mouse"].tolist(), "session": "", "group": GROUPS} | (columns or {})
        monkeypatch.setattr(Cohort, "participants", table.assign(**columns))
        study = {"study": "s", "cohorts": {"mine": {"source": {"phantom": {"mice": 6}}}}}
        study |= {"readers": {name: {"weights": "murmur"} for name in readers}, "comparison": {"treatment": given}}
        study = Study(study)
        study.check_mice()
        return study.comparisons["treatment"]

    return compared


REPEATED = {
    "animal": ["A", "A", "B", "B", "C", "C"],
    "session": ["day 28", "day 7"] * 3,
    "group": ["sham", "sham", "MI", "MI", "MI", "MI"],
}


def test_defaults_are_all_groups_controls_first_without_sessions(compared):
    found = compared()
    assert (found.cohort, found.reader) == ("mine", "r")
    assert found.settings == {
        "group": "group",
        "groups": ["sham", "MI", "MI patch"],
        "control": None,
        "session": None,
        "sessions": None,
        "question": None,
        "factor": None,
        "covariate": None,
        "cluster": None,
        "measures": None,
        "alpha": 0.05,
    }


def test_groups_keep_the_order_in_which_they_are_listed(compared):
    assert compared(groups=["MI patch", "sham"], control="sham").settings["groups"] == ["MI patch", "sham"]


def test_control_comes_first_unless_the_groups_are_listed(compared):
    assert compared(control="MI patch").settings["groups"] == ["MI patch", "sham", "MI"]


def test_groups_given_as_numbers_are_text(compared):
    found = compared({"dose": [0.0, 10, 2, 0, 10, 2]}, group="dose", control=0).settings
    assert found["groups"] == ["0", "2", "10"]
    assert found["control"] == "0"


def test_any_measure_can_be_compared(compared):
    assert compared(measures=["cardiac_output", "EF"]).settings["measures"] == ["cardiac_output", "EF"]


def test_sessions_of_repeated_scans_are_found_in_natural_order(compared):
    assert compared(REPEATED).settings["sessions"] == ["day 7", "day 28"]
    assert compared(REPEATED, sessions=["day 28"]).settings["sessions"] == ["day 28"]


def test_one_group_may_be_followed_over_sessions(compared):
    settings = compared(REPEATED | {"group": "MI"}).settings
    assert (settings["groups"], settings["question"]) == (["MI"], "changes")


def test_groups_are_compared_at_each_session_unless_changes_are_asked_for(compared):
    assert compared(REPEATED).settings["question"] == "sessions"
    assert compared(REPEATED, question="changes").settings["question"] == "changes"
    assert compared(REPEATED, sessions=["day 7"]).settings["question"] is None


def test_reference_is_compared_where_there_is_no_reader(compared):
    assert compared(readers=()).reader == "reference"
    assert compared(values="reference").reader == "reference"


def test_groups_are_those_of_the_mice_that_are_read(compared, monkeypatch):
    monkeypatch.setattr(Cohort, "mice_of", lambda self, *splits: self.mice[:4])
    assert compared().settings["groups"] == ["sham", "MI"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"group": "grup"}, ["treatment.group: found 'grup'", "did you mean 'group'?"]),
        ({"group": "mouse"}, ["treatment.group: found 'mouse'", "expected a column of the participants"]),
        ({"factor": "session"}, ["treatment.factor: found 'session', an empty column"]),
        ({"groups": ["sham", "MI pach"]}, ["treatment.groups: found 'MI pach'", "did you mean 'MI patch'?"]),
        ({"control": "sam"}, ["treatment.control: found 'sam'", "did you mean 'sham'?"]),
        ({"groups": ["MI", "MI patch"], "control": "sham"}, ["treatment.control", "expected one of MI, MI patch"]),
        ({"groups": ["sham"]}, ["treatment.groups: found", "expected 2 values or more"]),
        ({"values": "s"}, ["treatment.values: found 's'", "expected one of r, reference"]),
        ({"cohort": "mien"}, ["treatment.cohort: found 'mien'", "did you mean 'mine'?"]),
        ({"factor": "group"}, ["treatment.factor: found 'group', which is the group as well"]),
        ({"measures": ["EFF"]}, ["treatment.measures: found 'EFF'", "did you mean 'EF'?"]),
        ({"sessions": ["day 7"]}, ["treatment.sessions: found sessions", "add session: COLUMN"]),
        ({"question": "changes"}, ["treatment.question: found 'changes', but each animal has one session"]),
        ({"question": "change"}, ['treatment.question: found "change"', "did you mean 'changes'?"]),
        ({"contrl": "sham"}, ["treatment.contrl: found an unknown key", "did you mean 'control'?"]),
    ],
)
def test_wrong_key_is_refused_in_one_sentence(compared, given, words):
    with pytest.raises(BadInput) as error:
        compared(**given)
    for word in words:
        assert word in str(error.value)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("columns", "given", "words"),
    [
        ({"group": "MI"}, {}, ["treatment.group: found one group in the column group (MI)"]),
        ({"group": ""}, {}, ["treatment.group: found 'group', an empty column"]),
        ({"weight": [20, "x", 3, 4, 5, 6]}, {"covariate": "weight"}, ["covariate: found 'x' for Mouse2"]),
        (REPEATED | {"session": ["day 7"] * 6}, {}, ["session: found the scans Mouse1, Mouse2 of the animal A"]),
        (REPEATED | {"session": ""}, {}, ["treatment.session: found 'session', an empty column"]),
        (REPEATED | {"group": "MI"}, {"question": "sessions"}, ["question: found 'sessions', but only one group (MI)"]),
        (REPEATED | {"group": GROUPS}, {}, ["treatment.group: found MI and sham", "for the animal A"]),
    ],
)
def test_participants_that_do_not_suit_are_refused_in_one_sentence(compared, columns, given, words):
    with pytest.raises(BadInput) as error:
        compared(columns, **given)
    for word in words:
        assert word in str(error.value)


def test_one_of_several_readers_must_be_named(compared):
    with pytest.raises(BadInput, match="found no values, expected the reader .*, one of r, s; add values: r"):
        compared(readers=("r", "s"))


def test_column_of_a_cohort_without_participants_names_the_key(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "n.csv").write_text("mouse,metric,unit,reference,r\nA,EF,%,50,51\nB,EF,%,50,52\n")
    config = {"study": "s", "cohorts": {"mine": {"source": {"measurements": "n.csv"}}}, "comparison": {"c": {}}}
    with pytest.raises(BadInput, match="add cohorts.mine.participants"):
        Study(config).check_mice()


@pytest.mark.parametrize(
    ("shapes", "curves", "segments"),
    [
        ({}, True, True),  # not known when planning
        (dict.fromkeys("123456", (9, 9, 2, 7)), False, False),
        (dict.fromkeys("123456", (9, 9, 2, 7)) | {"5": (9, 9, 3, 7)}, False, True),
        (dict.fromkeys("123456", (9, 9, 2, 7)) | {"5": (9, 9, 2, 8)}, True, False),
    ],
)
def test_figures_need_frames_and_slices(compared, monkeypatch, tmp_path, shapes, curves, segments):
    (tmp_path / "mouse").write_text(str(shapes))
    monkeypatch.setattr(Cohort, "shape", lambda _, mouse: shapes.get(mouse.removeprefix("Mouse")))
    monkeypatch.setattr(Cohort, "user_files", lambda _, mouse: [str(tmp_path / "mouse")])
    found = compared()
    for _ in range(2):  # also as remembered
        assert (found.may_have_curves, found.may_have_segments) == (curves, segments)


def test_figures_are_requested_if_a_file_is_bad(compared, monkeypatch):
    def bad(*_):
        raise BadInput("M1.h5: found no images")

    found = compared()
    monkeypatch.setattr(Cohort, "shape", bad)
    assert found.may_have_curves and found.may_have_segments
