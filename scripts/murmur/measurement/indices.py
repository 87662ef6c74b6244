"""Measures that combine function with heart rate, body weight and tibia length."""

import pandas as pd


def indices(
    function: pd.DataFrame, heart_rate: pd.Series, body_weight: pd.Series, tibia_length: pd.Series
) -> pd.DataFrame:
    """Compute cardiac output and the indices of volume and mass.

    Parameters
    ----------
    function : DataFrame
        One row per scan; columns EDV, ESV, SV (µL) and mass_ED (mg).
    heart_rate, body_weight, tibia_length : Series
        Heart rate in beats per minute, body weight in g and tibia length in mm, with the index of `function`; NaN where
        unknown.

    Returns
    -------
    DataFrame
        Columns cardiac_output (mL/min), EDV_index, ESV_index, SV_index (µL/g), cardiac_index (mL/min/g), mass_index
        (mg/g) and mass_per_tibia (mg/mm); NaN where a value is unknown.

    References
    ----------
    Indexed mass: Yin et al., Am J Physiol 1982;243:H941 (tibia length instead of body weight, which changes with age
    and disease).
    """
    cardiac_output = function["SV"] * heart_rate / 1000
    return pd.DataFrame(
        {
            "cardiac_output": cardiac_output,
            "EDV_index": function["EDV"] / body_weight,
            "ESV_index": function["ESV"] / body_weight,
            "SV_index": function["SV"] / body_weight,
            "cardiac_index": cardiac_output / body_weight,
            "mass_index": function["mass_ED"] / body_weight,
            "mass_per_tibia": function["mass_ED"] / tibia_length,
        }
    )
