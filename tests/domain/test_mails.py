"""What an event starts, in words, and the account's own time."""

from datetime import UTC, datetime, timedelta

from app.domain.mails import EventUse, Mail, account_time, from_account_time

ORDER = Mail("7", "Order shipped", "It is on its way")


def test_what_an_event_starts_is_one_or_two_sentences() -> None:
    for use, words in [
        (EventUse((ORDER,)), "Sends the mail “Order shipped”. Triggered mails ignore opt-in."),
        (
            EventUse((ORDER, Mail("8"))),
            "Sends 2 mails: “Order shipped” and 8. Triggered mails ignore opt-in.",
        ),
        (
            EventUse(tuple(Mail(str(number)) for number in range(5)), ("12",)),
            "Sends 5 mails: 0, 1, 2 and 2 more. Starts the program 12. Triggered mails ignore opt-in.",
        ),
        (EventUse((), ("12", "13", "14")), "Starts 3 programs: 12, 13 and 14."),
        (EventUse(), "! No active program or mail uses this event."),
        (EventUse((Mail("7", "A\x1b[31m"),)), "Sends the mail “A␛[31m”. Triggered mails ignore opt-in."),
    ]:
        assert use.words() == words, use


def test_the_subject_follows_unless_it_says_the_same() -> None:
    for mail, words in [
        (ORDER, "Sends the mail “Order shipped” (subject: It is on its way)."),
        (Mail("7", "Hi", "Hi"), "Sends the mail “Hi”."),
        (Mail("7", "Hi"), "Sends the mail “Hi”."),
    ]:
        assert EventUse((mail,)).words(subjects=True).startswith(words)


def test_summer_time_lasts_from_march_to_october() -> None:
    for at, text in [
        (1_774_745_999, "2026-03-29 01:59:59"),
        (1_774_746_000, "2026-03-29 03:00:00"),
        (1_792_889_999, "2026-10-25 02:59:59"),
        (1_792_890_000, "2026-10-25 02:00:00"),
    ]:
        assert str(account_time(datetime.fromtimestamp(at, UTC))) == text


def test_the_account_s_time_leads_back_to_the_moment() -> None:
    for month in range(1, 13):
        moment = datetime(2026, month, 28, 23, 30, tzinfo=UTC)
        for hours in range(48):
            later = moment + timedelta(hours=hours)
            if later != datetime(2026, 10, 25, 1, 30, tzinfo=UTC):
                assert from_account_time(account_time(later)) == later
