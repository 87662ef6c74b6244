"""Votes of readers against counting them pixel by pixel."""

import numpy as np
import pytest

from murmur.quality.ensemble import by_votes, entropy, entropy_of_votes, majority


@pytest.fixture
def masks():
    """Labels of five readers that say nothing of each other."""
    return np.random.default_rng(1).integers(0, 3, (5, 4, 6, 2, 3)).astype(np.uint8)


def counted(masks, votes):
    """The labels that so many readers agree on, by counting."""
    blood, heart = ((masks >= label).sum(axis=0) >= votes for label in (2, 1))
    return np.where(blood, 2, np.where(heart, 1, 0))


@pytest.mark.parametrize("readers", [2, 3, 4, 5])
def test_votes_and_majority_are_those_counted(masks, readers):
    chosen = masks[:readers]
    for number, found in enumerate(by_votes(chosen), start=1):
        np.testing.assert_array_equal(found, counted(chosen, number))
    more_than_half = readers // 2 + 1
    np.testing.assert_array_equal(majority(chosen), counted(chosen, more_than_half))


def test_majority_of_an_odd_number_is_the_median(masks):
    np.testing.assert_array_equal(majority(masks), np.median(masks, axis=0))


def test_order_of_readers_does_not_matter(masks):
    np.testing.assert_array_equal(by_votes(masks), by_votes(masks[[3, 0, 4, 2, 1]]))


def test_entropy_of_known_shares():
    shares = np.array([[1, 0, 0], [1 / 3, 1 / 3, 1 / 3], [0.5, 0.5, 0]], np.float32)
    assert entropy(shares).tolist() == [0, 100, round(100 * np.log(2) / np.log(3))]


def test_entropy_of_votes_is_that_of_their_shares(masks):
    found = entropy_of_votes(masks)
    for place in [(0, 0, 0, 0), (3, 5, 1, 2), (2, 1, 0, 1)]:
        shares = np.bincount(masks[(slice(None), *place)], minlength=3) / 5
        expected = -sum(share * np.log(share) for share in shares if share) / np.log(3)
        assert found[place] == round(100 * expected)
    assert entropy_of_votes(masks[[0, 0, 0]]).max() == 0
