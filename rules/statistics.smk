# Statistics: what the measurements say, for each reader of each cohort.
#
#   in    function.csv and overlap.csv
#   out   statistics/COHORT/READER/agreement.csv, overlap_summary.csv, overlap_anova.csv, overlap_pairwise.csv, dice_error.csv


rule measure_agreement:
    input:
        function="<results>/measurements/{cohort}/{reader}/function.csv",
    output:
        "<results>/statistics/{cohort}/{reader}/agreement.csv",
    log:
        "<logs>/measure_agreement/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=1000,
        runtime="30m",
    params:
        sd_ddof=study.statistics["sd_ddof"],
        alpha=study.statistics["alpha"],
        equivalence_margins=study.statistics["equivalence_margins"],
        modules=modules("measure_agreement"),
    message:
        "Measure the agreement of {wildcards.reader} on {wildcards.cohort} with the reference"
    script:
        "../scripts/measure_agreement.py"


rule summarise_overlap:
    input:
        overlap="<results>/measurements/{cohort}/{reader}/overlap.csv",
    output:
        dice="<results>/statistics/{cohort}/{reader}/overlap_summary.csv",
        surface="<results>/statistics/{cohort}/{reader}/surface_summary.csv",
    log:
        "<logs>/summarise_overlap/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=1000,
        runtime="30m",
    params:
        sd_ddof=study.statistics["sd_ddof"],
        modules=modules("summarise_overlap"),
    message:
        "Summarise the overlap of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/summarise_overlap.py"


rule compare_overlap:
    input:
        overlap="<results>/measurements/{cohort}/{reader}/overlap.csv",
    output:
        anova="<results>/statistics/{cohort}/{reader}/overlap_anova.csv",
        pairwise="<results>/statistics/{cohort}/{reader}/overlap_pairwise.csv",
    log:
        "<logs>/compare_overlap/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=1000,
        runtime="30m",
    params:
        alpha=study.statistics["alpha"],
        modules=modules("compare_overlap"),
    message:
        "Compare the overlap of {wildcards.reader} on {wildcards.cohort} between phases and structures"
    script:
        "../scripts/compare_overlap.py"


rule correlate_dice_error:
    input:
        overlap="<results>/measurements/{cohort}/{reader}/overlap.csv",
        function="<results>/measurements/{cohort}/{reader}/function.csv",
    output:
        "<results>/statistics/{cohort}/{reader}/dice_error.csv",
    log:
        "<logs>/correlate_dice_error/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=1000,
        runtime="30m",
    params:
        modules=modules("correlate_dice_error"),
    message:
        "Correlate Dice and error of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/correlate_dice_error.py"
