# Quality of masks without a reference.
#
#   in    manifest.csv, the mouse files and the segmentations, frames.csv; reference function and split of the training
#         mice
#   out   measurements/COHORT/READER/signs.csv, findings.csv, slice_quality.csv, quality.csv, review.csv;
#         figures/COHORT/READER/review.pdf;
#         statistics/COHORT/READER/correction_*.csv, quality_check.csv, predicted_quality.csv;
#         figures/COHORT/READER/figure_corrections.*, figure_quality.*


rule find_signs:
    input:
        **SCANS,
        frames=rules.measure_function.output.frames,
        training=inputs.training_function,
    output:
        signs="<results>/measurements/{cohort}/{reader}/signs.csv",
        findings="<results>/measurements/{cohort}/{reader}/findings.csv",
        slice_quality="<results>/measurements/{cohort}/{reader}/slice_quality.csv",
    log:
        "<logs>/find_signs/{cohort}/{reader}.log",
    benchmark:
        "<benchmarks>/find_signs/{cohort}/{reader}.tsv"
    wildcard_constraints:
        reader=any_of(study.readers),
    conda:
        "../envs/analysis.yaml"
    threads: 2
    resources:
        **needs(2000, 60),
    params:
        mice=inputs.mice_read,
        shipped=inputs.is_shipped,
        model=inputs.quality_model,
        input_size=inputs.input_size,
        content=content(inputs.files_read),
        code=code("find_signs"),
    message:
        "Look for signs of errors in {wildcards.cohort} by {wildcards.reader}"
    script:
        "../scripts/find_signs.py"


rule predict_quality:
    input:
        signs=rules.find_signs.output.signs,
        findings=rules.find_signs.output.findings,
        slices=rules.measure_volumes.output.slices,
        slice_quality=rules.find_signs.output.slice_quality,
        frames=rules.measure_function.output.frames,
        overlap=inputs.overlap,
        function=rules.measure_function.output.function,
    output:
        quality="<results>/measurements/{cohort}/{reader}/quality.csv",
        review="<results>/measurements/{cohort}/{reader}/review.csv",
    log:
        "<logs>/predict_quality/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        model=inputs.quality_model,
        shipped=inputs.is_shipped,
        pictures=inputs.pictures,
        pages=inputs.pages_of_review,
        animals=inputs.animals,
        code=code("predict_quality"),
    message:
        "Predict the quality of the masks of {wildcards.cohort} by {wildcards.reader}"
    script:
        "../scripts/predict_quality.py"


rule plot_review:
    input:
        **SCANS,
        review=rules.predict_quality.output.review,
        findings=rules.find_signs.output.findings,
        frames=rules.measure_function.output.frames,
    output:
        pages=shown("<results>/figures/{cohort}/{reader}/review.pdf", "Findings to review", **BY_READER),
    log:
        "<logs>/plot_review/{cohort}/{reader}.log",
    benchmark:
        "<benchmarks>/plot_review/{cohort}/{reader}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        mice=inputs.mice_read,
        code=code("plot_review"),
    message:
        "Plot the findings to review of {wildcards.cohort} by {wildcards.reader}"
    script:
        "../scripts/plot_review.py"


rule count_corrections:
    input:
        reader="<results>/measurements/{cohort}/{reader}/slices.csv",
        reference="<results>/measurements/{cohort}/reference/slices.csv",
        frames="<results>/measurements/{cohort}/reference/frames.csv",
        quality=rules.predict_quality.output.quality,
    output:
        curve="<results>/statistics/{cohort}/{reader}/correction_curve.csv",
        cost="<results>/statistics/{cohort}/{reader}/correction_cost.csv",
    log:
        "<logs>/count_corrections/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        code=code("count_corrections"),
    message:
        "Count the slices to correct in {wildcards.cohort} by {wildcards.reader}"
    script:
        "../scripts/count_corrections.py"


rule plot_corrections:
    input:
        curve=rules.count_corrections.output.curve,
        cost=rules.count_corrections.output.cost,
    output:
        *figure("figure_corrections", "Cost of correction", **BY_READER),
    log:
        "<logs>/plot_corrections/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        code=code("plot_corrections"),
    message:
        "Plot the cost of correction of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/plot_corrections.py"


rule check_quality:
    input:
        quality=rules.predict_quality.output.quality,
        findings=rules.find_signs.output.findings,
        overlap=inputs.overlap,
        function=rules.measure_function.output.function,
    output:
        scans="<results>/statistics/{cohort}/{reader}/predicted_quality.csv",
        summary="<results>/statistics/{cohort}/{reader}/quality_check.csv",
    log:
        "<logs>/check_quality/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        sessions=inputs.sessions,
        code=code("check_quality"),
    message:
        "Compare predicted and true quality of {wildcards.cohort} by {wildcards.reader}"
    script:
        "../scripts/check_quality.py"


rule plot_quality:
    input:
        scans=rules.check_quality.output.scans,
        summary=rules.check_quality.output.summary,
    output:
        *figure("figure_quality", "Predicted quality", **BY_READER),
    log:
        "<logs>/plot_quality/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        code=code("plot_quality"),
    message:
        "Plot predicted and true quality of {wildcards.cohort} by {wildcards.reader}"
    script:
        "../scripts/plot_quality.py"
