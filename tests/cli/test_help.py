"""`triggerdesk help`: the manual on the command line."""

from pathlib import Path

from tests.cli.conftest import Desk
from tests.test_papers import COMMANDS

HELP = Path(__file__).parents[2] / "app" / "help"
TOPICS = [path.stem for path in sorted(HELP.glob("*.md"))]


def test_without_a_topic_every_page_is_listed_with_its_summary(desk: Desk) -> None:
    ran = desk("help")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.splitlines()] == TOPICS
    assert "queries   The language of the history's filter and of `history --query`.\n" in ran.out


def test_a_topic_prints_its_page_as_markdown(desk: Desk) -> None:
    for topic in TOPICS:
        ran = desk("help", topic)
        assert (ran.code, ran.err) == (0, "")
        title, blank, summary, *_ = ran.out.splitlines()
        assert title.startswith("# ")
        assert blank == ""
        assert summary.endswith(".")
        assert ran.out.endswith("\n")
        assert not ran.out.endswith("\n\n")


def test_an_unknown_topic_ends_with_2_and_names_the_pages(desk: Desk) -> None:
    for topic in ("cooking", "", "../README", "form.md", "Form"):
        ran = desk("help", topic)
        assert (ran.code, ran.out) == (2, "")
        assert f'There is no help page "{topic}".' in ran.err
        for known in TOPICS:
            assert known in ran.err


def test_an_unknown_topic_with_control_characters_is_shown_harmless(desk: Desk) -> None:
    assert "\x1b" not in desk("help", "\x1b[31m").err


def test_every_help_ends_with_the_way_to_the_manual(new_desk: Desk, home: Path) -> None:
    for verb in COMMANDS:
        ran = new_desk(*verb, "--help")
        assert ran.code == 0
        assert ran.out.endswith("`triggerdesk help` lists the pages of the manual.\n")
    new_desk("help", "form")
    assert not home.exists()
