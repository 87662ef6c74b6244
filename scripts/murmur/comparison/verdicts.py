"""Words of the tables of a comparison: verdicts about a difference, kinds of change, and sources of values and errors.

Those about the reference are `murmur.vocabulary.REFERENCE`.
"""

SIGNIFICANT, NOT_SIGNIFICANT, UNCONFIRMED = "significant", "not significant", "unconfirmed"
WITHIN, BETWEEN = "change", "difference_in_change"
READER = "reader"  # whose values are compared
ON_SIMULATED_MICE = "simulated_mice"  # source of an error
