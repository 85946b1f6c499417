"""`triggerdesk check`: the way of a pipeline, from a served sandbox to the report that says which case failed."""

import os
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from tests.cli.conftest import Desk
from tests.cli.real import failing
from tests.cli.test_sandbox import served
from tests.domain.test_checks import JUNIT
from tests.sandbox.folders import write_folder

SEVEN = Path(__file__).parents[2] / "sample_data" / "checks.toml"
HEAD = '[[case]]\nname = "thor gets his mail"\nevent = "100"\nkey = "3"\nexternal_id = "thor@example.com"\n'
ACCEPTED = f'{HEAD}expect = {{ outcome = "accepted" }}\n'
LOKI = ACCEPTED.replace("thor", "loki")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "checks.toml"


def profile(home: Path, name: str, url: str, more: str = "") -> None:
    home.mkdir(exist_ok=True)
    with (home / "config.toml").open("a", encoding="utf-8") as config:
        config.write(f'[profiles.{name}]\nbase_url = "{url}/api/v2"\n{more}\n')
    (home / "config.toml").chmod(0o600)


def read_report(path: Path) -> list[dict[str, Any]]:
    """The suites of a report that is valid."""
    JUNIT.validate(str(path))
    read: Any = JUNIT.to_dict(str(path))
    return list(read["testsuite"])


def test_a_pipeline_fails_when_the_reply_to_a_template_changes_and_says_which(
    new_desk: Desk, home: Path, tmp_path: Path
) -> None:
    account, report = tmp_path / "account", tmp_path / "report.xml"
    cases = tmp_path / "checks.toml"
    other = ACCEPTED.replace("thor gets his mail", "the other template").replace('"100"', '"101"')
    cases.write_text(f"{ACCEPTED}\n{other}")
    events = '[{{"id": 100, "name": "welcome", "attached": {}}}, {{"id": 101, "name": "goodbye"}}]'
    contacts = "id,uid,3\n11,u11,thor@example.com\n"

    def run(attached: str) -> tuple[int, str]:
        write_folder(
            account,
            events=events.format(attached),
            fields='[{"id": 3, "name": "E-Mail"}]',
            contacts=contacts,
        )
        words = ("--profile", "staging", "check", str(cases), "--junit", str(report))
        with served(tmp_path / "there", before=("--account", str(account))) as (url, _):
            (home / "config.toml").unlink(missing_ok=True)
            profile(home, "staging", url)
            ran = new_desk(*words)
        return ran.code, ran.out

    assert run("true") == (0, "✓ thor gets his mail\n✓ the other template\n2 cases: 2 passed\n")
    code, said = run("false")
    assert code == 1
    assert f"✗ {cases}, line 1: thor gets his mail: outcome rejected, not accepted (attempt " in said
    assert "✓ the other template\n2 cases: 1 passed, 1 failed\n" in said
    (suite,) = read_report(report)
    assert (suite["@tests"], suite["@failures"], suite["@errors"]) == (2, 1, 0)
    assert [one["@name"] for one in suite["testcase"] if "failure" in one] == ["thor gets his mail"]


def test_the_built_in_account_passes_its_seven_cases(desk: Desk) -> None:
    ran = desk("check", str(SEVEN))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("7 cases: 7 passed\n")


def test_each_case_is_an_attempt_of_the_history_that_names_it(desk: Desk, file: Path) -> None:
    file.write_text(ACCEPTED)
    (one,) = desk("check", str(file), "--json").lines
    (attempt,) = desk("history", "--json").lines
    assert attempt["note"] == f"check: {file}: thor gets his mail"
    assert attempt["attempt_id"] == one["attempt_id"] == attempt["trigger_id"]


def test_the_result_of_a_case_as_json(desk: Desk, file: Path) -> None:
    file.write_text(LOKI)
    ran = desk("check", str(file), "--json")
    assert ran.code == 1
    (one,) = ran.lines
    one.pop("attempt_id")
    assert one == {
        "file": str(file),
        "name": "loki gets his mail",
        "ok": False,
        "why": ["outcome rejected, not accepted"],
        "result": "failed",
        "tags": [],
        "profile": "sandbox",
        "outcome": "rejected",
        "http_status": 400,
        "reply_code": 2008,
        "reply_text": "No contact found with the external id: 3 - loki@example.com",
        "against": None,
    }


