"""Templates that a team shares, by version: whoever loses an edit keeps it as a draft of their own."""

import json
from contextlib import closing
from pathlib import Path

from app.domain.drafts import Template
from app.store.notes import Notes
from app.store.team_history import TeamHistory
from app.team.server import TeamServer

MINE = " (my draft)"
_BASE = "template:"


def sync_templates(team: TeamServer, kept: TeamHistory, path: Path) -> None:
    """Brings the templates at `path` and those of the team together. Raises TeamError and StoreError."""
    base = {name.removeprefix(_BASE): json.loads(text) for name, text in kept.kept(_BASE).items()}
    theirs = team.templates()
    with closing(Notes(path)) as notes:
        ours = {
            one.name: [one.event_id, one.data_text]
            for one in notes.templates()
            if not one.name.endswith(MINE)
        }
        for name in sorted(ours.keys() | theirs.keys()):
            version, *content = base.get(name, [0])
            newest, shared = theirs.get(name, (0, []))
            own = ours.get(name)
            if newest > version:
                if own is not None and own not in (content, shared):
                    notes.save_template(Template(name + MINE, *own))
                notes.save_template(Template(name, *shared))
            elif own is not None and own != content and team.save_template(name, version + 1, *own):
                newest, shared = version + 1, own
            if newest > version:
                kept.keep(**{_BASE + name: json.dumps([newest, *shared])})
