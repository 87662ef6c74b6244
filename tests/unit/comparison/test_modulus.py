import numpy as np
import pytest
from scipy import stats

from murmur.comparison.modulus import adjusted_p, critical


@pytest.mark.parametrize(("t", "df", "comparisons"), [(2.5, 7, 3), (1.0, 3, 6), (4.0, 20, 10), (3.0, 4.5, 2)])
def test_p_is_that_of_the_multivariate_t_distribution(t, df, comparisons):
    inside = stats.multivariate_t(shape=np.eye(comparisons), df=df, seed=1).cdf(
        np.full(comparisons, t), lower_limit=np.full(comparisons, -t), maxpts=10**6
    )
    assert adjusted_p(t, df, comparisons) == pytest.approx(1 - inside, abs=1e-4)
    assert adjusted_p(-t, df, comparisons) == adjusted_p(t, df, comparisons)


@pytest.mark.parametrize(("comparisons", "printed"), [(2, 2.236), (3, 2.388), (6, 2.631), (10, 2.800)])
def test_large_samples_give_the_printed_table(comparisons, printed):
    # Stoline and Ury, Technometrics 1979;21:87, 5 % points for infinite degrees of freedom
    assert critical(0.05, 1e7, comparisons) == pytest.approx(printed, abs=5e-4)


def test_one_comparison_is_the_t_test():
    assert adjusted_p(2.2, 6.3, 1) == pytest.approx(2 * stats.t.sf(2.2, 6.3))
    assert critical(0.05, 6.3, 1) == pytest.approx(stats.t.ppf(0.975, 6.3))


@pytest.mark.parametrize("df", [1.01, 2, 5.5, 40, 3e4])
@pytest.mark.parametrize("comparisons", [1, 2, 3, 60])
def test_critical_value_has_the_level_as_p(df, comparisons):
    assert adjusted_p(critical(0.05, df, comparisons), df, comparisons) == pytest.approx(0.05, rel=1e-8)
