# Export, on request only: images and masks for programs that edit masks, and the data sets of nnU-Net.
#
#   in    manifest.csv, split.csv, the mouse files and the segmentations, frames.csv, review.csv
#   out   export/COHORT/READER/flagged.csv, export/COHORT/READER/MOUSE/*; export_nnunet/DATASET/*


rule export_masks:
    input:
        mouse=by_content(inputs.mouse),
        segmentation=inputs.segmentation,
        frames=rules.measure_function.output.frames,
    output:
        **{name: f"<results>/export/{{cohort}}/{{reader}}/{{mouse}}/{file}" for name, file in EXPORTED_FILES.items()},
    log:
        "<logs>/export_masks/{cohort}/{reader}/{mouse}.log",
    wildcard_constraints:
        reader=any_of(study.readers),
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        **SPACING,
        content=content(inputs.mouse),
        code=code("export_masks"),
    message:
        "Export {wildcards.mouse} of {wildcards.cohort} by {wildcards.reader} for other programs"
    script:
        "../scripts/export_masks.py"


rule export_flagged:
    input:
        **SCANS,
        review=rules.predict_quality.output.review,
        frames=rules.measure_function.output.frames,
    output:
        flagged="<results>/export/{cohort}/{reader}/flagged.csv",
    log:
        "<logs>/export_flagged/{cohort}/{reader}.log",
    wildcard_constraints:
        reader=any_of(study.readers),
    conda:
        "../envs/analysis.yaml"
    resources:
        **needs(1000, 60),
    params:
        mice=inputs.mice_read,
        content=content(inputs.files_read),
        code=code("export_flagged"),
    message:
        "Export the flagged frames of {wildcards.cohort} by {wildcards.reader} for other programs"
    script:
        "../scripts/export_flagged.py"


rule write_nnunet:
    input:
        manifest=rules.describe_cohort.output.manifest,
        split=rules.draw_split.output.split,
        mice=by_content(inputs.mice),
    output:
        dataset="<results>/export_nnunet/Dataset{number}_{cohort}/dataset.json",
        splits="<results>/export_nnunet/Dataset{number}_{cohort}/splits_final.json",
    log:
        "<logs>/write_nnunet/{number}/{cohort}.log",
    wildcard_constraints:
        cohort=any_of(study.cohorts_with_images),
        number=r"\d{3}",
    conda:
        "../envs/analysis.yaml"
    resources:
        **needs(1000, 120),
    params:
        mice=lambda w: inputs.cohort(w).mice,
        key=inputs.split_to_train_on,
        content=content(inputs.mice),
        code=code("write_nnunet"),
    message:
        "Export {wildcards.cohort} for nnU-Net"
    script:
        "../scripts/write_nnunet.py"
