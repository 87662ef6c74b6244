# The package for the journal: the study as an RO-Crate. Made when asked for: snakemake --cores all crate.
#
#   in    every result of the study, and the study file
#   out   ro-crate/

from snakemake.io import get_flag_value, is_flagged

# What the report shows, by the file's name: its title, and the template of its caption in report/.
captions = {
    Path(file).name: {
        "title": titles[Path(file).stem],
        "template": Path(get_flag_value(file, "report").caption).name,
    }
    for rule in workflow.rules
    for file in rule.output
    if is_flagged(file, "report")
}


rule crate:
    input:
        results=rules.all.input,
        study=workflow.configfiles,
    output:
        crate=directory("<results>/ro-crate"),
    log:
        "<logs>/crate.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(60),
    params:
        captions=captions,
        commit=commit_of(workflow.basedir),
        modules=modules("crate"),
    message:
        "Package the study for its journal"
    script:
        "../scripts/crate.py"
