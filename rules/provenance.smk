# Provenance: how the study was made, in words and from record to record.
#
#   in    all that the study made, with the records of its jobs; the study file
#   out   tables/methods.md; provenance/records.html, records.csv and a copy of the study file
#
# Every job of every rule writes its record, provenance/jobs/RULE/WILDCARDS.json; what it cannot know by itself is
# exported when the workflow starts.

from snakemake import __version__ as snakemake_version

from murmur.provenance.run_context import export_run_context
from murmur.study.schema import in_force


onstart:
    export_run_context(
        study.settings["study"],
        map(os.path.relpath, workflow.configfiles),
        snakemake_version,
        commit_of(workflow.basedir),
        workflow.rules,
    )


rule write_methods:
    input:
        unpack(methods_inputs),
    output:
        report(
            "<results>/tables/methods.md",
            caption="../report/methods.rst",
            category="Provenance",
            labels={"item": "Methods in words"},
        ),
    log:
        "<logs>/write_methods.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(30),
    params:
        settings=in_force(study.settings),
        modules=modules("write_methods"),
    message:
        "Write down the methods"
    script:
        "../scripts/write_methods.py"


rule list_records:
    input:
        splits=lambda w: methods_inputs(w)["splits"],
        methods="<results>/tables/methods.md",
        results=lambda w: [path for path in study_targets() if path not in methods_inputs(w)["splits"]],
    output:
        page=report(
            "<results>/provenance/records.html",
            caption="../report/records.rst",
            category="Provenance",
            labels={"item": "Records of all figures and tables"},
        ),
        table=report(
            "<results>/provenance/records.csv",
            caption="../report/records.rst",
            category="Provenance",
            labels={"item": "Records as a table"},
        ),
        study_files=report(
            [f"<results>/provenance/{Path(file).name}" for file in workflow.configfiles],
            caption="../report/study_file.rst",
            category="Provenance",
            labels={"item": "Study file"},
        ),
    log:
        "<logs>/list_records.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(30),
    params:
        study_files={Path(file).name: Path(file).read_text(encoding="utf-8") for file in workflow.configfiles},
        given=dict(config),
        settings=in_force(study.settings),
        titles=lambda w: titles,
        modules=modules("list_records"),
    message:
        "List the records of all figures and tables"
    script:
        "../scripts/list_records.py"
