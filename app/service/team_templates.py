"""Templates that a team shares, by version: whoever loses an edit keeps it as a draft of their own."""

import json
from contextlib import closing
from dataclasses import replace
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
        local = {one.name: one for one in notes.templates() if not one.name.endswith(MINE)}
        for name in sorted(local.keys() | theirs.keys()):
            own = local.get(name, Template(name, "", ""))
            text = [own.event_id, own.data_text]
            version, *content = base.get(name, [0])
            newest, shared = theirs.get(name, (0, []))
            if newest > version:
                if name in local and text not in (content, shared):
                    notes.save_template(replace(own, name=name + MINE))
                event_id, data_text = shared
                notes.save_template(replace(own, event_id=event_id, data_text=data_text))
            elif name in local and text != content and team.save_template(name, version + 1, *text):
                newest, shared = version + 1, text
            if newest > version:
                kept.keep(**{_BASE + name: json.dumps([newest, *shared])})
