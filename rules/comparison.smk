# Comparison: the groups of animals, in each comparison of the study file.
#
#   in    measurements.csv, with the columns of the participants, of the cohort and reader of the comparison;
#         those of the cohorts with a reference, by the reader and by the reference
#   out   comparisons/NAME/values.csv, summary.csv, tests.csv, differences.csv, changes.csv, model_means.csv,
#         measurement_error.csv, assumptions.csv, contoured.csv, curves.csv, mean_curves.csv, mean_wall.csv, figure_*,
#         table_groups.*, results.md, arrive.md


rule compare_values:
    input:
        measurements=inputs.table_compared("measurements"),
        reference=inputs.reference_compared,
        validation_reader=inputs.validation_by_reader,
        validation_reference=inputs.validation_by_reference,
    output:
        values="<results>/comparisons/{comparison}/values.csv",
        summary="<results>/comparisons/{comparison}/summary.csv",
        tests="<results>/comparisons/{comparison}/tests.csv",
        differences="<results>/comparisons/{comparison}/differences.csv",
        changes="<results>/comparisons/{comparison}/changes.csv",
        model_means="<results>/comparisons/{comparison}/model_means.csv",
        measurement_error="<results>/comparisons/{comparison}/measurement_error.csv",
        assumptions="<results>/comparisons/{comparison}/assumptions.csv",
        contoured="<results>/comparisons/{comparison}/contoured.csv",
    log:
        "<logs>/compare_values/{comparison}.log",
    benchmark:
        "<benchmarks>/compare_values/{comparison}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        **needs(2000, 60),
    params:
        settings=inputs.comparison_settings,
        simulated_errors=inputs.simulated_errors,
        code=code("compare_values"),
    message:
        "Compare the groups of {wildcards.comparison}"
    script:
        "../scripts/compare_values.py"


# The tables that are put into words.
TEXT_TABLES = {
    name: getattr(rules.compare_values.output, name)
    for name in ("values", "summary", "tests", "differences", "changes", "measurement_error")
}


rule draw_comparison_flow:
    input:
        measurements=inputs.table_compared("measurements"),
        values=rules.compare_values.output.values,
        summary=rules.compare_values.output.summary,
    output:
        *compared("figure_flow", "2. Flow of the animals", ".png", ".pdf", ".svg"),
    log:
        "<logs>/draw_comparison_flow/{comparison}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        settings=inputs.comparison_settings,
        reader=lambda w: inputs.comparison(w).reader,
        excluded=inputs.excluded_from_comparison,
        not_scanned=lambda w: inputs.cohort_compared(w).listed.not_scanned,
        n_mice=lambda w: len(inputs.cohort_compared(w).mice),
        in_review=inputs.outcomes_of_review,
        code=code("draw_comparison_flow"),
    message:
        "Draw the flow of the animals of {wildcards.comparison}"
    script:
        "../scripts/draw_comparison_flow.py"


rule plot_comparison:
    input:
        values=rules.compare_values.output.values,
        summary=rules.compare_values.output.summary,
        differences=rules.compare_values.output.differences,
        changes=rules.compare_values.output.changes,
    output:
        *compared("figure_groups", "3. Groups and differences", ".png", ".pdf", ".svg"),
    log:
        "<logs>/plot_comparison/{comparison}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        settings=inputs.comparison_settings,
        code=code("plot_comparison"),
    message:
        "Plot the groups of {wildcards.comparison}"
    script:
        "../scripts/plot_comparison.py"


rule plot_sessions:
    input:
        values=rules.compare_values.output.values,
        differences=rules.compare_values.output.differences,
        changes=rules.compare_values.output.changes,
        model_means=rules.compare_values.output.model_means,
    output:
        *compared("figure_sessions", "4. Sessions", ".png", ".pdf", ".svg"),
    log:
        "<logs>/plot_sessions/{comparison}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        settings=inputs.comparison_settings,
        code=code("plot_sessions"),
    message:
        "Plot the sessions of {wildcards.comparison}"
    script:
        "../scripts/plot_sessions.py"


