# Publication: tables, figures and movies ready to print, and the captions of the report.
#
#   in    measurements, statistics, segmentations, networks
#   out   tables/COHORT/READER/table_1.*, figures/COHORT/READER/*


rule tabulate_agreement:
    input:
        agreement="<results>/statistics/{cohort}/{reader}/agreement.csv",
    output:
        csv="<results>/tables/{cohort}/{reader}/table_1.csv",
        html=report(
            "<results>/tables/{cohort}/{reader}/table_1.html",
            caption="../report/table_1.rst",
            category="{cohort}",
            subcategory="{reader}",
            labels={"item": "Table 1: agreement"},
        ),
        tex="<results>/tables/{cohort}/{reader}/table_1.tex",
        docx="<results>/tables/{cohort}/{reader}/table_1.docx",
    log:
        "<logs>/tabulate_agreement/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=1000,
        runtime="30m",
    params:
        sd_ddof=study.statistics["sd_ddof"],
        alpha=study.statistics["alpha"],
        n=number_of_mice,
        modules=modules("tabulate_agreement"),
    message:
        "Table 1 of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/tabulate_agreement.py"


rule draw_network:
    input:
        model=model,
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
        mem_mb=1000,
        runtime="30m",
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
        segmentations=segmentations,
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
        mem_mb=1000,
        runtime="30m",
    params:
        n=number_of_mice,
        modules=modules("plot_cases"),
    message:
        "Figure 2: plot the best, median and worst mouse of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/plot_cases.py"


rule render_movies:
    input:
        overlap="<results>/measurements/{cohort}/{reader}/overlap.csv",
        manifest="<results>/cohorts/{cohort}/manifest.csv",
        segmentations=segmentations,
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
        mem_mb=1000,
        runtime="30m",
    params:
        n=number_of_mice,
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
        mem_mb=1000,
        runtime="30m",
    params:
        n=number_of_mice,
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
        mem_mb=1000,
        runtime="30m",
    params:
        n=number_of_mice,
        modules=modules("plot_time_volume"),
    message:
        "Figure 4: plot the time-volume curve of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/plot_time_volume.py"


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
        mem_mb=1000,
        runtime="30m",
    params:
        modules=modules("plot_learning_curve"),
    message:
        "Plot the learning curve of {wildcards.reader}"
    script:
        "../scripts/plot_learning_curve.py"
