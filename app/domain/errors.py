"""The one base of every failure that is told to a person."""


class AppError(Exception):
    """Something that a person can mend; the message is a sentence that says what is wrong and what to do."""
