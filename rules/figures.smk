# Publication: figures and movies of mice and readers, with the captions of the report.
#
#   in    measurements, statistics, segmentations
#   out   figures/COHORT/READER/* and animals/MOUSE.png, figures/COHORT/figure_7_readers.*, figures/figure_8_cohorts.*;
#         figures/COHORT/dice_by_frame.* with statistics/COHORT/dice_by_frame.csv

MOST_SHOWN = 200  # scans in the report, which could otherwise not be opened
most_read = max((len(study.mice_read(*pair)) for pair in study.pairs(images=True)), default=0)


rule plot_cases:
    input:
        **SCANS,
        overlap=inputs.overlap,
        function=FUNCTION,
        frames=rules.measure_function.output.frames,
    output:
        *figure("figure_2_cases", "Figure 2: cases", **BY_READER),
    log:
        "<logs>/plot_cases/{cohort}/{reader}.log",
    benchmark:
        "<benchmarks>/plot_cases/{cohort}/{reader}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        mice=inputs.mice_read,
        has_reference=inputs.has_reference,  # for the caption
        code=code("plot_cases"),
    message:
        "Figure 2: plot the best, median and worst mouse of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/plot_cases.py"


rule render_movies:
    input:
        **SCANS,
        overlap=inputs.overlap,
        function=FUNCTION,
        frames=rules.measure_function.output.frames,
    output:
        movie("best", "Movie: best mouse", "movies"),
        movie("median", "Movie: median mouse", "movies"),
        movie("worst", "Movie: worst mouse", "movies"),
    log:
        "<logs>/render_movies/{cohort}/{reader}.log",
    benchmark:
        "<benchmarks>/render_movies/{cohort}/{reader}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        mice=inputs.mice_read,
        code=code("render_movies"),
    message:
        "Render the movies of the best, median and worst mouse of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/render_movies.py"


use rule render_movies as render_movies_by_EF with:
    output:
        movie("lowest_EF", "Movie: lowest EF", "movies_by_EF"),
        movie("median_EF", "Movie: median EF", "movies_by_EF"),
        movie("highest_EF", "Movie: highest EF", "movies_by_EF"),
    log:
        "<logs>/render_movies_by_EF/{cohort}/{reader}.log",
    benchmark:
        "<benchmarks>/render_movies_by_EF/{cohort}/{reader}.tsv"
    message:
        "Render the movies of the mice of lowest, median and highest EF by {wildcards.reader} on {wildcards.cohort}"


# One job per scan, which a new mouse does not repeat.
rule plot_animal:
    input:
        mouse=by_content(inputs.mouse),
        segmentation=inputs.segmentation,
        corrected=inputs.frames_corrected,
    output:
        sheet="<results>/figures/{cohort}/{reader}/animals/{mouse}.png",
    log:
        "<logs>/plot_animal/{cohort}/{reader}/{mouse}.log",
    wildcard_constraints:
        reader=any_of(study.readers),
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        **SPACING,
        label=inputs.label,
        own=inputs.own_frames,
        chosen=inputs.chosen_phases,
        content=content(inputs.mouse),
        code=code("plot_animal"),
    message:
        "Plot {wildcards.mouse} of {wildcards.cohort} by {wildcards.reader}"
    script:
        "../scripts/plot_animal.py"


rule collect_animals:
    input:
        sheets=inputs.sheets,
    output:
        animals=(
            shown("<results>/figures/{cohort}/{reader}/animals.pdf", "All animals", **BY_READER)
            if most_read <= MOST_SHOWN
            else "<results>/figures/{cohort}/{reader}/animals.pdf"
        ),
    log:
        "<logs>/collect_animals/{cohort}/{reader}.log",
    benchmark:
        "<benchmarks>/collect_animals/{cohort}/{reader}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        **needs(1000, 60),
    params:
        code=code("collect_animals"),
    message:
        "Collect the plots of all animals of {wildcards.cohort} by {wildcards.reader}"
    script:
        "../scripts/collect_animals.py"


rule plot_agreement:
    input:
        function=FUNCTION,
        agreement=rules.measure_agreement.output[0],
    output:
        *figure("figure_3_agreement", "Figure 3: agreement", **BY_READER),
    log:
        "<logs>/plot_agreement/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        alpha=study.statistics["alpha"],
        phenotypes=inputs.phenotypes,
        order=inputs.group_order,
        code=code("plot_agreement"),
    message:
        "Figure 3: plot the agreement of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/plot_agreement.py"


