"""What every test needs."""

import signal


def pytest_configure() -> None:
    """The processes that tests start, and stop by ctrl+c, inherit an ignored one: a shell's background job has that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
