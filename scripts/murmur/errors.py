"""The exception for errors that the user can correct."""


class BadInput(Exception):
    """Invalid input from the user: a study file, a mouse file, a table or an option.

    The message is one sentence: the file or key, what was found, what was expected and what to do.
    """
