# Data: obtain the mice of every cohort, check each file, describe the cohort, split it by mouse.
#
#   in    what a cohort's `source` names, and its table of participants
#   out   cohorts/COHORT/mice/MOUSE.h5 (generated or converted), manifest.csv, split.csv

for name in cohorts_from("phantom"):

    rule:
        name:
            f"generate_phantom_{name}"
        output:
            mouse_files=[study.cohorts[name].file(mouse) for mouse in study.cohorts[name].mice],
            participants=f"<results>/cohorts/{name}/participants.tsv",
            truth=f"<results>/cohorts/{name}/truth.csv",
        log:
            f"<logs>/generate_phantom/{name}.log",
        benchmark:
            f"<benchmarks>/generate_phantom/{name}.tsv"
        conda:
            "../envs/analysis.yaml"
        threads: 2
        resources:
            mem_mb=2000,
            runtime="1h",
        params:
            mice=study.cohorts[name].mice,
            seed=study.cohorts[name].source["phantom"]["seed"],
            field_T=study.cohorts[name].source["phantom"]["field_T"],
            modules=modules("generate_phantom"),
        message:
            f"Generate the mice of {name}"
        script:
            "../scripts/generate_phantom.py"


rule convert_nifti:
    input:
        lambda w: study.cohorts[w.cohort].nifti.files(w.mouse),
    output:
        mouse="<results>/cohorts/{cohort}/mice/{mouse}.h5",
    log:
        "<logs>/convert_nifti/{cohort}/{mouse}.log",
    benchmark:
        "<benchmarks>/convert_nifti/{cohort}/{mouse}.tsv"
    wildcard_constraints:
        cohort=any_of(cohorts_from("nifti")),
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime="10m",
    params:
        source=lambda w: study.cohorts[w.cohort].nifti_settings,
        frame_interval_ms=lambda w: study.cohorts[w.cohort].settings.get("frame_interval_ms"),
        modules=modules("convert_nifti"),
    message:
        "Convert the NIfTI files of {wildcards.mouse} of {wildcards.cohort}"
    script:
        "../scripts/convert_nifti.py"


rule check_cohort:
    input:
        mice=lambda w: [study.cohorts[w.cohort].file(mouse) for mouse in study.cohorts[w.cohort].mice],
    output:
        manifest="<results>/cohorts/{cohort}/manifest.csv",
    log:
        "<logs>/check_cohort/{cohort}.log",
    benchmark:
        "<benchmarks>/check_cohort/{cohort}.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 2
    resources:
        mem_mb=2000,
        runtime="1h",
    params:
        phenotypes=lambda w: [study.cohorts[w.cohort].phenotypes.get(mouse) for mouse in study.cohorts[w.cohort].mice],
        spacing_mm=lambda w: study.cohorts[w.cohort].settings.get("spacing_mm"),
        frame_interval_ms=lambda w: study.cohorts[w.cohort].settings.get("frame_interval_ms"),
        modules=modules("check_cohort"),
    message:
        "Check every file of {wildcards.cohort}"
    script:
        "../scripts/check_cohort.py"


rule draw_split:
    input:
        manifest="<results>/cohorts/{cohort}/manifest.csv",
    output:
        split="<results>/cohorts/{cohort}/split.csv",
    log:
        "<logs>/draw_split/{cohort}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=500,
        runtime="10m",
    params:
        assignment=lambda w: study.cohorts[w.cohort].split,
        is_drawn=lambda w: "file" not in study.cohorts[w.cohort].settings.get("split", {}),
        trains=lambda w: any(reader.settings.get("train_on") == w.cohort for reader in study.readers.values()),
        modules=modules("draw_split"),
    message:
        "Split {wildcards.cohort} by mouse"
    script:
        "../scripts/draw_split.py"
