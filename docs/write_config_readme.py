"""Write config/README.md from the schema of study files: `python docs/write_config_readme.py`."""

from pathlib import Path

import yaml

CONFIG = Path(__file__).parents[1] / "config"

INTRODUCTION = """\
# The study file

{description}

```bash
snakemake --cores all --configfile my_study.yaml
```

Paths in a study file start from the working directory. The smallest one for a folder of your own mice, read by a
network trained before:

```yaml
{example}```

Ready to copy: [`demo.yaml`](demo.yaml), the default; [`paper.yaml`](paper.yaml), the published study;
[`pretrained.yaml`](pretrained.yaml), which made the weights in [`models/`](../models); and the files in
[`examples/`](examples). Before any job starts the study file is checked; what cannot be is said in one line, with the
key, what was found and what was expected.

This page is written from [`schema/study.schema.yaml`](schema/study.schema.yaml) by
`python docs/write_config_readme.py`.
An editor that knows the YAML language server completes and checks keys when the study file begins with
`# yaml-language-server: $schema=config/schema/study.schema.yaml`.
"""


def _kind(rules: dict) -> str:
    if "enum" in rules:
        return " or ".join(f"`{value}`" for value in rules["enum"])
    if rules.get("type") == "array":
        return f"list of {rules['items']['type']}s"
    types = rules.get("type", "")
    words = {"object": "section", "boolean": "`true` or `false`" if types == "boolean" else "`true`"}
    return " or ".join(words.get(name, name) for name in ([types] if isinstance(types, str) else types))


def _default(key: str, rules: dict, required: list[str]) -> str:
    if key in required:
        return "required"
    default = rules.get("default")
    if isinstance(default, bool):
        default = str(default).lower()  # as YAML has it
    return "" if default in (None, {}) else f"`{default}`".replace("'", "")


def _rows(rules: dict, path: str) -> list[str]:
    """Return one row for each key below `path`, sections followed by their keys."""
    rows = []
    for key, inner in rules.get("properties", {}).items():
        name = f"{path}{key}"
        description = " ".join(inner["description"].split())
        default = _default(key, inner, rules.get("required", []))
        rows.append(f"| `{name}` | {_kind(inner)} | {default} | {description} |")
        rows += _rows(inner, f"{name}.")
    if isinstance(rules.get("additionalProperties"), dict):
        rows += _rows(rules["additionalProperties"], f"{path}NAME.")
    return rows


def readme() -> str:
    """Return the text of config/README.md."""
    schema = yaml.safe_load((CONFIG / "schema" / "study.schema.yaml").read_text(encoding="utf-8"))
    example = (CONFIG / "examples" / "own_mice.yaml").read_text(encoding="utf-8")
    text = INTRODUCTION.format(description=" ".join(schema["description"].split()), example=example)
    heads = {
        "study": "## `study`",
        "cohorts": "## `cohorts`: the mice",
        "readers": "## `readers`: what segments them",
        "statistics": "## `statistics`",
        "paper": "## `paper`: the published study",
    }
    for key, rules in schema["properties"].items():
        text += f"\n{heads[key]}\n\n{' '.join(rules['description'].split())}\n"
        rows = _rows(rules, f"{key}.")
        if rows:
            text += "\n| key | value | default | meaning |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    return text


if __name__ == "__main__":
    (CONFIG / "README.md").write_text(readme(), encoding="utf-8")
