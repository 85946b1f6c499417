"""Pasted text reaches the dashboard in one piece, however long it is and however the terminal cuts it."""

import pytest
from textual.events import Paste

from app.tui.terminal import PasteReader

PASTED = '{\n  "a": "\x1b[2"\n}'
SENT = f"ab\x1b[200~{PASTED}\x1b[201~c\x1b[200~\x1b[201~"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 4096])
def test_a_paste_is_taken_whole_out_of_any_pieces(size: int) -> None:
    reader = PasteReader()
    start = SENT.index("[200~") + 5  # a mark of the beginning in pieces is left to Textual
    pieces = [SENT[:start], *(SENT[at : at + size] for at in range(start, len(SENT) - 12, size)), SENT[-12:]]
    found = [part for piece in pieces for part in reader.split(piece)]
    typed = "".join(part for part in found if isinstance(part, str))
    assert [part.text for part in found if isinstance(part, Paste)][:1] == [PASTED]
    assert typed.startswith("abc")


def test_typed_text_passes_and_nothing_is_made_of_nothing() -> None:
    reader = PasteReader()
    assert list(reader.split("")) == []
    assert list(reader.split("a\x1b[A")) == ["a\x1b[A"]


def test_a_megabyte_in_many_reads_is_one_paste_without_nul() -> None:
    reader, text = PasteReader(), "0123456\0" * 131_072
    sent = f"\x1b[200~{text}\x1b[201~"
    found = [part for at in range(0, len(sent), 4096) for part in reader.split(sent[at : at + 4096])]
    (paste,) = found
    assert isinstance(paste, Paste)
    assert paste.text == text.replace("\0", "")
