"""Causes of the difference between two versions of a file: mice, settings, code, packages or commit."""

import json
from collections import defaultdict
from pathlib import Path

from murmur.provenance.lineage import Lineage
from murmur.provenance.record import differences

KINDS = ("inputs", "settings", "code", "packages", "commit")


def short(value: object) -> str:
    """Return a JSON value as text of at most 60 characters."""
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:56]} ..."


def why_different(known_a: Lineage, a: str, known_b: Lineage, b: str) -> dict[str, list[str]]:
    """Return the root causes of the difference between two files, as sentences by kind (KINDS); empty if identical.

    `a` and `b` are the paths of the files in their records. Inputs with the same content are not traced further, unless
    the records differ in nothing else.
    """
    return _causes(known_a, a, known_b, b, deep=False) or _causes(known_a, a, known_b, b, deep=True)


def _causes(known_a: Lineage, a: str, known_b: Lineage, b: str, deep: bool) -> dict[str, list[str]]:
    found: dict[str, dict[str, dict[str, None]]] = {
        kind: defaultdict(dict) for kind in (*KINDS, "follow", "unscientific")
    }
    seen = set()

    def add(kind: str, sentence: str, rule: str = "") -> None:
        found[kind][sentence][rule] = None

    def compare(a: str, b: str) -> None:
        if (a, b) in seen:
            return
        seen.add((a, b))
        if a not in known_a.makers or b not in known_b.makers:
            add("inputs", f"{a}: a record is missing, so its inputs cannot be compared")
            return
        job_a, job_b = known_a.makers[a], known_b.makers[b]
        if job_a.record == job_b.record:
            if job_a.outputs[a]["sha256"] != job_b.outputs[b]["sha256"]:
                add("inputs", f"{a} has different content although the same code made it from the same inputs")
            return
        made_a, made_b, rule = job_a.made, job_b.made, job_a.rule
        for key, before, now in differences(made_a["settings"], made_b["settings"]):
            add("settings", f"{key} {short(before)} -> {short(now)}", rule)
        for file, before, now in _of_files(made_a["science"], made_b["science"]):
            add("code", f"{file} {'differs' if before and now else 'is only in A' if before else 'is only in B'}", rule)
        for file, *_ in _of_files(made_a["code"], made_b["code"]):
            add("unscientific", f"{file} differs in parts that cannot affect results", rule)
        for package, before, now in _of_files(made_a["software"], made_b["software"]):
            add("packages", f"{package} {before or 'none'} -> {now or 'none'}", rule)
        if made_a["commit"] != made_b["commit"]:
            add("commit", f"{made_a['commit']} -> {made_b['commit']}")
        compare_inputs(made_a, made_b)

    def compare_inputs(made_a: dict, made_b: dict) -> None:
        pairs, only_a, only_b = _pairs(made_a, made_b)
        for which, sources in (("A", only_a), ("B", only_b)):
            for source in sources:
                add("follow" if source["record"] else "inputs", f"{source['path']} is only in {which}", made_a["rule"])
        for one, other in pairs:
            is_same = one["sha256"] == other["sha256"]
            if one["record"] and other["record"]:
                if deep or not is_same:
                    compare(one["path"], other["path"])
            elif not is_same and one["path"] == other["path"]:
                add("inputs", f"{one['path']} has different content")
            elif not is_same:
                add("inputs", f"{one['path']} -> {other['path']}", made_a["rule"])

    compare(a, b)
    if not found["inputs"] and not found["settings"]:  # otherwise these are consequences
        found["inputs"] = found["follow"]
    if not any(found[kind] for kind in KINDS[:-1]):
        found["code"] = found["unscientific"]
    return {kind: _sentences(found[kind]) for kind in KINDS if found[kind]}


def _pairs(made_a: dict, made_b: dict) -> tuple[list[tuple[dict, dict]], list[dict], list[dict]]:
    """Return the corresponding inputs of two records, and the inputs of only one of them.

    Corresponding inputs have the same name and the same path; failing that (another study, reader or folder), the same
    file name; failing that, they are the only remaining inputs of that name.
    """
    pairs, only_a, only_b = [], list(made_a["inputs"]), list(made_b["inputs"])
    for likeness in (lambda source: source["path"], lambda source: Path(source["path"]).name, lambda source: ""):
        of_b = defaultdict(list)
        for source in only_b:
            of_b[source["name"], likeness(source)].append(source)
        of_a = defaultdict(list)
        for source in only_a:
            of_a[source["name"], likeness(source)].append(source)
        new = [(of_a[key][0], of_b[key][0]) for key in of_a if len(of_a[key]) == len(of_b[key]) == 1]
        pairs += new
        only_a = [source for source in only_a if not any(source is one for one, _ in new)]
        only_b = [source for source in only_b if not any(source is other for _, other in new)]
    return pairs, only_a, only_b


def _of_files(a: dict[str, str], b: dict[str, str]) -> list[tuple[str, str | None, str | None]]:
    return [(key, a.get(key), b.get(key)) for key in dict.fromkeys((*a, *b)) if a.get(key) != b.get(key)]


def _sentences(found: dict[str, dict[str, None]]) -> list[str]:
    return [sentence + (f" ({', '.join(rules)})" if any(rules) else "") for sentence, rules in found.items()]
