"""What the report shows of the outputs of a job: figures, tables and movies with their titles and captions."""

from collections import defaultdict
from collections.abc import Mapping

from murmur.provenance.lineage import Job


def items_of(job: Job, shown: Mapping[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Return the title of each output that the report shows, and the template of its caption, by path.

    Parameters
    ----------
    job
        The job.
    shown
        `title` and `template` by place in the results folder; both places and titles may contain wildcards.
    """
    wildcards = defaultdict(str, job.made["wildcards"])
    items = {place.format_map(wildcards): item for place, item in shown.items()}
    found = {path: items.get(path.removeprefix(f"results/{job.made['study']}/")) for path in job.outputs}
    return {path: item | {"title": item["title"].format_map(wildcards)} for path, item in found.items() if item}