rule plot_time_volume:
    input:
        volumes=rules.measure_volumes.output.volumes,
        function=FUNCTION,
        frames=rules.measure_function.output.frames,
        manifest=rules.describe_cohort.output.manifest,
        overlap=inputs.overlap,
    output:
        *figure("figure_4_time_volume", "Figure 4: time-volume curve", **BY_READER),
    log:
        "<logs>/plot_time_volume/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        has_reference=inputs.has_reference,  # for the caption
        code=code("plot_time_volume"),
    message:
        "Figure 4: plot the time-volume curve of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/plot_time_volume.py"


rule plot_overlap:
    input:
        overlap=rules.measure_overlap.output.overlap,
    output:
        *figure("figure_5_overlap", "Figure 5: overlap", **BY_READER),
    log:
        "<logs>/plot_overlap/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        code=code("plot_overlap"),
    message:
        "Figure 5: plot the overlap of {wildcards.reader} on {wildcards.cohort}"
    script:
        "../scripts/plot_overlap.py"


rule plot_groups:
    input:
        function=FUNCTION,
        differences=rules.compare_groups.output.differences,
    output:
        *figure("figure_6_groups", "Figure 6: phenotypes", **BY_READER),
    log:
        "<logs>/plot_groups/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        phenotypes=inputs.phenotypes,
        order=inputs.group_order,
        sd_ddof=study.statistics["sd_ddof"],
        alpha=study.statistics["alpha"],
        code=code("plot_groups"),
    message:
        "Figure 6: plot the phenotypes of {wildcards.cohort} by the reference and by {wildcards.reader}"
    script:
        "../scripts/plot_groups.py"


rule plot_readers:
    input:
        ranking=rules.compare_readers.output.ranking,
        comparison=rules.compare_readers.output.comparison,
    output:
        *figure("figure_7_readers", "Figure 7: readers", "{cohort}/", category="{cohort}"),
    log:
        "<logs>/plot_readers/{cohort}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        alpha=study.statistics["alpha"],
        repeated=lambda w: any(name in study.repeats for name in study.readers_compared(w.cohort)),
        code=code("plot_readers"),
    message:
        "Figure 7: plot the ranking of the readers of {wildcards.cohort}"
    script:
        "../scripts/plot_readers.py"


rule plot_dice_by_frame:
    input:
        manifest=inputs.manifest,
        mice=by_content(inputs.files_compared),
        segmentations=inputs.segmentations_compared,
        split=inputs.split,
        checks=inputs.strict_checks,
    output:
        *figure("dice_by_frame", "Dice by frame", "{cohort}/", category="{cohort}"),
        table="<results>/statistics/{cohort}/dice_by_frame.csv",
    log:
        "<logs>/plot_dice_by_frame/{cohort}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **needs(1000, 60),
    params:
        mice=inputs.mice_compared,
        animals=inputs.animals,
        repeats=study.repeats,
        alpha=study.statistics["alpha"],
        content=content(inputs.files_compared),
        code=code("plot_dice_by_frame"),
    message:
        "Plot the Dice coefficients of the readers of {wildcards.cohort} by frame"
    script:
        "../scripts/plot_dice_by_frame.py"


rule draw_flow:
    input:
        manifest=lambda w: inputs.manifest(w) if inputs.cohort(w).has_images else [],
        split=lambda w: inputs.split(w) if inputs.cohort(w).has_images else [],
        functions=inputs.functions_of_cohort,
        overlaps=inputs.overlaps_compared,
    output:
        *figure("flow", "Flow of the mice", "{cohort}/", category="{cohort}"),
    log:
        "<logs>/draw_flow/{cohort}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        excluded=inputs.excluded,
        compared=lambda w: study.readers_compared(w.cohort),
        n_read=lambda w: {r: len(study.mice_read(w.cohort, r)) for r in study.readers_of(w.cohort)},
        n_analysed=lambda w: len(inputs.cohort(w).mice),
        not_scanned=lambda w: inputs.cohort(w).listed.not_scanned,
        animals=lambda w: inputs.cohort(w).animals_scanned_repeatedly,
        reviews=inputs.reviews,
        code=code("draw_flow"),
    message:
        "Draw the flow of the mice of {wildcards.cohort}"
    script:
        "../scripts/draw_flow.py"


rule plot_cohorts:
    input:
        comparison=rules.compare_cohorts.output[0],
    output:
        *figure("figure_8_cohorts", "Figure 8: cohorts", "", category="All cohorts"),
    log:
        "<logs>/plot_cohorts.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        alpha=study.statistics["alpha"],
        code=code("plot_cohorts"),
    message:
        "Figure 8: plot the generalisation of the readers to other cohorts"
    script:
        "../scripts/plot_cohorts.py"
