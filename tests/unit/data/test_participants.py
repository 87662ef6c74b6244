import pytest

from murmur.data.participants import check_animals, read_participants
from murmur.errors import BadInput


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Return a function that reads tables given as text, with tabs for "|"."""
    monkeypatch.chdir(tmp_path)

    def read(mice, people=None, sessions=None):
        names = {"people.tsv": people, "sessions.tsv": sessions}
        for name, text in names.items():
            if text:
                (tmp_path / name).write_text(text.replace("|", "\t"))
        paths = [name if text else None for name, text in names.items()]
        return read_participants(paths[0], mice, paths[1])

    return read


def records(found):
    return [tuple(row) for row in found.table.astype(object).where(found.table.notna(), None).to_numpy()]


def test_without_a_table_each_scan_is_an_animal_unless_its_name_is_of_bids(read):
    found = read(["M1", "sub-01_ses-day7", "sub-02_cine"])
    assert records(found) == [
        ("M1", "M1", None),
        ("sub-01_ses-day7", "sub-01", "day7"),
        ("sub-02_cine", "sub-02", None),
    ]
    assert found.unlisted == []


def test_row_per_scan(read):
    found = read(["a", "b", "c"], "scan|animal|session|group|x\nb|A|2|sham|1\na|A|1|sham|2\n")
    assert list(found.table) == ["mouse", "animal", "session", "group", "phenotype", "x"]
    assert records(found)[:2] == [("a", "A", "1", "sham", "sham", 2), ("b", "A", "2", "sham", "sham", 1)]
    assert found.unlisted == ["c"] and records(found)[2][:4] == ("c", "c", None, None)


def test_row_per_animal_and_session_names_the_scan(read):
    mice = ["M1_day0", "M1-day-7", "M11_day0"]
    found = read(mice, "animal|day|BW\nM1|0|20\nM1|7|21\nM11|0|22\nM11|7|23\n")
    assert [row[:4] for row in records(found)] == [
        ("M1_day0", "M1", "day 0", 20.0),
        ("M1-day-7", "M1", "day 7", 21.0),
        ("M11_day0", "M11", "day 0", 22.0),
    ]
    assert found.unknown == ["M11 day 7"]


def test_days_before_and_after_surgery_are_different_sessions(read):
    mice = ["M1_day-7", "M1_day7", "M-2_day-7", "M-2_day0"]
    people = "animal|day|group\nM1|-7|sham\nM1|7|sham\nM-2|-7|MI\nM-2|0|MI\n"
    for given in ({"people": people}, {"people": "animal|group\nM1|sham\nM-2|MI\n", "sessions": people}):
        found = read(mice, **given)
        assert [row[1:3] for row in records(found)] == [
            ("M1", "day -7"), ("M1", "day 7"), ("M-2", "day -7"), ("M-2", "day 0")
        ]  # fmt: skip
        assert found.unknown == found.unlisted == []


def test_row_per_animal_is_that_of_all_its_scans(read):
    found = read(["M1_base", "M1_w4", "M10", "M1b"], "animal|sex\nM1|m\nM10|f\n")
    assert records(found) == [
        ("M1_base", "M1", "base", "male"),
        ("M1_w4", "M1", "w4", "male"),
        ("M10", "M10", None, "female"),
        ("M1b", "M1b", None, None),
    ]


BIDS_MICE = ["sub-01_ses-base", "sub-01_ses-week4", "sub-02_ses-base"]
BIDS = "participant_id|sex|group|weight\nsub-01|F|MI|20\nsub-02|M|sham|n/a\n"


def test_bids_with_one_table_of_sessions(read):
    sessions = "participant_id|session_id|weight\nsub-01|ses-base|21\nsub-01|ses-week4|25\nsub-02|ses-base|26\n"
    found = read(BIDS_MICE, BIDS, sessions)
    assert [row[:3] for row in records(found)] == [
        ("sub-01_ses-base", "sub-01", "base"),
        ("sub-01_ses-week4", "sub-01", "week4"),
        ("sub-02_ses-base", "sub-02", "base"),
    ]
    assert found.table["body_weight_g"].tolist() == [21, 25, 26], "values of a session come before those of the animal"
    assert found.table["group"].tolist() == ["MI", "MI", "sham"]


def test_bids_with_a_table_of_sessions_per_animal(read, tmp_path):
    read(BIDS_MICE, BIDS)
    (tmp_path / "sub-01").mkdir()
    (tmp_path / "sub-01" / "sub-01_sessions.tsv").write_text("session_id\tHR\nses-base\t480\nses-week4\t500\n")
    template = "{participant_id}/{participant_id}_sessions.tsv"
    found = read_participants("people.tsv", BIDS_MICE, template)
    assert found.table["heart_rate_bpm"].tolist()[:2] == [480, 500] and found.table["heart_rate_bpm"].isna()[2]
    with pytest.raises(BadInput, match="found no such file of any animal"):
        read_participants("people.tsv", BIDS_MICE, "nowhere/{participant_id}.tsv")


def test_scans_of_any_name_are_those_of_the_sessions(read):
    found = read(["x1", "x2"], "animal|sex\nA|f\n", "scan|animal|session\nx1|A|pre\nx2|A|post\n")
    assert records(found) == [("x1", "A", "pre", "female"), ("x2", "A", "post", "female")]


def test_excluded_scans_and_animals(read):
    found = read(["a", "b"], "mouse|excluded\na|no\nb|motion\nc|died before the scan\n")
    assert found.excluded == {"b": "motion"}
    assert found.not_scanned == {"c": "died before the scan"} and found.unknown == []


@pytest.mark.parametrize(
    ("people", "words"),
    [
        ("mouse|sex\na|f\na|m\n", "people.tsv, line 3: found a twice, expected one row per mouse"),
        ("mouse|sex\nx|f\ny|m\n", r"people.tsv: found x, y, ..., expected mice of the cohort \(a, b, ...\)"),
    ],
)
def test_rows_that_do_not_fit_the_scans_are_refused(read, people, words):
    with pytest.raises(BadInput, match=words):
        read(["a", "b"], people)


@pytest.mark.parametrize(
    ("people", "words"),
    [
        ("mouse|animal|session|group\na|A|1|sham\nb|A|2|MI\n", "t: found the group sham and MI of A, expected one"),
        ("mouse|animal|session|sex\na|A|1|f\nb|A|2|m\n", "found the sex female and male of A"),
        ("mouse|animal|session\na|A|1\nb|A|1\n", "found a and b of A in the session 1, expected a different session"),
        ("mouse|animal\na|A\nb|A\n", "found a and b of A without a session"),
    ],
)
def test_scans_of_an_animal_that_contradict_each_other_are_refused(read, people, words):
    with pytest.raises(BadInput, match=words):
        check_animals("t", read(["a", "b"], people).table)


def test_group_may_be_missing_in_a_session(read):
    check_animals("t", read(["a", "b"], "mouse|animal|session|group\na|A|1|sham\nb|A|2|\n").table)


def test_many_scans_find_their_rows(read):
    mice = [f"M{animal}_day{day}" for animal in range(1000) for day in (0, 7, 28)]
    rows = "".join(f"M{animal}|{day}|{20 + day / 8}\n" for animal in range(1000) for day in (0, 7, 28))
    found = read(mice, "animal|day|BW\n" + rows)
    assert found.table["body_weight_g"].notna().all() and found.unlisted == found.unknown == []
