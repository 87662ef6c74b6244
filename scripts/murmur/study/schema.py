"""Schema of study files: validation, with a sentence for each problem, and default values."""

import json
import math
import reprlib
from functools import cache
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, validators

from murmur.errors import BadInput
from murmur.network.architectures import ARCHITECTURES, with_defaults
from murmur.study.checks import nearest
from murmur.study.repeats import with_repeats

SCHEMA = Path(__file__).parents[3] / "config" / "schema" / "study.schema.yaml"

KINDS = {"string": "text", "boolean": "true or false", "integer": "a whole number", "number": "a number"}  # of values
ADVICE = {  # by the type that was expected
    "string": "put it in quotes",
    "boolean": "correct it",
    "integer": "write the number only",
    "number": "write the number only, with a decimal point",
    "array": "write it in brackets",
    "object": "write its keys below it, indented",
}
DECIMALS = "; write decimals with a point, because a comma separates values"
SHOWN = 80  # characters of a value in a message


def _is_number(_, value) -> bool:
    """Return whether a value is a number that can be computed with: finite, and not a logical value."""
    try:
        return type(value) in (int, float) and math.isfinite(value)
    except OverflowError:
        return False


# JSON Schema accepts 20.0 as an integer; numbers of mice must be Python integers.
_types = Draft202012Validator.TYPE_CHECKER.redefine_many(
    {"integer": lambda _, value: type(value) is int, "number": _is_number}
)
Validator = validators.extend(Draft202012Validator, type_checker=_types)

# Messages for values that do not match a pattern.
PATTERNS = {
    r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\Z": (
        "expected letters, digits, '_', '-' and '.' only, at most 100, the first a letter or digit"
    ),
    "^https?://": "expected an address that starts with https:// or http://; correct it",
    r"^([1-9]\d*|[1-9]\d*/[1-9]\d*)\Z": "expected the number of a scan, or SCAN/RECONSTRUCTION as in 5/2",
    r"^FG_[A-Z_]+\Z": "expected the name of a frame group, such as FG_CYCLE",
    r"\S": "expected text; give a reason",
    r"^(none|(inflow|misgating|ghosting|bias|noise|blur|cropped|swapped|spacing|contrast) [1-5])\Z": (
        "expected none, or inflow, misgating, ghosting, bias, noise, blur, cropped, swapped, spacing or contrast with "
        "a severity of 1 to 5, such as blur 3"
    ),
    r"^(mouse|rat|pig|human)\Z": "expected mouse, rat, pig, human, or a section with name and plural",
}
# Keys that have no effect without another key.
ONLY_WITH = {
    "source": {
        "images": "nifti",
        **dict.fromkeys(("masks", "labels", "ignore", "frames_from"), "nifti or contours"),
        **dict.fromkeys(("contours", "chosen"), "dicom or bruker"),
        "axes": "folder",
        "series": "dicom",
        **dict.fromkeys(("scans", "frame_groups"), "bruker"),
    },
    "reader": {
        "network": "train_on",
        "training": "train_on",
        **dict.fromkeys(("start_from", "train_mice", "seeds", "folds", "repeat_of"), "train_on"),
        "fold": "folds",
        **dict.fromkeys(("dataset", "files"), "masks"),
        **dict.fromkeys(("labels", "ignore", "frames_from"), "files"),
        "combine": "ensemble",
        "corrections": "corrects",
        "decisions": "corrects",
    },
}
WITH_SHAPE = "dice_ce_shape"  # the loss without which `shape_weight` has no effect
# Keys of a cohort that have no effect without images.
ONLY_WITH_IMAGES = ("spacing_mm", "frame_interval_ms", "override_headers", "on_bad_file", "split")
# Keys of a cohort that are also found in headers.
IN_HEADERS = ("spacing_mm", "frame_interval_ms")