rule average_curves:
    input:
        volumes=inputs.table_compared("volumes"),
        measurements=inputs.table_compared("measurements"),
    output:
        curves="<results>/comparisons/{comparison}/curves.csv",
        means="<results>/comparisons/{comparison}/mean_curves.csv",
    log:
        "<logs>/average_curves/{comparison}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        settings=inputs.comparison_settings,
        code=code("average_curves"),
    message:
        "Average the time-volume curves of {wildcards.comparison}"
    script:
        "../scripts/average_curves.py"


rule plot_volume_curves:
    input:
        curves=rules.average_curves.output.curves,
        means=rules.average_curves.output.means,
    output:
        *compared("figure_curves", "5. Time-volume curves", ".png", ".pdf", ".svg"),
    log:
        "<logs>/plot_volume_curves/{comparison}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        settings=inputs.comparison_settings,
        code=code("plot_volume_curves"),
    message:
        "Plot the time-volume curves of {wildcards.comparison}"
    script:
        "../scripts/plot_volume_curves.py"


rule average_wall:
    input:
        wall=inputs.table_compared("wall"),
        measurements=inputs.table_compared("measurements"),
    output:
        means="<results>/comparisons/{comparison}/mean_wall.csv",
    log:
        "<logs>/average_wall/{comparison}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        settings=inputs.comparison_settings,
        code=code("average_wall"),
    message:
        "Average the wall thickness of {wildcards.comparison}"
    script:
        "../scripts/average_wall.py"


rule plot_bullseye:
    input:
        means=rules.average_wall.output.means,
    output:
        *compared("figure_bullseye", "6. Wall thickness", ".png", ".pdf", ".svg"),
    log:
        "<logs>/plot_bullseye/{comparison}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        settings=inputs.comparison_settings,
        code=code("plot_bullseye"),
    message:
        "Plot the wall thickness of {wildcards.comparison}"
    script:
        "../scripts/plot_bullseye.py"


rule tabulate_comparison:
    input:
        summary=rules.compare_values.output.summary,
        differences=rules.compare_values.output.differences,
        changes=rules.compare_values.output.changes,
    output:
        *compared("table_groups", "7. Table of groups", ".html", ".csv", ".tex", ".docx"),
    log:
        "<logs>/tabulate_comparison/{comparison}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        settings=inputs.comparison_settings,
        excluded=inputs.left_out_of_comparison,
        code=code("tabulate_comparison"),
    message:
        "Table of the groups of {wildcards.comparison}"
    script:
        "../scripts/tabulate_comparison.py"


rule write_comparison:
    input:
        **TEXT_TABLES,
        measurements=inputs.table_compared("measurements"),
        contoured=rules.compare_values.output.contoured,
    output:
        shown("<results>/comparisons/{comparison}/results.md", "1. Results in words", "comparison", **OF_COMPARISON),
    log:
        "<logs>/write_comparison/{comparison}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        reader=lambda w: inputs.comparison(w).reader,
        settings=inputs.comparison_settings,
        excluded=inputs.left_out_of_comparison,
        code=code("write_comparison"),
    message:
        "Write the results of {wildcards.comparison}"
    script:
        "../scripts/write_comparison.py"


rule write_arrive:
    input:
        **TEXT_TABLES,
        measurements=inputs.table_compared("measurements"),
        assumptions=rules.compare_values.output.assumptions,
    output:
        shown("<results>/comparisons/{comparison}/arrive.md", "8. ARRIVE guidelines", **OF_COMPARISON),
    log:
        "<logs>/write_arrive/{comparison}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        reader=lambda w: inputs.comparison(w).reader,
        settings=inputs.comparison_settings,
        excluded=inputs.left_out_of_comparison,
        code=code("write_arrive"),
    message:
        "Fill in the ARRIVE guidelines for {wildcards.comparison}"
    script:
        "../scripts/write_arrive.py"
