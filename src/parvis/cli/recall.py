"""The command on a bad release: recall."""

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.options import as_json, dataset_key, folders, print_json
from parvis.config import Settings
from parvis.config.json_data import to_object
from parvis.i18n import N_, say
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.recall import recall_generation, recall_version

GONE = N_("recalled and deleted: generations {numbers}")
VERSION = N_("the version {version} of {dataset} is recalled, and is not taken again")
BACK = N_("{dataset} has its version {restored} again")
EMPTY = N_("{dataset} has no content now: submit it again")
SERVED = N_("generation {generation} is served")
REASON = N_("Why, in the language of the command.")
WHICH = N_("Which version of the dataset, by its label; else the current one.")


@click.command(cls=Command, name="recall")
@click.argument("name", metavar="NUMBER|DATASET")
@click.option("--version", "label", metavar="TEXT", help=WHICH)
@click.option("--reason", default="", help=REASON)
@folders
@as_json
def recall_command(
    name: str, label: str | None, reason: str, settings: Settings, *, in_json: bool
) -> int:
    """Recall a bad generation, or a bad version of a dataset: nobody is served it again.

    It cannot be gone back to, nor asked again by its number. Of a dataset, the version before
    takes its place if its content is kept, and every generation that holds the bad one goes.
    """
    reasons = {spoken(): reason} if reason else {}
    with Pool.open(settings) as pool:
        # The name of a dataset has a slash.
        if name.isdigit():
            recall = recall_generation(pool, int(name), reasons)
        else:
            recall = recall_version(pool, dataset_key(name), label, reasons)
    if in_json:
        print_json(recall)
        return 0
    # The messages use the names of the JSON members as their fields.
    fields = to_object(recall)
    if recall.dataset is not None:
        click.echo(say(spoken(), VERSION, **fields))
        click.echo(say(spoken(), BACK if recall.restored else EMPTY, **fields))
    if recall.generations:
        click.echo(say(spoken(), GONE, numbers=", ".join(map(str, recall.generations))))
    if recall.generation is not None:
        click.echo(say(spoken(), SERVED, **fields))
    return 0
