# Statistics: each reader in each cohort, comparison of readers, comparison of cohorts.
#
#   in    function.csv and overlap.csv
#   out   statistics/COHORT/READER/agreement.csv, overlap_*.csv, surface_summary.csv, dice_error.csv, group*.csv,
#         sample_size.csv; statistics/COHORT/reader_*.csv; statistics/cohort_comparison.csv, networks.csv,
#         network_results.csv; benchmarks/networks.csv


rule measure_agreement:
    input:
        function=FUNCTION,
    output:
        "<results>/statistics/{cohort}/{reader}/agreement.csv",
    log:
        "<logs>/measure_agreement/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        animals=inputs.animals,
        sd_ddof=study.statistics["sd_ddof"],
        alpha=study.statistics["alpha"],
        equivalence_margins=study.statistics["equivalence_margins"],
        code=code("measure_agreement"),
    message:
        "Measure the agreement of {wildcards.reader} on {wildcards.cohort} with the reference"
    script:
        "../scripts/measure_agreement.py"


rule summarise_overlap:
    input:
        overlap=rules.measure_overlap.output.overlap,
    output:
        dice="<results>/statistics/{cohort}/{reader}/overlap_summary.csv",
        surface="<results>/statistics/{cohort}/{reader}/surface_summary.csv",
    log:
        "<logs>/summarise_overlap/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        sd_ddof=study.statistics["sd_ddof"],
        code=code("summarise_overlap"),
    message:
        "Summarise the overlap of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/summarise_overlap.py"


rule compare_overlap:
    input:
        overlap=rules.measure_overlap.output.overlap,
    output:
        anova="<results>/statistics/{cohort}/{reader}/overlap_anova.csv",
        pairwise="<results>/statistics/{cohort}/{reader}/overlap_pairwise.csv",
    log:
        "<logs>/compare_overlap/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        animals=inputs.animals,
        alpha=study.statistics["alpha"],
        code=code("compare_overlap"),
    message:
        "Compare the overlap of {wildcards.reader} on {wildcards.cohort} between phases and structures"
    script:
        "../scripts/compare_overlap.py"


rule model_overlap:
    input:
        overlap=rules.measure_overlap.output.overlap,
    output:
        "<results>/statistics/{cohort}/{reader}/overlap_model.csv",
    log:
        "<logs>/model_overlap/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        phenotypes=inputs.phenotypes,
        order=inputs.group_order,
        alpha=study.statistics["alpha"],
        code=code("model_overlap"),
    message:
        "Model the overlap of {wildcards.reader} on {wildcards.cohort} by phenotype, phase and structure"
    script:
        "../scripts/model_overlap.py"


rule correlate_dice_error:
    input:
        overlap=rules.measure_overlap.output.overlap,
        function=FUNCTION,
    output:
        "<results>/statistics/{cohort}/{reader}/dice_error.csv",
    log:
        "<logs>/correlate_dice_error/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        animals=inputs.animals,
        alpha=study.statistics["alpha"],
        code=code("correlate_dice_error"),
    message:
        "Correlate Dice and error of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/correlate_dice_error.py"


rule compare_groups:
    input:
        function=FUNCTION,
    output:
        summary="<results>/statistics/{cohort}/{reader}/groups.csv",
        tests="<results>/statistics/{cohort}/{reader}/group_tests.csv",
        differences="<results>/statistics/{cohort}/{reader}/group_differences.csv",
    log:
        "<logs>/compare_groups/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        phenotypes=inputs.phenotypes,
        order=inputs.group_order,
        sd_ddof=study.statistics["sd_ddof"],
        alpha=study.statistics["alpha"],
        code=code("compare_groups"),
    message:
        "Compare the phenotypes of {wildcards.cohort} by the reference and by {wildcards.reader}"
    script:
        "../scripts/compare_groups.py"


