"""Where settings come from, which wins, and what is said about a mistake."""

from pathlib import Path

import pytest

from app.settings import SettingsError, home_folder, load_settings

REAL = '[profiles.shop]\nbase_url = "https://api.example.com/api/v2"\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def configured(home: Path, text: str) -> dict[str, str]:
    home.mkdir()
    (home / "config.toml").write_text(text, encoding="utf-8")
    return {"TRIGGERDESK_HOME": str(home)}


def fault(home: Path, text: str, profile: str | None = None, account: Path | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(configured(home, text), profile, account)
    return str(caught.value)


def test_without_configuration_the_built_in_sandbox_is_live(home: Path) -> None:
    settings = load_settings({"TRIGGERDESK_HOME": str(home)})
    assert settings.profile.name == "sandbox"
    assert settings.profile.is_sandbox
    assert settings.profile.deadline_s == 30
    assert settings.account_home == home / "accounts" / "sandbox"


def test_without_an_environment_the_platform_names_the_home() -> None:
    assert home_folder({}).name == "triggerdesk"


def test_a_flag_wins_over_the_environment_and_that_over_the_file(home: Path) -> None:
    text = f'default_profile = "shop"\n{REAL}[profiles.demo]\naccount = "demo"\n[profiles.other]\naccount = "o"\n'
    environment = configured(home, text)
    assert load_settings(environment).profile.name == "shop"
    environment["TRIGGERDESK_PROFILE"] = "demo"
    assert load_settings(environment).profile.name == "demo"
    assert load_settings(environment, "other").profile.name == "other"


def test_a_profile_is_read_whole(home: Path) -> None:
    text = '[profiles.shop]\nbase_url = "https://api.example.com/api/v2"\nauth = "none"\ndeadline_s = 4.5\n'
    profile = load_settings(configured(home, text), "shop").profile
    assert profile.base_url == "https://api.example.com/api/v2"
    assert (profile.auth, profile.deadline_s) == ("none", 4.5)
    assert not profile.is_sandbox
    assert profile.is_production
    assert profile.account_key == "shop"


def test_an_account_folder_is_relative_to_the_file(home: Path) -> None:
    profile = load_settings(configured(home, '[profiles.demo]\naccount = "mine"\n'), "demo").profile
    assert profile.folder == home / "mine"
    assert profile.is_sandbox


def test_accounts_of_two_folders_are_kept_apart(home: Path, tmp_path: Path) -> None:
    environment = {"TRIGGERDESK_HOME": str(home)}
    one = load_settings(environment, account=tmp_path / "one")
    two = load_settings(environment, account=tmp_path / "two")
    assert one.profile.name == two.profile.name == "sandbox"
    assert len({one.account_home, two.account_home, load_settings(environment).account_home}) == 3


def test_an_account_folder_and_a_base_url_exclude_each_other(home: Path, tmp_path: Path) -> None:
    assert "--account" in fault(home, REAL, "shop", tmp_path)


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("colour = 1", "colour", "unknown key"),
        ("default_profile = 7", "default_profile", "must be text"),
        ('default_profile = "nowhere"', "default_profile", "no profile 'nowhere'"),
        ('theme = "midnight"', "theme", "must be one of triggerdesk-dark, triggerdesk-light"),
        ('member = "a@example.com"', "member", "not an e-mail address"),
        ("[keymap]\nsend = 9", "keymap", "table of texts"),
        ('[keymap]\nsent = "f12"', "keymap.sent", "unknown action"),
        ('[keymap]\nsend = "F12"', "keymap.send", "is not a key"),
        ('[keymap]\nsend = "f2"', "keymap.send", "is also the key of events"),
        ("profiles = 3", "profiles", "must be a table"),
        ('[profiles.sandbox]\naccount = "x"', "profiles.sandbox", "built in"),
        ('[profiles.Shop]\naccount = "x"', "profiles.Shop", "a-z, 0-9"),
        ("[profiles.a]", "profiles.a", "exactly one"),
        ('[profiles.a]\naccount = "x"\nbase_url = "https://h/api/v2"', "profiles.a", "exactly one"),
        ('[profiles.a]\nbase_url = "https://h/api/v2"\nauth = "oauth"', "profiles.a.auth", "/api/v3"),
        ('[profiles.a]\nbase_url = "https://h/api/v3"\nauth = "wsse"', "profiles.a.auth", "/api/v2"),
        ('[profiles.a]\nbase_url = "https://h/api/v2"\nauth = "wsse"', "profiles.a.user", "is missing"),
        ('[profiles.a]\nbase_url = "https://h/api/v3"\nauth = "oauth"', "profiles.a.client_id", "is missing"),
        ("a = = 1", "config.toml", "not valid TOML"),
    ],
)
def test_a_mistake_is_told_with_its_key_and_the_reason(home: Path, text: str, key: str, reason: str) -> None:
    said = fault(home, f"{text}\n")
    assert f"{key}: " in said if key != "config.toml" else key in said
    assert reason in said


