"""Settings and profiles: flags before environment before `config.toml`; frozen, no globals."""

from app.settings.config import Config, add_profile, home_folder, load_config, load_settings, remove_profile
from app.settings.errors import SettingsError
from app.settings.profile import CONFIG, SANDBOX, Profile, Settings, is_loopback

__all__ = [
    "CONFIG",
    "SANDBOX",
    "Config",
    "Profile",
    "Settings",
    "SettingsError",
    "add_profile",
    "home_folder",
    "is_loopback",
    "load_config",
    "load_settings",
    "remove_profile",
]
