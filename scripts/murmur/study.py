"""The study file: validated against the schema, completed with its defaults, and asked for mice and files.

Everything here is cheap, because Snakemake asks it whenever it plans: no image is read.
"""

import difflib
import json
import re
from functools import cache, cached_property
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

from murmur import measurements
from murmur.cines import annotated_frames
from murmur.errors import BadInput
from murmur.nifti import NiftiFolder
from murmur.participants import read_phenotypes
from murmur.phantom import has_inflow_frames, phenotype_of
from murmur.split import SPLITS, draw_split, read_split

SCHEMA = Path(__file__).parents[2] / "config" / "schema" / "study.schema.yaml"


@cache
def schema() -> dict:
    """Return the schema of study files."""
    return yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))


def _key_path(parts) -> str:
    return ".".join(str(part) for part in parts) or "the study file"


def _nearest(word: str, words) -> str:
    match = difflib.get_close_matches(str(word), [str(w) for w in words], n=1)
    return f"; did you mean '{match[0]}'?" if match else ""


def _sentence(error) -> str:
    """Say in one line what is wrong: the key's path, what was found and what was expected."""
    path, found, rule = _key_path(error.absolute_path), error.instance, error.validator_value
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        unknown = [key for key in found if key not in known]
        return "\n".join(
            f"{_key_path([*error.absolute_path, key])}: unknown key, expected one of {', '.join(known)}"
            f"{_nearest(key, known)}"
            for key in unknown
        )
    if error.validator == "required":
        missing = [key for key in rule if key not in found]
        return f"{path}: the key {', '.join(missing)} is missing"
    expected = {
        "type": lambda: f"expected {'an' if rule[0] in 'aio' else 'a'} {rule}",
        "enum": lambda: f"expected one of {', '.join(map(str, rule))}{_nearest(found, rule)}",
        "pattern": lambda: "expected letters, digits, '_', '-' and '.' only, the first a letter or digit",
        "minimum": lambda: f"expected {rule} or more",
        "exclusiveMinimum": lambda: f"expected more than {rule}",
        "exclusiveMaximum": lambda: f"expected less than {rule}",
        "minItems": lambda: f"expected {rule} values or more",
        "maxItems": lambda: f"expected {rule} values or fewer",
        "minProperties": lambda: "expected at least one entry",
        "uniqueItems": lambda: "expected no value twice",
    }
    return f"{path}: found {json.dumps(found)}, {expected[error.validator]()}"


def _with_defaults(value, rules: dict):
    """Return a copy of `value` in which every key that the schema `rules` give a default has a value."""
    if isinstance(value, dict):
        complete = dict(value)
        for key, rule in rules.get("properties", {}).items():
            if key not in complete and "default" in rule:
                complete[key] = rule["default"]
        return {
            key: _with_defaults(item, rules.get("properties", {}).get(key) or rules.get("additionalProperties") or {})
            for key, item in complete.items()
        }
    return value


def _exactly_one(section: dict, keys: list[str], path: str) -> str:
    given = [key for key in keys if key in section]
    if len(given) != 1:
        raise BadInput(f"{path}: found {' and '.join(given) or 'none'} of {', '.join(keys)}, expected exactly one")
    return given[0]


def _existing(path: str, key: str, kind: str) -> Path:
    exists = Path(path).is_dir() if kind == "folder" else Path(path).is_file()
    if not exists:
        raise BadInput(
            f"{key}: found no {kind} '{path}' (paths start from the working directory, {Path.cwd()}); correct the path"
        )
    return Path(path)


