import math
import statistics
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.stats

import audit_paper
from murmur.paper.printed_values import READING_ERROR, decimals, half_unit, rounded_as

PUBLISHED = ("figure3", "table_1", "paper_values")


@pytest.fixture
def audited(root, tmp_path):
    def run(**changed):
        paths = {name: root / f"config/published/{name}.csv" for name in PUBLISHED} | changed
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            audit_paper.main(
                **paths, audit_output=tmp_path / "audit.csv", conventions_output=tmp_path / "conventions.csv"
            )
        audit = pd.read_csv(tmp_path / "audit.csv", dtype={"printed": str, "should_read": str}, keep_default_na=False)
        conventions = pd.read_csv(tmp_path / "conventions.csv", keep_default_na=False)
        return audit, conventions.set_index(["statistic", "candidate"])

    return run


def values(root, metric):
    figure = pd.read_csv(root / "config/published/figure3.csv")
    return (figure.loc[figure["metric"] == metric, side].tolist() for side in ("reference", "dl"))


def test_printed_numbers_keep_their_decimals():
    assert [decimals(text) for text in ("0.330", "-6.0", "25")] == [3, 1, 0]
    assert rounded_as("7.1", 7.2726) == "7.3"
    assert rounded_as("0.0", -0.01) == "0.0"
    assert half_unit("0.330") == pytest.approx(0.0005)


def test_the_conventions_of_the_paper(audited):
    _, conventions = audited()
    explained = conventions["explained"].to_dict()
    assert explained == {
        ("mean", "mean"): 12,
        ("bias", "mean of reader - reference"): 6,
        ("SD", "SD with n"): 11,
        ("SD", "SD with n - 1"): 0,
        ("limits of agreement", "SD with n"): 11,
        ("limits of agreement", "SD with n - 1"): 1,
        ("p", "paired t-test"): 6,
        ("p", "Wilcoxon signed-rank test"): 0,
        ("r", "Pearson"): 6,
        ("r", "Spearman"): 1,
    }
    assert conventions["alone"]["r", "Pearson"] == 5
    adopted = [candidate for (_, candidate), row in conventions.iterrows() if row["adopted"]]
    assert adopted == ["mean", "SD with n", "mean of reader - reference", "SD with n", "paired t-test", "Pearson"]
    assert conventions["not_explained"]["SD", "SD with n"] == "mass_ES reference_sd 15.6 (Table 1)"
    assert conventions["not_explained"]["r", "Pearson"] == "EF r 0.99 (text)"


def test_misprints_and_what_they_should_read(audited):
    audit, _ = audited()
    wrong = audit[audit["verdict"] == "none fits: misprint?"]
    columns = ["source", "metric", "quantity", "printed", "should_read"]
    assert [tuple(row) for row in wrong[columns].drop_duplicates().to_numpy()] == [
        ("Table 1", "EDV", "loa_high", "7.1", "7.3"),
        ("text", "EF", "r", "0.99", "0.98"),
        ("Table 1", "mass_ES", "reference_sd", "15.6", "25.6"),
        ("text", "", "annotated_images", "2883", "2833"),
    ]
    assert set(audit.loc[~audit.index.isin(wrong.index), "should_read"]) == {""}


def test_the_computed_values_are_those_of_other_code(audited, root):
    audit, _ = audited()
    computed = audit.set_index(["source", "metric", "quantity", "candidate"])["computed"]["Table 1"]
    for metric in READING_ERROR:
        x, y = values(root, metric)
        d = [b - a for a, b in zip(x, y, strict=True)]
        expected = {
            ("reference_mean", "mean"): statistics.fmean(x),
            ("reader_mean", "mean"): statistics.fmean(y),
            ("reference_sd", "SD with n"): statistics.pstdev(x),
            ("reader_sd", "SD with n - 1"): statistics.stdev(y),
            ("bias", "mean of reader - reference"): statistics.fmean(d),
            ("loa_low", "SD with n"): statistics.fmean(d) - 1.959963984540054 * statistics.pstdev(d),
            ("loa_high", "SD with n - 1"): statistics.fmean(d) + 1.959963984540054 * statistics.stdev(d),
            ("r", "Pearson"): statistics.correlation(x, y),
            ("r", "Spearman"): pd.Series(x).corr(pd.Series(y), method="spearman"),
            ("p", "Wilcoxon signed-rank test"): scipy.stats.wilcoxon(d).pvalue,
        }
        t = statistics.fmean(d) / statistics.stdev(d) * 5
        expected["p", "paired t-test"] = 2 * scipy.stats.t.sf(abs(t), 24)
        for (quantity, candidate), value in expected.items():
            assert computed[metric, quantity, candidate] == pytest.approx(value, rel=1e-8), (metric, quantity)


def test_reading_errors_are_propagated(audited):
    """For a mean of 25 values the error is that of one over 5; for a bias sqrt(2) of it."""
    audit, _ = audited()
    error = audit[audit["source"] == "Table 1"].set_index(["metric", "quantity", "candidate"])["reading_error"]
    for metric, one in READING_ERROR.items():
        assert error[metric, "reference_mean", "mean"] == pytest.approx(one / 5, rel=0.06)
        assert error[metric, "reader_sd", "SD with n"] == pytest.approx(one / 5, rel=0.06)
        bias = one / 5 * math.sqrt(2)
        assert error[metric, "bias", "mean of reader - reference"] == pytest.approx(bias, rel=0.06)
        limit = bias * math.sqrt(1 + 1.96**2 * 24 / 25)
        assert error[metric, "loa_low", "SD with n"] == pytest.approx(limit, rel=0.06)


def test_another_table_gives_another_audit(audited, root, tmp_path):
    """Nothing of the outcome is written down beforehand: a table with n - 1 and Spearman's rho is audited as such."""
    lines = [
        "metric,unit,reference_mean,reference_sd,reader_mean,reader_sd,bias,loa_low,loa_high,p,r,note,note_on,r_in_text"
    ]
    for metric in READING_ERROR:
        x, y = map(np.array, values(root, metric))
        d = y - x
        sd, half = [f"{v.std(ddof=1):.1f}" for v in (x, y)], 1.96 * d.std(ddof=1)
        cells = [f"{x.mean():.1f}", sd[0], f"{y.mean():.1f}", sd[1], f"{d.mean():.1f}"]
        cells += [f"{d.mean() - half:.1f}", f"{d.mean() + half:.1f}", f"{scipy.stats.wilcoxon(d).pvalue:.3f}"]
        lines.append(",".join([metric, "uL", *cells, f"{scipy.stats.spearmanr(x, y).statistic:.2f}", "", "", ""]))
    (tmp_path / "table.csv").write_text("\n".join(lines) + "\n")
    audit, conventions = audited(table_1=tmp_path / "table.csv")
    explained = conventions["explained"]
    assert [candidate for (_, candidate), row in conventions.iterrows() if row["adopted"]] == [
        *("mean", "SD with n - 1", "mean of reader - reference", "SD with n - 1"),
        *("Wilcoxon signed-rank test", "Spearman"),
    ]
    assert (explained["SD", "SD with n - 1"], explained["SD", "SD with n"]) == (12, 0)
    assert set(audit[audit["statistic"] != "sum"]["should_read"]) == {""}


def test_same_bytes(audited, tmp_path):
    audited()
    first = (tmp_path / "audit.csv").read_bytes()
    audited()
    assert (tmp_path / "audit.csv").read_bytes() == first
