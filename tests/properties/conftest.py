"""Hypothesis: the same few examples at every run."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "murmur",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("murmur")