WHOLE = "a whole number from 0 to "


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("base_url", '"https://h/api/v1"', "/api/v2 or /api/v3"),
        ("base_url", '"https://h/api/v2/event"', "/api/v2 or /api/v3"),
        ("base_url", '"http://h/api/v2"', "this machine only"),
        ("base_url", '"https://u:p@h/api/v2"', "no user"),
        ("base_url", '"https://[h/api/v2"', "not an address"),
        ("base_url", '"ftp://h/api/v2"', "https://"),
        ("base_url", '"https://h:0/api/v2"', "between 1 and 65535"),
        ("base_url", '"https://h:65536/api/v2"', "1 to 65535"),
        ("auth", '"x"', "one of"),
        ("deadline_s", "0", "seconds"),
        ("deadline_s", "-1", "at most 3600"),
        ("deadline_s", "3601", "at most 3600"),
        ("deadline_s", "true", "at most 3600"),
        ("deadline_s", "nan", "at most 3600"),
        ("deadline_s", "inf", "at most 3600"),
        ("deadline_s", f"1{'0' * 400}", "at most 3600"),
        ("refresh_contacts", '"all"', "list:ID"),
        ("production", '"no"', "true or false"),
        ("user", "'a\"b'", "printable ASCII"),
        ("client_id", '"a:b"', "colon"),
        ("token_url", '"http://h/token"', "this machine only"),
        ("token_url", '"https://u:p@h/t"', "no user"),
        ("secret_command", '"pass \'shop"', "no closing"),
        ("secret_command", '" "', "no command"),
        ("second_send_s", "-1", f"{WHOLE}31,536,000"),
        ("second_send_s", "1.5", f"{WHOLE}31,536,000"),
        ("second_send_s", "true", f"{WHOLE}31,536,000"),
        ("second_send_s", f"1{'0' * 30}", f"{WHOLE}31,536,000"),
        ("retention_days", "36501", f"{WHOLE}36,500"),
        ("retention_rows", "1000000001", f"{WHOLE}1,000,000,000"),
        ("proxy", '"socks5://h:1"', "http:// or https://"),
        ("proxy", '"h:8080"', "http:// or https://"),
        ("proxy", '"http://"', "name a host"),
        ("proxy", '"http://:8080"', "name a host"),
        ("proxy", '"http://h:65536"', "1 to 65535"),
        ("proxy", '"http://h:0"', "between 1 and 65535"),
        ("proxy", '"http://h:x"', "1 to 65535"),
        ("proxy", '"http://h:"', "between 1 and 65535"),
        ("proxy", '"http://h h"', "no spaces"),
        ("proxy", '"http://h/path"', "must end after"),
        ("proxy", '""', "must be text"),
        ("team", '"mysql://h/team"', "postgresql://"),
        ("team", '"postgresql://u:p@h/team"', "no password"),
        ("test_contacts", '"x"', "list"),
        ("test_contacts", '["@"]', "@example.com"),
        ("test_contacts", '[""]', "@example.com"),
        ("test_contacts", '["x@example.com", "*@example.com"]', "patterns are not supported"),
        ("test_contacts", '["x@example.com", "@*.example.com"]', "patterns are not supported"),
        ("test_contacts", '[" thor@example.com"]', "matches nobody"),
        ("test_contacts", '["thor@example.com "]', "matches nobody"),
        ("test_contacts", '["thor@"]', "matches nobody"),
        ("test_contacts", '["@example.com@example.org"]', "is not a domain"),
    ],
)
def test_a_faulty_value_of_a_profile_is_told_with_its_key_and_the_reason(
    home: Path, key: str, value: str, reason: str
) -> None:
    account = "" if key == "base_url" else 'account = "x"\n'
    said = fault(home, f"[profiles.a]\n{account}{key} = {value}\n")
    assert f"profiles.a.{key}: " in said
    assert reason in said


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "[::1]", "localhost"])
def test_plain_http_is_allowed_to_this_machine(home: Path, host: str) -> None:
    text = f'[profiles.a]\nbase_url = "http://{host}:8042/api/v2"\n'
    profile = load_settings(configured(home, text), "a").profile
    assert profile.is_loopback
    assert not profile.is_production


