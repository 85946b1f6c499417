"""The API client; the only package that imports httpx."""

import sys

# If Rich is installed, httpx imports its command line, a third of its import time. Without that module it works too.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None marks a module as missing
