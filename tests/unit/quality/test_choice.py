"""The choice among masks: Dice of pairs by brute force, and readers whose quality is known."""

import itertools

import numpy as np
import pytest

from murmur.measurement.overlap import dice
from murmur.quality.choice import candidates, fit, pairwise_dice, predict
from murmur.vocabulary import STRUCTURES

READERS = ["a", "b", "c"]


def disc(radius, shift=0, wall=4):
    row, column = np.mgrid[:48, :48]
    distance = np.hypot(row - 24 - shift, column - 24)[..., None]
    return np.where(distance < radius, 2, np.where(distance < radius + wall, 1, 0)).astype(np.uint8)


def read(rng, worst=None):
    """A reference and three readers with small errors of their own, and a large one of reader number `worst`."""
    shifts = rng.normal(0, 0.5, 3)
    if worst is not None:
        shifts[worst] += rng.uniform(4, 8)
    return disc(10), np.stack([disc(10 + rng.normal(0, 0.3), shift) for shift in shifts])


def compared(rng, mice):
    """The pairwise Dice coefficients of mice and those with the reference, in which each reader fails at times."""
    agreement, with_expert = {}, {}
    for pair in itertools.product(STRUCTURES, ("ED", "ES")):
        rows = [read(rng, worst=number % 4 if number % 4 < 3 else None) for number in range(mice)]
        stacks = [(expert, np.stack(list(candidates(masks, READERS).values()))) for expert, masks in rows]
        label = STRUCTURES[pair[0]]
        agreement[pair] = np.stack([pairwise_dice(stack, label) for _, stack in stacks])
        with_expert[pair] = np.array(
            [[dice(expert == label, one == label) for one in stack] for expert, stack in stacks]
        )
    return agreement, with_expert


def test_pairwise_dice_is_that_of_each_pair():
    masks = np.random.default_rng(2).integers(0, 3, (4, 5, 6, 2)).astype(np.uint8)
    found = pairwise_dice(masks, 1)
    for one, other in itertools.product(range(4), repeat=2):
        assert found[one, other] == pytest.approx(dice(masks[one] == 1, masks[other] == 1))


def test_empty_masks_agree_with_each_other_only(no_warnings):
    masks = np.zeros((3, 4, 4), np.uint8)
    masks[2, 1, 1] = 2
    assert pairwise_dice(masks, 2).tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]


def test_candidates_are_the_majority_then_the_other_votes_and_the_readers():
    masks = np.array([[0, 1, 2], [0, 2, 2], [1, 2, 0]], np.uint8)
    found = candidates(masks, READERS)
    assert list(found) == ["2 votes", "1 vote", "3 votes", "a", "b", "c"]
    assert found["2 votes"].tolist() == [0, 2, 2] and found["1 vote"].tolist() == [1, 2, 2]
    assert found["3 votes"].tolist() == [0, 1, 0] and found["b"].tolist() == [0, 2, 2]


def test_predictions_are_better_than_the_mean_and_choose_good_masks():
    rng = np.random.default_rng(3)
    model, table = fit(*compared(rng, 24), list(candidates(np.zeros((3, 1), np.uint8), READERS)))
    of_readers = table[table["candidate"].isin(READERS)]
    assert (of_readers["error"] < 0.5 * of_readers["error_constant"]).all()
    assert table["n"].eq(24).all()
    for worst in range(3):
        expert, masks = read(rng, worst)
        possible = candidates(masks, READERS)
        stack = np.stack(list(possible.values()))
        found = predict({"ED": stack, "ES": stack}, model)
        assert found[READERS].idxmin() == READERS[worst]
        true = {name: np.mean([dice(expert == k, one == k) for k in (1, 2)]) for name, one in possible.items()}
        assert true[found.idxmax()] > max(true.values()) - 0.03
        assert found[READERS[worst]] == pytest.approx(true[READERS[worst]], abs=0.12)


def test_constant_error_is_that_of_the_mean_of_the_other_mice():
    rng = np.random.default_rng(4)
    agreement, with_expert = compared(rng, 5)
    _, table = fit(agreement, with_expert, list("ABCDEF"))
    y = with_expert["myocardium", "ED"][:, 0]
    expected = np.mean([abs(np.delete(y, number).mean() - y[number]) for number in range(5)])
    first = table[(table["structure"] == "myocardium") & (table["phase"] == "ED")].iloc[0]
    assert first["error_constant"] == pytest.approx(expected) and first["dice"] == pytest.approx(y.mean())
