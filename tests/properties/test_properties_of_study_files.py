"""Study files of any content are completed, or refused with sentences."""

import copy

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from murmur.errors import BadInput
from murmur.study.schema import complete, in_force, schema
from murmur.study.study_file import read_study_file

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.dates(), st.binary(max_size=4)
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | SCALARS, inner, max_size=3),
    max_leaves=12,
)
GOOD = {
    "study": "s",
    "cohorts": {
        "mine": {
            "source": {"folder": "mice"},
            "spacing_mm": [0.1, 0.1, 1.0],
            "split": {"train": 1, "validation": 1, "test": 1},
        },
        "scans": {"source": {"nifti": "images", "labels": {"myocardium": 2, "blood_pool": 3}}},
        "numbers": {"source": {"measurements": "numbers.csv"}},
    },
    "readers": {
        "net": {"train_on": "mine", "network": {"size": 64}, "training": {"epochs": 2}},
        "murmur": {"weights": "murmur"},
        "observer": {"masks": "observer"},
    },
    "statistics": {"alpha": 0.01},
}


def places(section, path=()):
    """Yield the path of every key and item of a study file."""
    if isinstance(section, dict | list):
        for key, inner in section.items() if isinstance(section, dict) else enumerate(section):
            yield (*path, key)
            yield from places(inner, (*path, key))


def changed(path, value):
    """The good study file with another value at a path."""
    found = copy.deepcopy(GOOD)
    section = found
    for key in path[:-1]:
        section = section[key]
    section[path[-1]] = value
    return found


def sentences(config) -> list[str]:
    """Complete a study file; return the sentences of a refusal, none if it is accepted."""
    try:
        complete(config)
    except BadInput as problem:
        assert str(problem)
        return str(problem).splitlines()
    return []


@given(ANYTHING)
def test_anything_at_all_is_refused_with_sentences(config):
    assume(not (isinstance(config, dict) and {"study", "cohorts"} <= set(map(str, config))))
    assert sentences(config)


@given(st.sampled_from([*places(GOOD)]), ANYTHING)
def test_any_value_anywhere_is_accepted_or_refused_with_sentences(path, value):
    for line in sentences(changed(path, value)):
        assert ": " in line


@given(st.sampled_from([path for path in places(GOOD) if isinstance(path[-1], str)]), st.data())
def test_misspelt_keys_are_named_with_the_right_one(path, data):
    assume(
        path not in {("cohorts", name) for name in GOOD["cohorts"]} | {("readers", name) for name in GOOD["readers"]}
    )
    key = path[-1]
    place = data.draw(st.integers(1, len(key) - 1))
    wrong = key[:place] + key[place - 1 :]
    found = copy.deepcopy(GOOD)
    section = found
    for name in path[:-1]:
        section = section[name]
    section[wrong] = section.pop(key)
    assert any(
        f"{wrong}: found an unknown key" in line and f"did you mean '{key}'?" in line for line in sentences(found)
    )


def test_settings_in_force_are_a_study_file_of_the_same_study():
    whole = complete(GOOD)
    assert complete(in_force(whole)) == whole
    assert complete(copy.deepcopy(GOOD)) == whole


def defaults(rules, path=()):
    """Yield path and value of every default of the schema that has no default below it."""
    for key, rule in rules.get("properties", {}).items():
        if "default" in rule and rule["default"] != {}:
            yield (*path, key), rule["default"]
        yield from defaults(rule, (*path, key))


@pytest.mark.parametrize(("path", "value"), [*defaults(schema())], ids=lambda found: str(found)[:40])
def test_every_default_is_what_an_absent_key_means(path, value):
    section = complete(GOOD)
    for key in path:
        section = section.get(key, {}) if isinstance(section, dict) else {}
    assert section in (value, {}, 0.01)


@given(st.dictionaries(st.text(min_size=1, max_size=8), ANYTHING, min_size=1, max_size=4))
def test_yaml_of_any_keys_and_values_is_read(tmp_path, content):
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    assert set(content) <= set(read_study_file(str(tmp_path / "study.yaml")))


PIECES = [
    "study",
    ": ",
    "- ",
    "\n",
    "  ",
    "\t",
    "&a ",
    "*a",
    "[",
    "]",
    "{",
    "}",
    "!!python/object:os.x ",
    "'",
    '"',
    "#",
]
PIECES += ["|", ">", "? ", "<<: ", "%", "@", "2026-99-99", "=", "0b_", "1e400", "---", "...", "\\x", "mice", ","]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=14))
def test_text_that_looks_like_yaml_is_read_or_refused_in_one_sentence(tmp_path, pieces):
    path = tmp_path / "study.yaml"
    path.write_text("".join(pieces), encoding="utf-8")
    try:
        read_study_file(str(path))
    except BadInput as problem:
        assert str(problem).startswith(str(path))
        assert len(str(problem).splitlines()) == 1
    else:
        assert isinstance(yaml.safe_load(path.read_text()), dict), "what is accepted can be read"