def test_the_same_case_may_run_again_at_once(desk: Desk, file: Path) -> None:
    file.write_text(ACCEPTED)
    assert [desk("check", str(file)).code for _ in range(2)] == [0, 0]


def test_only_the_cases_with_a_tag_run(desk: Desk) -> None:
    assert desk("check", str(SEVEN), "--tag", "accepted").out.endswith("1 case: 1 passed\n")
    assert desk("check", str(SEVEN), "--tag", "accepted", "--tag", "rejected").out.endswith("7 passed\n")
    ran = desk("check", str(SEVEN), "--tag", "mail")
    assert (ran.code, ran.out) == (2, "")
    assert "No case has this tag." in ran.err


def test_fail_fast_skips_what_comes_after_the_first_failure(desk: Desk, file: Path, tmp_path: Path) -> None:
    file.write_text(f"{LOKI}\n{ACCEPTED}")
    report = tmp_path / "report.xml"
    ran = desk("check", str(file), "--fail-fast", "--junit", str(report))
    assert ran.code == 1
    assert ran.out.endswith("2 cases: 1 failed, 1 skipped\n")
    assert read_report(report)[0]["@skipped"] == 1
    assert len(desk("history", "--json").lines) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[case]]\nname = 'a'\nevent = 1.5\n", "checks.toml, line 3: event: missing, or neither"),
        (ACCEPTED.replace('"100"', '"no such event"'), "checks.toml, line 1: The event id must be digits"),
        (f'{ACCEPTED}data = \'{{"a": "{{{{field:4711}}}}"}}\'\n', "checks.toml, line 1: "),
        ("", "The files hold no case."),
        (b"[[case]]\nname = '\xff'\n", "checks.toml, line 2: This is not UTF-8"),
        (None, "checks.toml: The file cannot be read: No such file"),
    ],
)
def test_a_faulty_file_sends_nothing_at_all(
    desk: Desk, file: Path, tmp_path: Path, text: str | bytes | None, words: str
) -> None:
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    report = tmp_path / "report.xml"
    before = [str(SEVEN)] if text != "" else []  # a file without a case is a fault if it is the only one
    ran = desk("check", *before, str(file), "--junit", str(report))
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert desk("history", "--json").out == ""
    assert not report.exists()


def test_a_live_account_is_refused(desk: Desk, home: Path, file: Path, open_account: str) -> None:
    profile(home, "shop", open_account, "production = true")
    file.write_text(ACCEPTED)
    for words in (
        ("--profile", "shop", "check", str(file)),
        ("check", str(file), "--against", "sandbox,shop"),
    ):
        ran = desk(*words)
        assert (ran.code, ran.out) == (2, "")
        assert "'shop' reaches real customers" in ran.err
    assert desk("history", "--all-accounts", "--json").out == ""


def test_a_contact_that_is_no_test_contact_is_refused(
    desk: Desk, home: Path, file: Path, open_account: str
) -> None:
    profile(home, "shop", open_account, 'test_contacts = ["sif@example.com"]')
    file.write_text(ACCEPTED)
    ran = desk("--profile", "shop", "check", str(file))
    assert (ran.code, ran.out) == (2, "")
    assert "line 1: The profile 'shop' is limited to test contacts" in ran.err


def test_an_unknown_outcome_that_was_not_expected_ends_with_3(
    desk: Desk, home: Path, file: Path, open_account: str
) -> None:
    profile(home, "staging", open_account)
    file.write_text(f"{LOKI}\n{ACCEPTED}")
    with failing(open_account, "cut_before"):
        ran = desk("--profile", "staging", "check", str(file))
        assert ran.code == 3
        assert "? " in ran.out
        file.write_text(ACCEPTED.replace("accepted", "unknown"))
        assert desk("--profile", "staging", "check", str(file)).code == 0


