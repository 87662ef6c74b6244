# Provenance: methods section and records of how the study was made.
#
#   in    all results of the study, with the records of its jobs; the study file
#   out   tables/methods.md; provenance/records.html, records.csv and a copy of the study file
#
# Every job of every rule writes its record, provenance/jobs/RULE/WILDCARDS.json.

from murmur.study.schema import in_force

TABLES = [pair for pair in PAIRS if pair not in PAIRS_WITH_IMAGES]
MEASURED = PAIRS_WITH_IMAGES + [(cohort, "reference") for cohort in CONTOURED]


rule write_methods:
    input:
        **{name: collect(path, comparison=study.comparisons) for name, path in TEXT_TABLES.items()},
        manifests=collect(rules.describe_cohort.output.manifest, cohort=IMAGES),
        splits=collect(rules.draw_split.output.split, cohort=IMAGES),
        checks=collect(rules.check_plausibility.output.checks, cohort=study.cohorts),
        functions=each(rules.import_measurements.output.function, TABLES),
        measurements=each(rules.tabulate_measurements.output.csv, MEASURED),
        curves=each(rules.measure_curve.output.curve, MEASURED),
        volumes=collect(rules.measure_volumes.output.volumes, cohort=CONTOURED, reader="reference"),
        trainings=collect(rules.train_network.output.record, reader=TRAINED),
        histories=collect(rules.train_network.output.history, reader=TRAINED),
        others=RESULTS,
    output:
        shown("<results>/tables/methods.md", "Methods section", category="Provenance"),
    log:
        "<logs>/write_methods.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **needs(1000, 30),
    params:
        settings=in_force(study.settings),
        cohorts=IMAGES,
        tables=TABLES,
        measured=MEASURED,
        contoured=CONTOURED,
        trained=TRAINED,
        animals=study.animals_scanned_repeatedly,
        excluded={cohort: study.cohorts[cohort].excluded for cohort, _ in TABLES},
        compared={name: (comparison.reader, comparison.settings) for name, comparison in study.comparisons.items()},
        code=code("write_methods"),
    message:
        "Write the methods section"
    script:
        "../scripts/write_methods.py"


rule list_records:
    input:
        splits=collect(rules.draw_split.output.split, cohort=IMAGES),
        methods=rules.write_methods.output[0],
        manifests=collect(rules.describe_cohort.output.manifest, cohort=IMAGES),
        checks=collect(rules.check_plausibility.output.checks, cohort=study.cohorts),
        results=RESULTS,
    output:
        page=shown("<results>/provenance/records.html", "Records of all figures and tables", category="Provenance"),
        table=shown("<results>/provenance/records.csv", "Records as a table", category="Provenance"),
        study_files=[
            shown(f"<results>/provenance/{Path(file).name}", "Study file", "study_file", category="Provenance")
            for file in workflow.configfiles
        ],
    log:
        "<logs>/list_records.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **needs(1000, 30),
    params:
        study_files={Path(file).name: Path(file).read_text(encoding="utf-8") for file in workflow.configfiles},
        given=dict(config),
        settings=in_force(study.settings),
        cohorts=IMAGES,
        shown=lambda w: SHOWN,
        code=code("list_records"),
    message:
        "List the records of all figures and tables"
    script:
        "../scripts/list_records.py"


rule provenance:
    """Write the methods section and list the records of all figures and tables."""
    input:
        rules.write_methods.output,
        rules.list_records.output.page,
