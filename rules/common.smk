# Functions that the rules share. Nothing here reads an image.

import os
import re
import sys
from itertools import chain
from pathlib import Path

from snakemake import __version__ as snakemake_version
from snakemake.exceptions import WorkflowError

# The checkout is never written into, not even with compiled modules, neither here nor by the jobs.
sys.dont_write_bytecode = True
os.environ.update(PYTHONDONTWRITEBYTECODE="1")
sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from murmur.files import remembered_sha256
from murmur.errors import BadInput
from murmur.provenance.code import commit_of, science_of_job
from murmur.provenance.record import digest, tell_jobs, told_to_jobs
from murmur.study.study import Study

if workflow.is_main_process or not told_to_jobs():
    tell_jobs(map(os.path.relpath, workflow.configfiles), snakemake_version, commit_of(workflow.basedir))


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
    for cohort in study.cohorts.values():
        if cohort.split_note:
            print(cohort.split_note, file=sys.stderr)


def any_of(names):
    """A wildcard constraint that matches these names alone."""
    return "|".join(map(re.escape, names)) or "(?!)"


def modules(script):
    """Digest of what a script and the modules that it imports compute, so that a changed formula runs its rule again."""
    return science_of_job(Path(workflow.basedir) / "scripts" / f"{script}.py")


def own(file):
    """The user's own file that a file is or links to; none for one that the workflow makes."""
    for name in cohorts_from("published"):
        if file.startswith(f"{study.cohorts[name].results}/mice/"):
            return study.cohorts[name].copy(Path(file).stem)
    return [] if file.startswith(f"{study.results}/") else [file]


def by_content(file):
    """A file that counts by its content (see `content`) instead of its date, if it is the user's own.

    One that was copied anew has another date and the same content; one that was brought from elsewhere with its date
    has other content and may be older than the results.
    """
    return ancient(file) if own(file) else file


def content(*files):
    """Digest of the user's own among some files, so that other content runs a rule again."""
    return digest([remembered_sha256(file) for file in chain(*map(own, files))])


def per_attempt(amount):
    """As much of a resource again with each attempt: a job that ran out of memory (MB) or time (min) is given more."""
    return lambda wildcards, attempt: amount * attempt


def network_environment(rule):
    """Where networks run: in an environment with CUDA, if a profile or --set-resources has the rule ask for a GPU."""
    resources = workflow.resource_settings.overwrite_resources.get(rule, {})
    asked = {name: resource.raw for name, resource in resources.items()}
    cuda = asked.get("gpu") or "gpu" in str(asked.get("gres"))
    return f"../envs/training{'-gpu' if cuda else ''}.yaml"


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
    if wildcards.reader == "reference":
        return mice_of_cohort(wildcards)
    folder = f"{study.results}/segmentations/{wildcards.cohort}/{wildcards.reader}"
    return [f"{folder}/{mouse}.h5" for mouse in read_mice(wildcards)]


def mice_of_cohort(wildcards):
    """The files of all mice of a cohort."""
    return [study.cohorts[wildcards.cohort].file(mouse) for mouse in study.cohorts[wildcards.cohort].mice]


def nifti_files(wildcards):
    """The NIfTI files of a mouse."""
    return [str(file) for file in study.cohorts[wildcards.cohort].nifti.files(wildcards.mouse)]


def sound_split(wildcards):
    """The split of the cohort that a network trained on: only once it is checked is the network measured there.

    A mouse can be in two sets under two names, which shows in the files alone.
    """
    reader = study.readers.get(wildcards.reader)
    trained = reader and reader.settings.get("train_on") == wildcards.cohort
    return [f"{study.cohorts[wildcards.cohort].results}/split.csv"] if trained else []


def phenotypes(wildcards):
    """The phenotype of each mouse of a cohort for which it is known."""
    return study.cohorts[wildcards.cohort].phenotypes


def measured(table, pairs):
    """A table of measurements (function or overlap) of each pair of cohort and reader; numbers alone have no overlap."""
    return [
        f"{study.results}/measurements/{cohort}/{reader}/{table}.csv"
        for cohort, reader in pairs
        if table == "function" or study.cohorts[cohort].has_images
    ]


def readers_compared(wildcards):
    """The pairs of a cohort and each of its readers."""
    return [(wildcards.cohort, reader) for reader in study.readers_of(wildcards.cohort)]


