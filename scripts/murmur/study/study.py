"""A study: its cohorts and readers, asked for their mice and files.

Everything here is cheap, because Snakemake asks it whenever it plans: no image is read.
"""

import re
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from murmur.data import measurement_table
from murmur.data.mouse_file import contoured_frames
from murmur.data.nifti import NiftiFolder
from murmur.data.participants import read_phenotypes
from murmur.data.published_dataset import ADDRESS, CHECKSUMS, INFLOW_MICE, WEIGHTS, read_checksums
from murmur.data.split import SPLITS, draw_split, inflow_note, read_split
from murmur.errors import BadInput
from murmur.files import natural_key
from murmur.phantom.phenotypes import has_inflow_frames, phenotype_of
from murmur.study.schema import complete, nearest

SHIPPED = Path(__file__).resolve().parents[3] / "models" / "phantom.keras"


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


def _one_of(name: str, known: list[str], key: str) -> None:
    if name not in known:
        expected = f"expected one of {', '.join(known)}{nearest(name, known)}" if known else "but there is none; add it"
        raise BadInput(f"{key}: found '{name}', {expected}")


class Cohort:
    """A cohort of the study: its mice, where their files are and how they are split."""

    def __init__(self, name: str, settings: dict, results: str):
        """Take the cohort's section of the study file, and the folder of the study's results.

        Raises BadInput when the section contradicts itself or names a file that is not there.
        """
        self.name = name
        self.settings = settings
        self.source = settings["source"]
        key = f"cohorts.{name}"
        self.kind = _exactly_one(
            self.source, ["phantom", "folder", "nifti", "published", "measurements"], f"{key}.source"
        )
        self.results = f"{results}/cohorts/{name}"
        if self.kind in ("folder", "nifti"):
            _existing(self.source[self.kind], f"{key}.source.{self.kind}", "folder")
        elif self.kind == "measurements":
            _existing(self.source["measurements"], f"{key}.source.measurements", "file")
        elif self.kind == "published":
            for part, kind in (("folder", "folder"), ("checksums", "file")):
                if part in self.published:
                    _existing(self.published[part], f"{key}.source.published.{part}", kind)
        if "participants" in settings:
            _existing(settings["participants"], f"{key}.participants", "file")
        given = settings.get("split", {})
        if "file" in given:
            _existing(given["file"], f"{key}.split.file", "file")
        elif given and (missing := [split for split in SPLITS if split not in given]):
            raise BadInput(
                f"{key}.split: the key {', '.join(missing)} is missing; "
                "give train, validation and test, or the file of a split"
            )

    @property
    def has_images(self) -> bool:
        """Whether the cohort has images; measurements alone have none."""
        return self.kind != "measurements"

    @cached_property
    def nifti(self) -> NiftiFolder:
        """The folder of NIfTI files that the cohort comes from."""
        return NiftiFolder(**self.nifti_settings)

    @property
    def nifti_settings(self) -> dict:
        """What the study file says of the NIfTI files."""
        return {key: self.source[key] for key in NiftiFolder.KEYS if key in self.source}

    @property
    def published(self) -> dict:
        """What the study file says of the published data: nothing, where it says `true`."""
        return {} if self.source["published"] is True else self.source["published"]

    @cached_property
    def checksums(self) -> dict[str, tuple[str, str]]:
        """The published file and its git blob SHA-1 of each mouse."""
        return read_checksums(self.published.get("checksums", CHECKSUMS))

    def address(self, mouse: str) -> str:
        """The address of a published mouse."""
        return f"{self.published.get('address', ADDRESS).rstrip('/')}/{self.checksums[mouse][0]}"

    def copy(self, mouse: str) -> list[str]:
        """The file of a published mouse in the user's own copy; none where it is downloaded."""
        return [str(Path(self.published["folder"]) / f"{mouse}.h5")] if "folder" in self.published else []

    @cached_property
    def mice(self) -> list[str]:
        """The mice, in natural order. Raises BadInput when there are none."""
        if self.kind == "phantom":
            return [f"Mouse{number}" for number in range(1, self.source["phantom"]["mice"] + 1)]
        if self.kind == "measurements":
            return measurement_table.mice(self.source["measurements"])
        if self.kind == "published":
            return self._published_mice()
        if self.kind == "nifti":
            names = self.nifti.mice()
        else:
            names = [path.stem for path in Path(self.source["folder"]).glob("*.h5")]
        if not names:
            wanted = "*.h5" if self.kind == "folder" else self.source["images"]
            raise BadInput(
                f"cohorts.{self.name}.source.{self.kind}: found no file {wanted} in '{self.source[self.kind]}', "
                "expected one per mouse; correct the path"
            )
        return sorted(names, key=natural_key)

    def _published_mice(self) -> list[str]:
        mice = sorted(self.checksums, key=natural_key)
        if missing := [mouse for mouse in mice if not all(Path(file).is_file() for file in self.copy(mouse))]:
            raise BadInput(
                f"cohorts.{self.name}.source.published.folder: found no {', '.join(f'{m}.h5' for m in missing[:5])} in "
                f"'{self.published['folder']}' ({len(missing)} of {len(mice)} mice are missing), expected MOUSE.h5 for "
                "each published mouse; complete the copy, or write published: true to download them"
            )
        return mice

    def file(self, mouse: str) -> str:
        """The mouse's HDF5 file: the user's own, or the one that the workflow makes."""
        if self.kind == "folder":
            return str(Path(self.source["folder"]) / f"{mouse}.h5")
        return f"{self.results}/mice/{mouse}.h5"

    @cached_property
    def phenotypes(self) -> dict[str, str]:
        """The phenotype of each mouse for which it is known."""
        if "participants" in self.settings:
            return read_phenotypes(self.settings["participants"], self.mice)
        if self.kind == "phantom":
            return {mouse: phenotype_of(index) for index, mouse in enumerate(self.mice)}
        return {}

    def _contoured(self, mouse: str) -> list[int]:
        if self.kind == "nifti" and not Path(self.file(mouse)).exists():
            return self.nifti.contoured_frames(mouse)
        return contoured_frames(self.file(mouse))

    @cached_property
    def split(self) -> dict[str, str]:
        """The set (train, validation or test) of each mouse. Raises BadInput when it cannot be drawn or read."""
        given = self.settings.get("split")
        if given is None:
            return dict.fromkeys(self.mice, "test")
        if "file" in given:
            return read_split(given["file"], self.mice)
        if self.kind == "phantom":
            varied, without_contours = self.source["phantom"]["varied"], set()
            inflow = set() if varied else {mouse for i, mouse in enumerate(self.mice) if has_inflow_frames(i)}
        elif self.kind == "published":
            inflow, without_contours = INFLOW_MICE & set(self.mice), set()
        else:
            frames = {mouse: len(self._contoured(mouse)) for mouse in self.mice}
            inflow = {mouse for mouse, count in frames.items() if count > 2}
            without_contours = {mouse for mouse, count in frames.items() if count == 0}
        numbers = {name: given[name] for name in SPLITS}
        return draw_split(self.mice, self.phenotypes, inflow, without_contours, numbers, given["seed"])

    @property
    def split_note(self) -> str:
        """What a person should know of the split of the published mice before anything is downloaded; often nothing."""
        from_file = self.kind == "published" and "file" in self.settings.get("split", {})
        return inflow_note(INFLOW_MICE, self.split) if from_file else ""

    def pairs(self, reader: str) -> int:
        """How many mice a table of measurements gives for a reader, in the metric that has most."""
        return measurement_table.pairs(self.source["measurements"], reader)

    def mice_of(self, *splits: str) -> list[str]:
        """The mice of the sets named."""
        return [mouse for mouse in self.mice if self.split[mouse] in splits]


