"""The page of the records of a study: where each figure and table comes from, step by step, and all that was used."""

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import PurePath

import pandas as pd

from murmur.data.split import SPLITS
from murmur.files import natural_key
from murmur.presentation.webpage import document, folded, table
from murmur.provenance.lineage import Job, Lineage
from murmur.provenance.stamp import stamp
from murmur.statistics.notes import mice

SHORT = 12  # digits of a digest where the page gives it whole elsewhere


def table_of_records(results: Iterable[str], found: Lineage) -> pd.DataFrame:
    """Return one row per file of `results`: what it is, its record, and the number of sources that it rests on."""
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
    """Return what a job was for: its wildcards, except the mouse."""
    return " · ".join(value for name, value in job.made["wildcards"].items() if name != "mouse")


def step_of(job: Job) -> str:
    """Return the step of the study that a job belongs to: the jobs of all mice are one."""
    return f"{job.rule} {where(job)}".strip()


def code(text: str, short: bool = False) -> str:
    """Write a digest or a path, only the first digits if `short`."""
    return f"<code>{escape(text[:SHORT] if short else text)}</code>"


def endings(paths: Iterable[str]) -> str:
    """Write files that differ in their suffix as figure.pdf, .svg, .png."""
    stems: dict[str, list[str]] = {}
    for path in map(PurePath, paths):
        stems.setdefault(path.stem, []).append(path.suffix)
    return escape("; ".join(stem + ", ".join(suffixes) for stem, suffixes in stems.items()))


def few(names: list[str], most: int = 3) -> str:
    """Write names, of many the first and the last and how many there are."""
    return ", ".join(names) if len(names) <= most else f"{names[0]} to {names[-1]} ({len(names)} of them)"


def taken_from(jobs: Iterable[Job]) -> str:
    """Write what jobs were made from, with the first digits of each digest; of many files of a kind the ends alone."""
    kinds: dict[str, dict[str, str]] = {}
    for one in jobs:
        for source in one.made["inputs"]:
            kinds.setdefault(source["name"], {})[source["path"]] = source["sha256"]
    names = [PurePath(path).name for files in kinds.values() for path in files]
    texts = []
    for files in kinds.values():
        shown = []
        for path in map(PurePath, sorted(files, key=natural_key)):
            name = path.name if names.count(path.name) == 1 else f"{path.parent.name}/{path.name}"
            shown.append(f"{escape(name)} {code(files[str(path)][:8])}")
        texts.append(", ".join(shown) if len(shown) <= 3 else f"{shown[0]} to {shown[-1]} ({len(shown)} files)")
    return ", ".join(texts) or "its settings alone"


def way(job: Job, found: Lineage, steps: Mapping[str, list[Job]], anchors: Mapping[str, str]) -> str:
    """Write the steps from the sources to what a job made, one row per step."""
    made = set(found.ancestors(next(iter(job.outputs))))
    rows = []
    for step, jobs in steps.items():
        taken = [one for one in jobs if made & set(one.outputs)]
        if taken:
            first = taken[0].made
            whose = few([one.made["wildcards"]["mouse"] for one in taken if "mouse" in one.made["wildcards"]])
            rows.append(
                [
                    f'<a href="#{anchors[step]}">{escape(first["rule"])}</a>',
                    escape(" · ".join(filter(None, [where(taken[0]), whose]))),
                    code(first["code"][first["script"]][:8]),
                    taken_from(taken),
                ]
            )
    caption = "How it was made, from the sources down to the file"
    return f'<div class="way">{table(["step", "of", "script", "from"], rows, caption)}</div>'


def items(jobs: Iterable[Job], results: set[str], titles: Mapping[str, str], **drawn) -> str:
    """Write the figures and tables, those of each cohort and reader together, each with its files and its way."""
    places: dict[str, list[tuple[list, str]]] = {}
    for one in jobs:
        files = {path: output["sha256"] for path, output in one.outputs.items() if path in results}
        if not files:
            continue
        names = dict.fromkeys(PurePath(path).name for path in one.files)
        named = [titles[name].format(**one.made["wildcards"]) for name in names if name in titles]
        title = f"<strong>{escape(', '.join(named))}</strong> " if named else ""
        summary = f"{title}<span>{endings(files)}</span> {code(one.record, short=True)}"
        listed = table(["file", "SHA-256"], ([code(path), code(digest)] for path, digest in files.items()))
        content = f"<p>Record {code(one.record)}</p>{listed}{way(one, **drawn)}"
        key = [not named, natural_key(title or endings(files))]
        places.setdefault(where(one), []).append((key, folded(summary, content)))
    return "\n".join(
        f"<h3>{escape(place or 'The whole study')}</h3>\n" + "\n".join(text for _, text in sorted(places[place]))
        for place in sorted(places, key=natural_key)
    )


