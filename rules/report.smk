# The report: every item, whichever rule marks it, says which record it has.

from snakemake.io import get_flag_value

from murmur.provenance.record import record_of_file

# The name of each figure and table that the report shows, by the name of its file without suffix.
titles = {}


def with_record(labels):
    """The labels of an item of the report, and beside them the first digits of its record and of the commit."""

    def labels_of(wildcards, output):
        record = record_of_file(output[0]) or {"record": "", "made": {"commit": ""}}
        commit = record["made"]["commit"]
        return labels | {"record": record["record"][:12], "commit": commit[:12] + "+" * commit.endswith("+")}

    return labels_of


for made_by in workflow.rules:
    for output in made_by.output:
        if mark := get_flag_value(output, "report"):
            titles[Path(output).stem] = mark.labels["item"]
            output.flags["report"] = mark._replace(labels=with_record(mark.labels))
