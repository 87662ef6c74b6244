"""The study file as text: errors of its syntax, keys given twice, and the line of every key."""

import re
from pathlib import Path

import yaml

from murmur.errors import BadInput
from murmur.study.checks import nearest

KEYS = "keys such as study, cohorts and readers; config/examples has study files to start from"
PROBLEMS = {  # a part of the message of the parser, and what is wrong, what was expected and what to do
    "escape": "a backslash in double quotes, expected none; use single quotes, or / in paths",
    "mapping values": "a second colon, expected KEY: VALUE; write a space after the colon above, or quotes around text",
    "expected ','": "brackets that are not closed, expected one bracket for each that was opened; close them",
    "alias": "an unknown name after *, which repeats what was named with &, expected text; put it in quotes",
    "another document": "a second study (---), expected one per file; remove the line and what follows",
    "block": "a line that is indented otherwise than its section, expected the same spaces; indent it alike",
}
LINES = {  # that no YAML file has, and what is wrong with them
    r"<<<<<<<|=======|>>>>>>>": "a conflict mark of Git, expected one version; choose one, and remove the marks",
    r"\s*\u00a0": "a no-break space, expected spaces; type the indentation again",
}
DEEPEST = 20  # levels of keys; an alias (*) inside its own anchor (&) has no end
MOST = 100_000  # keys and items, with those of aliases
KINDS = set(yaml.SafeLoader.yaml_constructors) - {None}  # tags of plain values: text, numbers, lists, ...
KEPT = 40  # characters of a value in a message
MERGE = "tag:yaml.org,2002:merge"


def read_study_file(path: str) -> dict[str, int]:
    """Return the line of every key of a study file, by its path such as cohorts.mine.spacing_mm.

    Raises BadInput if the file cannot be read as YAML, has no keys, or has a key twice.
    """
    text = _text(path)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise BadInput(_syntax(path, text, error)) from None
    except yaml.YAMLError as error:
        raise BadInput(f"{path}: found {str(error).splitlines()[0]}, expected text; save it again as UTF-8") from None
    except RecursionError:
        raise BadInput(f"{path}: found brackets nested without end, expected {KEYS}") from None
    if node is None:
        raise BadInput(f"{path}: found an empty file, expected {KEYS}")
    if not isinstance(node, yaml.MappingNode):
        raise BadInput(f"{path}, line {node.start_mark.line + 1}: found no keys at the left margin, expected {KEYS}")
    lines = {}
    _collect(path, node, "", lines)
    try:
        yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:  # such as a merge key (<<) of something that has no keys
        raise BadInput(_syntax(path, text, error)) from None
    return lines


def refuse_forgotten(folder: str, default: str) -> None:
    """Raise BadInput if `folder`, in which the study file `default` is about to be used, has study files itself."""
    own = [path.name for path in sorted(Path(folder).glob("*.y*ml")) if _has_study(path)]
    if own:
        raise BadInput(
            f"--configfile: found none, but {', '.join(own)} in this folder; add --configfile {own[0]}, or "
            f"--configfile {default} for the default study"
        )


def _has_study(path: Path) -> bool:
    try:
        return {"study", "cohorts"} <= set(read_study_file(str(path)))
    except (BadInput, OSError):
        return False


def with_line(problem: str, lines: dict[str, dict[str, int]]) -> str:
    """Return a problem with the study file and the line of its key, if it begins with the path of a key.

    `lines` are those of every study file; a key of the last one overrides the same key of the others.
    """
    key = re.sub(r", number (\d+)", lambda item: f".{int(item[1]) - 1}", problem.split(": ")[0])
    for path in reversed(lines):
        if key in lines[path]:
            return f"{path}, line {lines[path][key]}: {problem}"
    return problem


def _text(path: str) -> str:
    if Path(path).is_dir():
        raise BadInput(f"{path}: found a folder, expected a study file, such as {path}/my_study.yaml")
    if not Path(path).exists():
        others = [other.name for other in sorted(Path(path).parent.glob("*.y*ml"))]
        hint = nearest(Path(path).name, others)
        if Path(path).suffix not in (".yaml", ".yml"):
            hint = "; names of stages and results stand before --configfile"
        raise BadInput(f"{path}: found no such file, expected a study file{hint}")
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{path}: found text that is not UTF-8, expected UTF-8; save it again as UTF-8") from None


def _syntax(path: str, text: str, error: yaml.MarkedYAMLError) -> str:
    """Return a sentence on an error of the syntax, with its place and the line."""
    mark = error.problem_mark or error.context_mark
    line = text.splitlines()[mark.line] if mark.line < len(text.splitlines()) else ""
    problem = error.problem or error.context
    known = [sentence for part, sentence in PROBLEMS.items() if part in problem]
    for pattern, found in LINES.items():
        if numbers := [number for number, line in enumerate(text.splitlines(), 1) if re.match(pattern, line)]:
            return f"{path}, line {numbers[0]}: found {found}"
    if "\t" in line[: mark.column + 1] and "\\t" in problem:
        found = "a tab, expected spaces; indent with spaces"
    else:
        found = known[0] if known else f"{problem.removeprefix('found ')}, expected KEY: VALUE; correct the line"
    return f"{path}, line {mark.line + 1}, column {mark.column + 1}: found {found}: {line.strip()}"


def _collect(path: str, node: yaml.Node, place: str, lines: dict[str, int]) -> None:
    """Collect the line of every key and item below `node`.

    Raises BadInput for a key given twice, for a value that is no plain value, and for more keys than a study has.
    """
    if place.count(".") > DEEPEST or len(lines) > MOST:
        raise BadInput(f"{path}: found keys nested without end, expected {KEYS}")
    if isinstance(node, yaml.SequenceNode):
        for number, inner in enumerate(node.value):
            lines[f"{place}{number}"] = inner.start_mark.line + 1
            _collect(path, inner, f"{place}{number}.", lines)
    elif isinstance(node, yaml.MappingNode):
        own = {}
        for key, inner in node.value:
            if key.tag != MERGE:
                _check_value(path, key)
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise BadInput(f"{path}, line {line}: found a list or keys instead of a key, expected {KEYS}")
            if first := own.get((key.tag, key.value)):
                found = f"found the key {place}{key.value}, which is on line {first} as well"
                raise BadInput(f"{path}, line {line}: {found}, expected each key once; rename or remove one")
            own[key.tag, key.value] = lines[f"{place}{key.value}"] = line
            _collect(path, inner, f"{place}{key.value}.", lines)
    _check_value(path, node)


def _check_value(path: str, node: yaml.Node) -> None:
    """Raise BadInput for a tag that would make an object of Python, and for a date or number that does not exist."""
    mark = node.start_mark
    place = f"{path}, line {mark.line + 1}, column {mark.column + 1}"
    if node.tag not in KINDS:
        raise BadInput(f"{place}: found a value of the kind {node.tag}, expected plain text; put it in quotes")
    if isinstance(node, yaml.ScalarNode):
        try:
            yaml.SafeLoader("").construct_object(node)
        except (yaml.YAMLError, ValueError, OverflowError):
            kind = node.tag.rsplit(":", 1)[-1]
            raise BadInput(
                f"{place}: found '{node.value[:KEPT]}', which is no {kind} that exists; correct it, or put it in quotes"
            ) from None
