"""What every mistake of a flag, the environment or the configuration is raised as."""

from app.domain.errors import AppError


class SettingsError(AppError):
    """A mistake in a flag, the environment or `config.toml`: one sentence with the key and the reason."""
