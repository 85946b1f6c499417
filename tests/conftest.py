"""What every test needs."""

import os
import signal


def pytest_configure() -> None:
    # What a test puts into a home is the user's alone, as the program makes it.
    os.umask(0o077)
    # A background job ignores SIGINT; the processes that tests start, and stop by ctrl+c, would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
