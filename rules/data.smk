# Data: obtain the mice of every cohort, check each file, describe the cohort, split it by mouse.
#
#   in    the `source` of each cohort and its table of participants; the addresses of published data and weights
#   out   scans/COHORT/scans.csv, scans.pdf (what lies in the scan sessions)
#         cohorts/COHORT/mice/MOUSE.h5 (generated, converted, downloaded or linked), manifest.csv, participants.csv,
#         split.csv
#         readers/READER/WEIGHTS.h5 (downloaded)

for name in study.cohorts_from("phantom"):
    PHANTOM = study.cohorts[name].source["phantom"]

    rule:
        name:
            f"generate_phantom_{name}"
        output:
            mouse_files=study.cohorts[name].generated,
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
            **needs(2000, 60),
        params:
            mice=study.cohorts[name].found,
            phenotypes=study.cohorts[name].phantom_phenotypes,
            scans=study.cohorts[name].scans,
            corruptions=study.cohorts[name].corruptions,
            seed=PHANTOM["seed"],
            field_T=PHANTOM["field_T"],
            frame_interval_ms=PHANTOM["frame_interval_ms"],
            varied=PHANTOM["varied"],
            code=code("generate_phantom"),
        message:
            f"Generate the mice of {name}"
        script:
            "../scripts/generate_phantom.py"


rule list_scans:
    output:
        table="<results>/scans/{cohort}/scans.csv",
        sheet="<results>/scans/{cohort}/scans.pdf",
    log:
        "<logs>/list_scans/{cohort}.log",
    wildcard_constraints:
        cohort=any_of(study.cohorts_from("dicom", "bruker")),
    conda:
        "../envs/analysis.yaml"
    threads: 2
    resources:
        **needs(2000, 120),
    params:
        kind=lambda w: inputs.cohort(w).kind,
        sessions=lambda w: inputs.cohort(w).sessions,
        choices=lambda w: {mouse: inputs.cohort(w).choice(mouse) for mouse in inputs.cohort(w).found},
        content=lambda w: inputs.cohort(w).files_of_sessions,
        code=code("list_scans"),
    message:
        "List the scans of {wildcards.cohort}"
    script:
        "../scripts/list_scans.py"


rule convert_nifti:
    input:
        by_content(inputs.user_files),
    output:
        mouse="<results>/cohorts/{cohort}/mice/{mouse}.h5",
    log:
        "<logs>/convert_nifti/{cohort}/{mouse}.log",
    benchmark:
        "<benchmarks>/convert_nifti/{cohort}/{mouse}.tsv"
    wildcard_constraints:
        cohort=any_of(study.cohorts_from("nifti")),
    conda:
        "../envs/analysis.yaml"
    resources:
        **needs(2000, 5),
    params:
        **SPACING,
        source=lambda w: inputs.cohort(w).folder_settings,
        frame_interval_ms=lambda w: inputs.cohort(w).frame_interval_ms,
        content=content(inputs.user_files),
        code=code("convert_nifti"),
    message:
        "Convert the NIfTI files of {wildcards.mouse} of {wildcards.cohort}"
    script:
        "../scripts/convert_nifti.py"


rule convert_matlab:
    input:
        by_content(inputs.user_files),
    output:
        mouse="<results>/cohorts/{cohort}/mice/{mouse}.h5",
    log:
        "<logs>/convert_matlab/{cohort}/{mouse}.log",
    benchmark:
        "<benchmarks>/convert_matlab/{cohort}/{mouse}.tsv"
    wildcard_constraints:
        cohort=any_of(study.cohorts_of_matlab),
    conda:
        "../envs/analysis.yaml"
    resources:
        **needs(2000, 5),
    params:
        **SPACING,
        frame_interval_ms=lambda w: inputs.cohort(w).frame_interval_ms,
        content=content(inputs.user_files),
        code=code("convert_matlab"),
    message:
        "Convert the MATLAB file of {wildcards.mouse} of {wildcards.cohort}"
    script:
        "../scripts/convert_matlab.py"


