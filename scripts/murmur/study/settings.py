"""The settings of a study that are in force: defaults filled in, and nothing that means nothing where it stands."""

from murmur.study.schema import ONLY_WITH, ONLY_WITH_IMAGES


def in_force(settings: dict) -> dict:
    """Return the complete `settings` of a study (`study.schema.complete`) without the defaults that have no effect.

    What is returned is a study file too, and the same study.
    """
    cohorts = {name: _cohort_in_force(cohort) for name, cohort in settings["cohorts"].items()}
    readers = {name: _kept(reader, ONLY_WITH["reader"]) for name, reader in settings["readers"].items()}
    return settings | {"cohorts": cohorts, "readers": readers}


def _cohort_in_force(cohort: dict) -> dict:
    found = cohort | {"source": _kept(cohort["source"], ONLY_WITH["source"])}
    if "measurements" in cohort["source"]:
        found = {key: value for key, value in found.items() if key not in ONLY_WITH_IMAGES}
    if "file" in found.get("split", {}):
        found["split"] = {"file": found["split"]["file"]}
    return found


def _kept(section: dict, only_with: dict[str, str]) -> dict:
    return {key: value for key, value in section.items() if key not in only_with or only_with[key] in section}
