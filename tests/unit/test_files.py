import pytest

from murmur.files import atomic_write, natural_key


def test_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "table.csv"
    with atomic_write(path) as partial:
        partial.write_text("half")
        assert not path.exists()
        assert (partial.parent, partial.suffix) == (path.parent, ".csv")
        partial.write_text("whole")
    assert path.read_text() == "whole"
    with pytest.raises(ValueError, match="cut off"), atomic_write(path) as partial:
        partial.write_text("half of the next")
        raise ValueError("cut off")
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path], "no partial file stays behind"


def test_mouse_2_comes_before_mouse_10():
    names = ["Mouse10", "Mouse2", "2", "a/Mouse2", "10", "Mouse02b", "mouse"]
    assert sorted(names, key=natural_key) == ["2", "10", "Mouse2", "Mouse02b", "Mouse10", "a/Mouse2", "mouse"]
