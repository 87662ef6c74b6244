"""Words of the column `note`, which says why a value is missing or what it rests on."""


def join(*notes: str) -> str:
    """Join the notes that say something."""
    return "; ".join(filter(None, notes))


def mice(n: int) -> str:
    """Write a number of mice."""
    return f"{n} {'mouse' if n == 1 else 'mice'}"
