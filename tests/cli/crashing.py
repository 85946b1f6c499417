"""`python -m tests.cli.crashing`: the dashboard with a fault at the place that the variable CRASH_AT names."""

import os

from app.cli.main import main
from app.tui.app import TriggerDeskApp
from app.tui.dashboard import Dashboard


def crash(*_: object) -> None:
    secret = os.environ["TRIGGERDESK_SHOP_SECRET"]
    raise RuntimeError("a fault where the secret is a local" if secret else "")


def crash_in_thread(app: TriggerDeskApp) -> None:
    app.run_worker(crash, thread=True)


PLACES = {
    "compose": (Dashboard, "compose", crash),
    "worker thread": (TriggerDeskApp, "action_help", crash_in_thread),
    "message handler": (TriggerDeskApp, "on_app_focus", crash),
}

if __name__ == "__main__":
    setattr(*PLACES[os.environ["CRASH_AT"]])
    main()
