"""A run of the workflow in an RO-Crate: the code, the files, the steps, and each job with its inputs and outputs."""

import ast
import json
from graphlib import TopologicalSorter
from pathlib import Path
from urllib.parse import quote

import yaml
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from murmur.presentation.crate.captions import fill_in
from murmur.presentation.crate.entities import add, add_copy, add_reference, described, one_or_all
from murmur.presentation.report_items import items_of
from murmur.provenance.lineage import Job, Lineage
from murmur.provenance.scan_names import finder

# Files of the checkout that are needed to run, understand and cite the workflow.
CHECKOUT = ("rules", "scripts", "envs", "report", "config/schema", "config/published", "config/demo.yaml")
CHECKOUT += ("README.md", "LICENSE", "CITATION.cff")
OUTSIDE = {".h5", ".keras"}  # images, masks and weights
NOT_COPIED = "Not included in this package; a copy can be verified by its SHA-256."


def add_workflow(crate: ROCrate, checkout: Path, commit: str) -> dict[str, Entity]:
    """Add the workflow as the main entity, and return the entities of its files by path in the checkout."""
    files = {}
    for path in sorted(file for name in CHECKOUT for file in [checkout / name, *(checkout / name).rglob("*")]):
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("."):
            name, is_code = path.relative_to(checkout).as_posix(), path.suffix in (".py", ".smk")
            code = {"@type": ["File", "SoftwareSourceCode"], "version": commit} if is_code else {}
            files[name] = add_copy(crate, path, f"workflow/{name}", **code)
    citation = yaml.safe_load((checkout / "CITATION.cff").read_text(encoding="utf-8"))
    properties = described(checkout / "Snakefile") | {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
        "name": citation["title"],
        "description": citation["abstract"],
        "version": commit,
        "license": add(crate, "https://spdx.org/licenses/MIT", "CreativeWork", name="MIT License"),
        "author": one_or_all([add_author(crate, author) for author in citation["authors"]]),
        "citation": one_or_all([add_work(crate, work) for work in citation["references"]]),
    }
    crate.add_workflow(checkout / "Snakefile", "workflow/Snakefile", properties=properties, main=True, lang="snakemake")
    return files


def add_author(crate: ROCrate, author: dict) -> Entity:
    """Add an author of CITATION.cff, a person or a group."""
    kind = "Organization" if "name" in author else "Person"
    name = author["name"] if "name" in author else f"{author['given-names']} {author['family-names']}"
    return add(crate, author.get("orcid") or author.get("website") or f"#{quote(name)}", kind, name=name)


def add_work(crate: ROCrate, work: dict) -> Entity:
    """Add a reference of CITATION.cff, an article with a DOI."""
    return add(crate, f"https://doi.org/{work['doi']}", "ScholarlyArticle", name=work["title"])


def add_files(
    crate: ROCrate, found: Lineage, shown: dict[str, dict[str, str]], code: dict[str, Entity], checkout: Path
) -> dict[str, Entity]:
    """Add every file used or made, with its title, caption and record, and return them by path."""
    files, located = {}, finder()
    for path, digest in found.sources.items():
        place = located(path).resolve()
        name = place.relative_to(checkout).as_posix() if place.is_relative_to(checkout) else None
        size = place.stat().st_size if place.exists() else None
        files[path] = code.get(name) or add_reference(crate, path, digest, size, description=NOT_COPIED)
    for job in found.jobs:
        record = add_copy(crate, job.place, job.place)
        # A caption applies to all formats of a figure or table.
        items = {Path(path).stem: item for path, item in items_of(job, shown).items()}
        for path, output in job.outputs.items():
            if Path(path).suffix in OUTSIDE:
                files[path] = add_reference(crate, path, output["sha256"], output["bytes"], description=NOT_COPIED)
            elif item := items.get(Path(path).stem):
                caption = fill_in(checkout / "report" / item["template"], job.made)
                files[path] = add_copy(crate, path, path, name=item["title"], caption=caption)
            else:
                files[path] = add_copy(crate, path, path)
            files[path]["subjectOf"] = record
    return files


