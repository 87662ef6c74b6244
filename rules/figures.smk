# Publication, figures: figures and movies ready to print, and the captions of the report.
#
#   in    measurements, statistics, segmentations, networks
#   out   figures/COHORT/READER/*, figures/COHORT/figure_7_readers.*, figures/figure_8_cohorts.*


rule draw_network:
    input:
        model=lambda w: reader_of(w).model,
    output:
        "<results>/figures/{cohort}/{reader}/figure_1_network.pdf",
        "<results>/figures/{cohort}/{reader}/figure_1_network.svg",
        report(
            "<results>/figures/{cohort}/{reader}/figure_1_network.png",
            caption="../report/figure_1_network.rst",
            category="{cohort}",
            subcategory="{reader}",
            labels={"item": "Figure 1: network"},
        ),
    log:
        "<logs>/draw_network/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        modules=modules("draw_network"),
    message:
        "Figure 1: draw the network {wildcards.reader}"
    script:
        "../scripts/draw_network.py"


rule plot_cases:
    input:
        overlap="<results>/measurements/{cohort}/{reader}/overlap.csv",
        manifest="<results>/cohorts/{cohort}/manifest.csv",
        segmentations=inputs.segmentations,
    output:
        "<results>/figures/{cohort}/{reader}/figure_2_cases.pdf",
        "<results>/figures/{cohort}/{reader}/figure_2_cases.svg",
        report(
            "<results>/figures/{cohort}/{reader}/figure_2_cases.png",
            caption="../report/figure_2_cases.rst",
            category="{cohort}",
            subcategory="{reader}",
            labels={"item": "Figure 2: cases"},
        ),
    log:
        "<logs>/plot_cases/{cohort}/{reader}.log",
    benchmark:
        "<benchmarks>/plot_cases/{cohort}/{reader}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        n=n_mice,
        modules=modules("plot_cases"),
    message:
        "Figure 2: plot the best, median and worst mouse of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/plot_cases.py"


rule render_movies:
    input:
        overlap="<results>/measurements/{cohort}/{reader}/overlap.csv",
        manifest="<results>/cohorts/{cohort}/manifest.csv",
        segmentations=inputs.segmentations,
    output:
        best=report(
            "<results>/figures/{cohort}/{reader}/movie_best.gif",
            caption="../report/movies.rst",
            category="{cohort}",
            subcategory="{reader}",
            labels={"item": "Movie: best mouse"},
        ),
        median=report(
            "<results>/figures/{cohort}/{reader}/movie_median.gif",
            caption="../report/movies.rst",
            category="{cohort}",
            subcategory="{reader}",
            labels={"item": "Movie: median mouse"},
        ),
        worst=report(
            "<results>/figures/{cohort}/{reader}/movie_worst.gif",
            caption="../report/movies.rst",
            category="{cohort}",
            subcategory="{reader}",
            labels={"item": "Movie: worst mouse"},
        ),
    log:
        "<logs>/render_movies/{cohort}/{reader}.log",
    benchmark:
        "<benchmarks>/render_movies/{cohort}/{reader}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        n=n_mice,
        modules=modules("render_movies"),
    message:
        "Render the movies of the best, median and worst mouse of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/render_movies.py"


rule plot_agreement:
    input:
        function="<results>/measurements/{cohort}/{reader}/function.csv",
        agreement="<results>/statistics/{cohort}/{reader}/agreement.csv",
    output:
        "<results>/figures/{cohort}/{reader}/figure_3_agreement.pdf",
        "<results>/figures/{cohort}/{reader}/figure_3_agreement.svg",
        report(
            "<results>/figures/{cohort}/{reader}/figure_3_agreement.png",
            caption="../report/figure_3_agreement.rst",
            category="{cohort}",
            subcategory="{reader}",
            labels={"item": "Figure 3: agreement"},
        ),
    log:
        "<logs>/plot_agreement/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        n=n_mice,
        alpha=study.statistics["alpha"],
        modules=modules("plot_agreement"),
    message:
        "Figure 3: plot the agreement of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/plot_agreement.py"


