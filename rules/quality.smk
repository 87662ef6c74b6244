# Quality of masks without a reference.
#
#   in    manifest.csv, the mouse files and the segmentations, frames.csv; reference function and split of the training mice
#   out   measurements/COHORT/READER/signs.csv, findings.csv


rule measure_signs:
    input:
        manifest=rules.describe_cohort.output.manifest,
        mice=lambda w: [*map(by_content, inputs.files_read(w))],
        segmentations=inputs.segmentations,
        frames=rules.measure_function.output.frames,
        training=inputs.training_function,
    output:
        signs="<results>/measurements/{cohort}/{reader}/signs.csv",
        findings="<results>/measurements/{cohort}/{reader}/findings.csv",
    log:
        "<logs>/measure_signs/{cohort}/{reader}.log",
    benchmark:
        "<benchmarks>/measure_signs/{cohort}/{reader}.tsv"
    wildcard_constraints:
        reader=any_of(study.readers),
    conda:
        "../envs/analysis.yaml"
    threads: 2
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(60),
    params:
        mice=inputs.mice_read,
        shipped=inputs.is_shipped,
        content=lambda w: study.content(inputs.files_read(w)),
        code=code("measure_signs"),
    message:
        "Look for signs of errors in {wildcards.cohort} by {wildcards.reader}"
    script:
        "../scripts/measure_signs.py"
