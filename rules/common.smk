# Functions that the rules share. Nothing here reads an image.

import os
import re
import sys
from itertools import chain
from pathlib import Path

from snakemake.exceptions import WorkflowError

# The checkout is never written into, not even with compiled modules, neither here nor by the jobs.
sys.dont_write_bytecode = True
os.environ.update(PYTHONDONTWRITEBYTECODE="1")
sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from murmur.files import remembered_sha256
from murmur.errors import BadInput
from murmur.provenance.code import commit_of, science_of_job
from murmur.provenance.record import digest
from murmur.study.inputs import Inputs
from murmur.study.study import Study


def or_stop(function, *args):
    """Call a function; what is wrong with the study file ends the planning with its sentence."""
    try:
        return function(*args)
    except BadInput as problem:
        files = ", ".join(map(str, workflow.configfiles)) or "the study file"
        raise WorkflowError(f"{files} cannot be used:\n{problem}") from None


study = or_stop(Study, config)
inputs = Inputs(study)
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


def by_content(file):
    """A file that counts by its content (see `content`) instead of its date, if it is the user's own.

    One that was copied anew has another date and the same content; one that was brought from elsewhere with its date
    has other content and may be older than the results.
    """
    return ancient(file) if study.user_files(file) else file


def content(*files):
    """Digest of the user's own among some files, so that other content runs a rule again."""
    return digest([remembered_sha256(file) for file in chain(*map(study.user_files, files))])


def per_attempt(amount):
    """As much of a resource again with each attempt: a job that ran out of memory (MB) or time (min) is given more."""
    return lambda wildcards, attempt: amount * attempt


def network_environment(rule):
    """Where networks run: in an environment with CUDA, if a profile or --set-resources has the rule ask for a GPU."""
    resources = workflow.resource_settings.overwrite_resources.get(rule, {})
    asked = {name: resource.raw for name, resource in resources.items()}
    cuda = asked.get("gpu") or "gpu" in str(asked.get("gres"))
    return f"../envs/training{'-gpu' if cuda else ''}.yaml"


def cohort_of(wildcards):
    """The cohort of a job."""
    return study.cohorts[wildcards.cohort]


def reader_of(wildcards):
    """The reader of a job."""
    return study.readers[wildcards.reader]


def phenotypes(wildcards):
    """The phenotype of each mouse of a job's cohort for which it is known."""
    return cohort_of(wildcards).phenotypes


def mice_read(wildcards):
    """The mice of a job's cohort that its reader is measured on."""
    return study.mice_read(wildcards.cohort, wildcards.reader)


def n_mice(wildcards):
    """How many mice a job's reader is measured on, for captions."""
    return study.n_mice(wildcards.cohort, wildcards.reader)
