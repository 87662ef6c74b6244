# Data package for the journal: the study as an RO-Crate, on request only: snakemake --cores all crate.
#
#   in    every result of the study, and the study file
#   out   ro-crate/


rule crate:
    """Package the study for a journal as an RO-Crate; not part of `all`."""
    input:
        results=[*rules.mice.input, *RESULTS, *rules.provenance.input],
        study=workflow.configfiles,
    output:
        crate=directory("<results>/ro-crate"),
    log:
        "<logs>/crate.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **needs(1000, 60),
    params:
        shown=SHOWN,
        commit=commit_of(workflow.basedir),
        code=code("crate"),
    message:
        "Package the study for its journal"
    script:
        "../scripts/crate.py"
