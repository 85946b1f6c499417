"""`--verbose`: a log file in the home that says what was done when; never a secret, never event data."""

import logging
import os
from pathlib import Path

_BYTES = 1_000_000
_LINE = "%(asctime)s.%(msecs)03d %(process)d %(levelname)s %(message)s"


def log_nowhere() -> None:
    """Keeps what would be logged off the terminal, where Python writes what nobody takes."""
    logger = logging.getLogger("app")
    if not logger.hasHandlers():
        logger.addHandler(logging.NullHandler())


def log_to(home: Path) -> None:
    """Starts the log file `triggerdesk.log`, readable by its owner only. Raises Failure."""
    from logging.handlers import RotatingFileHandler  # noqa: PLC0415 - most runs log nothing

    from app.cli.failures import Failure  # noqa: PLC0415 - most runs log nothing

    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = home / "triggerdesk.log"
        os.close(os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
        handler = RotatingFileHandler(
            file, maxBytes=_BYTES, backupCount=1, encoding="utf-8", errors="backslashreplace"
        )
    except OSError as error:
        raise Failure(f"The log file in {home} cannot be written: {error.strerror}.") from None
    handler.setFormatter(logging.Formatter(_LINE, "%Y-%m-%dT%H:%M:%S"))
    logger = logging.getLogger("app")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
