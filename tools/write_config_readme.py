"""Write config/README.md from the schema of study files: `python tools/write_config_readme.py`."""

from pathlib import Path

import yaml

CONFIG = Path(__file__).parents[1] / "config"

INTRODUCTION = """\
# The study file

{description}

```bash
snakemake --cores all --configfile my_study.yaml
```

Paths in a study file are relative to the working directory. A minimal study file for a folder of your own mice,
segmented by a pretrained network:

```yaml
{example}```

Study files to start from: [`demo.yaml`](demo.yaml), the default study; [`paper.yaml`](paper.yaml), the published
study; [`pretrained.yaml`](pretrained.yaml), which produced the weights in [`models/`](../models); and the files in
[`examples/`](examples). The study file is validated before any job starts; errors are reported in one line, with the
key, what was found and what was expected.

This page is generated from [`schema/study.schema.yaml`](schema/study.schema.yaml) by
`python tools/write_config_readme.py`.
Editors that support the YAML language server complete and check keys if the study file begins with
`# yaml-language-server: $schema=config/schema/study.schema.yaml`.
"""


def _kind(rules: dict) -> str:
    if "enum" in rules:
        return " or ".join(f"`{value}`" for value in rules["enum"])
    if rules.get("type") == "array":
        types = rules["items"]["type"]
        return "list of " + " or ".join(f"{name}s" for name in ([types] if isinstance(types, str) else types))
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
        "subject": "## `subject`: mice, rats, pigs, people",
        "cohorts": "## `cohorts`: groups of mice",
        "readers": "## `readers`: sources of segmentations",
        "comparison": "## `comparison`: differences between groups",
        "inference": "## `inference`: computation of the masks",
        "strict": "## `strict`",
        "statistics": "## `statistics`",
        "paper": "## `paper`: comparison with the published study",
    }
    for key, rules in schema["properties"].items():
        text += f"\n{heads[key]}\n\n{' '.join(rules['description'].split())}\n"
        rows = _rows(rules, f"{key}.")
        if rows:
            text += "\n| key | value | default | meaning |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    return text


if __name__ == "__main__":
    (CONFIG / "README.md").write_text(readme(), encoding="utf-8")
