# Segmentation: masks of every reader for every mouse assigned to it, on the grid of the images, post-processed.
#
#   in    the mouse files; networks, a folder of masks and manifest.csv, or the masks of other readers
#   out   segmentations/COHORT/READER/MOUSE.h5; readers/READER/network.xml and .bin, the network for OpenVINO;
#         readers/READER/choice.*, how an ensemble chooses among masks

ENGINE = study.inference["engine"]
if ENGINE == "auto":
    ENGINE = "keras" if requests_gpu("segment_mouse") else "openvino"


rule export_network:
    input:
        model=by_content(inputs.model),
    output:
        network="<results>/readers/{reader}/network.xml",
        weights="<results>/readers/{reader}/network.bin",
    log:
        "<logs>/export_network/{reader}.log",
    wildcard_constraints:
        reader=any_of(study.readers_by("train_on", "weights", "select")),
    conda:
        "../envs/training.yaml"
    resources:
        **needs(2000, 30),
    params:
        content=content(inputs.model),
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
        mouse=by_content(inputs.mouse),
        models=by_content(inputs.models),
        exported=lambda w: inputs.exported(w) if ENGINE == "openvino" else [],
        # Not `ancient`, for the same reason: another selection repeats the segmentations of its candidates.
        selections=inputs.selections,
    output:
        segmentation="<results>/segmentations/{cohort}/{reader}/{mouse}.h5",
    log:
        "<logs>/segment_mouse/{cohort}/{reader}/{mouse}.log",
    benchmark:
        "<benchmarks>/segment_mouse/{cohort}/{reader}/{mouse}.tsv"
    wildcard_constraints:
        reader=any_of(name for name, reader in study.readers.items() if reader.networks),
    conda:
        network_environment("segment_mouse", inputs.segmentation)
    threads: 1
    resources:
        **needs(2000, 30),
    params:
        **SPACING,
        postprocess=lambda w: inputs.reader(w).postprocess,
        precision=study.inference["precision"] if ENGINE == "openvino" else "float32",
        crop=study.inference["crop"],
        copies=lambda w: inputs.reader(w).settings.get("copies"),
        content=content(inputs.mouse, inputs.models),
        code=code("segment_mouse"),
    message:
        "Segment {wildcards.mouse} of {wildcards.cohort} with {wildcards.reader}"
    script:
        "../scripts/segment_mouse.py"


rule fit_choice:
    input:
        mice=by_content(inputs.files_of_choice),
        segmentations=inputs.segmentations_of_choice,
    output:
        model="<results>/readers/{reader}/choice.json",
        table="<results>/readers/{reader}/choice.csv",
    log:
        "<logs>/fit_choice/{reader}.log",
    wildcard_constraints:
        reader=any_of(name for name in study.readers_by("ensemble") if study.readers[name].chooses),
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        readers=lambda w: [member.name for member in inputs.reader(w).members],
        spacing_mm=lambda w: inputs.reader(w).mice_of_choice[0].spacing_mm,
        override_headers=lambda w: inputs.reader(w).mice_of_choice[0].override_headers,
        content=content(inputs.files_of_choice),
        code=code("fit_choice"),
    message:
        "Fit the choice among the masks of {wildcards.reader}"
    script:
        "../scripts/fit_choice.py"


rule combine_masks:
    input:
        mouse=by_content(inputs.mouse),
        segmentations=inputs.members,
        choice=lambda w: rules.fit_choice.output.model if inputs.reader(w).chooses else [],
    output:
        segmentation="<results>/segmentations/{cohort}/{reader}/{mouse}.h5",
    log:
        "<logs>/combine_masks/{cohort}/{reader}/{mouse}.log",
    wildcard_constraints:
        reader=any_of(name for name in study.readers_by("ensemble") if not study.readers[name].networks),
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        **SPACING,
        readers=lambda w: [member.name for member in inputs.reader(w).members],
        postprocess=lambda w: inputs.reader(w).postprocess,
        content=content(inputs.mouse),
        code=code("combine_masks"),
    message:
        "Combine the masks of {wildcards.mouse} of {wildcards.cohort} by {wildcards.reader}"
    script:
        "../scripts/combine_masks.py"


rule correct_masks:
    input:
        mouse=by_content(inputs.mouse),
        segmentation=inputs.corrected_segmentation,
        corrections=by_content(inputs.corrections),
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
        **SPACING,
        decision=inputs.decision,
        content=content(inputs.mouse, inputs.corrections),
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
                mice=study.readers[name].grids(study.cohorts[cohort]),
            output:
                study.readers[name].segmentations(study.cohorts[cohort]),
            log:
                f"<logs>/import_masks/{cohort}/{name}.log",
            benchmark:
                f"<benchmarks>/import_masks/{cohort}/{name}.tsv"
            conda:
                "../envs/analysis.yaml"
            resources:
                **needs(1000, 60),
            params:
                folder=study.readers[name].settings["masks"],
                dataset=study.readers[name].settings["dataset"],
                nifti=study.readers[name].nifti,
                mice=study.readers[name].mice(study.cohorts[cohort]),
                reader=name,
                postprocess=study.readers[name].settings["postprocess"],
                content=study.content(study.readers[name].mask_files(study.cohorts[cohort])),
                code=code("import_masks"),
            message:
                f"Import the masks of {cohort} by {name}"
            script:
                "../scripts/import_masks.py"