@cache
def schema() -> dict:
    """Return the schema of study files."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the former, ten times as fast, is not in every build
    return yaml.load(SCHEMA.read_text(encoding="utf-8"), loader)


def complete(config: dict) -> dict:
    """Return the study `config` with every default filled in.

    Raises BadInput with one line per problem: the key's path, what was found, what was expected and, for a misspelt
    key, the nearest one.
    """
    if names := _names_that_are_not_text(config):
        raise BadInput("\n".join(names))
    errors = sorted(Validator(schema()).iter_errors(config), key=lambda e: list(map(str, e.absolute_path)))
    problems = [_sentence(error) for error in _first_causes(errors)] or _keys_without_effect(config)
    if problems:
        raise BadInput("\n".join(problems))
    settings = _with_defaults(config, schema())
    for name, reader in settings["readers"].items():
        given = config["readers"][name]
        if "start_from" in reader:
            # settings that are not given are those of the network from which the training starts
            reader["network"] = given.get("network", {})
            continue
        reader["network"] = with_defaults(reader["network"])
        if "loss" not in given.get("training", {}):
            reader["training"]["loss"] = ARCHITECTURES[reader["network"]["architecture"]].loss
    return settings | {"readers": with_repeats(settings["readers"])}


def _names_that_are_not_text(section, path: tuple = ()) -> list[str]:
    if not isinstance(section, dict):
        return []
    found = [f"{_key_path(map(str, [*path, key]))}: found the name {key!r}, expected text; put it in quotes"
             for key in section if not isinstance(key, str)]  # fmt: skip
    return found + [line for key, inner in section.items() for line in _names_that_are_not_text(inner, (*path, key))]


def _first_causes(errors: list) -> list:
    """Return errors without those that follow from another: of a value of another type, and of items of a long list."""
    wrong = {tuple(error.absolute_path): error.validator for error in errors if error.validator in ("type", "maxItems")}

    def follows(error) -> bool:
        path = tuple(error.absolute_path)
        return (wrong.get(path) == "type" != error.validator) or wrong.get(path[:-1]) == "maxItems"

    return [error for error in errors if not follows(error)]


def _key_path(parts) -> str:
    """Return the path of a key, or of an item of a list: cohorts.mine.spacing_mm, number 3."""
    path = ""
    for part in parts:
        name = str(part) if str(part).isprintable() else repr(part)
        path += f", number {part + 1}" if isinstance(part, int) else f".{name}"
    return path.removeprefix(".") or "the study file"


def _shown(value) -> str:
    """Return a value as text for a message, shortened if it is long."""
    if isinstance(value, str | int | float | None):
        text = json.dumps(value)
    else:
        text = reprlib.repr(value) if isinstance(value, list | dict) else f"{value} ({type(value).__name__})"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _kind(error) -> str:
    """Return what was expected instead of a value of another type, and what to do."""
    kinds = [error.validator_value] if isinstance(error.validator_value, str) else error.validator_value
    words = KINDS | {
        "array": "a list, such as " + ("[0.1, 0.1, 1.0]" if "number" in str(error.schema.get("items")) else "[a, b]"),
        "object": "a section with keys"
        + "".join(f" such as {key}" for key in [*error.schema.get("properties", ())][:1]),
    }
    advice = ADVICE[kinds[0]]
    if "number" in words[kinds[0]] and isinstance(error.instance, str) and error.instance.strip().isdecimal():
        advice = "remove the quotes"
    elif kinds[0] == "string" and isinstance(error.instance, list | dict | None):
        advice = "write one value"
    return f"expected {' or '.join(words[kind] for kind in kinds)}; {advice}"


def _homes(rules: dict, key: str, path: str = "") -> list[str]:
    """Return the sections of the schema `rules` that have a key, such as cohorts.NAME."""
    inner = {f"{path}.{name}": section for name, section in rules.get("properties", {}).items()}
    if isinstance(named := rules.get("additionalProperties"), dict):
        inner[f"{path}.NAME"] = named
    found = [path.removeprefix(".") or "the first level"] if key in rules.get("properties", {}) else []
    return found + [home for place, section in inner.items() for home in _homes(section, key, place)]


def _sentence(error) -> str:
    """Return the problem in one line: the key's path, what was found and what was expected."""
    path, found, rule = _key_path(error.absolute_path), error.instance, error.validator_value
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        unknown = [key for key in found if key not in known]
        homes = {key: f"; it belongs to {home}" for key in unknown for home in _homes(schema(), key)[:1]}
        return "\n".join(
            f"{_key_path([*error.absolute_path, key])}: found an unknown key, expected one of {', '.join(known)}"
            f"{nearest(key, known) or homes.get(key, '; remove it')}"
            for key in unknown
        )
    if error.validator == "required":
        missing = [key for key in rule if key not in found]
        return f"{path}: found no key {' or '.join(missing)}, expected {', '.join(rule)}; add {', '.join(missing)}"
    expected = {
        "type": lambda: _kind(error),
        "enum": lambda: f"expected one of {', '.join(map(str, rule))}{nearest(found, rule)}",
        "pattern": lambda: PATTERNS[rule],
        "minimum": lambda: f"expected {rule} or more",
        "maximum": lambda: f"expected {rule} or less",
        "exclusiveMinimum": lambda: f"expected more than {rule}",
        "exclusiveMaximum": lambda: f"expected less than {rule}",
        "minItems": lambda: f"expected {rule} values or more",
        "maxItems": lambda: f"expected {rule} values or fewer{DECIMALS if 0 in found else ''}",
        "minProperties": lambda: "expected at least one entry",
        "uniqueItems": lambda: "expected no value twice",
    }
    words = expected[error.validator]()
    return f"{path}: found {_shown(found)}, {words}{'' if ';' in words else '; correct it'}"


