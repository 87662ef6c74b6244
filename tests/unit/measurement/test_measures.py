import re

from murmur.measurement.measures import LEVELS, MEASURES, SEGMENTS
from murmur.vocabulary import METRICS


def test_columns_are_distinct_names_with_units():
    columns = [measure.column for measure in MEASURES.values()]
    assert len(set(columns)) == len(columns)
    assert all(re.fullmatch(r"\w+", column, re.ASCII) for column in columns)
    assert MEASURES["EF"].column == "EF_percent"
    assert MEASURES["EDV"].column == "EDV_uL"
    assert MEASURES["cardiac_output"].column == "cardiac_output_mL_per_min"


def test_function_comes_first():
    assert list(MEASURES)[: len(METRICS)] == list(METRICS)


def test_ring_has_the_segments_of_the_american_heart_association():
    assert [len(segments) for segments in LEVELS.values()] == [6, 6, 4]
    assert list(range(1, 17)) == SEGMENTS
