"""Settings and profiles: flags before environment before `config.toml`; frozen, no globals.

The README's table "Configuration" lists every key.
"""

from collections.abc import Mapping
from pathlib import Path

from app.settings.config import Config, read_config
from app.settings.errors import SettingsError
from app.settings.profile import CONFIG, SANDBOX, Profile, Settings, is_loopback

__all__ = [
    "CONFIG",
    "SANDBOX",
    "Config",
    "Profile",
    "Settings",
    "SettingsError",
    "home_folder",
    "is_loopback",
    "load_config",
    "load_settings",
]


def load_config(environment: Mapping[str, str]) -> Config:
    """Every profile of the home, with the default one. Raises SettingsError."""
    return read_config(home_folder(environment) / CONFIG)


def load_settings(
    environment: Mapping[str, str], profile: str | None = None, account: Path | None = None
) -> Settings:
    """The settings for these flags and this environment. Raises SettingsError."""
    home = home_folder(environment)
    config = read_config(home / CONFIG)
    name = profile or environment.get("TRIGGERDESK_PROFILE") or config.default_profile
    live = config.profiles.get(name)
    if live is None:
        known = ", ".join(sorted(config.profiles))
        raise SettingsError(f"There is no profile {name!r}. Profiles: {known}.")
    folder = account or _path(environment.get("TRIGGERDESK_ACCOUNT"))
    if folder is not None:
        live = _on_folder(live, folder)
    return Settings(home, live, config.theme, config.keymap)


def home_folder(environment: Mapping[str, str]) -> Path:
    """Where the files are: TRIGGERDESK_HOME, else the platform's folder for user data."""
    if named := environment.get("TRIGGERDESK_HOME"):
        return Path(named).expanduser().absolute()
    from platformdirs import user_data_path  # noqa: PLC0415 - costs 14 ms, rarely needed

    return user_data_path("triggerdesk", appauthor=False)


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _on_folder(profile: Profile, folder: Path) -> Profile:
    if profile.base_url is not None:
        raise SettingsError(
            f"--account names a folder, but the profile {profile.name!r} has a base_url: "
            f"leave --account out, or add --profile {SANDBOX}."
        )
    return Profile(
        profile.name, None, folder.absolute().resolve(), "none", profile.deadline_s, profile.values
    )
