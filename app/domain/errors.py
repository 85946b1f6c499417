"""The base class of the errors shown to the user."""


class AppError(Exception):
    """An error that the user can fix; its message names the problem and the fix."""
