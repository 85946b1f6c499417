"""The base of all errors that are shown to the user."""


class AppError(Exception):
    """An error that the user can fix; its message names the problem and the fix."""
