"""Write the rule graph into README.md: `python tools/write_rule_graph.py`; --check verifies that it is up to date.

The graph is Snakemake's for the default study, with each rule in the box of its stage. The final rule and those of
provenance, which use the outputs of all others, are omitted.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STAGES = ["data", "training", "segmentation", "measurement", "quality", "statistics", "tables", "figures"]
STAGES += ["network_figures", "paper"]
MARKS = ("<!-- rule graph -->\n", "<!-- end of rule graph -->\n")


def stages() -> dict[str, list[str]]:
    """Return the rules of each stage, in their order."""
    found = {}
    for stage in STAGES:
        text = (ROOT / "rules" / f"{stage}.smk").read_text(encoding="utf-8")
        found[stage] = [a or b for a, b in re.findall(r'^rule (\w+):|f"(\w+?)_\{(?:name|cohort)\}', text, re.MULTILINE)]
    return found


def edges(rules: list[str]) -> list[tuple[str, str]]:
    """Return which rule feeds which in the default study, in the order of `rules`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", folder]
        graph = subprocess.run(
            [*command, "--rulegraph", "mermaid-js"], capture_output=True, text=True, check=True
        ).stdout
    # A rule made for one cohort carries the cohort in its name.
    names = {
        number: next((rule for rule in rules if name == rule or name.startswith(f"{rule}_")), None)
        for number, name in re.findall(r"(id\d+)\[(\w+)\]", graph)
    }
    found = {(names[a], names[b]) for a, b in re.findall(r"(id\d+) --> (id\d+)", graph)}
    return sorted(
        (pair for pair in found if None not in pair), key=lambda pair: (rules.index(pair[0]), rules.index(pair[1]))
    )


def graph() -> str:
    """Return the graph in Mermaid's language."""
    by_stage = stages()
    links = edges([rule for rules in by_stage.values() for rule in rules])
    drawn = {rule for link in links for rule in link}
    lines = ["```mermaid", "flowchart TB"]
    for stage, rules in by_stage.items():
        if not drawn & set(rules):
            continue
        lines += [f"    subgraph {stage}", *(f"        {rule}" for rule in rules if rule in drawn), "    end"]
    lines += [f"    {source} --> {target}" for source, target in links]
    return "\n".join([*lines, "```", ""])


if __name__ == "__main__":
    readme = ROOT / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    text = before + MARKS[0] + graph() + MARKS[1] + after
    if "--check" in sys.argv:
        sys.exit(text != readme.read_text(encoding="utf-8") and "run: python tools/write_rule_graph.py")
    readme.write_text(text, encoding="utf-8")