rule convert_dicom:
    input:
        scan=by_content(inputs.scan_files),
        contours=by_content(inputs.contour_files),
    output:
        mouse="<results>/cohorts/{cohort}/mice/{mouse}.h5",
    log:
        "<logs>/convert_dicom/{cohort}/{mouse}.log",
    benchmark:
        "<benchmarks>/convert_dicom/{cohort}/{mouse}.tsv"
    wildcard_constraints:
        cohort=any_of(study.cohorts_from("dicom")),
    conda:
        "../envs/analysis.yaml"
    resources:
        **needs(2000, 5),
    params:
        **SPACING,
        path=lambda w: inputs.cohort(w).sessions[w.mouse],
        contours=lambda w: inputs.cohort(w).contours_settings if inputs.cohort(w).contour_files(w.mouse) else {},
        choice=lambda w: inputs.cohort(w).choice(w.mouse),
        frame_interval_ms=lambda w: inputs.cohort(w).frame_interval_ms,
        content=content(inputs.user_files),
        code=code("convert_dicom"),
    message:
        "Convert the DICOM files of {wildcards.mouse} of {wildcards.cohort}"
    script:
        "../scripts/convert_dicom.py"


rule convert_bruker:
    input:
        scan=by_content(inputs.scan_files),
        contours=by_content(inputs.contour_files),
    output:
        mouse="<results>/cohorts/{cohort}/mice/{mouse}.h5",
    log:
        "<logs>/convert_bruker/{cohort}/{mouse}.log",
    benchmark:
        "<benchmarks>/convert_bruker/{cohort}/{mouse}.tsv"
    wildcard_constraints:
        cohort=any_of(study.cohorts_from("bruker")),
    conda:
        "../envs/analysis.yaml"
    resources:
        **needs(2000, 5),
    params:
        **SPACING,
        path=lambda w: inputs.cohort(w).sessions[w.mouse],
        contours=lambda w: inputs.cohort(w).contours_settings if inputs.cohort(w).contour_files(w.mouse) else {},
        choice=lambda w: inputs.cohort(w).choice(w.mouse),
        frame_interval_ms=lambda w: inputs.cohort(w).frame_interval_ms,
        content=content(inputs.user_files),
        code=code("convert_bruker"),
    message:
        "Convert the Bruker study of {wildcards.mouse} of {wildcards.cohort}"
    script:
        "../scripts/convert_bruker.py"


# Compute nodes often have no internet access, so these two run where Snakemake runs. Unlike all other rules, they have
# no param `code`: a verified download remains valid when the code changes.
rule obtain_mouse:
    input:
        by_content(inputs.user_files),
    output:
        mouse="<results>/cohorts/{cohort}/mice/{mouse}.h5",
    log:
        "<logs>/obtain_mouse/{cohort}/{mouse}.log",
    wildcard_constraints:
        cohort=any_of(study.cohorts_from("published")),
    retries: 1
    localrule: True
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=500,
        runtime=120,
        downloads=1,  # counts towards the limit that a profile may set
    params:
        address=lambda w: inputs.cohort(w).address(w.mouse),
        git_blob_sha1=lambda w: inputs.cohort(w).checksums[w.mouse][1],
        content=content(inputs.user_files),
    message:
        "Obtain {wildcards.mouse} of {wildcards.cohort}"
    script:
        "../scripts/obtain_mouse.py"


rule obtain_weights:
    output:
        weights="<results>/readers/{reader}/{file}",
    log:
        "<logs>/obtain_weights/{reader}/{file}.log",
    wildcard_constraints:
        reader=any_of(name for name, reader in study.readers.items() if reader.download),
        file=r"[^/]+\.(h5|keras)",
    retries: 1
    localrule: True
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=500,
        runtime=120,
        downloads=1,  # counts towards the limit that a profile may set
    params:
        address=lambda w: inputs.reader(w).download["address"],
        expected=lambda w: {k: v for k, v in inputs.reader(w).download.items() if k != "address"},
    message:
        "Obtain the weights of {wildcards.reader}"
    script:
        "../scripts/obtain_weights.py"


