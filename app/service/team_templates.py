"""Templates that a team shares, by version; if two members edit one, the later edit is saved as a draft.

Event time and attachments of a template are not shared.
"""

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from app.domain.model import NO_EXTRAS, Template
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
        kept_here = {one.name: one for one in notes.templates() if not one.name.endswith(MINE)}
        ours = {name: [one.event_id, one.data_text] for name, one in kept_here.items()}
        for name in sorted(ours.keys() | theirs.keys()):
            version, *content = base.get(name, [0])
            newest, shared = theirs.get(name, (0, []))
            own = ours.get(name)
            if newest > version:
                mine = kept_here.get(name)
                if mine is not None and own not in (content, shared):
                    notes.save_template(replace(mine, name=name + MINE))
                event_id, data_text = shared
                extras = mine.extras if mine else NO_EXTRAS
                notes.save_template(Template(name, event_id, data_text, extras))
            elif own is not None and own != content and team.save_template(name, version + 1, *own):
                newest, shared = version + 1, own
            if newest > version:
                kept.keep(**{_BASE + name: json.dumps([newest, *shared])})
