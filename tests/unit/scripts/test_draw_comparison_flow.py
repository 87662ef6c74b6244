import numpy as np
import pandas as pd
import pytest

import draw_comparison_flow
from compared_groups import write_comparison
from drawn_figures import record_figures, smallest_font, words
from murmur.csv_tables import read_csv, write_csv
from murmur.subject import choose_subject

EXCLUDED, NOT_SCANNED = {"x": "motion", "y": "motion"}, {"z": "died before the scan"}


def draw(
    folder, monkeypatch, sizes, excluded=(), not_scanned=(), more=0, change=lambda table: table, in_review=(), **design
):
    """Draw the flow of a comparison, `more` mice not being measured; return what is written in it."""
    paths, settings = write_comparison(folder, sizes, **design)
    write_csv(change(read_csv(paths["measurements"])), paths["measurements"])
    seen, n = record_figures(monkeypatch), len(read_csv(paths["measurements"]))
    draw_comparison_flow.main(
        paths["measurements"], paths["values"], paths["summary"], [str(folder / "flow.png")], settings, "murmur",
        dict(excluded), dict(not_scanned), n + more, dict(in_review),
    )  # fmt: skip
    assert smallest_font(seen[0]) >= 6
    return words(seen[0])


def test_animals_of_a_single_session_flow_from_the_list_to_their_groups(tmp_path, monkeypatch):
    def with_another(table):
        rows = [
            table.head(1).assign(mouse=name, animal=name, group=group) for name, group in (("o", "TAC"), ("n", None))
        ]
        return pd.concat([table, *rows])

    found = draw(tmp_path, monkeypatch, {"sham": 4, "MI": 2}, EXCLUDED, NOT_SCANNED, 3, with_another)
    assert found == [
        "Mice listed (n = 14)", "Mice found (n = 13)", "Measured by murmur (n = 8)",
        "sham", "animals (n = 4)", "EF (n = 4)", "MI", "animals (n = 2)", "EF (n = 2), not tested",
        "Not scanned (n = 1)", "died before the scan (n = 1)",
        "Excluded (n = 2)", "motion (n = 2)", "Not measured by murmur (n = 3)",
        "Not part of the comparison (n = 2)", "other groups (n = 1)", "group unknown (n = 1)",
    ]  # fmt: skip


def test_scans_are_no_animals(tmp_path, monkeypatch):
    sessions = ("baseline", "day 7", "day 28")
    found = draw(tmp_path, monkeypatch, {"sham": 4, "MI": 5}, sessions=sessions)
    assert found == [
        "Scans found (n = 27)", "Measured by murmur (n = 27)", "of 9 animals",
        *("sham", "animals (n = 4)", "scans (n = 12)", *(f"EF at {session} (n = 4)" for session in sessions)),
        *("MI", "animals (n = 5)", "scans (n = 15)", *(f"EF at {session} (n = 5)" for session in sessions)),
    ]  # fmt: skip


def test_units_are_litters_where_these_were_treated(tmp_path, monkeypatch):
    paths, settings = write_comparison(tmp_path, {"sham": 4, "MI": 4}, settings={"cluster": "litter"})
    table = read_csv(paths["summary"])
    units = '[["clusters_are_units", ["litter"], []]]'
    write_csv(table.assign(reasons=units, n=2), paths["summary"])
    seen = record_figures(monkeypatch)
    given = [paths[name] for name in ("measurements", "values", "summary")]
    draw_comparison_flow.main(*given, [], settings, "reference", {}, {}, 8, {})
    assert "litter: EF (n = 2), not tested" in words(seen[0]) and "Measured by the expert (n = 8)" in words(seen[0])


def test_mean_over_levels_with_too_few_animals_is_not_tested(tmp_path, monkeypatch):
    settings = {"factor": "sex"}
    found = " ".join(draw(tmp_path, monkeypatch, {"sham": 8, "MI": 5, "TAC": 2}, settings=settings))
    assert "EF (n = 8) MI" in found
    assert "EF (n = 5), not tested on average over sex" in found and "EF (n = 2), not tested" in found


@pytest.mark.parametrize("n", [1, 7])
def test_any_number_of_groups_fits(tmp_path, monkeypatch, n):
    sizes = {f"a group with a long name {np.base_repr(k)}": 3 for k in range(n)}
    sessions = ("baseline", "day 7") if n == 1 else ()
    assert "animals (n = 3)" in " ".join(draw(tmp_path, monkeypatch, sizes, EXCLUDED, sessions=sessions))


def test_rats_are_no_mice(tmp_path, monkeypatch):
    monkeypatch.setenv("MURMUR_SUBJECT", '"mouse"')
    choose_subject("rat")
    assert draw(tmp_path, monkeypatch, {"sham": 4, "MI": 4})[0] == "Rats found (n = 8)"


def test_what_became_of_masks_that_a_person_reviewed_is_counted(tmp_path, monkeypatch):
    in_review = {"r1": "excluded: ghosting", "r2": "not reviewed"}
    in_review |= {f"u{number}": "accepted" if number else "corrected" for number in range(6)}
    found = draw(tmp_path, monkeypatch, {"control": 3, "TAC": 3}, more=3, in_review=in_review)
    at = found.index("Measured by murmur (n = 6)")
    assert found[at + 1 : at + 3] == ["accepted (n = 5)", "corrected (n = 1)"]
    at = found.index("Left out in review of the masks (n = 2)")
    assert found[at + 1 : at + 4] == [
        "excluded: ghosting (n = 1)", "not reviewed (n = 1)", "Not measured by murmur (n = 1)",
    ]  # fmt: skip


def test_missing_covariates_have_their_printed_names(tmp_path, monkeypatch):
    def unknown(table):
        return pd.concat([table, table.head(1).assign(mouse="w", animal="w", body_weight_g=np.nan)])

    settings = {"covariate": "body_weight_g"}
    found = draw(tmp_path, monkeypatch, {"sham": 4, "MI": 4}, change=unknown, settings=settings)
    assert "body weight unknown (n = 1)" in found
