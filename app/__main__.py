"""`python -m app` is `triggerdesk`."""

import os
import signal
from types import FrameType


def _exit_at_once(number: int, _: FrameType | None) -> None:
    os._exit(128 + number)


def main() -> None:
    """The entry point `triggerdesk`; ctrl+c during its imports ends it without a traceback."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _exit_at_once)
    from app.cli.main import main as run  # noqa: PLC0415 - imported once ctrl+c is taken care of

    run()


if __name__ == "__main__":
    main()