def add_steps(crate: ROCrate, jobs: list[Job], code: dict[str, Entity], checkout: Path) -> None:
    """Add the rules that ran as steps of the workflow, in topological order, with the software of their scripts."""
    maker = {path: job.rule for job in jobs for path in job.outputs}
    before, scripts, software = {}, {}, {}
    for job in jobs:
        made = job.made
        before.setdefault(job.rule, []).extend(maker[one["path"]] for one in job.inputs if one["path"] in maker)
        scripts[job.rule] = made["script"]
        software.setdefault(made["script"], {}).update(dict.fromkeys(made["software"].items()))
    for script, packages in software.items():
        code[script]["softwareRequirements"] = [add_software(crate, *package) for package in sorted(packages)]
    steps = []
    for position, rule in enumerate(TopologicalSorter(before).static_order(), start=1):
        docstring = ast.get_docstring(ast.parse((checkout / scripts[rule]).read_text(encoding="utf-8")))
        step = {"name": rule, "position": str(position), "description": " ".join(docstring.split("\n\n")[0].split())}
        steps.append(add(crate, f"workflow/Snakefile#{rule}", "HowToStep", workExample=code[scripts[rule]], **step))
    crate.mainEntity["step"] = steps
    crate.mainEntity["hasPart"] = [code[script] for script in software]


def add_software(crate: ROCrate, name: str, version: str) -> Entity:
    """Add a version of Python or of a package."""
    address = f"https://pypi.org/project/{name.replace('_', '-')}/{version}/"
    if name == "python":
        address = f"https://www.python.org/downloads/release/python-{version.replace('.', '')}/"
    return add(crate, address, "SoftwareApplication", name=name, softwareVersion=version, url=address)


def add_job(crate: ROCrate, job: Job, files: dict[str, Entity], code: dict[str, Entity]) -> Entity:
    """Add the action of a job, identified by the digest of its record, and return the action that controlled it."""
    made = job.made
    used = [source["path"] for source in made["inputs"] if files[source["path"]]["sha256"] != source["sha256"]]
    used += [name for name, digest in made["code"].items() if name not in code or code[name]["sha256"] != digest]
    before = f" It used earlier versions of these files: {', '.join(used)}." if used else ""
    wildcards = ", ".join(f"{name} {value}" for name, value in made["wildcards"].items())
    settings = [
        add(crate, f"#{job.record}/{quote(name)}", "PropertyValue", name=name, value=plain(value))
        for name, value in made["settings"].items()
    ]
    action = add(
        crate,
        f"#{job.record}",
        "CreateAction",
        name=f"{made['rule']}: {wildcards}" if wildcards else made["rule"],
        description=f"Job of the rule {made['rule']} at commit {made['commit']}.{before}",
        instrument=code[made["script"]],
        object=one_or_all([*(files[path] for path in dict.fromkeys(i["path"] for i in made["inputs"])), *settings]),
        result=one_or_all([files[path] for path in job.outputs]),
        startTime=job.started.isoformat(timespec="seconds"),
        endTime=job.ended.isoformat(timespec="seconds"),
    )
    step = crate.get(f"workflow/Snakefile#{made['rule']}")
    name = f"Snakemake starts {action['name']}"
    return add(crate, f"#{job.record}/control", "ControlAction", name=name, instrument=step, object=action)


def plain(value: object) -> str | int | float:
    """Return a setting as a value of JSON-LD, in which lists and mappings have another meaning."""
    return value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)


def add_run(crate: ROCrate, study: str, jobs: list[Job], controls: list[Entity], inputs: list, results: list) -> None:
    """Add the run of the whole workflow on its `inputs`, organised by Snakemake."""
    run = add(
        crate,
        "#run",
        "CreateAction",
        name=f"Run of the study {study}",
        description=f"All {len(jobs)} jobs that contributed to the results, from one or more calls of Snakemake.",
        instrument=crate.mainEntity,
        object=inputs,
        result=results,
        startTime=min(job.started for job in jobs).isoformat(timespec="seconds"),
        endTime=max(job.ended for job in jobs).isoformat(timespec="seconds"),
    )
    engines = sorted({job.made["software"]["snakemake"] for job in jobs})
    organisation = add(
        crate,
        "#organisation",
        "OrganizeAction",
        name=f"Snakemake on the study {study}",
        instrument=one_or_all([add_software(crate, "snakemake", version) for version in engines]),
        object=controls,
        result=run,
    )
    crate.root_dataset["mentions"] = [run, *(control["object"] for control in controls), organisation]
