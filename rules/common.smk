# Helpers for the rules. Questions about the study, such as its mice and readers, are answered by scripts/murmur/study.

import os
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

# Neither this nor the jobs, whose TensorFlow reports errors and warnings only, write compiled modules to the checkout.
# Jobs import the modules of this checkout, even if their environment knows another one.
library = str(Path(workflow.basedir) / "scripts")
sys.dont_write_bytecode = True
os.environ.update(PYTHONDONTWRITEBYTECODE="1", TF_CPP_MIN_LOG_LEVEL="1", PYTHONPATH=library)
sys.path.insert(0, library)

from murmur.data.review import EXPORTED_FILES
from murmur.errors import BadInput
from murmur.files import MEMORY, write_text
from murmur.provenance.code import commit_of, modules_of, science_of_job
from murmur.provenance.record import label_of, ran_with_cuda
from murmur.provenance.run_context import export_run_context
from murmur.study.dates import correct_dates
from murmur.study.inputs import Inputs
from murmur.study.study import Study
from murmur.study.study_file import read_study_file, refuse_forgotten, with_line
from murmur.study.summary import summary
from murmur.subject import SPECIES, in_words, subject

try:
    lines = {file: read_study_file(file) for file in map(os.path.relpath, workflow.configfiles)}
    study = Study(config, reads_ahead=workflow.is_main_process)
    if workflow.is_main_process and "scans" not in sys.argv:  # which lists what is wrong with scans
        if not workflow.overwrite_configfiles:
            refuse_forgotten(".", workflow.configfiles[0])
        study.check_mice()
        correct_dates(study.results)
except BadInput as problem:
    raise WorkflowError("\n".join(in_words(with_line(line, lines)) for line in str(problem).splitlines())) from None
inputs = Inputs(study)


def introduce(study):
    """Show what the study consists of; the terminal (`murmur.terminal`) learns here which rules and targets there are."""
    made = {rule.name: Path(str(rule.snakefile)).stem for rule in workflow.rules if rule.output}
    targets = [rule.name for rule in workflow.rules if not rule.output]
    about = {"results": study.results, "stages": made, "targets": targets}
    logger.info("\n".join([study.title, *study.notes]), extra={"study": about})


def any_of(names):
    """A wildcard constraint that matches these names only."""
    return "|".join(map(re.escape, names)) or "(?!)"


def per_attempt(amount):
    """More of a resource with each attempt, for a job that ran out of memory (MB) or time (min)."""
    return lambda wildcards, attempt: amount * attempt


def needs(mem_mb, minutes):
    """The resources of a job: memory in MB and time in minutes."""
    return {"mem_mb": per_attempt(mem_mb), "runtime": per_attempt(minutes)}


SMALL = needs(1000, 10)


def code(script):
    """Science digest of a script and the modules that it imports: a changed formula reruns its rule.

    Scripts that print the word for the subject or its units are also run again if it changes.
    """
    file = Path(workflow.basedir) / "scripts" / f"{script}.py"
    prints = subject() != SPECIES["mouse"] and any(module.stem == "subject" for module in modules_of(file))
    return f"{science_of_job(file)} {subject()}" if prints else science_of_job(file)


# Input functions of the rules that open files of the user, whose dates are ignored; their content is a param.
by_content, content = inputs.by_content, inputs.content

# Params of the rules that open a mouse: the spacing in the study file, and whether it replaces that of the headers.
SPACING = {
    "spacing_mm": lambda w: inputs.cohort(w).spacing_mm,
    "override_headers": lambda w: inputs.cohort(w).override_headers,
}
