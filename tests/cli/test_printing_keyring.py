"""Standard output is for results: what a keyring prints goes to standard error."""

from pathlib import Path

import pytest

from tests.cli.conftest import Desk
from tests.keyrings import MemoryKeyring, in_place

CHATTER = "Please unlock your keyring"
CONFIG = """\
[profiles.shop]
base_url = "http://127.0.0.1:1/api/v2"
auth = "wsse"
user = "shop001"
"""


class PrintingKeyring(MemoryKeyring):
    """Prints before it does anything."""

    def get_password(self, service: str, username: str) -> str | None:
        print(CHATTER)
        return super().get_password(service, username)

    def delete_password(self, service: str, username: str) -> None:
        print(CHATTER)
        super().delete_password(service, username)


@pytest.mark.parametrize(
    "words",
    [
        ("trigger", "1", "--key", "3", "--external-id", "thor@example.com", "--dry-run", "--json"),
        ("trigger", "1", "--key", "3", "--external-id", "thor@example.com", "--json"),
        ("profile", "check"),
        ("profile", "remove", "shop", "--yes"),
    ],
    ids=["dry run", "trigger", "profile check", "profile remove"],
)
def test_what_a_keyring_prints_is_never_shown(words: tuple[str, ...], desk: Desk, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text(CONFIG)
    with in_place(PrintingKeyring()) as ring:
        ring.set_password("triggerdesk", "shop", "s3cret-of-the-desk")
        ran = desk("--profile", "shop", *words)
    assert ran.out
    assert CHATTER not in ran.out + ran.err