def cohorts_compared():
    """The pairs of cohort and reader for each reader of several cohorts, the one that it was trained on first."""
    pairs = []
    for reader in all_readers():
        cohorts = [name for name in study.cohorts if reader in study.readers_of(name)]
        trained_on = study.readers[reader].settings.get("train_on") if reader in study.readers else None
        if len(cohorts) > 1 and trained_on in (None, *cohorts):
            pairs += [(cohort, reader) for cohort in sorted(cohorts, key=lambda name: name != trained_on)]
    return pairs


def statistics_of_reader(wildcards):
    """The tables that the words about a reader of a cohort are filled in from, by name."""
    cohort = study.cohorts[wildcards.cohort]
    names = ["agreement", "sample_size"]
    if cohort.phenotypes:
        names += ["groups", "group_tests", "group_differences"]
    if cohort.has_images:
        names += ["overlap_summary", "surface_summary", "overlap_anova", "overlap_pairwise", "dice_error"]
    if cohort.has_images and cohort.phenotypes:
        names += ["overlap_model"]
    folder = f"{study.results}/statistics/{wildcards.cohort}/{wildcards.reader}"
    described = ("manifest", "split") if cohort.has_images else ()
    return {name: f"{cohort.results}/{name}.csv" for name in described} | {
        name: f"{folder}/{name}.csv" for name in names
    }


def paper_pair():
    """The cohort and the reader that stand for the published ones."""
    if not study.paper:
        raise WorkflowError("paper: found none, expected cohort and reader; add paper: {cohort: ..., reader: ...}")
    return study.paper["cohort"], study.paper["reader"]


def paper_counterparts(wildcards):
    """What the study has of what the paper printed, by name."""
    name, reader = paper_pair()
    cohort, statistics = study.cohorts[name], f"{study.results}/statistics/{name}/{reader}"
    found = {"agreement": f"{statistics}/agreement.csv"}
    if cohort.has_images:
        tables = ("overlap_summary", "overlap_anova", "overlap_pairwise", "dice_error")
        found |= {table: f"{statistics}/{table}.csv" for table in tables}
        found |= {table: f"{cohort.results}/{table}.csv" for table in ("manifest", "split")}
        found |= {"overlap": measured("overlap", [(name, reader)])[0]}
        if study.readers[reader].kind == "train_on":
            found |= {"history": f"{study.results}/readers/{reader}/history.csv"}
    return found


def paper_reference(wildcards):
    """The reference's function of all mice of the cohort that stands for the published one, and its manifest."""
    name, reader = paper_pair()
    cohort = study.cohorts[name]
    if not cohort.has_images:
        return {"function": measured("function", [(name, reader)])[0]}
    return {"function": measured("function", [(name, "reference")])[0], "manifest": f"{cohort.results}/manifest.csv"}


def paper_manifest(wildcards):
    """The manifest of the cohort that stands for the published one."""
    cohort = study.cohorts[paper_pair()[0]]
    if not cohort.has_images:
        raise WorkflowError(f"paper.cohort: found '{cohort.name}', which has no images to split; name one that has")
    return f"{cohort.results}/manifest.csv"


def training_cohort(wildcards):
    """The cohort that a network trains on."""
    return study.cohorts[study.readers[wildcards.reader].settings["train_on"]]


def learning_mice(wildcards):
    """The mice that a network trains and validates on, and their sets."""
    cohort = training_cohort(wildcards)
    return {mouse: cohort.split[mouse] for mouse in cohort.mice_of("train", "validation")}


def learning_files(wildcards):
    """The files of the mice that a network trains and validates on."""
    return [training_cohort(wildcards).file(mouse) for mouse in learning_mice(wildcards)]


def model(wildcards):
    """The network of a reader."""
    return study.readers[wildcards.reader].model


def training_memory(wildcards, attempt):
    """The memory in MB to train a network on a CPU: what software and weights take, and a batch of feature maps.

    The published network took 13.5 GiB with batches of 16 (benchmarks/README.md): 210 bytes per value of the maps that
    one convolution per level makes. On a GPU the maps are in its own memory.
    """
    network, training = (getattr(study.readers[wildcards.reader], part) for part in ("network", "training"))
    side = network["size"] / network["downsample"]
    values = sum(filters * (side / 2**level) ** 2 for level, filters in enumerate(network["filters"]))
    return round(attempt * (2000 + 210e-6 * training["batch_size"] * values))
