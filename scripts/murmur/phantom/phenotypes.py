"""Phenotypes of the mice of a phantom cohort.

Mouse `index` of a seed is always the same, whatever the size of the cohort. This module contains what is needed to plan
a cohort without generating it; `murmur.phantom.mouse` generates the mice.
"""

# Mice of each phenotype in the study.
STUDY = {"control": 39, "mi_patch": 11, "dcm": 51, "tac": 29}


def phenotypes_of(mice: int | dict[str, int]) -> list[str]:
    """Return the phenotype of each mouse of a cohort, given the number of mice in total or of each phenotype.

    Mice are assigned one after the other to the phenotype furthest below its share; given a total, the shares are those
    of the study (39 control : 11 mi_patch : 51 dcm : 29 tac). Six mice then include all four phenotypes, 130 mice have
    the numbers of the study, and no mouse depends on how many follow it.
    """
    shares = STUDY if isinstance(mice, int) else mice
    total = sum(shares.values())
    counts = dict.fromkeys(shares, 0)
    dealt = []
    for number in range(1, (mice if isinstance(mice, int) else total) + 1):
        phenotype = max(shares, key=lambda name: number * shares[name] - total * counts[name])
        counts[phenotype] += 1
        dealt.append(phenotype)
    return dealt


def has_inflow_frames(index: int) -> bool:
    """Return whether the inflow frames of mouse `index` are annotated too: 4 of 130, as in the study, 1 of 20."""
    return index % 32 == 12