def _keys_without_effect(config: dict) -> list[str]:
    sections = [(f"cohorts.{name}.source", c["source"], ONLY_WITH["source"]) for name, c in config["cohorts"].items()]
    sections += [(f"readers.{name}", r, ONLY_WITH["reader"]) for name, r in config.get("readers", {}).items()]
    problems = [
        f"{path}.{key}: found without {partner}, expected both together; remove it or add {partner}"
        for path, section, only_with in sections
        for key, partner in only_with.items()
        if key in section and not _any_of(partner, section)
    ]
    problems += [line for name, reader in config.get("readers", {}).items() for line in _of_training(name, reader)]
    for name, cohort in config["cohorts"].items():
        for key in ONLY_WITH_IMAGES if "measurements" in cohort["source"] else ():
            if key in cohort:
                problems.append(f"cohorts.{name}.{key}: found for measurements, which have no images; remove it")
        if cohort.get("override_headers") and not set(IN_HEADERS) & set(cohort):
            problems.append(
                f"cohorts.{name}.override_headers: found true without {' or '.join(IN_HEADERS)}, expected one of them; "
                "add it, or remove override_headers"
            )
        published = cohort["source"].get("published", {})
        if published is False:
            problems.append(f"cohorts.{name}.source.published: found false, expected true or a section; remove it")
        elif published is not True and {"folder", "address"} <= set(published):
            problems.append(f"cohorts.{name}.source.published: found folder and address, expected one; remove one")
        split = cohort.get("split", {})
        if "file" in split and len(split) > 1:
            others = ", ".join(key for key in split if key != "file")
            problems.append(
                f"cohorts.{name}.split: found {others} together with file, expected one or the other; remove one"
            )
    return problems


def _of_training(name: str, reader: dict) -> list[str]:
    """Return a sentence for each setting of a training that has no effect, or a wrong one, without another."""
    training, path, found = reader.get("training", {}), f"readers.{name}.training", []
    for other in ("seeds", "train_mice"):
        if "folds" in reader and other in reader:
            found.append(f"readers.{name}.folds: found together with {other}, expected one or the other; remove one")
    if "folds" in reader and reader.get("fold", 1) > reader["folds"]:
        found.append(
            f"readers.{name}.fold: found {reader['fold']}, expected 1 to {reader['folds']}, the number of folds; "
            "correct it"
        )
    if training.get("freeze") == "encoder" and "start_from" not in reader:
        found.append(
            f"{path}.freeze: found encoder without start_from, expected both together, because an encoder with random "
            "weights would remain untrained; remove it or add start_from"
        )
    if "shape_weight" in training and training.get("loss") != WITH_SHAPE:
        found.append(
            f"{path}.shape_weight: found without loss: {WITH_SHAPE}, expected both together; remove it or add "
            f"loss: {WITH_SHAPE}"
        )
    return found


def _with_defaults(value, rules: dict):
    """Return a copy of `value` with the defaults of the schema `rules` filled in.

    Keys are in the order of the schema, because a different order of the same settings is not a change.
    """
    if not isinstance(value, dict):
        return value
    known = rules.get("properties", {})
    filled = {key: rule.get("default") for key, rule in known.items() if key in value or "default" in rule} | value
    return {
        key: _with_defaults(item, known.get(key) or rules.get("additionalProperties") or {})
        for key, item in filled.items()
    }


def in_force(settings: dict) -> dict:
    """Return the complete `settings` of a study (`complete`) without the defaults that have no effect.

    The result is a valid study file for the same study.
    """
    cohorts = {name: _cohort_in_force(cohort) for name, cohort in settings["cohorts"].items()}
    readers = {name: _reader_in_force(reader) for name, reader in settings["readers"].items()}
    return settings | {"cohorts": cohorts, "readers": readers}


def _reader_in_force(reader: dict) -> dict:
    found = _kept(reader, ONLY_WITH["reader"])
    if "training" in found and found["training"]["loss"] != WITH_SHAPE:
        found["training"] = {key: value for key, value in found["training"].items() if key != "shape_weight"}
    return found


def _cohort_in_force(cohort: dict) -> dict:
    found = cohort | {"source": _kept(cohort["source"], ONLY_WITH["source"])}
    if "measurements" in cohort["source"]:
        found = {key: value for key, value in found.items() if key not in ONLY_WITH_IMAGES}
    if not set(IN_HEADERS) & set(found):
        found.pop("override_headers", None)
    if "file" in found.get("split", {}):
        found["split"] = {"file": found["split"]["file"]}
    return found


def _kept(section: dict, only_with: dict[str, str]) -> dict:
    return {key: value for key, value in section.items() if key not in only_with or _any_of(only_with[key], section)}


def _any_of(partners: str, section: dict) -> bool:
    """Return whether a section has one of the keys in `partners`, which are joined by " or "."""
    return not set(partners.split(" or ")).isdisjoint(section)
