# Comparison: the groups of animals, in each comparison of the study file.
#
#   in    measurements.csv, with the columns of the participants, of the cohort and reader of the comparison
#   out   comparisons/NAME/values.csv, summary.csv, tests.csv, differences.csv, model_means.csv, measurement_error.csv,
#         assumptions.csv, figure_groups.*, figure_sessions.*


if study.comparisons:

    rule compare_values:
        input:
            measurements=inputs.values_compared,
        output:
            values="<results>/comparisons/{comparison}/values.csv",
            summary="<results>/comparisons/{comparison}/summary.csv",
            tests="<results>/comparisons/{comparison}/tests.csv",
            differences="<results>/comparisons/{comparison}/differences.csv",
            model_means="<results>/comparisons/{comparison}/model_means.csv",
            measurement_error="<results>/comparisons/{comparison}/measurement_error.csv",
            assumptions="<results>/comparisons/{comparison}/assumptions.csv",
        log:
            "<logs>/compare_values/{comparison}.log",
        benchmark:
            "<benchmarks>/compare_values/{comparison}.tsv"
        conda:
            "../envs/analysis.yaml"
        resources:
            mem_mb=per_attempt(2000),
            runtime=per_attempt(60),
        params:
            settings=inputs.comparison_settings,
            code=code("compare_values"),
        message:
            "Compare the groups of {wildcards.comparison}"
        script:
            "../scripts/compare_values.py"

    rule plot_comparison:
        input:
            values=rules.compare_values.output.values,
            summary=rules.compare_values.output.summary,
            differences=rules.compare_values.output.differences,
        output:
            *compared("figure_groups", "2. Groups and differences", ".png", ".pdf", ".svg"),
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
            model_means=rules.compare_values.output.model_means,
        output:
            *compared("figure_sessions", "3. Sessions", ".png", ".pdf", ".svg"),
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