rule estimate_sample_size:
    input:
        function=FUNCTION,
    output:
        "<results>/statistics/{cohort}/{reader}/sample_size.csv",
    log:
        "<logs>/estimate_sample_size/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        animals=inputs.animals,
        phenotypes=inputs.phenotypes,
        alpha=study.statistics["alpha"],
        power=study.statistics["power"],
        changes=study.statistics["changes"],
        code=code("estimate_sample_size"),
    message:
        "Estimate sample sizes from {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/estimate_sample_size.py"


rule compare_readers:
    input:
        functions=inputs.functions_compared,
        overlaps=inputs.overlaps_compared,
    output:
        comparison="<results>/statistics/{cohort}/reader_comparison.csv",
        ranking="<results>/statistics/{cohort}/reader_ranking.csv",
        beside="<results>/statistics/{cohort}/reader_beside_observer.csv",
    log:
        "<logs>/compare_readers/{cohort}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        animals=inputs.animals,
        readers=lambda w: study.readers_compared(w.cohort),
        selected=lambda w: study.selected_among(w.cohort),
        learnt=inputs.learnt,
        observers=study.statistics["observers"],
        repeats=study.repeats,
        sd_ddof=study.statistics["sd_ddof"],
        alpha=study.statistics["alpha"],
        code=code("compare_readers"),
    message:
        "Compare the readers of {wildcards.cohort}"
    script:
        "../scripts/compare_readers.py"


rule summarise_networks:
    input:
        functions=inputs.measurements("function", study.pairs_of_networks()),
        overlaps=inputs.measurements("overlap", study.pairs_of_networks()),
        records=collect(rules.train_network.output.record, reader=study.readers_by("train_on")),
        histories=collect(rules.train_network.output.history, reader=study.readers_by("train_on")),
        models=collect(rules.train_network.output.model, reader=study.readers_by("train_on")),
        given=by_content(lambda w: list(study.files_of_given_networks().values())),
    output:
        networks="<results>/statistics/networks.csv",
        results="<results>/statistics/network_results.csv",
    log:
        "<logs>/summarise_networks.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        pairs=study.pairs_of_networks(),
        trained=study.readers_by("train_on"),
        given=list(study.files_of_given_networks()),
        content=content(lambda w: list(study.files_of_given_networks().values())),
        origins=study.origins_of_networks(),
        learnt=inputs.learnt_by_any(study.pairs_of_networks()),
        repeats=study.repeats,
        animals=study.animal_of_scan,
        alpha=study.statistics["alpha"],
        code=code("summarise_networks"),
    message:
        "Summarise the networks"
    script:
        "../scripts/summarise_networks.py"


# From the records of the jobs. Times differ from run to run: nothing is made from them, and runs are compared without them.
rule tabulate_run_times:
    input:
        cards=rules.summarise_networks.input.records,
        models=rules.summarise_networks.input.models,
        segmentations=[study.readers[r].segmentations(study.cohorts[c]) for c, r in study.pairs_of_networks()],
    output:
        "<benchmarks>/networks.csv",
    log:
        "<logs>/tabulate_run_times.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        logs=collect(rules.train_network.log[0], reader=study.readers_by("train_on")),
        trained=study.readers_by("train_on"),
        repeats=study.repeats,
        code=code("tabulate_run_times"),
    message:
        "Tabulate the run times of the networks"
    script:
        "../scripts/tabulate_run_times.py"


rule compare_cohorts:
    input:
        functions=inputs.measurements("function", study.pairs_across_cohorts()),
        overlaps=inputs.measurements("overlap", study.pairs_across_cohorts()),
    output:
        "<results>/statistics/cohort_comparison.csv",
    log:
        "<logs>/compare_cohorts.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        animals=study.animal_of_scan,
        repeats=study.repeats,
        pairs=study.pairs_across_cohorts(),
        learnt=[study.mice_learnt(cohort, [reader]) for cohort, reader in study.pairs_across_cohorts()],
        pairs_with_overlap=[pair for pair in study.pairs_across_cohorts() if pair in study.pairs(images=True)],
        alpha=study.statistics["alpha"],
        code=code("compare_cohorts"),
    message:
        "Compare the cohorts"
    script:
        "../scripts/compare_cohorts.py"
