"""The pictures of the README, made by the program itself: `python -m tests.screenshots .pictures`.

Drives the dashboard over the built-in account in a temporary home; nothing is read from or written to a real one.
"""

import asyncio
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.bootstrap import Profiles
from app.settings import load_settings
from app.tui.app import TriggerDeskApp

BEFORE = (
    "f2",
    *"104",
    "enter",
    *"sif",
    "enter",
    "f9",
    "f4",
    *"twin@example.com",
    "enter",
    "f9",
    "f2",
    *"100",
    "enter",
    *"nobody",
)
JOB = ("f2", *"100", "enter", *"thor", "enter", "f9")


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: the keys that lead to it, the size of the terminal in cells, the theme."""

    name: str
    size: tuple[int, int]
    theme: str
    keys: Sequence[str]


PICTURES = (
    Picture("desk-dark", (140, 40), "triggerdesk-dark", (*BEFORE, *JOB)),
    Picture(
        "desk-light",
        (140, 40),
        "triggerdesk-light",
        (*BEFORE, *JOB, "f4", *"twin@example.com", "enter", "f9"),
    ),
    Picture("desk-narrow", (80, 24), "triggerdesk-dark", JOB[:-1]),
    Picture("attempt", (100, 34), "triggerdesk-dark", (*JOB, "f6", "enter")),
)


async def draw(picture: Picture, folder: Path) -> Path:
    """Draws one picture as SVG into the folder; its path."""
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings({"TRIGGERDESK_HOME": home})
        app = TriggerDeskApp(Profiles(settings), theme=picture.theme)
        async with app.run_test(size=picture.size) as pilot:
            await pilot.pause()
            await app.workers.wait_for_complete()
            for key in picture.keys:
                await pilot.press(key)
                await app.workers.wait_for_complete()
            await pilot.pause()
            path = folder / f"{picture.name}.svg"
            path.write_text(_at_rest(app.export_screenshot(title="triggerdesk")), "utf-8")
    return path


def _at_rest(svg: str) -> str:
    # Some viewers fold leading spaces, and with them the columns; and a picture should fetch no fonts.
    return re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL).replace(
        "<text ", '<text xml:space="preserve" '
    )


def main() -> None:
    """Draws every picture into the folder named on the command line."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES:
        print(asyncio.run(draw(picture, folder)))


if __name__ == "__main__":
    main()
