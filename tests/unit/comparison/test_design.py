import pandas as pd

from murmur.comparison.compare import compare
from murmur.comparison.design import design, long, of_measures, tidy
from published_data import table


def values_of(data: pd.DataFrame, settings: dict):
    scans, left_out = tidy(data, settings)
    plan = design(scans, settings)
    return plan, of_measures(long(scans, settings), plan, left_out)


def test_litters_of_one_group_are_the_unit():
    data = table([1.0, 3, 5, 7, 9, 11], list("aaaabb"), litter=[1, 1, 2, 2, 3, 3])
    plan, (values,) = values_of(data, {"group": "group", "cluster": "litter"})
    assert plan.nested
    assert values.rows["value"].to_list() == [2, 6, 10]
    assert values.left_out[0].code == "clusters_are_units"


def test_litters_of_several_groups_are_blocks():
    data = table([1.0, 3, 5, 7, 9, 11], list("abcabc"), litter=[1, 1, 1, 2, 2, 2])
    plan, (values,) = values_of(data, {"group": "group", "cluster": "litter"})
    assert plan.blocked and not plan.nested
    assert len(values.rows) == 6


def test_differences_within_litters_do_not_depend_on_the_litters():
    litter = [1, 1, 2, 2, 3, 3, 4, 4]
    data = table([1.0, 3.1, 5, 7.3, 9, 10.8, 3, 5.4], list("ab" * 4), litter=litter)
    shifted = data.assign(EF_percent=data["EF_percent"] + 10 * data["litter"])
    settings = {"group": "group", "cluster": "litter"}
    found, other = (compare(d, settings)["differences"].iloc[0] for d in (data, shifted))
    columns = ["difference", "ci_low", "ci_high", "p"]
    assert pd.to_numeric(found[columns]).round(9).equals(pd.to_numeric(other[columns]).round(9))
    assert found["method"] == "within_cluster_hc2"


def test_scans_of_an_animal_in_a_session_are_averaged():
    data = table([1.0, 3, 5, 7, 9, 11, 8], list("aaaabbb"), animal=["A", "A", "B", "C", "D", "E", "F"])
    _, (values,) = values_of(data, {"group": "group"})
    assert values.rows["value"].to_list() == [2, 5, 7, 9, 11, 8]
    assert values.left_out[0].code == "scans_averaged"


def test_scans_of_unknown_group_session_or_weight_are_named():
    data = table([1.0, 3, 5, 7], ["a", None, "a", "b"], day=[0, 0, None, 7], weight=[20, 21, 22, None])
    scans, left_out = tidy(data, {"group": "group", "session": "day", "covariate": "weight"})
    assert scans["mouse"].to_list() == ["M0"]
    assert [(r.values[0], r.mice) for r in left_out] == [("group", ("M1",)), ("day", ("M2",)), ("weight", ("M3",))]


def test_numbers_are_groups_and_sessions_too():
    data = table([1.0, 3, 5, 7], [0, 0, 1, 1], day=[28.0, 7.0, None, 7.0])
    scans, _ = tidy(data, {"group": "group", "session": "day"})
    plan = design(scans, {"group": "group", "session": "day"})
    assert (plan.groups, plan.sessions) == (["0", "1"], ["7", "28"])


def test_only_the_groups_listed_are_compared():
    data = table([1.0, 3, 5, 7], list("abca"))
    scans, left_out = tidy(data, {"group": "group", "groups": ["c", "a"]})
    assert scans["mouse"].to_list() == ["M0", "M2", "M3"]
    assert design(scans, {"group": "group", "groups": ["c", "a"]}).pairs == [("c", "a")]
    assert left_out == []


def test_animals_without_another_group_in_their_litter_are_named():
    data = table([1.0, 3, 5, 7, 9], list("ababa"), litter=[1, 1, 2, 2, 3])
    _, (values,) = values_of(data, {"group": "group", "cluster": "litter"})
    assert [(r.code, r.mice) for r in values.left_out] == [("cluster_of_one_group", ("M4",))]
    assert len(values.rows) == 4
