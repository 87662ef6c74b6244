"""Words of the tables of a comparison: verdicts about a difference, and the two kinds of change."""

SIGNIFICANT, NOT_SIGNIFICANT, UNCONFIRMED = "significant", "not significant", "unconfirmed"
WITHIN, BETWEEN = "change", "difference_in_change"
