"""Lineage of a file as a text tree, from the figure down to the mouse files."""

import json
import textwrap
from collections import Counter
from pathlib import Path

from murmur.audit.check import VERDICTS, Audit
from murmur.files import natural_key

WIDTH = 120
FIRM = "\N{NO-BREAK SPACE}"


def tree(audit: Audit, path: str) -> list[str]:
    """Return the lines of the tree of a file.

    Inputs that one rule made in one folder share a line, as do sources in one folder; repeated files are only named.
    """
    lines: list[str] = []
    seen: set[str] = set()

    def draw(paths: list[str], notes: list[str], first: str, others: str) -> None:
        known = seen.intersection(paths)
        seen.update(paths)
        if known:
            notes = ["above" if len(known) == len(paths) else f"{len(known)} of them above", *notes]
        lines.append(first + _name(paths, audit) + (f" ({', '.join(notes)})" if notes else ""))
        if len(known) == len(paths) or paths[0] not in audit.makers:
            return
        groups = _groups(paths, audit)
        rail = others + ("│  " if groups else "   ")
        details = textwrap.wrap(_details(paths, audit), WIDTH, initial_indent=rail, subsequent_indent=rail)
        lines.extend(line.replace(FIRM, " ") for line in details)
        for number, (group, marks) in enumerate(groups, start=1):
            corner, rail = ("└─ ", "   ") if number == len(groups) else ("├─ ", "│  ")
            draw(group, marks, others + corner, others + rail)

    draw([path], _state([path], audit), "", "")
    return lines


def source_table(audit: Audit) -> list[str]:
    """Return lines with every source and the first digits of its SHA-256, by folder and file type."""
    groups: dict[Path, list[str]] = {}
    for path in sorted(audit.sources, key=natural_key):
        file, digest = Path(path), audit.digests[path]
        groups.setdefault(file.with_name(f"*{file.suffix}"), []).append(
            f"{file.stem} {digest[:12] if digest else 'missing'}"
        )
    lines = []
    for group, names in groups.items():
        width = max(map(len, names)) + 2
        columns = max(1, (WIDTH - 2) // width)
        rows = (names[start : start + columns] for start in range(0, len(names), columns))
        lines += [str(group), *("  " + "".join(name.ljust(width) for name in row).rstrip() for row in rows)]
    return lines


def _groups(paths: list[str], audit: Audit) -> list[tuple[list[str], list[str]]]:
    """Return the inputs of files in groups that share a line, each with its notes."""
    groups: dict[tuple, dict[str, None]] = {}
    again = set()
    for path in paths:
        for source in audit.inputs(path):
            name, maker = Path(source["path"]), audit.makers.get(source["path"])
            key = (maker.rule if maker else source["record"], name.parent, name.suffix)
            groups.setdefault(key, {})[source["path"]] = None
            if (audit.makers[path].record, source["path"]) in audit.same_again:
                again.add(key)
    note = "recomputed since, with the same content"
    return [([*group], [note] * (key in again) + _state([*group], audit)) for key, group in groups.items()]


def _state(paths: list[str], audit: Audit) -> list[str]:
    removed = ["removed after use"] if any(audit.is_removed(path) for path in paths) else []
    wrong = [verdict for path in paths if (verdict := audit.own_verdict(path)) != "VERIFIED"]
    if not wrong:
        return removed
    of = f": {len(wrong)} of {len(paths)}" if len(wrong) < len(paths) else ""
    return [*removed, max(wrong, key=VERDICTS.index) + of]


def _name(paths: list[str], audit: Audit) -> str:
    kind = "file" if paths[0] in audit.makers or paths[0] in audit.lost else "source"
    first = Path(paths[0])
    if len(paths) == 1:
        return f"source {first}" if kind == "source" else str(first)
    if len(paths) <= 3:
        stems = ",".join(Path(path).stem for path in paths)
        return f"{'sources ' if kind == 'source' else ''}{first.parent}/{{{stems}}}{first.suffix}"
    return f"{len(paths)} {kind}s {first.parent}/*{first.suffix}"


def _details(paths: list[str], audit: Audit) -> str:
    """Return the script, times and settings of files made by one rule; settings that differ between them are named."""
    made, started = audit.makers[paths[0]].made, sorted(audit.makers[path].run["started"] for path in paths)
    times = dict.fromkeys(time[:16].replace("T", " ") for time in (started[0], started[-1]))
    rule = "" if Path(made["script"]).stem == made["rule"] else f" (rule {made['rule']})"
    words = f"{made['script']}{rule}, {' to '.join(times)}"
    others = [audit.makers[path].made["settings"] for path in paths[1:]]
    settings = {
        name: value if all(each.get(name) == value for each in others) else "(differs)"
        for name, value in made["settings"].items()
    }
    return f"{words}; {_settings(settings)}" if settings else words


def _settings(settings: dict) -> str:
    words = [f"{name} {_value(value)}" for name, value in settings.items() if value is not None]
    return ", ".join(word if len(word) > 40 else word.replace(" ", FIRM) for word in words)


def _value(value: object) -> str:
    """Return a setting as short text; long lists of names, such as phenotypes, as counts."""
    values = list(value.values()) if isinstance(value, dict) else value
    if isinstance(values, list) and len(values) > 2 and all(isinstance(item, str | None) for item in values):
        counts = Counter(item or "none" for item in values)
        if len(counts) <= 6 and len(counts) < len(values):
            return f"({', '.join(f'{count} {item}' for item, count in sorted(counts.items()))})"
        if len(values) > 4:
            return f"{values[0]}, ... ({len(values)})"
    if isinstance(value, dict):
        return f"({_settings(value)})"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
