"""The command of a read replica: pull."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.options import as_json, folders, print_json
from parvis.config import Settings
from parvis.errors import UsageError
from parvis.i18n import N_, say
from parvis.pooling.stewardship.replicas import pull_from

TOKEN_FILE = N_("The file whose first line is a token of scope “replica”.")
SAME = N_("what is served there is served here already")
PULLED = N_("generation {generation} is here, whole, and is served")


@click.command(cls=Command, name="pull")
@click.argument("source", metavar="ADDRESS|FOLDER")
@click.option("--token-file", type=click.Path(path_type=Path), help=TOKEN_FILE)
@folders
@as_json
def pull_command(source: str, token_file: Path | None, settings: Settings, *, in_json: bool) -> int:
    """Copy what another site, or data folder, serves, and serve the copy.

    Each file is checked against the manifest; one that differs is refused, and what was served
    stays. A copy that was interrupted goes on where it stopped.
    """
    token = ""
    # A token on the command line would be visible in the list of processes.
    if token_file is not None:
        try:
            token = token_file.read_text(encoding="utf-8").partition("\n")[0].strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                "{file} cannot be read: {reason}", file=token_file, reason=error
            ) from error
    generation = pull_from(settings, source, token)
    if in_json:
        print_json(generation)
    else:
        click.echo(
            say(spoken(), SAME) if generation is None else say(spoken(), PULLED, **generation)
        )
    return 0
