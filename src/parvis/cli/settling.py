"""The settings in force."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.options import as_json, folders, print_json, settings
from parvis.pooling.settings_in_force import settings_in_force, to_toml


@click.command(cls=Command, name="settings")
@folders
@as_json
def settings_command(data: Path | None, catalog: Path | None, *, in_json: bool) -> None:
    """Show every setting in force and who says it, as a parvis.toml.

    What is shown can be kept as the parvis.toml of a catalogue folder: it says the same.
    """
    found = settings_in_force(settings(data, catalog), data)
    if in_json:
        print_json([one.to_json() for one in found])
    else:
        click.echo(to_toml(found, spoken()), nl=False)


COMMANDS = (settings_command,)
"""Commands on settings."""
