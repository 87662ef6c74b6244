# Measurement: volumes, function and overlap of a reader on a cohort, and all measures in one table.
#
#   in    manifest.csv and the segmentations; for a cohort of measurements its table; participants.csv, checks.csv
#   out   measurements/COHORT/READER/volumes.csv, slices.csv, function.csv, frames.csv, overlap.csv, curve.csv, wall.csv,
#         measurements.csv, measurements.xlsx

FUNCTION = "<results>/measurements/{cohort}/{reader}/function.csv"  # by two rules: of masks, or from a table

# Inputs of the rules that open the scans on which a reader is measured, and its masks.
SCANS = {
    "manifest": inputs.manifest,
    "mice": by_content(inputs.files_read),
    "segmentations": inputs.segmentations,
}


rule measure_volumes:
    input:
        manifest=rules.describe_cohort.output.manifest,
        masks=by_content(inputs.segmentations),
        split=inputs.split_of_training,
        checks=inputs.strict_checks,
    output:
        volumes="<results>/measurements/{cohort}/{reader}/volumes.csv",
        slices="<results>/measurements/{cohort}/{reader}/slices.csv",
    log:
        "<logs>/measure_volumes/{cohort}/{reader}.log",
    benchmark:
        "<benchmarks>/measure_volumes/{cohort}/{reader}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        **needs(1000, 60),
    params:
        mice=inputs.mice_read,
        content=content(inputs.segmentations),
        code=code("measure_volumes"),
    message:
        "Measure the volumes of {wildcards.cohort} by {wildcards.reader}"
    script:
        "../scripts/measure_volumes.py"


rule measure_function:
    input:
        manifest=rules.describe_cohort.output.manifest,
        reader=rules.measure_volumes.output.volumes,
        reference=inputs.reference_volumes,
        phases=by_content(inputs.phases),
        corrected=inputs.frames_corrected,
    output:
        function=FUNCTION,
        frames="<results>/measurements/{cohort}/{reader}/frames.csv",
    log:
        "<logs>/measure_function/{cohort}/{reader}.log",
    wildcard_constraints:
        cohort=any_of(study.cohorts_with_images),
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        own=inputs.own_frames,
        content=content(inputs.phases),
        code=code("measure_function"),
    message:
        "Measure the function of {wildcards.cohort} by {wildcards.reader}"
    script:
        "../scripts/measure_function.py"


rule import_measurements:
    input:
        table=by_content(inputs.table),
        checks=inputs.strict_checks,
    output:
        function=FUNCTION,
    log:
        "<logs>/import_measurements/{cohort}/{reader}.log",
    wildcard_constraints:
        cohort=any_of(study.cohorts_from("measurements")),
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        excluded=inputs.excluded,
        content=content(inputs.table),
        code=code("import_measurements"),
    message:
        "Import the measurements of {wildcards.cohort} by {wildcards.reader}"
    script:
        "../scripts/import_measurements.py"


rule measure_overlap:
    input:
        **SCANS,
        split=inputs.split_of_training,
        checks=inputs.strict_checks,
    output:
        overlap="<results>/measurements/{cohort}/{reader}/overlap.csv",
    log:
        "<logs>/measure_overlap/{cohort}/{reader}.log",
    benchmark:
        "<benchmarks>/measure_overlap/{cohort}/{reader}.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 2
    resources:
        **needs(2000, 60),
    params:
        mice=inputs.mice_read,
        code=code("measure_overlap"),
    message:
        "Measure the overlap of {wildcards.cohort} by {wildcards.reader}"
    script:
        "../scripts/measure_overlap.py"


rule measure_curve:
    input:
        manifest=rules.describe_cohort.output.manifest,
        participants=rules.describe_participants.output.participants,
        volumes=rules.measure_volumes.output.volumes,
        slices=rules.measure_volumes.output.slices,
    output:
        curve="<results>/measurements/{cohort}/{reader}/curve.csv",
    log:
        "<logs>/measure_curve/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    threads: 2
    resources:
        **needs(2000, 30),
    params:
        code=code("measure_curve"),
    message:
        "Fit the volume curves of {wildcards.cohort} by {wildcards.reader}"
    script:
        "../scripts/measure_curve.py"


rule measure_wall:
    input:
        manifest=rules.describe_cohort.output.manifest,
        masks=by_content(inputs.segmentations),
        frames=rules.measure_function.output.frames,
    output:
        wall="<results>/measurements/{cohort}/{reader}/wall.csv",
    log:
        "<logs>/measure_wall/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **needs(1000, 60),
    params:
        mice=inputs.mice_read,
        content=content(inputs.segmentations),
        code=code("measure_wall"),
    message:
        "Measure the wall thickness of {wildcards.cohort} by {wildcards.reader}"
    script:
        "../scripts/measure_wall.py"


rule tabulate_measurements:
    input:
        participants=rules.describe_participants.output.participants,
        function=FUNCTION,
        images=inputs.measurements_of_images,
        masks=inputs.quality_of_masks,
        checks=rules.check_plausibility.output.checks,
    output:
        csv="<results>/measurements/{cohort}/{reader}/measurements.csv",
        workbook="<results>/measurements/{cohort}/{reader}/measurements.xlsx",
    log:
        "<logs>/tabulate_measurements/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **needs(2000, 20),
    params:
        code=code("tabulate_measurements"),
    message:
        "Tabulate the measurements of {wildcards.cohort} by {wildcards.reader}"
    script:
        "../scripts/tabulate_measurements.py"
