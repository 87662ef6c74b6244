# Functions that the rules share, and what the study asks for. Nothing here reads an image.

import os
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# The checkout is never written into, not even with compiled modules, neither here nor by the jobs.
sys.dont_write_bytecode = True
os.environ.update(PYTHONDONTWRITEBYTECODE="1")
sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from murmur.errors import BadInput
from murmur.modules import digest_of
from murmur.study import Study

FIGURE = ("pdf", "svg", "png")


def or_stop(function, *args):
    """Call a function; what is wrong with the study file ends the planning with its sentence."""
    try:
        return function(*args)
    except BadInput as problem:
        files = ", ".join(map(str, workflow.configfiles)) or "the study file"
        raise WorkflowError(f"{files} cannot be used:\n{problem}") from None


study = or_stop(Study, config)
if workflow.is_main_process:
    or_stop(study.check_mice)


def any_of(names):
    """A wildcard constraint that matches these names alone."""
    return "|".join(map(re.escape, names)) or "(?!)"


def modules(script):
    """Digest of the modules that a script imports, so that editing one runs its rule again."""
    return digest_of(Path(workflow.basedir) / "scripts" / f"{script}.py")


def cohorts_from(*kinds):
    """Names of the cohorts that come from these kinds of source."""
    return [name for name, cohort in study.cohorts.items() if cohort.kind in kinds]


def readers_by(*kinds):
    """Names of the readers of these kinds: train_on, weights, masks."""
    return [name for name, reader in study.readers.items() if reader.kind in kinds]


def all_readers():
    """Names of all readers, those of tables of measurements included."""
    return sorted({reader for cohort in study.cohorts for reader in study.readers_of(cohort)})


def read_mice(wildcards):
    """The mice of a cohort with images that a reader segments; the reference has them all."""
    cohort = study.cohorts[wildcards.cohort]
    return cohort.mice if wildcards.reader == "reference" else study.readers[wildcards.reader].mice(cohort)


def number_of_mice(wildcards):
    """How many mice a reader is measured on, for captions."""
    cohort = study.cohorts[wildcards.cohort]
    return len(read_mice(wildcards)) if cohort.has_images else cohort.pairs(wildcards.reader)


def segmentations(wildcards):
    """The segmentations of a cohort by a reader; the reference's masks are in the mouse files."""
    cohort = study.cohorts[wildcards.cohort]
    if wildcards.reader == "reference":
        return [cohort.file(mouse) for mouse in cohort.mice]
    folder = f"{study.results}/segmentations/{wildcards.cohort}/{wildcards.reader}"
    return [f"{folder}/{mouse}.h5" for mouse in read_mice(wildcards)]


def training_cohort(wildcards):
    """The cohort that a network trains on."""
    return study.cohorts[study.readers[wildcards.reader].settings["train_on"]]


def learning_mice(wildcards):
    """The mice that a network trains and validates on, and their sets."""
    cohort = training_cohort(wildcards)
    return {mouse: cohort.split[mouse] for mouse in cohort.mice_of("train", "validation")}


def model(wildcards):
    """The network of a reader."""
    return study.readers[wildcards.reader].model


def cohort_targets():
    """What is made once per cohort with images: its description, its split, and what the reference measures."""
    names = [name for name, cohort in study.cohorts.items() if cohort.has_images]
    targets = [f"cohorts/{name}/{table}.csv" for name in names for table in ("manifest", "split")]
    targets += [f"measurements/{name}/reference/{table}.csv" for name in names for table in ("volumes", "function")]
    return [f"{study.results}/{target}" for target in targets]


def reader_targets():
    """What is made once per trained network: its diagram and its learning curve."""
    return [
        f"{study.results}/figures/{study.readers[name].settings['train_on']}/{name}/{figure}.{suffix}"
        for name in readers_by("train_on")
        for figure in ("figure_1_network", "learning_curve")
        for suffix in FIGURE
    ]


def comparison_targets():
    """What is made for each reader of each cohort."""
    targets = []
    for name, cohort in study.cohorts.items():
        for reader in study.readers_of(name):
            pair = f"{name}/{reader}"
            targets += [f"tables/{pair}/table_1.{suffix}" for suffix in ("csv", "html", "tex", "docx")]
            targets += [f"figures/{pair}/figure_3_agreement.{suffix}" for suffix in FIGURE]
            if cohort.has_images:
                tables = ("overlap_summary", "surface_summary", "overlap_anova", "overlap_pairwise", "dice_error")
                targets += [f"statistics/{pair}/{table}.csv" for table in tables]
                figures = ("figure_2_cases", "figure_4_time_volume")
                targets += [f"figures/{pair}/{figure}.{suffix}" for figure in figures for suffix in FIGURE]
                targets += [f"figures/{pair}/movie_{case}.gif" for case in ("best", "median", "worst")]
    return [f"{study.results}/{target}" for target in targets]
