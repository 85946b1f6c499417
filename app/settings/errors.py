"""The error for every mistake in a flag, the environment or the configuration."""

from app.domain.errors import AppError


class SettingsError(AppError):
    """A mistake in a flag, the environment or `config.toml`: one sentence with the key and the reason."""
