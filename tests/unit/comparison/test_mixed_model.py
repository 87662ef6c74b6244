import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.mixed_linear_model import MixedLM

from compared_groups import measured, settings_of
from murmur.comparison.compare import compare
from murmur.comparison.mixed_model import MixedModel, epsilon
from published_data import children


def design(data: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Intercept, age, girl and their product; distance; child."""
    age, girl = data["session"].astype(float).to_numpy(), (data["group"] == "girl").to_numpy(float)
    x = np.column_stack([np.ones(len(data)), age, girl, age * girl])
    return x, data["EF_percent"].to_numpy(), pd.factorize(data["animal"])[0]


def test_growth_of_children_is_that_in_print():
    model = MixedModel(*design(children()))
    # Pinheiro and Bates, Mixed-Effects Models in S and S-PLUS, 2000; lme(distance ~ age * Sex, random = ~ 1) prints
    assert model.beta == pytest.approx([16.340625, 0.784375, 1.032102, -0.304830], abs=5e-6)
    assert np.sqrt(np.diag(model.covariance)) == pytest.approx([0.9813122, 0.0775011, 1.5374208, 0.1214209], abs=1e-6)
    assert model.residual_variance**0.5 == pytest.approx(1.386382, abs=1e-6)
    between = model.residual_variance * model.correlation / (1 - model.correlation)
    assert between**0.5 == pytest.approx(1.816214, abs=1e-6)


def test_missing_sessions_are_those_of_statsmodels():
    data = children().drop(index=[1, 5, 6, 30, 47, 90, 107])
    model = MixedModel(*design(data))
    x, y, animal = design(data)
    second = MixedLM(y, x, groups=animal).fit(reml=True, method="powell")
    assert model.beta == pytest.approx(second.fe_params, rel=1e-5)
    assert model.residual_variance == pytest.approx(second.scale, rel=1e-5)
    between = model.residual_variance * model.correlation / (1 - model.correlation)
    assert between == pytest.approx(second.cov_re[0, 0], rel=1e-5)
    assert model.residuals(x, y, animal) == pytest.approx(second.resid, abs=1e-3)
    spread = second.scale * np.eye(len(y)) + second.cov_re[0, 0] * (animal[:, None] == animal)
    assert model.covariance == pytest.approx(np.linalg.inv(x.T @ np.linalg.solve(spread, x)), rel=1e-4)


def test_correlation_may_be_negative():
    rng = np.random.default_rng(3)
    y = rng.normal(size=(40, 2)) @ np.array([[1, -0.6], [-0.6, 1]])
    model = MixedModel(np.tile(np.eye(2), (40, 1)), y.ravel(), np.repeat(np.arange(40), 2))
    assert model.correlation < -0.5
    paired = (y[:, 1] - y[:, 0]).mean() / ((y[:, 1] - y[:, 0]).std(ddof=1) / 40**0.5)
    assert model.f_test(np.array([[-1.0, 1.0]]), 39)["statistic"] == pytest.approx(paired**2)


def test_epsilon_of_children_is_that_in_print():
    wide = children().pivot(index="animal", columns="session", values="EF_percent")
    assert epsilon(wide, wide.index.str.startswith("girl").astype(int)) == pytest.approx(0.8672, abs=5e-5)  # SAS


def test_epsilon_without_complete_animals_is_its_limit():
    wide = pd.DataFrame([[1.0, 2, np.nan, 3], [np.nan, 1, 2, 3]])
    assert epsilon(wide, np.array([0, 1])) == pytest.approx(1 / 3)


def test_groups_are_not_tested_where_the_model_lacks_their_cages():
    table, sessions = measured({"sham": 6, "MI": 6}, ["day 0", "day 7"], ["EF"]), ["day 0", "day 7"]
    settings = settings_of({"sham": 6, "MI": 6}, sessions, "sham", cluster="litter")
    tests = compare(table, settings)["tests"].set_index("effect")
    assert tests.loc["session", "p"] < 1
    for effect in ("group", "group:session"):
        assert np.isnan(tests.loc[effect, "p"])
        assert tests.loc[effect, "note"].startswith("the model of sessions does not include the litter")
