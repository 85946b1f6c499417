"""How a verb gets the options that stand before it; separate from them because they do without click."""

import click

from app.cli.options import Options

pass_options = click.make_pass_decorator(Options)
