"""Page of the provenance records of a study: how each figure and table was derived, step by step."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath

import pandas as pd

from murmur.data.split import SPLITS
from murmur.files import natural_key
from murmur.presentation.rendering import render
from murmur.presentation.report_items import items_of
from murmur.provenance.lineage import Job, Lineage
from murmur.provenance.stamp import stamp
from murmur.subject import in_words, subject


def table_of_records(results: Iterable[str], found: Lineage) -> pd.DataFrame:
    """Return one row per file of `results`: digest, record, rule, script and number of sources."""
    rows = [
        {
            "file": path,
            "sha256": found.makers[path].outputs[path]["sha256"],
            "record": found.makers[path].record,
            "rule": found.makers[path].rule,
            "script": found.makers[path].made["script"],
            "sources": len(found.sources.keys() & set(found.ancestors(path))),
        }
        for path in results
        if path in found.makers
    ]
    return pd.DataFrame(rows, columns=["file", "sha256", "record", "rule", "script", "sources"])


def where(job: Job) -> str:
    """Return the wildcards of a job, except the mouse, as text."""
    return " · ".join(value for name, value in job.made["wildcards"].items() if name != "mouse")


def step_of(job: Job) -> str:
    """Return the step of the study that a job belongs to; jobs that differ only in the mouse share a step."""
    return f"{job.rule} {where(job)}".strip()


def abbreviate_suffixes(paths: Iterable[str]) -> str:
    """Abbreviate files that differ only in their suffix, as in figure.pdf, .svg, .png."""
    stems: dict[str, list[str]] = {}
    for path in map(PurePath, paths):
        stems.setdefault(path.stem, []).append(path.suffix)
    return "; ".join(stem + ", ".join(suffixes) for stem, suffixes in stems.items())


def abbreviate(names: list[str], most: int = 3) -> str:
    """Join names; if there are many, only the first, the last and their number."""
    return ", ".join(names) if len(names) <= most else f"{names[0]} to {names[-1]} ({len(names)} in total)"


def inputs_by_kind(jobs: Iterable[Job]) -> list[list[tuple[str, str]]]:
    """Return name and digest of the inputs of `jobs`, in one list per kind, in natural order.

    Files with the same name are given with their folder.
    """
    kinds: dict[str, dict[str, str]] = {}
    for one in jobs:
        for source in one.inputs:
            kinds.setdefault(source["name"], {})[source["path"]] = source["sha256"]
    names = [PurePath(path).name for files in kinds.values() for path in files]
    return [
        [
            (path.name if names.count(path.name) == 1 else f"{path.parent.name}/{path.name}", files[str(path)])
            for path in map(PurePath, sorted(files, key=natural_key))
        ]
        for files in kinds.values()
    ]


def derivation(job: Job, found: Lineage, steps: Iterable[dict]) -> list[dict]:
    """Return the steps from the sources to the outputs of a job, each with the jobs that contributed."""
    made = set(found.ancestors(next(iter(job.outputs))))
    rows = []
    for step in steps:
        jobs = [one for one in step["jobs"] if made & set(one.outputs)]
        if jobs:
            mice = [one.made["wildcards"]["mouse"] for one in jobs if "mouse" in one.made["wildcards"]]
            rows.append(
                {
                    "anchor": step["anchor"],
                    "rule": step["rule"],
                    "of": " · ".join(filter(None, [step["of"], abbreviate(mice)])),
                    "script": step["code"][step["script"]],
                    "inputs": inputs_by_kind(jobs),
                }
            )
    return rows


def items_by_place(
    found: Lineage, results: set[str], shown: Mapping[str, dict[str, str]], steps: list[dict]
) -> dict[str, list[dict]]:
    """Return the figures and tables among `results` by cohort and reader, each with its files and its derivation."""
    places: dict[str, list[dict]] = {}
    for job in found.jobs:
        files = {path: output["sha256"] for path, output in job.outputs.items() if path in results}
        if not files:
            continue
        named = [in_words(item["title"]) for item in items_of(job, shown).values()]
        places.setdefault(where(job), []).append(
            {
                "title": ", ".join(named),
                "names": abbreviate_suffixes(files),
                "record": job.record,
                "files": files,
                "derivation": derivation(job, found, steps),
            }
        )
    for items in places.values():
        items.sort(key=lambda item: (not item["title"], natural_key(item["title"] or item["names"])))
    return {place: places[place] for place in sorted(places, key=natural_key)}


def steps_of(jobs: Iterable[Job]) -> list[dict]:
    """Return the steps of a study with their jobs; a setting has several values where it differs by mouse."""
    steps: dict[str, list[Job]] = {}
    for job in jobs:
        steps.setdefault(step_of(job), []).append(job)
    described = []
    for number, members in enumerate(steps.values(), start=1):
        made = members[0].made
        settings = {
            name: list(dict.fromkeys(_as_json(job.made["settings"][name]) for job in members))
            for name in made["settings"]
        }
        described.append(
            {"anchor": f"step-{number}", "rule": made["rule"], "of": where(members[0]), "script": made["script"]}
            | {"code": made["code"], "settings": settings, "jobs": members}
        )
    return described


def settings_as_rows(settings: dict, given: dict, path: str = "") -> Iterable[tuple[str, str, bool]]:
    """Yield the key of each setting, its value, and whether it is `given` in the study file."""
    for key, value in settings.items():
        inner = given.get(key) if isinstance(given, dict) else None
        if isinstance(value, dict) and value:
            yield from settings_as_rows(value, inner or {}, f"{path}{key}.")
        else:
            yield f"{path}{key}", _as_json(value), isinstance(given, dict) and key in given


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def page(
    study: str,
    found: Lineage,
    results: list[str],
    splits: Mapping[str, pd.DataFrame],
    study_files: Mapping[str, str],
    settings: dict,
    given: dict,
    shown: Mapping[str, dict[str, str]],
) -> str:
    """Return the page as HTML."""
    own = re.search(r"record (\w+)", stamp())
    steps = steps_of(found.jobs)
    return render(
        "records.html.j2",
        title=f"Records of the study {study}",
        study=study,
        subject=subject(),
        study_files=study_files,
        commits=sorted({job.made["commit"] for job in found.jobs}),
        own=own[1] if own else "",
        n_results=len(results),
        n_jobs=len(found.jobs),
        lost=found.lost,
        places=items_by_place(found, set(results), shown, steps),
        splits={
            cohort: {name: list(split.loc[split["split"] == name, "mouse"]) for name in SPLITS}
            for cohort, split in splits.items()
        },
        settings=list(settings_as_rows(settings, given)),
        sources=[(path, found.sources[path]) for path in sorted(found.sources, key=natural_key)],
        software=found.used("software"),
        steps=steps,
        modules=found.used("code"),
    )
