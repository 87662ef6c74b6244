from murmur.statistics.notes import brief, join, mice


def test_notes_are_joined_and_mice_counted():
    assert join("", "one", "", "two") == "one; two"
    assert [mice(n) for n in (0, 1, 2)] == ["0 mice", "1 mouse", "2 mice"]


def test_many_names_are_a_number_in_print():
    few, many = (", ".join(f"Mouse{number}" for number in range(n)) for n in (5, 6))
    assert brief(f"left out, phenotype unknown: {few}") == f"left out, phenotype unknown: {few}"
    assert brief(f"left out: {many}; n = 1: no SD; {few}") == f"left out: 6 mice; n = 1: no SD; {few}"
    assert brief("") == ""
