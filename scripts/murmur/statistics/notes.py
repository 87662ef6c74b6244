"""Words of the column `note`, which says why a value is missing or what it rests on."""

MOST = 5  # mice named in print


def join(*notes: str) -> str:
    """Join the notes that say something."""
    return "; ".join(filter(None, notes))


def mice(n: int) -> str:
    """Write a number of mice."""
    return f"{n} {'mouse' if n == 1 else 'mice'}"


def brief(note: str) -> str:
    """Shorten `note` for print: of a clause that names more than MOST mice, the number of them."""
    clauses = []
    for clause in note.split("; "):
        words, _, names = clause.rpartition(": ")
        count = len(names.split(", "))
        clauses.append(f"{words}: {mice(count)}" if words and count > MOST else clause)
    return "; ".join(clauses)
