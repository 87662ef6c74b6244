# Publication: printed tables and results sections.
#
#   in    statistics
#   out   tables/COHORT/READER/table_1.*, table_2.*, table_3.*, results.md; tables/COHORT/table_4.*


rule tabulate_agreement:
    input:
        agreement=rules.measure_agreement.output[0],
    output:
        *printed("table_1", "Table 1: agreement", **BY_READER),
    log:
        "<logs>/tabulate_agreement/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        sd_ddof=study.statistics["sd_ddof"],
        alpha=study.statistics["alpha"],
        excluded=inputs.excluded,
        code=code("tabulate_agreement"),
    message:
        "Table 1 of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/tabulate_agreement.py"


rule tabulate_overlap:
    input:
        dice=rules.summarise_overlap.output.dice,
        surface=rules.summarise_overlap.output.surface,
        anova=rules.compare_overlap.output.anova,
        pairwise=rules.compare_overlap.output.pairwise,
    output:
        *printed("table_2", "Table 2: overlap", **BY_READER),
    log:
        "<logs>/tabulate_overlap/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        sd_ddof=study.statistics["sd_ddof"],
        excluded=inputs.excluded,
        code=code("tabulate_overlap"),
    message:
        "Table 2 of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/tabulate_overlap.py"


rule tabulate_groups:
    input:
        summary=rules.compare_groups.output.summary,
        tests=rules.compare_groups.output.tests,
    output:
        *printed("table_3", "Table 3: phenotypes", **BY_READER),
    log:
        "<logs>/tabulate_groups/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        sd_ddof=study.statistics["sd_ddof"],
        alpha=study.statistics["alpha"],
        excluded=inputs.excluded,
        code=code("tabulate_groups"),
    message:
        "Table 3 of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/tabulate_groups.py"


rule tabulate_networks:
    input:
        networks=rules.summarise_networks.output.networks,
        results=rules.summarise_networks.output.results,
        comparison=rules.compare_readers.output.comparison,
    output:
        *printed("table_4", "Table 4: networks", "{cohort}/", category="{cohort}"),
    log:
        "<logs>/tabulate_networks/{cohort}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        alpha=study.statistics["alpha"],
        code=code("tabulate_networks"),
    message:
        "Table 4: networks in {wildcards.cohort}"
    script:
        "../scripts/tabulate_networks.py"


rule write_results:
    input:
        unpack(inputs.statistics_of_reader),
    output:
        shown("<results>/tables/{cohort}/{reader}/results.md", "Results section", **BY_READER),
    log:
        "<logs>/write_results/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        alpha=study.statistics["alpha"],
        power=study.statistics["power"],
        animals=lambda w: inputs.cohort(w).animals_scanned_repeatedly,
        animal_of_scan=inputs.animals,
        simulated=lambda w: inputs.cohort(w).kind == "phantom",
        code=code("write_results"),
    message:
        "Write the results section of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/write_results.py"
