# Segmentation: masks of every reader for every mouse assigned to it, on the grid of the images, post-processed.
#
#   in    the mouse files; a network, or a folder of masks and manifest.csv
#   out   segmentations/COHORT/READER/MOUSE.h5; readers/READER/network.xml and .bin, the network for OpenVINO

ENGINE = study.inference["engine"]
if ENGINE == "auto":
    ENGINE = "keras" if requests_gpu("segment_mouse") else "openvino"


rule export_network:
    input:
        model=lambda w: by_content(inputs.reader(w).model),
    output:
        network="<results>/readers/{reader}/network.xml",
        weights="<results>/readers/{reader}/network.bin",
    log:
        "<logs>/export_network/{reader}.log",
    wildcard_constraints:
        reader=any_of(study.readers_by("train_on", "weights")),
    conda:
        "../envs/training.yaml"
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(30),
    params:
        content=lambda w: study.content([inputs.reader(w).model]),
        code=code("export_network"),
    message:
        "Export {wildcards.reader} for inference on processors"
    script:
        "../scripts/export_network.py"


rule segment_mouse:
    input:
        # Not the manifest, which a new mouse changes without affecting the others. The job itself checks its mouse
        # (`check_mouse`), as check_cohort does. An `ancient` manifest is no alternative: Snakemake may skip a job that
        # depends on it if the manifest is rewritten in the same run.
        mouse=lambda w: by_content(inputs.mouse(w)),
        model=lambda w: by_content(inputs.reader(w).model),
        exported=lambda w: inputs.reader(w).exported if ENGINE == "openvino" else [],
    output:
        segmentation="<results>/segmentations/{cohort}/{reader}/{mouse}.h5",
    log:
        "<logs>/segment_mouse/{cohort}/{reader}/{mouse}.log",
    benchmark:
        "<benchmarks>/segment_mouse/{cohort}/{reader}/{mouse}.tsv"
    wildcard_constraints:
        reader=any_of(study.readers_by("train_on", "weights")),
    conda:
        network_environment("segment_mouse", inputs.segmentation)
    threads: 1
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(30),
    params:
        postprocess=lambda w: inputs.reader(w).postprocess,
        spacing_mm=lambda w: inputs.cohort(w).spacing_mm,
        override_headers=lambda w: inputs.cohort(w).override_headers,
        precision=study.inference["precision"] if ENGINE == "openvino" else "float32",
        crop=study.inference["crop"],
        content=lambda w: study.content([inputs.mouse(w), inputs.reader(w).model]),
        code=code("segment_mouse"),
    message:
        "Segment {wildcards.mouse} of {wildcards.cohort} with {wildcards.reader}"
    script:
        "../scripts/segment_mouse.py"


rule correct_masks:
    input:
        mouse=lambda w: by_content(inputs.mouse(w)),
        segmentation=inputs.corrected_segmentation,
        corrections=lambda w: [*map(by_content, inputs.corrections(w))],
    output:
        segmentation="<results>/segmentations/{cohort}/{reader}/{mouse}.h5",
    log:
        "<logs>/correct_masks/{cohort}/{reader}/{mouse}.log",
    wildcard_constraints:
        reader=any_of(study.readers_by("corrects")),
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        decision=inputs.decision,
        spacing_mm=lambda w: inputs.cohort(w).spacing_mm,
        override_headers=lambda w: inputs.cohort(w).override_headers,
        content=lambda w: study.content([inputs.mouse(w), *inputs.corrections(w)]),
        code=code("correct_masks"),
    message:
        "Take the corrections of {wildcards.mouse} of {wildcards.cohort} by {wildcards.reader}"
    script:
        "../scripts/correct_masks.py"


for name in study.readers_by("masks"):
    for cohort in study.readers[name].cohorts:

        rule:
            name:
                f"import_masks_{cohort}_by_{name}"
            input:
                manifest=study.layout.cohort(cohort, "manifest.csv"),
                masks=study.readers[name].mask_files(study.cohorts[cohort]),
            output:
                study.readers[name].segmentations(study.cohorts[cohort]),
            log:
                f"<logs>/import_masks/{cohort}/{name}.log",
            benchmark:
                f"<benchmarks>/import_masks/{cohort}/{name}.tsv"
            conda:
                "../envs/analysis.yaml"
            resources:
                mem_mb=per_attempt(1000),
                runtime=per_attempt(60),
            params:
                folder=study.readers[name].settings["masks"],
                dataset=study.readers[name].settings["dataset"],
                mice=study.readers[name].mice(study.cohorts[cohort]),
                reader=name,
                postprocess=study.readers[name].settings["postprocess"],
                content=study.content(study.readers[name].mask_files(study.cohorts[cohort])),
                code=code("import_masks"),
            message:
                f"Import the masks of {cohort} by {name}"
            script:
                "../scripts/import_masks.py"
