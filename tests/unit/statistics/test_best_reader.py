import pandas as pd
import pytest

from murmur.statistics.best_reader import BEST, NOT_DISTINGUISHED, UNTESTED, WORSE, compare_with_best, differ


def pairwise_tests(*rows):
    """Rows of reader_comparison.csv: reader_a, reader_b, structure, metric, p_holm."""
    return pd.DataFrame(rows, columns=["reader_a", "reader_b", "structure", "metric", "p_holm"])


PAIRS = pairwise_tests(
    ("a", "b", "myocardium", None, 0.5),  # ED
    ("a", "b", "myocardium", None, 0.01),  # ES
    ("a", "c", "myocardium", None, 0.2),
    ("a", "c", "myocardium", None, None),
    ("b", "a", None, "EF", 0.05),
    ("a", "d", "myocardium", None, None),
)


@pytest.mark.parametrize(
    ("quantity", "pair", "expected"),
    [
        ("myocardium", "ab", True),  # one phase is enough
        ("myocardium", "ba", True),
        ("myocardium", "ac", False),
        ("myocardium", "ad", None),
        ("EF", "ab", False),  # p equal to alpha is not below it
        ("blood_pool", "ab", None),
    ],
)
def test_readers_differ_if_any_test_of_the_quantity_is_significant(quantity, pair, expected):
    assert differ(PAIRS, quantity, *pair, alpha=0.05) is expected


def test_each_reader_is_compared_with_the_best():
    means = pd.Series({"a": 0.9, "b": 0.8, "c": 0.85, "d": 0.7, "e": None})
    found = compare_with_best(means, PAIRS, "myocardium", highest=True, alpha=0.05)
    assert found.to_dict() == {"a": BEST, "b": WORSE, "c": NOT_DISTINGUISHED, "d": UNTESTED, "e": ""}
    lowest = compare_with_best(means, PAIRS, "myocardium", highest=False, alpha=0.05)
    assert lowest["d"] == BEST and lowest["b"] == UNTESTED


def test_a_single_reader_is_not_the_best():
    assert compare_with_best(pd.Series({"a": 0.9, "b": None}), PAIRS, "myocardium", True, 0.05).eq("").all()
