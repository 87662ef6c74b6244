# Publication, tables: the statistics as they are printed, and in words.
#
#   in    statistics
#   out   tables/COHORT/READER/table_1.*, table_2.*, table_3.*, results.md


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
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        sd_ddof=study.statistics["sd_ddof"],
        alpha=study.statistics["alpha"],
        n=n_mice,
        modules=modules("tabulate_agreement"),
    message:
        "Table 1 of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/tabulate_agreement.py"


rule tabulate_overlap:
    input:
        dice="<results>/statistics/{cohort}/{reader}/overlap_summary.csv",
        surface="<results>/statistics/{cohort}/{reader}/surface_summary.csv",
        anova="<results>/statistics/{cohort}/{reader}/overlap_anova.csv",
        pairwise="<results>/statistics/{cohort}/{reader}/overlap_pairwise.csv",
    output:
        "<results>/tables/{cohort}/{reader}/table_2.csv",
        report(
            "<results>/tables/{cohort}/{reader}/table_2.html",
            caption="../report/table_2.rst",
            category="{cohort}",
            subcategory="{reader}",
            labels={"item": "Table 2: overlap"},
        ),
        "<results>/tables/{cohort}/{reader}/table_2.tex",
        "<results>/tables/{cohort}/{reader}/table_2.docx",
    log:
        "<logs>/tabulate_overlap/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        sd_ddof=study.statistics["sd_ddof"],
        n=n_mice,
        modules=modules("tabulate_overlap"),
    message:
        "Table 2 of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/tabulate_overlap.py"


rule tabulate_groups:
    input:
        summary="<results>/statistics/{cohort}/{reader}/groups.csv",
        tests="<results>/statistics/{cohort}/{reader}/group_tests.csv",
    output:
        "<results>/tables/{cohort}/{reader}/table_3.csv",
        report(
            "<results>/tables/{cohort}/{reader}/table_3.html",
            caption="../report/table_3.rst",
            category="{cohort}",
            subcategory="{reader}",
            labels={"item": "Table 3: phenotypes"},
        ),
        "<results>/tables/{cohort}/{reader}/table_3.tex",
        "<results>/tables/{cohort}/{reader}/table_3.docx",
    log:
        "<logs>/tabulate_groups/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        sd_ddof=study.statistics["sd_ddof"],
        alpha=study.statistics["alpha"],
        n=n_mice,
        modules=modules("tabulate_groups"),
    message:
        "Table 3 of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/tabulate_groups.py"


rule write_results:
    input:
        unpack(inputs.statistics_of_reader),
    output:
        report(
            "<results>/tables/{cohort}/{reader}/results.md",
            caption="../report/results.rst",
            category="{cohort}",
            subcategory="{reader}",
            labels={"item": "Results in words"},
        ),
    log:
        "<logs>/write_results/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(10),
    params:
        sd_ddof=study.statistics["sd_ddof"],
        alpha=study.statistics["alpha"],
        power=study.statistics["power"],
        modules=modules("write_results"),
    message:
        "Write down the results of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/write_results.py"