class Reader:
    """A reader of the study: where its masks come from and which mice it reads."""

    def __init__(self, name: str, settings: dict, cohorts: dict[str, Cohort], results: str):
        """Take the reader's section of the study file, all cohorts, and the folder of the study's results.

        Raises BadInput when the section contradicts itself or names what is not there.
        """
        self.name = name
        self.settings = settings
        key = f"readers.{name}"
        self.kind = _exactly_one(settings, ["train_on", "weights", "masks"], key)
        if name == "reference":
            raise BadInput(f"{key}: 'reference' names the expert's masks; give the reader another name")
        if self.kind == "train_on":
            self._check_training(key, cohorts)
            self.network, self.training = settings["network"], settings["training"]
            self.model = f"{results}/readers/{name}/model.keras"
        elif self.kind == "weights" and self.download:
            self.model = self._downloaded(f"{key}.weights", results)
        elif settings.get("weights") == "phantom":
            self.model = str(SHIPPED.relative_to(Path.cwd()) if SHIPPED.is_relative_to(Path.cwd()) else SHIPPED)
        elif self.kind == "weights":
            self.model = str(_existing(settings["weights"], f"{key}.weights", "file"))
        else:
            folder = _existing(settings["masks"], f"{key}.masks", "folder")
            if next(folder.glob("*.h5"), None) is None:
                raise BadInput(
                    f"{key}.masks: found no file *.h5 in '{folder}', expected MOUSE.h5 for each mouse; correct it"
                )
        with_images = [cohort for cohort in cohorts if cohorts[cohort].has_images]
        self.cohorts = settings.get("cohorts", with_images)
        for cohort in self.cohorts:
            if cohort not in with_images:
                raise BadInput(
                    f"{key}.cohorts: found '{cohort}', expected a cohort with images, one of "
                    f"{', '.join(with_images)}{nearest(cohort, with_images)}"
                )

    @property
    def download(self) -> dict | None:
        """Address, bytes and sha256 of weights that are downloaded; None for all other readers."""
        weights = self.settings.get("weights")
        return WEIGHTS if weights == "published" else weights if isinstance(weights, dict) else None

    def _downloaded(self, key: str, results: str) -> str:
        file = Path(urlsplit(self.download["address"]).path)
        if file.suffix not in (".h5", ".keras"):
            raise BadInput(
                f"{key}.address: found '{self.download['address']}', expected that of a .h5 or .keras file; correct it"
            )
        if not re.fullmatch("[0-9a-f]{64}", self.download["sha256"]):
            raise BadInput(
                f"{key}.sha256: found '{self.download['sha256']}', expected 64 hex digits in lower case; correct it"
            )
        return f"{results}/readers/{self.name}/{file.name}"

    def _check_training(self, key: str, cohorts: dict[str, Cohort]) -> None:
        cohort, network = self.settings["train_on"], self.settings["network"]
        _one_of(cohort, list(cohorts), f"{key}.train_on")
        if not (cohorts[cohort].has_images and cohorts[cohort].settings.get("split")):
            raise BadInput(f"{key}.train_on: the cohort '{cohort}' has no training mice; give it images and a split")
        step = 16 * network["downsample"]
        if network["size"] % step:
            raise BadInput(
                f"{key}.network.size: found {network['size']}, expected a multiple of {step} "
                "(16 times downsample), because the network halves its input four times"
            )

    def mask_files(self, cohort: Cohort) -> list[str]:
        """The files of the reader's folder of masks; a mouse that it did not read has none."""
        files = [Path(self.settings["masks"]) / f"{mouse}.h5" for mouse in self.mice(cohort)]
        return [str(file) for file in files if file.exists()]

    def mice(self, cohort: Cohort) -> list[str]:
        """The mice of `cohort` that this reader segments. Raises BadInput when there are none."""
        mice = cohort.mice if self.settings["mice"] == "all" else cohort.mice_of("test")
        if not mice:
            raise BadInput(
                f"readers.{self.name}: found no test mouse in the cohort '{cohort.name}', expected one or more; "
                "change the split, or let the reader read all mice (mice: all)"
            )
        return mice


