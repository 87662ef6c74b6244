"""A digital phantom of a mouse's chest in short axis: one beat, four phenotypes, known volumes.

Mouse `index` of a seed is always the same, however many mice a cohort has. Here stands what a plan needs to know
of a cohort without making it; `murmur.phantom.phenotypes.mouse` makes a mouse.
"""

# Mice of each phenotype in the study.
STUDY = {"control": 39, "mi_patch": 11, "dcm": 51, "tac": 29}


def phenotype_of(index: int) -> str:
    """Return the phenotype of mouse `index` (from 0).

    Mice are dealt one after the other, each to the phenotype furthest behind its share in the study
    (39 control : 11 mi_patch : 51 dcm : 29 tac). So six mice hold all four phenotypes, 130 mice hold the
    study's numbers, and no mouse depends on how many follow it.
    """
    counts = dict.fromkeys(STUDY, 0)
    total = sum(STUDY.values())
    for dealt in range(index + 1):
        phenotype = max(STUDY, key=lambda name: (dealt + 1) * STUDY[name] - total * counts[name])
        counts[phenotype] += 1
    return phenotype


def has_inflow_frames(index: int) -> bool:
    """Tell whether mouse `index` has its inflow frames annotated too: 4 of 130, as in the study, 1 of 20."""
    return index % 32 == 12
