"""Data sets that were published with their results."""

import numpy as np
import pandas as pd

# Student, Biometrika 1908;6:1, extra hours of sleep with two drugs (R: sleep)
SLEEP = {
    "1": [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0],
    "2": [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
}
# Dobson, An Introduction to Statistical Modelling, 1983, dried weight of plants (R: PlantGrowth)
PLANTS = {
    "ctrl": [4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14],
    "trt1": [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69],
    "trt2": [6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26],
}
# Crampton, J Nutr 1947;33:491, length of odontoblasts by supplement and dose of vitamin C (R: ToothGrowth)
TEETH = {
    ("VC", "0.5"): [4.2, 11.5, 7.3, 5.8, 6.4, 10, 11.2, 11.2, 5.2, 7],
    ("VC", "1"): [16.5, 16.5, 15.2, 17.3, 22.5, 17.3, 13.6, 14.5, 18.8, 15.5],
    ("VC", "2"): [23.6, 18.5, 33.9, 25.5, 26.4, 32.5, 26.7, 21.5, 23.3, 29.5],
    ("OJ", "0.5"): [15.2, 21.5, 17.6, 9.7, 14.5, 10, 8.2, 9.4, 16.5, 9.7],
    ("OJ", "1"): [19.7, 23.3, 23.6, 26.4, 20, 25.2, 25.8, 21.2, 14.5, 27.3],
    ("OJ", "2"): [25.5, 26.4, 22.4, 24.5, 24.8, 30.9, 26.4, 27.3, 29.4, 23],
}
# Potthoff and Roy, Biometrika 1964;51:313, pituitary-pterygomaxillary distance at 8, 10, 12, 14 years (R: Orthodont)
BOYS = """26 25 29 31/21.5 22.5 23 26.5/23 22.5 24 27.5/25.5 27.5 26.5 27/20 23.5 22.5 26
24.5 25.5 27 28.5/22 22 24.5 26.5
24 21.5 24.5 25.5/23 20.5 31 26/27.5 28 31 31.5/23 23 23.5 25/21.5 23.5 24 28/17 24.5 26 29.5/22.5 25.5 25.5 26
23 24.5 26 30/22 21.5 23.5 25"""
GIRLS = """21 20 21.5 23/21 21.5 24 25.5/20.5 24 24.5 26/23.5 24.5 25 26.5/21.5 23 22.5 23.5/20 21 21 22.5
21.5 22.5 23 25/23 23 23.5 24/20 21 22 21.5/16.5 19 19 19.5/24.5 25 28 28"""


def table(values, groups, **columns) -> pd.DataFrame:
    """A table of measurements, one animal per value, with EF as the measure."""
    mice = [f"M{number}" for number in range(len(values))]
    return pd.DataFrame({"mouse": mice, "group": groups, "EF_percent": values} | columns)


def one_way(data: dict[str, list[float]]) -> pd.DataFrame:
    """Groups of values as a table of measurements."""
    return table(np.concatenate(list(data.values())), np.repeat(list(data), [len(v) for v in data.values()]))


def teeth() -> pd.DataFrame:
    """TEETH as a table of measurements: supplement as group, dose as factor."""
    supplement, dose = (np.repeat([key[place] for key in TEETH], 10) for place in (0, 1))
    return table(np.concatenate(list(TEETH.values())), supplement, dose=dose)


def children() -> pd.DataFrame:
    """BOYS and GIRLS as a table of measurements, four sessions each."""
    values = np.array([row.split() for text in (BOYS, GIRLS) for row in text.replace("\n", "/").split("/")], float)
    sex = np.repeat(["boy", "girl"], [16, 11])
    animal = [f"{name}{number}" for number, name in enumerate(sex)]
    ages = np.tile(["8", "10", "12", "14"], 27)
    return table(values.ravel(), np.repeat(sex, 4), animal=np.repeat(animal, 4), session=ages)
