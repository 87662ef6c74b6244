"""Errors that are left after reviews, by brute force and in cases whose cost is known."""

import numpy as np
import pytest

from murmur.quality.correction_cost import (
    CURVE,
    best_order,
    best_places,
    costs,
    curves,
    ejection_fraction,
    errors_in_order,
    errors_left,
    jumps,
)


def drawn(rng, slices=6, error=8.0):
    """Areas at ED and ES by a reader and a reference."""
    reference = np.column_stack([rng.uniform(20, 40, slices), rng.uniform(5, 20, slices)])
    return np.clip(reference + rng.normal(0, error, reference.shape), 0, None), reference


def by_hand(reader, reference, reviewed):
    """The absolute error of EF with these slices replaced."""
    areas = np.where(np.isin(np.arange(len(reader)), reviewed)[:, None], reference, reader)
    ed, es = areas.sum(axis=0)
    true_ed, true_es = reference.sum(axis=0)
    return abs(100 * (ed - es) / ed - 100 * (true_ed - true_es) / true_ed)


@pytest.fixture
def areas():
    rng = np.random.default_rng(5)
    return {f"M{number}": drawn(rng, slices=4 + number % 3) for number in range(7)}


def places_of(areas):
    return [(mouse, number) for mouse, (reader, _) in areas.items() for number in range(len(reader))]


def test_ef_is_0_without_blood(no_warnings):
    assert ejection_fraction(np.array([[50.0, 20.0], [0.0, 0.0]])).tolist() == [60, 0]


def test_errors_after_each_review_are_those_by_hand():
    reader, reference = drawn(np.random.default_rng(1))
    order = [3, 0, 5, 1, 4, 2]
    found = errors_left(reader, reference, order)
    assert found.tolist() == pytest.approx([by_hand(reader, reference, order[:number]) for number in range(7)])
    assert found[-1] == pytest.approx(0, abs=1e-9)


def test_each_step_of_the_best_order_leaves_the_smallest_error():
    reader, reference = drawn(np.random.default_rng(2))
    order = best_order(reader, reference)
    assert sorted(order) == list(range(6))
    for number in range(6):
        before = order[:number]
        others = {other: by_hand(reader, reference, [*before, other]) for other in range(6) if other not in before}
        assert others[order[number]] == pytest.approx(min(others.values()))


def test_share_and_mean_error_are_those_of_all_mice_at_each_step(areas):
    places = places_of(areas)
    places = [places[number] for number in np.random.default_rng(3).permutation(len(places))]
    within, mean = errors_in_order(areas, places)
    for step in range(len(places) + 1):
        done = {mouse: [number for name, number in places[:step] if name == mouse] for mouse in areas}
        errors = np.array([by_hand(*areas[mouse], reviewed) for mouse, reviewed in done.items()])
        assert within[step] == pytest.approx(100 * (errors <= 2).mean())
        assert mean[step] == pytest.approx(errors.mean(), abs=1e-9)


def test_best_places_need_the_fewest_slices(areas):
    within, _ = errors_in_order(areas, best_places(areas))
    assert sorted(best_places(areas)) == sorted(places_of(areas))
    assert (np.diff(within[: within.argmax() + 1]) >= 0).all() and within.max() == 100
    shuffled = np.random.default_rng(4).permutation(places_of(areas))
    other, _ = errors_in_order(areas, [(mouse, int(number)) for mouse, number in shuffled])
    assert (within >= other)[: within.argmax() + 1].all()


def test_cost_of_one_bad_slice_in_each_of_two_mice():
    """Of 20 mice with 5 slices, two have one bad slice; 19 of 20 mice are 95%."""
    reference = np.tile([30.0, 10.0], (5, 1))
    bad = reference.copy()
    bad[2, 1] = 30.0
    areas = {f"M{number:02d}": (bad if number in (4, 9) else reference, reference) for number in range(20)}
    predicted = [("M07", 0), ("M09", 2), ("M04", 2)]
    predicted += [place for place in places_of(areas) if place not in predicted]
    table = curves(areas, predicted)
    assert table.columns.tolist() == CURVE
    found = costs(table, mice=20).set_index("order")
    assert found["slices_needed"].to_dict() == {
        "predicted": 2,
        "best": 1,
        "random": found.loc["random", "slices_needed"],
    }
    assert 30 < found.loc["random", "slices_needed"] <= 100
    assert found["mice_within_before_percent"].tolist() == [90] * 3
    assert found.loc["best", "slices_needed_percent"] == 1


def test_jump_is_the_distance_from_the_frames_around_at_either_phase():
    areas = np.tile([40.0, 30, 20, 10, 20, 30], (3, 1))
    areas[1, 3] = 28.0
    areas[2, 0] = 0.0
    found = jumps(areas, [0, 3])
    # around ED: 20, 30, 30, 20; around ES: 30, 20, 20, 30; the areas at ED sum to 80
    assert found.tolist() == pytest.approx([100 * 15 / 80, 100 * 15 / 80, 100 * 25 / 80])
    assert jumps(np.zeros((2, 6)), [0, 3]).tolist() == [0, 0]
    unknown = np.full((2, 6), np.nan)
    unknown[:, [0, 3]] = [40, 10]
    assert jumps(unknown, [0, 3]).tolist() == [0, 0]


def test_nothing_to_review_costs_nothing():
    reference = np.tile([30.0, 10.0], (3, 1))
    areas = {"A": (reference, reference)}
    assert costs(curves(areas, places_of(areas)), mice=1)["slices_needed"].tolist() == [0, 0, 0]
