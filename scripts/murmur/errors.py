"""The one exception whose message is written for the user."""


class BadInput(Exception):
    """Something the user gave cannot be used.

    The message is one sentence: which file or key, what was found, what was expected and what to do.
    """