class Study:
    """A whole study, checked: `cohorts` and `readers` by name."""

    def __init__(self, config: dict):
        """Check `config`, the content of a study file.

        Raises BadInput with one line per problem: the key's path, what was found and what was expected.
        """
        self.settings = complete(config)
        self.name = self.settings["study"]
        self.results = f"results/{self.name}"
        self.statistics = self.settings["statistics"]
        self.paper = self.settings.get("paper")
        self.cohorts = {name: Cohort(name, s, self.results) for name, s in self.settings["cohorts"].items()}
        self.readers = {
            name: Reader(name, s, self.cohorts, self.results) for name, s in self.settings["readers"].items()
        }

    def readers_of(self, cohort: str) -> list[str]:
        """Names of the readers that are compared with the reference of `cohort`."""
        if not self.cohorts[cohort].has_images:
            return measurement_table.readers(self.cohorts[cohort].source["measurements"])
        return [name for name, reader in self.readers.items() if cohort in reader.cohorts]

    def check_mice(self) -> None:
        """Find every mouse, phenotype and set, so that what is wrong with them is said before any job starts.

        Raises BadInput with its sentence.
        """
        for name, cohort in self.cohorts.items():
            _ = cohort.phenotypes, cohort.split
            for reader in self.readers_of(name):
                if cohort.has_images:
                    self.readers[reader].mice(cohort)
        everyone = sorted({reader for name in self.cohorts for reader in self.readers_of(name)})
        for observer in self.statistics["observers"]:
            _one_of(observer, everyone, "statistics.observers")
        if self.paper:
            _one_of(self.paper["cohort"], list(self.cohorts), "paper.cohort")
            _one_of(self.paper["reader"], self.readers_of(self.paper["cohort"]), "paper.reader")