def _in_order(names) -> list[str]:
    """Sort names so that Mouse2 comes before Mouse10."""
    return sorted(names, key=lambda name: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", name)])


class Cohort:
    """A cohort of the study: its mice, where their files are and how they are split."""

    def __init__(self, name: str, settings: dict, results: str):
        self.name = name
        self.settings = settings
        self.kind = _exactly_one(
            settings["source"], ["phantom", "folder", "nifti", "measurements"], f"cohorts.{name}.source"
        )
        self.source = settings["source"]
        self.results = f"{results}/cohorts/{name}"
        key = f"cohorts.{name}"
        if self.kind in ("folder", "nifti"):
            _existing(self.source[self.kind], f"{key}.source.{self.kind}", "folder")
        elif self.kind == "measurements":
            _existing(self.source["measurements"], f"{key}.source.measurements", "file")
        if "participants" in settings:
            _existing(settings["participants"], f"{key}.participants", "file")
        given = self.settings.get("split")
        if given is not None:
            if "file" in given:
                _existing(given["file"], f"{key}.split.file", "file")
            elif missing := [split for split in SPLITS if split not in given]:
                raise BadInput(
                    f"{key}.split: the key {', '.join(missing)} is missing; "
                    "give train, validation and test, or the file of a split"
                )

    @property
    def has_images(self) -> bool:
        """Whether the cohort has images; measurements alone have none."""
        return self.kind != "measurements"

    @property
    def nifti_settings(self) -> dict:
        """What the study file says of the NIfTI files."""
        return {key: self.source[key] for key in NiftiFolder.KEYS if key in self.source}

    @cached_property
    def nifti(self) -> NiftiFolder:
        """The folder of NIfTI files that the cohort comes from."""
        return NiftiFolder(**self.nifti_settings)

    @cached_property
    def mice(self) -> list[str]:
        """The mice, in natural order."""
        if self.kind == "phantom":
            return [f"Mouse{number}" for number in range(1, self.source["phantom"]["mice"] + 1)]
        if self.kind == "measurements":
            return measurements.mice(self.source["measurements"])
        if self.kind == "nifti":
            names = self.nifti.mice()
        else:
            names = [path.stem for path in Path(self.source["folder"]).glob("*.h5")]
        if not names:
            wanted = "*.h5" if self.kind == "folder" else self.source["images"]
            raise BadInput(
                f"cohorts.{self.name}.source.{self.kind}: found no file {wanted} in '{self.source[self.kind]}', "
                "expected one per mouse"
            )
        return _in_order(names)

    def file(self, mouse: str) -> str:
        """The mouse's HDF5 file: the user's own, or the one that the workflow makes."""
        if self.kind == "folder":
            return f"{self.source['folder']}/{mouse}.h5"
        return f"{self.results}/mice/{mouse}.h5"

    @property
    def participants(self) -> str | None:
        """The table of phenotypes, if there is one."""
        if self.kind == "phantom" and "participants" not in self.settings:
            return f"{self.results}/participants.tsv"
        return self.settings.get("participants")

    @cached_property
    def phenotypes(self) -> dict[str, str]:
        """The phenotype of each mouse for which it is known."""
        if self.kind == "phantom" and "participants" not in self.settings:
            return {mouse: phenotype_of(index) for index, mouse in enumerate(self.mice)}
        if "participants" in self.settings:
            return read_phenotypes(self.settings["participants"], self.mice)
        return {}

    @cached_property
    def inflow_mice(self) -> set[str]:
        """The mice with inflow frames, that is with more than two annotated frames."""
        if self.kind == "phantom":
            return {mouse for index, mouse in enumerate(self.mice) if has_inflow_frames(index)}
        if self.kind == "nifti":
            return {mouse for mouse in self.mice if len(self.nifti.mask_files(mouse)) > 2}
        return {mouse for mouse in self.mice if len(annotated_frames(self.file(mouse))) > 2}

    @cached_property
    def split(self) -> dict[str, str]:
        """The set (train, validation or test) of each mouse."""
        given = self.settings.get("split")
        if given is None:
            return dict.fromkeys(self.mice, "test")
        if "file" in given:
            return read_split(given["file"], self.mice)
        return draw_split(
            self.mice,
            phenotypes=self.phenotypes,
            inflow=self.inflow_mice,
            numbers={name: given[name] for name in SPLITS},
            seed=given["seed"],
        )

    def mice_of(self, *splits: str) -> list[str]:
        """The mice of the sets named."""
        return [mouse for mouse in self.mice if self.split[mouse] in splits]


class Reader:
    """A reader of the study: where its masks come from and which mice it reads."""

    def __init__(self, name: str, settings: dict, cohorts: dict[str, Cohort], results: str):
        self.name = name
        self.settings = settings
        self.kind = _exactly_one(settings, ["train_on", "weights", "masks"], f"readers.{name}")
        key = f"readers.{name}"
        if name == "reference":
            raise BadInput(f"{key}: 'reference' names the expert's masks; give the reader another name")
        if self.kind == "train_on":
            cohort = settings["train_on"]
            if cohort not in cohorts:
                raise BadInput(
                    f"{key}.train_on: found '{cohort}', expected one of {', '.join(cohorts)}{_nearest(cohort, cohorts)}"
                )
            if not (cohorts[cohort].has_images and cohorts[cohort].settings.get("split")):
                raise BadInput(
                    f"{key}.train_on: the cohort '{cohort}' has no training mice; give it images and a split"
                )
            self.network = settings["network"]
            self.training = settings["training"]
            step = 16 * self.network["downsample"]
            if self.network["size"] % step:
                raise BadInput(
                    f"{key}.network.size: found {self.network['size']}, expected a multiple of {step} "
                    "(16 times downsample), because the network halves its input four times"
                )
            self.model = f"{results}/readers/{name}/model.keras"
        elif self.kind == "weights":
            self.model = str(_existing(settings["weights"], f"{key}.weights", "file"))
        else:
            folder = _existing(settings["masks"], f"{key}.masks", "folder")
            if next(folder.glob("*.h5"), None) is None:
                raise BadInput(f"{key}.masks: found no file *.h5 in '{folder}', expected MOUSE.h5 for each mouse")
        named = settings.get("cohorts", [c for c in cohorts if cohorts[c].has_images])
        for cohort in named:
            if cohort not in cohorts or not cohorts[cohort].has_images:
                raise BadInput(
                    f"{key}.cohorts: found '{cohort}', expected a cohort with images, one of "
                    f"{', '.join(c for c in cohorts if cohorts[c].has_images)}{_nearest(cohort, cohorts)}"
                )
        self.cohorts = named

    def mask_files(self, cohort: Cohort) -> list[str]:
        """The files of the reader's folder of masks; a mouse that it did not read has none."""
        files = [f"{self.settings['masks']}/{mouse}.h5" for mouse in self.mice(cohort)]
        return [file for file in files if Path(file).exists()]

    def mice(self, cohort: Cohort) -> list[str]:
        """The mice of `cohort` that this reader segments."""
        return cohort.mice if self.settings["mice"] == "all" else cohort.mice_of("test")


ONLY_WITH = {
    "source": {"images": "nifti", "masks": "nifti", "labels": "nifti", "frames_from": "nifti"},
    "reader": {"network": "train_on", "training": "train_on", "dataset": "masks"},
}


def _keys_without_effect(config: dict) -> list[str]:
    sections = [(f"cohorts.{name}.source", c["source"], ONLY_WITH["source"]) for name, c in config["cohorts"].items()]
    sections += [(f"readers.{name}", r, ONLY_WITH["reader"]) for name, r in config.get("readers", {}).items()]
    return [
        f"{path}.{key}: found without {partner}, expected together with it; remove it or add {partner}"
        for path, section, only_with in sections
        for key, partner in only_with.items()
        if key in section and partner not in section
    ]


class Study:
    """A whole study, checked: `cohorts` and `readers` by name."""

    def __init__(self, config: dict):
        """Check `config`, the content of a study file.

        Raises BadInput with one line per problem: the key's path, what was found and what was expected.
        """
        problems = sorted(
            Draft202012Validator(schema()).iter_errors(config), key=lambda e: list(map(str, e.absolute_path))
        )
        if problems:
            raise BadInput("\n".join(_sentence(problem) for problem in problems))
        if idle := _keys_without_effect(config):
            raise BadInput("\n".join(idle))
        self.settings = _with_defaults(config, schema())
        self.name = self.settings["study"]
        self.results = f"results/{self.name}"
        self.statistics = self.settings["statistics"]
        self.cohorts = {name: Cohort(name, s, self.results) for name, s in self.settings["cohorts"].items()}
        self.readers = {
            name: Reader(name, s, self.cohorts, self.results) for name, s in self.settings["readers"].items()
        }

    def readers_of(self, cohort: str) -> list[str]:
        """Names of the readers that are compared with the reference of `cohort`."""
        if not self.cohorts[cohort].has_images:
            return measurements.readers(self.cohorts[cohort].source["measurements"])
        return [name for name, reader in self.readers.items() if cohort in reader.cohorts]
