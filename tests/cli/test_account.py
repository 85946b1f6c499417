"""`account init` writes a folder that works at once; keys that nothing reads are named."""

from pathlib import Path

import pytest

from tests.cli.conftest import Desk


def test_a_new_account_folder_works_at_once(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "mine"
    made = desk("account", "init", str(folder))
    assert (made.code, made.err) == (0, "")
    assert f"triggerdesk --account {folder}" in made.out
    assert sorted(file.name for file in folder.iterdir()) == ["contacts.csv", "events.json", "fields.json"]
    trigger = ("--account", str(folder), "trigger", "100", "--key", "3", "--external-id")
    sent = desk(*trigger, "thor@example.com")
    assert (sent.code, sent.err) == (0, "")
    assert desk(*trigger, "twin@example.com").code == 1


@pytest.mark.parametrize("name", ["events.json", "fields.json", "contacts.csv"])
def test_existing_files_are_left_alone(desk: Desk, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    ran = desk("account", "init", str(tmp_path))
    assert (ran.code, ran.out) == (2, "")
    assert f"already has {name}. Nothing was written" in ran.err
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_named(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = desk("account", "init", str(tmp_path / "file" / "mine"))
    assert ran.code == 2
    assert "cannot be written: Not a directory" in ran.err


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ('[{"id": 1, "name": "a", "atached": false}]', "line 1: Unknown key 'atached', which is ignored. Did you mean 'attached'?"),
        ('[\n{"id": 1, "name": "a", "Example_Data": {}}]', "line 2: Unknown key 'Example_Data', which is ignored. Did you mean 'example_data'?"),
        ('[{"id": 1, "name": "a", "mails": [{"id": 2, "name": "b", "subjct": "c"}]}]', "Unknown key 'subjct', which is ignored. Did you mean 'subject'?"),
        ('[{"id": 1, "name": "a", "zzz": 1}]', "Unknown key 'zzz', which is ignored."),
    ],
)  # fmt: skip
def test_a_mistyped_key_is_named_once_after_each_change(
    desk: Desk, tmp_path: Path, events: str, said: str
) -> None:
    folder = tmp_path / "mine"
    desk("account", "init", str(folder))
    (folder / "events.json").write_text(events)
    first = desk("--account", str(folder), "events")
    assert first.code == 0
    assert (
        first.err
        == f"triggerdesk: {folder / 'events.json'}, {said if said.startswith('line') else f'line 1: {said}'}\n"
    )
    assert desk("--account", str(folder), "events").err == ""
