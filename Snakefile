# Murmur: from files of mice to every number, table and figure of a study.
#
#   snakemake --cores all                               the default study, config/demo.yaml
#   snakemake --cores all --configfile my_study.yaml    any other; config/README.md explains every key
#   snakemake --cores all measurements                  one stage; snakemake --list names them all

from snakemake.utils import min_version

min_version("9.19")

if not config:

    configfile: f"{workflow.basedir}/config/demo.yaml"


include: "rules/common.smk"


pathvars:
    results=study.results,
    logs=f"{study.results}/logs",
    benchmarks=f"{study.results}/benchmarks",


wildcard_constraints:
    cohort=any_of(study.cohorts),
    reader=any_of(["reference", *study.reader_names]),
    mouse="[^/]+",


report: "report/workflow.rst"


# What jobs run in with --software-deployment-method apptainer; envs/murmur.def says how it is built.
container: f"{workflow.basedir}/murmur.sif"


include: "rules/data.smk"
include: "rules/training.smk"
include: "rules/segmentation.smk"
include: "rules/measurement.smk"
include: "rules/statistics.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"
include: "rules/paper.smk"
include: "rules/targets.smk"
include: "rules/provenance.smk"
include: "rules/crate.smk"


rule all:
    """The whole study: all results, the methods in words, and the records of how everything was made."""
    default_target: True
    input:
        rules.mice.input,
        RESULTS,
        rules.provenance.input,
    message:
        "The study is complete"
