"""Words for rules, jobs, numbers and times on the terminal."""

from collections.abc import Mapping

IRREGULAR = {"draw": "drew", "find": "found", "model": "modelled", "plot": "plotted", "write": "wrote"}


def counted(number: int, thing: str) -> str:
    """Return a number with its noun: 1 mouse, 2 mice."""
    plural = "mice" if thing == "mouse" else f"{thing}s"
    return f"{number} {thing if number == 1 else plural}"


def to_do(rule: str, total: int, mice: bool) -> str:
    """Return what the jobs of a rule will do; `mice` if there is one for each mouse.

    >>> to_do("segment_mouse", 130, mice=True), to_do("measure_volumes", 4, mice=False)
    ('Segment 130 mice', 'Measure volumes, 4 jobs')
    """
    verb, *rest = rule.split("_")
    return f"{verb.capitalize()} {counted(total, 'mouse') if mice else ' '.join(rest) + ', ' + counted(total, 'job')}"


def done_so_far(rule: str, number: int, total: int, mice: bool) -> str:
    """Return what the jobs of a rule have done so far; `mice` if there is one for each mouse.

    >>> done_so_far("segment_mouse", 12, 130, mice=True), done_so_far("measure_volumes", 3, 4, mice=False)
    ('Segmented 12 of 130 mice', 'Measured volumes, 3 of 4')
    """
    verb, *rest = rule.split("_")
    past = IRREGULAR.get(verb, verb + ("d" if verb.endswith("e") else "ed")).capitalize()
    return (
        f"{past} {number} of {counted(total, 'mouse')}" if mice else f"{' '.join([past, *rest])}, {number} of {total}"
    )


def job_name(rule: str, wildcards: Mapping[str, str]) -> str:
    """Return the name of a job.

    >>> job_name("segment_mouse", {"cohort": "mine", "mouse": "G1"})
    'segment_mouse (cohort mine, mouse G1)'
    """
    which = ", ".join(f"{name} {value}" for name, value in wildcards.items())
    return f"{rule} ({which})" if which else rule


def duration(seconds: float) -> str:
    """Return a time in the largest unit of which there are about two or more.

    >>> duration(42), duration(95), duration(1200), duration(7000)
    ('42 seconds', '2 minutes', '20 minutes', '2 hours')
    """
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= 1.5 * size:
            return counted(round(seconds / size), unit)
    return counted(max(1, round(seconds)), "second")
