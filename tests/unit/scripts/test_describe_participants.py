import describe_participants
from murmur.csv_tables import read_csv


def test_labels_remain_text_and_missing_values_empty(tmp_path):
    columns = {"mouse": ["A_1", "A_2"], "animal": ["007", "007"], "session": ["1", "2"], "body_weight_g": [24.5, None]}
    describe_participants.main(columns, str(tmp_path / "participants.csv"))
    assert (tmp_path / "participants.csv").read_text() == (
        "mouse,animal,session,body_weight_g\nA_1,007,1,24.5\nA_2,007,2,\n"
    )
    table = read_csv(tmp_path / "participants.csv")
    assert table["animal"].tolist() == ["007", "007"] and table["session"].tolist() == ["1", "2"]
