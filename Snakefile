# Murmur: from mouse cardiac MRI files to the numbers, tables and figures of a study.
#
#   snakemake --cores all                               the default study, config/demo.yaml
#   snakemake --cores all --configfile my_study.yaml    any other study; config/README.md documents every key
#   snakemake --cores all measurements                  one stage; snakemake --list lists them all

from snakemake import __version__
from snakemake.utils import min_version

min_version("9.19")

if not config:

    configfile: f"{workflow.basedir}/config/demo.yaml"


include: "rules/common.smk"
include: "rules/gpu.smk"
include: "rules/outputs.smk"


pathvars:
    results=study.results,
    logs=f"{study.results}/logs",
    benchmarks=f"{study.results}/benchmarks",


wildcard_constraints:
    cohort=any_of(study.cohorts),
    reader=any_of(["reference", *study.reader_names]),
    mouse="[^/]+",
    comparison=any_of(study.comparisons),


report: caption_file("workflow.rst")


# Container for --software-deployment-method apptainer, built as described in envs/murmur.def.
container: f"{workflow.basedir}/murmur.sif"


onstart:
    # After each job, Snakemake 9.27 starts a timer that looks at the waiting jobs every second until none is left, so
    # that it keeps a third of a core busy once a hundred jobs have ended. The timers serve its limit of 100 jobs a
    # second, which is never reached.
    workflow.scheduler.job_rate_limiter = None
    # What a job cannot find out itself, for its record.
    study_files = map(os.path.relpath, workflow.configfiles)
    export_run_context(config["study"], study_files, __version__, commit_of(workflow.basedir), workflow.rules)


include: "rules/data.smk"
include: "rules/training.smk"
include: "rules/segmentation.smk"
include: "rules/measurement.smk"
include: "rules/quality.smk"
include: "rules/export.smk"
include: "rules/statistics.smk"
include: "rules/comparison.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"
include: "rules/network_figures.smk"
include: "rules/paper.smk"
include: "rules/targets.smk"
include: "rules/provenance.smk"
include: "rules/crate.smk"


rule all:
    """The whole study: all results, the methods section and the provenance records."""
    default_target: True
    input:
        rules.measurements.input,
        RESULTS,
        rules.provenance.input,
        RUN_TIMES,
    message:
        "The study is complete"


if workflow.is_main_process:
    introduce(study)
