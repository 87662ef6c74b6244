import numpy as np
import pandas as pd

from compare_values import main
from murmur.csv_tables import read_csv, write_csv

NAMES = ["values", "summary", "tests", "differences", "changes", "model_means", "measurement_error", "assumptions"]
NAMES += ["contoured"]


def measurements(shift: float) -> pd.DataFrame:
    """Measurements of two groups, 01 and 1, each animal in two sessions."""
    rng = np.random.default_rng(4)
    animal = np.repeat([f"{number:02}" for number in range(12)], 2)
    scans = {"mouse": [f"M{number}" for number in range(24)], "animal": animal, "session": ["baseline", "day 7"] * 12}
    values = {"contoured": True, "EF_percent": rng.normal(50, 3, 24) + shift * rng.normal(size=24), "flags": None}
    return pd.DataFrame(scans | {"group": np.repeat(["01", "1"], 12)} | values)


def test_tables_are_written_and_labels_remain_text(tmp_path):
    for name, shift in {"reader": 1.0, "reference": 0.0}.items():
        write_csv(measurements(shift), tmp_path / f"{name}.csv")
    outputs = {name: str(tmp_path / f"{name} out.csv") for name in NAMES}
    settings = {"group": "group", "session": "session", "control": "1", "sessions": None, "measures": None}
    main(
        str(tmp_path / "reader.csv"),
        settings,
        outputs,
        [(str(tmp_path / "reader.csv"), str(tmp_path / "reference.csv"))],
        str(tmp_path / "reference.csv"),
    )
    found = {name: read_csv(path) for name, path in outputs.items()}
    assert found["differences"][["session", "group_a", "group_b"]].to_numpy().tolist() == [
        ["baseline", "1", "01"],
        ["day 7", "1", "01"],
    ]
    assert found["tests"]["effect"].to_list() == ["group", "session", "group:session"]
    assert len(found["values"]) == 24 and found["values"]["contoured"].all()
    assert found["measurement_error"]["n"].to_list() == [24]
    assert len(found["model_means"]) == 4
    assert found["changes"][["effect", "group_a", "group_b"]].to_numpy().tolist() == [
        ["change", "01", "01"],
        ["change", "1", "1"],
        ["difference_in_change", "1", "01"],
    ]
    assert found["contoured"]["values"].to_list() == ["reader", "reader", "reference", "reference"]
    assert found["contoured"]["difference"].iloc[:2].equals(found["differences"]["difference"])


def test_without_a_reference_no_contoured_scans_are_compared(tmp_path):
    write_csv(measurements(1.0), tmp_path / "reader.csv")
    outputs = {"contoured": str(tmp_path / "contoured.csv")}
    main(str(tmp_path / "reader.csv"), {"group": "group", "session": "session"}, outputs)
    assert read_csv(outputs["contoured"]).empty
