"""The wire: HTTP only, and the one folder that knows httpx."""

import sys

# httpx takes its own command line in where Rich is there, and with it a third of its weight; without it, it goes on.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None is how a module is said not to be there