def test_ctrl_c_records_the_case_that_is_being_sent_and_skips_the_others(
    home: Path, file: Path, tmp_path: Path
) -> None:
    received, over = Event(), Event()

    class Silent(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.set()
            over.wait(60)

        def log_message(self, *_: object) -> None:
            pass

    report = tmp_path / "report.xml"
    file.write_text(f"{LOKI}\n{ACCEPTED}")
    with ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        profile(home, "staging", f"http://127.0.0.1:{server.server_port}")
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "--profile", "staging", "check", str(file), "--junit", str(report)],
            env={**os.environ, "TRIGGERDESK_HOME": str(home)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert received.wait(60)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        over.set()
        server.shutdown()
        thread.join()
    assert process.returncode == 3
    assert "loki gets his mail: outcome unknown" in out
    assert out.endswith("2 cases: 1 error, 1 skipped\n")
    (suite,) = read_report(report)
    assert (suite["@errors"], suite["@skipped"]) == (1, 1)


def test_two_profiles_are_compared_case_by_case(
    desk: Desk, home: Path, file: Path, open_account: str
) -> None:
    profile(home, "staging", open_account)
    file.write_text(f"{LOKI}\n{ACCEPTED}")
    both = ("check", str(file), "--against", "sandbox, staging")
    # A rejection that both give is no difference, whatever the file expects.
    assert desk(*both).out.endswith("2 cases: 2 passed\n")
    with failing(open_account, "500"):
        ran = desk(*both, "--json")
    assert ran.code == 3
    first, _ = ran.lines
    assert first["why"][:2] == [
        "outcome: sandbox rejected, staging unknown",
        "HTTP status: sandbox 400, staging 500",
    ]
    assert (first["profile"], first["against"]["profile"]) == ("sandbox", "staging")


@pytest.mark.parametrize("names", ["sandbox", "sandbox,", "a,b,c"])
def test_a_comparison_needs_two_profiles(desk: Desk, file: Path, names: str) -> None:
    file.write_text(ACCEPTED)
    ran = desk("check", str(file), "--against", names)
    assert (ran.code, ran.out) == (2, "")
    assert "--against needs two profiles" in ran.err


def test_mask_hides_the_person_in_what_is_printed(desk: Desk, file: Path) -> None:
    file.write_text(f"{LOKI}\n")
    for words in ((), ("--json",)):
        assert "loki@example.com" not in desk("--mask", "check", str(file), *words).out


def test_the_report_hides_the_person_also_without_mask(desk: Desk, file: Path, tmp_path: Path) -> None:
    file.write_text(f'{HEAD.replace("thor", "loki")}expect = {{ text = "OK, loki@example.com" }}\n')
    report = tmp_path / "report.xml"
    assert "loki@example.com" in desk("check", str(file), "--junit", str(report)).out
    assert "loki@example.com" not in report.read_text()


def test_a_report_that_cannot_be_written_is_said_before_anything_is_sent(
    desk: Desk, file: Path, tmp_path: Path
) -> None:
    file.write_text(ACCEPTED)
    ran = desk("check", str(file), "--junit", str(tmp_path / "nowhere" / "report.xml"))
    assert (ran.code, ran.out) == (2, "")
    assert desk("history", "--json").out == ""


def test_an_attempt_becomes_a_case_that_passes(desk: Desk, file: Path) -> None:
    sent = desk("trigger", "100", "--key", "3", "--external-id", "twin@example.com",
                "--data", '{"price": 0.10}', "--json").json  # fmt: skip
    ran = desk("history", "show", sent["reference"], "--as-case")
    assert ran.code == 0
    file.write_text(ran.out)
    assert desk("check", str(file)).out == "✓ purchase_confirmation replies 2010\n1 case: 1 passed\n"
    newest, before = desk("history", "--json").lines
    assert (newest["data"], newest["event_id"]) == (before["data"], before["event_id"])


@pytest.mark.parametrize("words", [("--mask",), ("--json",)])
def test_a_case_is_printed_alone_and_with_nothing_hidden(desk: Desk, words: tuple[str, ...]) -> None:
    sent = desk("trigger", "100", "--key", "3", "--external-id", "thor@example.com", "--json").json
    ran = desk("history", "show", sent["attempt_id"], "--as-case", *words)
    assert (ran.code, ran.out) == (2, "")