def test_a_profile_that_signs_in_says_as_whom(home: Path) -> None:
    text = (
        '[profiles.a]\nbase_url = "https://h/api/v3"\nauth = "oauth"\nclient_id = "desk"\n'
        '[profiles.b]\nbase_url = "https://h/api/v2"\nauth = "wsse"\nuser = "shop001"\n'
    )
    environment = configured(home, text)
    oauth, wsse = load_settings(environment, "a").profile, load_settings(environment, "b").profile
    assert (oauth.auth, oauth.client_id) == ("oauth", "desk")
    assert oauth.token_url == "https://auth.emarsys.net/oauth2/token"
    assert (wsse.auth, wsse.user) == ("wsse", "shop001")


def test_an_unknown_profile_lists_those_there_are(home: Path) -> None:
    assert "sandbox, shop" in fault(home, REAL, "nowhere")


def test_a_file_that_cannot_be_read_is_told(home: Path) -> None:
    (home / "config.toml").mkdir(parents=True)
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings({"TRIGGERDESK_HOME": str(home)})


def test_the_bounds_themselves_are_allowed(home: Path) -> None:
    text = (
        '[profiles.a]\naccount = "x"\ndeadline_s = 3600\nsecond_send_s = 31536000\n'
        "retention_days = 36500\nretention_rows = 1000000000\n"
    )
    profile = load_settings(configured(home, text), "a").profile
    assert (profile.deadline_s, profile.second_send_s) == (3600, 31_536_000)
    assert (profile.retention_days, profile.retention_rows) == (36_500, 1_000_000_000)


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:3128", "https://proxy.example.com", "http://u:p@h:1/"])
def test_a_proxy_is_read_and_never_shown(home: Path, proxy: str) -> None:
    text = f'{REAL}proxy = "{proxy}"\n'
    settings = load_settings(configured(home, text), "shop")
    assert settings.profile.proxy == proxy
    assert proxy not in repr(settings)


def test_a_faulty_proxy_is_told_without_its_password(home: Path) -> None:
    assert "hunter2" not in fault(home, f'{REAL}proxy = "ftp://thor:hunter2@h:99999"\n')


def test_an_account_folder_may_be_where_one_is(home: Path) -> None:
    folder = load_settings({"TRIGGERDESK_HOME": str(home)}, account=Path()).profile.folder
    assert folder == Path.cwd().resolve()


def test_a_byte_order_mark_before_the_configuration_is_skipped(home: Path) -> None:
    environment = configured(home, '\ufeff[profiles.shop]\nbase_url = "https://api.example.com/api/v2"\n')
    assert load_settings(environment, "shop").profile.name == "shop"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_configuration_in_utf_16_is_named_so(home: Path, encoding: str) -> None:
    environment = configured(home, "")
    mark = "" if encoding == "utf-16" else "\ufeff"
    (home / "config.toml").write_bytes(f"{mark}# nothing\n".encode(encoding))
    with pytest.raises(SettingsError, match=r"not UTF-8 text\. Save it as UTF-8\."):
        load_settings(environment)


@pytest.mark.parametrize("end", ["/", "//", ""])
def test_a_base_url_may_end_in_a_slash(home: Path, end: str) -> None:
    text = f'[profiles.shop]\nbase_url = "https://api.example.com/api/v2{end}"\n'
    assert load_settings(configured(home, text), "shop").profile.base_url == "https://api.example.com/api/v2"
