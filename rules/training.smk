# Training: one network for each reader with `train_on`, and selection among them on the validation mice.
#
#   in    the mice of the cohort in training and validation
#   out   readers/READER/model.keras, history.csv, training.json; of a selected reader, model.keras and selection.csv


rule collect_slices:
    input:
        # Neither manifest nor split: other changes of the cohort (a test mouse, a phenotype) do not affect the network.
        # The job itself checks the mice that it reads (`check_mouse`, `check_split`).
        mice=by_content(inputs.learning_files),
    output:
        slices=temp("<results>/readers/{reader}/slices.h5"),
    log:
        "<logs>/collect_slices/{reader}.log",
    benchmark:
        "<benchmarks>/collect_slices/{reader}.tsv"
    wildcard_constraints:
        reader=any_of(study.readers_by("train_on")),
    conda:
        "../envs/analysis.yaml"
    resources:
        **needs(1000, 60),
    params:
        assignment=lambda w: inputs.reader(w).learning_mice,
        size=lambda w: inputs.reader(w).network["size"],
        key=lambda w: f"cohorts.{inputs.reader(w).trained_on}.split",
        content=content(inputs.learning_files),
        code=code("collect_slices"),
    message:
        "Collect the slices that {wildcards.reader} trains on"
    script:
        "../scripts/collect_slices.py"


rule train_network:
    input:
        slices=rules.collect_slices.output.slices,
        start=by_content(inputs.start_files),
    output:
        model="<results>/readers/{reader}/model.keras",
        history="<results>/readers/{reader}/history.csv",
        record="<results>/readers/{reader}/training.json",
    log:
        "<logs>/train_network/{reader}.log",
    benchmark:
        "<benchmarks>/train_network/{reader}.tsv"
    wildcard_constraints:
        reader=any_of(study.readers_by("train_on")),
    conda:
        network_environment("train_network", lambda w: inputs.reader(w).model)
    threads: 8
    resources:
        mem_mb=lambda w, attempt: round(attempt * inputs.reader(w).training_memory),
        # The same for each attempt, because an interrupted training resumes after its last completed epoch.
        runtime=24 * 60,
        # A GPU is used if available; the profiles for clusters and workstations request one.
        gpu=0,
    params:
        network=lambda w: inputs.reader(w).network,
        training=lambda w: inputs.reader(w).training,
        # Also for collect_slices, whose output is temporary: if that job fails, it must be repeated.
        content=content(inputs.learning_files, inputs.start_files),
        code=code("train_network"),
    message:
        "Train {wildcards.reader}"
    script:
        "../scripts/train_network.py"


rule select_network:
    input:
        models=lambda w: [reader.model for reader in inputs.reader(w).candidates],
        # Nothing that was measured on test mice.
        histories=lambda w: [study.layout.reader(reader.name, "history.csv") for reader in inputs.reader(w).candidates],
    output:
        model="<results>/readers/{reader}/model.keras",
        selection="<results>/readers/{reader}/selection.csv",
    log:
        "<logs>/select_network/{reader}.log",
    wildcard_constraints:
        reader=any_of(study.readers_by("select")),
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        readers=lambda w: [reader.name for reader in inputs.reader(w).candidates],
        min_dice=lambda w: inputs.reader(w).settings["select"]["min_dice"],
        code=code("select_network"),
    message:
        "Select {wildcards.reader} on the validation mice"
    script:
        "../scripts/select_network.py"
