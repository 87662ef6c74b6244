# The paper: audit of its numbers, comparison with the study, identification of its test mice; only with `paper`.
#
#   in    config/published/, and the measurements and statistics of the reader that stands for the published network
#   out   paper/paper_audit.csv, paper_conventions.csv, paper_comparison.*, paper_test_mice.csv, paper_split.csv

PUBLISHED = f"{workflow.basedir}/config/published"


rule audit_paper:
    input:
        figure3=f"{PUBLISHED}/figure3.csv",
        table_1=f"{PUBLISHED}/table_1.csv",
        paper_values=f"{PUBLISHED}/paper_values.csv",
    output:
        audit="<results>/paper/paper_audit.csv",
        conventions="<results>/paper/paper_conventions.csv",
    log:
        "<logs>/audit_paper.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        code=code("audit_paper"),
    message:
        "Audit the numbers of the paper against its own Figure 3"
    script:
        "../scripts/audit_paper.py"


rule compare_with_paper:
    input:
        unpack(inputs.paper_counterparts),
        table_1=f"{PUBLISHED}/table_1.csv",
        paper_values=f"{PUBLISHED}/paper_values.csv",
    output:
        "<results>/paper/paper_comparison.csv",
    log:
        "<logs>/compare_with_paper.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        sd_ddof=study.statistics["sd_ddof"],
        alpha=study.statistics["alpha"],
        code=code("compare_with_paper"),
    message:
        "Compare the study with the paper"
    script:
        "../scripts/compare_with_paper.py"


rule tabulate_paper:
    input:
        comparison=rules.compare_with_paper.output[0],
    output:
        shown("<results>/paper/paper_comparison.html", "Every number of the paper", category="The paper, checked"),
        "<results>/paper/paper_comparison.tex",
        "<results>/paper/paper_comparison.docx",
    log:
        "<logs>/tabulate_paper.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        cohort=study.paper and study.paper["cohort"],
        reader=study.paper and study.paper["reader"],
        code=code("tabulate_paper"),
    message:
        "Tabulate the comparison with the paper"
    script:
        "../scripts/tabulate_paper.py"


rule find_paper_test_mice:
    input:
        unpack(inputs.paper_reference),
        figure3=f"{PUBLISHED}/figure3.csv",
    output:
        "<results>/paper/paper_test_mice.csv",
    log:
        "<logs>/find_paper_test_mice.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        code=code("find_paper_test_mice"),
    message:
        "Identify the test mice of the paper"
    script:
        "../scripts/find_paper_test_mice.py"


rule draw_paper_split:
    input:
        mice=rules.find_paper_test_mice.output[0],
        manifest=inputs.paper_manifest,
    output:
        "<results>/paper/paper_split.csv",
    log:
        "<logs>/draw_paper_split.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        validation=study.paper and study.paper["validation"],
        seed=study.paper and study.paper["seed"],
        code=code("draw_paper_split"),
    message:
        "Write a split with the test mice of the paper"
    script:
        "../scripts/draw_paper_split.py"
