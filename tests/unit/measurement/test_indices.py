import pandas as pd
import pytest

from murmur.measurement.indices import indices


def test_cardiac_output_and_indices_of_known_values():
    function = pd.DataFrame({"EDV": [60.0], "ESV": [24.0], "SV": [36.0], "mass_ED": [90.0]})
    found = indices(function, pd.Series([500.0]), pd.Series([25.0]), pd.Series([18.0])).iloc[0]
    assert found.to_dict() == pytest.approx(
        {
            "cardiac_output": 18.0,  # mL/min
            "EDV_index": 2.4,
            "ESV_index": 0.96,
            "SV_index": 1.44,
            "cardiac_index": 0.72,
            "mass_index": 3.6,
            "mass_per_tibia": 5.0,
        }
    )