rule plot_time_volume:
    input:
        volumes="<results>/measurements/{cohort}/{reader}/volumes.csv",
        function="<results>/measurements/{cohort}/{reader}/function.csv",
        manifest="<results>/cohorts/{cohort}/manifest.csv",
        overlap="<results>/measurements/{cohort}/{reader}/overlap.csv",
    output:
        "<results>/figures/{cohort}/{reader}/figure_4_time_volume.pdf",
        "<results>/figures/{cohort}/{reader}/figure_4_time_volume.svg",
        report(
            "<results>/figures/{cohort}/{reader}/figure_4_time_volume.png",
            caption="../report/figure_4_time_volume.rst",
            category="{cohort}",
            subcategory="{reader}",
            labels={"item": "Figure 4: time-volume curve"},
        ),
    log:
        "<logs>/plot_time_volume/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        n=n_mice,
        modules=modules("plot_time_volume"),
    message:
        "Figure 4: plot the time-volume curve of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/plot_time_volume.py"


rule plot_overlap:
    input:
        overlap="<results>/measurements/{cohort}/{reader}/overlap.csv",
    output:
        "<results>/figures/{cohort}/{reader}/figure_5_overlap.pdf",
        "<results>/figures/{cohort}/{reader}/figure_5_overlap.svg",
        report(
            "<results>/figures/{cohort}/{reader}/figure_5_overlap.png",
            caption="../report/figure_5_overlap.rst",
            category="{cohort}",
            subcategory="{reader}",
            labels={"item": "Figure 5: overlap"},
        ),
    log:
        "<logs>/plot_overlap/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        n=n_mice,
        modules=modules("plot_overlap"),
    message:
        "Figure 5: plot the overlap of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/plot_overlap.py"


rule plot_groups:
    input:
        function="<results>/measurements/{cohort}/{reader}/function.csv",
        differences="<results>/statistics/{cohort}/{reader}/group_differences.csv",
    output:
        "<results>/figures/{cohort}/{reader}/figure_6_groups.pdf",
        "<results>/figures/{cohort}/{reader}/figure_6_groups.svg",
        report(
            "<results>/figures/{cohort}/{reader}/figure_6_groups.png",
            caption="../report/figure_6_groups.rst",
            category="{cohort}",
            subcategory="{reader}",
            labels={"item": "Figure 6: phenotypes"},
        ),
    log:
        "<logs>/plot_groups/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        phenotypes=phenotypes,
        sd_ddof=study.statistics["sd_ddof"],
        alpha=study.statistics["alpha"],
        n=n_mice,
        modules=modules("plot_groups"),
    message:
        "Figure 6: plot the phenotypes of {wildcards.cohort} by the reference and by {wildcards.reader}"
    script:
        "../scripts/plot_groups.py"


rule plot_readers:
    input:
        ranking="<results>/statistics/{cohort}/reader_ranking.csv",
        comparison="<results>/statistics/{cohort}/reader_comparison.csv",
    output:
        "<results>/figures/{cohort}/figure_7_readers.pdf",
        "<results>/figures/{cohort}/figure_7_readers.svg",
        report(
            "<results>/figures/{cohort}/figure_7_readers.png",
            caption="../report/figure_7_readers.rst",
            category="{cohort}",
            labels={"item": "Figure 7: readers"},
        ),
    log:
        "<logs>/plot_readers/{cohort}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        alpha=study.statistics["alpha"],
        modules=modules("plot_readers"),
    message:
        "Figure 7: plot the ranking of the readers of {wildcards.cohort}"
    script:
        "../scripts/plot_readers.py"


rule plot_cohorts:
    input:
        comparison="<results>/statistics/cohort_comparison.csv",
    output:
        "<results>/figures/figure_8_cohorts.pdf",
        "<results>/figures/figure_8_cohorts.svg",
        report(
            "<results>/figures/figure_8_cohorts.png",
            caption="../report/figure_8_cohorts.rst",
            category="All cohorts",
            labels={"item": "Figure 8: cohorts"},
        ),
    log:
        "<logs>/plot_cohorts.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        alpha=study.statistics["alpha"],
        modules=modules("plot_cohorts"),
    message:
        "Figure 8: plot the errors of other cohorts beside those of the first"
    script:
        "../scripts/plot_cohorts.py"


rule plot_learning_curve:
    input:
        history="<results>/readers/{reader}/history.csv",
    output:
        "<results>/figures/{cohort}/{reader}/learning_curve.pdf",
        "<results>/figures/{cohort}/{reader}/learning_curve.svg",
        report(
            "<results>/figures/{cohort}/{reader}/learning_curve.png",
            caption="../report/learning_curve.rst",
            category="{cohort}",
            subcategory="{reader}",
            labels={"item": "Learning curve"},
        ),
    log:
        "<logs>/plot_learning_curve/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        modules=modules("plot_learning_curve"),
    message:
        "Plot the learning curve of {wildcards.reader}"
    script:
        "../scripts/plot_learning_curve.py"
