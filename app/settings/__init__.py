"""Settings and profiles: flags win over the environment, the environment over `config.toml`."""

from app.settings.config import (
    Config,
    add_profile,
    change_profile,
    home_folder,
    load_config,
    load_settings,
    move_to_oauth,
    remove_profile,
)
from app.settings.profile import CONFIG, SANDBOX, Notice, Profile, Settings, SettingsError, is_loopback

__all__ = [
    "CONFIG",
    "SANDBOX",
    "Config",
    "Notice",
    "Profile",
    "Settings",
    "SettingsError",
    "add_profile",
    "change_profile",
    "home_folder",
    "is_loopback",
    "load_config",
    "load_settings",
    "move_to_oauth",
    "remove_profile",
]