def steps_in_full(steps: Mapping[str, list[Job]], anchors: Mapping[str, str]) -> str:
    """Write each step with its script, settings, inputs and outputs."""
    texts = []
    for step, jobs in steps.items():
        made = jobs[0].made
        script = f"{code(made['script'])} {code(made['code'][made['script']])}, and {len(made['code']) - 1} modules"
        facts = [["script", script]]
        for name in made["settings"]:
            values = {json.dumps(one.made["settings"][name], ensure_ascii=False) for one in jobs}
            facts.append([f"setting {escape(name)}", code(*values) if len(values) == 1 else "one for each mouse"])
        content = table([], facts)
        rows = []
        for one in jobs:
            files = "<br>".join(f"{code(path)} {code(output['sha256'], True)}" for path, output in one.outputs.items())
            inputs = "<br>".join(f"{code(i['path'])} {code(i['sha256'], True)}" for i in one.made["inputs"])
            rows.append([code(one.record, True), inputs or "nothing", files])
        content += table(["record", "from", "made"], rows)
        count = f"{len(jobs)} jobs" if len(jobs) > 1 else "1 job"
        summary = f"<strong>{escape(made['rule'])}</strong> <span>{escape(where(jobs[0]))} ({count})</span>"
        texts.append(folded(summary, content, anchors[step]))
    return "\n".join(texts)


def settings_as_rows(settings: dict, given: dict, path: str = "") -> Iterable[list[str]]:
    """Yield one row per setting: its key, its value, and whether the study file gives it or it is the default."""
    for key, value in settings.items():
        inner = given.get(key) if isinstance(given, dict) else None
        if isinstance(value, dict) and value:
            yield from settings_as_rows(value, inner or {}, f"{path}{key}.")
        else:
            is_given = isinstance(given, dict) and key in given
            origin = "study file" if is_given else '<span class="default">default</span>'
            yield [code(f"{path}{key}"), code(json.dumps(value, ensure_ascii=False)), origin]


def sets(cohort: str, split: pd.DataFrame) -> str:
    """Write which mice of a cohort are in which set."""
    names = {name: list(split.loc[split["split"] == name, "mouse"]) for name in SPLITS}
    rows = ([name, str(len(names[name])), escape(", ".join(names[name]))] for name in SPLITS)
    return table(["set", "mice", "names"], rows, f"Cohort {escape(cohort)}, {mice(len(split))}")


def page(
    study: str,
    found: Lineage,
    results: list[str],
    splits: Mapping[str, pd.DataFrame],
    study_files: Mapping[str, str],
    settings: dict,
    given: dict,
    titles: Mapping[str, str],
) -> str:
    """Return the page as HTML."""
    jobs = found.jobs
    steps: dict[str, list[Job]] = {}
    for one in jobs:
        steps.setdefault(step_of(one), []).append(one)
    anchors = {step: f"step-{number}" for number, step in enumerate(steps, start=1)}
    commits = sorted({job.made["commit"] for job in jobs})
    versions, scripts = found.used("software"), found.used("code")
    own = re.search(r"record (\w+)", stamp())
    facts = [
        ["study", escape(study)],
        ["study file", ", ".join(map(code, study_files)) or "none, given on the command line"],
        ["commit of the code", "<br>".join(map(code, commits))],
        ["record of this page", code(own[1]) if own else "none"],
        ["figures and tables", f"{len(results)} files, made in {len(jobs)} jobs of {len(steps)} steps"],
        ["sources", f"{len(found.sources)} files that the workflow did not make"],
        *([f"without a record: {code(path)}", escape(why)] for path, why in found.lost.items()),
    ]
    chapters = {
        "Figures and tables": items(jobs, set(results), titles, found=found, steps=steps, anchors=anchors),
        "Split": "\n".join(sets(cohort, split) for cohort, split in splits.items()),
        "Study file": "\n".join(f"<h3>{escape(n)}</h3><pre>{escape(t)}</pre>" for n, t in study_files.items())
        + "<h3>All settings in force</h3>"
        + table(["key", "value", "from"], settings_as_rows(settings, given)),
        "Sources": table(
            ["file", "SHA-256"],
            ([code(path), code(found.sources[path])] for path in sorted(found.sources, key=natural_key)),
        ),
        "Software": table(["package", "version"], ([escape(n), escape(", ".join(v))] for n, v in versions.items())),
        "Steps": steps_in_full(steps, anchors),
        "Code": table(["file", "SHA-256"], ([code(n), "<br>".join(map(code, v))] for n, v in scripts.items())),
    }
    intro = f"""<p>Where each figure and table comes from. A record says from which files, by which script, with which
settings and software a file was made; its digest stands in the metadata of the figure or table, and again in the
records of all that was made from it. <code>python -m murmur.audit results/{escape(study)}</code> checks them all.
When and on which machine a job ran, how long it took and how much memory it needed stands in its record,
provenance/jobs/RULE/WILDCARDS.json, and not here, so that the same study gives the same page.</p>
{table([], facts)}"""
    return document(f"Records of the study {study}", intro, chapters)
