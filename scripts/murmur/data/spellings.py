"""Names in tables that a person probably meant to be the same, such as sham and Sham, or sham and shamm."""

import difflib
import itertools
import re
from collections.abc import Iterable

ALIKE = 0.85  # ratio of matching letters, from which two words differ by a slip


def two_spellings(names: Iterable[str], slips: bool = True) -> list[tuple[str, str]]:
    """Return the pairs of different names that are the same in lower case and with other spaces or hyphens.

    With `slips`, also pairs of words that differ by a slip: a letter too many or too few, or two letters exchanged.
    Abbreviations, numbers and signs must be the same, because they distinguish groups: HFpEF and HFrEF, day 7 and day
    8, Cre+ and Cre-.
    """
    parts = {name: tuple(_parts(name)) for name in names}
    if slips:
        pairs = itertools.combinations(parts, 2)
        return [pair for pair in pairs if parts[pair[0]] == parts[pair[1]] or _slip(*pair)]
    alike: dict[tuple[str, ...], list[str]] = {}  # rather than all pairs of thousands of mice
    for name, of_name in parts.items():
        alike.setdefault(of_name, []).append(name)
    return [pair for found in alike.values() for pair in itertools.combinations(found, 2)]


def _parts(name: str) -> list[str]:
    """Return words, numbers and signs of a name in lower case; a hyphen is a sign unless it joins two of them."""
    return re.findall(r"[^\W\d_]+|\d+|[^\w\s-]|-(?!\w)|(?<!\w)-", name.casefold())


def _slip(one: str, other: str) -> bool:
    """Whether two words in lower case, except for their first letter, differ by a slip after the first letter."""
    if not all(name.isalpha() and name[1:].islower() for name in (one, other)):
        return False
    a, b = one.casefold(), other.casefold()
    alike = difflib.SequenceMatcher(None, a, b).ratio() >= ALIKE
    if len(a) == len(b):
        return a[0] == b[0] and (sorted(a) == sorted(b) or (alike and a[-1] == b[-1]))
    return a[0] == b[0] and abs(len(a) - len(b)) == 1 and alike