rule check_cohort:
    input:
        mice=by_content(inputs.mice),
    output:
        checked="<results>/cohorts/{cohort}/checked.csv",
    log:
        "<logs>/check_cohort/{cohort}.log",
    benchmark:
        "<benchmarks>/check_cohort/{cohort}.tsv"
    priority: 1  # invalid mouse files are reported before the long jobs start
    conda:
        "../envs/analysis.yaml"
    threads: 2
    resources:
        **needs(2000, 60),
    params:
        **SPACING,
        frame_interval_ms=lambda w: inputs.cohort(w).frame_interval_ms,
        inflow=lambda w: inputs.cohort(w).with_inflow,
        content=content(inputs.mice),
        code=code("check_cohort"),
    message:
        "Check every file of {wildcards.cohort}"
    script:
        "../scripts/check_cohort.py"


# A rule of its own, so that check_cohort, which fails for an invalid file, does not delete a finished manifest.
rule describe_cohort:
    input:
        checked=rules.check_cohort.output.checked,
    output:
        manifest="<results>/cohorts/{cohort}/manifest.csv",
    log:
        "<logs>/describe_cohort/{cohort}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        phenotypes=inputs.phenotypes,
        excluded=inputs.excluded,
        excluded_files=lambda w: {mouse: inputs.cohort(w).file(mouse) for mouse in inputs.excluded(w)},
        code=code("describe_cohort"),
    message:
        "Describe {wildcards.cohort}"
    script:
        "../scripts/describe_cohort.py"


rule describe_participants:
    input:
        by_content(inputs.tables_of_participants),
    output:
        participants="<results>/cohorts/{cohort}/participants.csv",
    log:
        "<logs>/describe_participants/{cohort}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        participants=inputs.participants,
        code=code("describe_participants"),
    message:
        "Describe the participants of {wildcards.cohort}"
    script:
        "../scripts/describe_participants.py"


rule check_plausibility:
    input:
        manifest=lambda w: inputs.manifest(w) if inputs.cohort(w).has_images else [],
        mice=by_content(inputs.mice),
        learnt=lambda w: [study.layout.cohort(name, "manifest.csv") for name in study.learnt_elsewhere(w.cohort)],
        imported=lambda w: [
            inputs.layout.segmentation(w.cohort, reader, mouse) for mouse, reader, _ in inputs.imported(w)
        ],
        table=by_content(inputs.table),
    output:
        checks=shown("<results>/cohorts/{cohort}/checks.csv", "Checks of {cohort}", category="Provenance"),
    log:
        "<logs>/check_plausibility/{cohort}.log",
    benchmark:
        "<benchmarks>/check_plausibility/{cohort}.tsv"
    priority: 1  # as check_cohort
    conda:
        "../envs/analysis.yaml"
    threads: 2
    resources:
        **needs(2000, 60),
    params:
        noticed=lambda w: [list(finding) for finding in study.findings[w.cohort]],
        input_sizes=lambda w: study.input_sizes[w.cohort],
        learnt=lambda w: study.learnt_elsewhere(w.cohort),
        imported=inputs.imported,
        datasets=[study.readers[name].settings["dataset"] for name in study.readers_by("masks")],
        one_protocol=lambda w: inputs.cohort(w).kind != "phantom",
        excluded=inputs.excluded,
        strict=study.settings["strict"],
        content=content(inputs.table),
        code=code("check_plausibility"),
    message:
        "Check the plausibility of {wildcards.cohort}"
    script:
        "../scripts/check_plausibility.py"


rule draw_split:
    input:
        manifest=rules.describe_cohort.output.manifest,
    output:
        split=shown("<results>/cohorts/{cohort}/split.csv", "Split of {cohort}", category="Provenance"),
    log:
        "<logs>/draw_split/{cohort}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        assignment=lambda w: inputs.cohort(w).split,
        is_drawn=lambda w: inputs.cohort(w).is_split_drawn,
        trains=lambda w: any(inputs.cohort(w) in reader.training_cohorts for reader in study.readers.values()),
        key=lambda w: f"{inputs.cohort(w).key}.split",
        code=code("draw_split"),
    message:
        "Split {wildcards.cohort} by mouse"
    script:
        "../scripts/draw_split.py"
