"""Commands on other portals and sites, and what they read here: ckan, datascene, pull."""

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parvis.cli.bilingual import Command, Group, spoken
from parvis.cli.terminal import (
    FILE,
    dataset_key,
    folders,
    open_pool,
    pool_options,
    print_json,
    print_line,
    read_text,
    reason_option,
    show_count,
    write_new,
)
from parvis.config import Settings
from parvis.errors import UsageError
from parvis.fetch.address import Address
from parvis.i18n import LANGUAGES, N_, explain, say
from parvis.vocab.iris import DatasetKey

if TYPE_CHECKING:
    from parvis.pooling.stewardship.harvesting.portals import Push


KEY = "PARVIS_CKAN_KEY"

FAILED = N_("{dataset}: {reason}")
ORGANIZATION = N_("{name}: an organisation that is not there; it would be created")
SUMMED = N_(
    "{create} created, {update} updated, {delete} deleted, {same} unchanged, {failed} failed"
)
TAKEN = N_("{new} new, {updated} updated, {edited} edited here, {same} unchanged, {failed} failed")
CHANGES = {
    "create": (N_("{dataset}: created"), N_("{dataset}: would be created")),
    "update": (N_("{dataset}: updated"), N_("{dataset}: would be updated")),
    "delete": (N_("{dataset}: deleted"), N_("{dataset}: would be deleted")),
}
"""The words on a change that was carried out, and on one that would be."""
HARVESTED = {
    "new": N_("{dataset}: new; its record is to be read over, then mapped"),
    "updated": N_("{dataset}: changed there; its record is written anew, to be read over"),
    "edited": N_("{dataset}: changed there, but edited here: the new record is under _proposed"),
}

dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Show what would be done, and do nothing."
)


@click.group(cls=Group, no_args_is_help=True)
def ckan_group() -> None:
    """Push the catalogue’s records to a CKAN, or take records from another portal."""


@ckan_group.command
@click.option("--url", metavar="ADDRESS", required=True, help="The address of the CKAN.")
@dry_run_option
@click.option(
    "--guard",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    default=25.0,
    show_default=True,
    help="How many of the pool’s records one push may delete there, in percent.",
)
@click.option("--key-file", type=FILE, help="A file with the key (else PARVIS_CKAN_KEY).")
@click.option(
    "--fields",
    metavar="FILE",
    default="ckan",
    show_default=True,
    help="Which field gets what: ckan, donnees-quebec, or a file.",
)
@pool_options
def push_command(
    url: str,
    guard: float,
    key_file: Path | None,
    fields: str,
    settings: Settings,
    *,
    dry_run: bool,
    in_json: bool,
) -> int:
    """Keep the records that anybody may know of in a CKAN, the same as they are published.

    Of a restricted dataset only the description goes there; what nobody may know of any more is
    deleted there. A second push changes nothing. What fails for one stops no other.
    """
    from parvis.catalog.portals.ckan import Ckan
    from parvis.catalog.portals.fields import Fields
    from parvis.pooling.stewardship.harvesting.portals import count, prepare

    key = read_key(key_file)
    # A dry run only reads, which needs no key.
    if key is None and not dry_run:
        raise UsageError("a key is needed to push: --key-file, or PARVIS_CKAN_KEY")
    ckan = Ckan(Address.parse(url), settings.fetch, key)
    mapping = Fields.load(fields)
    with show_count(say(spoken(), "looking"), count(settings)) as watch:
        push = prepare(settings, ckan, mapping, guard, watch)
    if not dry_run:
        with show_count(say(spoken(), "sending"), len(push.changes.pending)) as advance:
            for number, _ in enumerate(push.carry_out(), 1):
                if advance is not None:
                    advance(number)
    if in_json:
        print_json(push)
    else:
        _print_push(push, dry_run=dry_run)
    return push.exit_code


def _print_push(push: "Push", *, dry_run: bool) -> None:
    from parvis.catalog.portals.plan import ChangeKind

    document = push.to_json()
    for name in document["organizations"] if dry_run else ():
        print_line(ORGANIZATION, name=name)
    for change in push.changes.pending:
        if change.key not in push.failed:
            print_line(CHANGES[change.kind][dry_run], dataset=change.key)
    for dataset, error in push.failed.items():
        print_line(FAILED, err=True, dataset=dataset, reason=explain(error, spoken()))
    counts: dict[str, Any] = {k.name.lower(): len(document[k.value]) for k in ChangeKind}
    print_line(SUMMED, **counts, failed=len(push.failed))


def read_key(file: Path | None) -> str | None:
    """Read an API key from a file, else from the environment.

    Raises `UsageError` for a file without a key.
    """
    # A key on the command line would be visible in the list of processes.
    if file is None:
        return os.environ.get(KEY, "").strip() or None
    key = read_text(file).strip()
    # A key is sent as an HTTP header: other characters could not be.
    if not key or not key.isascii() or not key.isprintable():
        raise UsageError("{file} holds no key", file=file)
    return key


@ckan_group.command(name="pull")
@click.option("--url", metavar="ADDRESS", required=True, help="The address of the portal.")
@click.option("--partner", required=True, help="The partner whose datasets they are.")
@click.option(
    "--from",
    "kind",
    type=click.Choice(("ckan", "dcat", "datapackage")),
    help="What the portal speaks; else its address tells.",
)
@click.option("--organization", help="Of a CKAN: the organisation whose datasets are taken.")
@click.option(
    "--texts",
    type=click.Choice(LANGUAGES),
    default="fr",
    show_default=True,
    help="The language of texts there that name none.",
)
@dry_run_option
@reason_option
@pool_options
def harvest_command(
    url: str,
    partner: str,
    kind: str | None,
    organization: str | None,
    texts: str,
    reason: str,
    settings: Settings,
    *,
    dry_run: bool,
    in_json: bool,
) -> int:
    """Take a partner’s records from a portal: a CKAN, a DCAT catalogue or a Data Package.

    They become texts of the catalogue folder, to be read over; what somebody has edited there is
    never overwritten. What fails for one stops no other.
    """
    from parvis.catalog.portals.harvest import Portal, PortalKind, kind_of
    from parvis.pooling.stewardship.harvesting.portals import HarvestStatus, harvest

    address = Address.parse(url)
    speaks = PortalKind(kind) if kind else kind_of(address)
    portal = Portal(address, speaks, texts, organization)
    with open_pool(settings) as pool:
        harvested = harvest(pool, portal, partner, spoken(), dry_run=dry_run, reason=reason)
        taken = harvested.take_records()
    for outcome in () if in_json else taken:
        if outcome.error is not None:
            why = explain(outcome.error, spoken())
            print_line(FAILED, err=True, dataset=outcome.name, reason=why)
        elif outcome.status is not HarvestStatus.SAME:
            print_line(HARVESTED[outcome.status], dataset=outcome.key)
    counts = Counter(outcome.status for outcome in taken)
    if in_json:
        print_json(taken)
    else:
        by_status: dict[str, Any] = {s.name.lower(): counts[s] for s in HarvestStatus}
        print_line(TAKEN, **by_status)
    return 1 if counts[HarvestStatus.FAILED] else 0


WRITTEN = N_("written: {shows} shows, {performances} performances")


@click.command(cls=Command)
@click.argument("dataset", type=dataset_key, metavar="DATASET")
@click.option("-o", "--output", type=FILE, help="Where to write the file; else stdout.")
@folders
def datascene_command(dataset: DatasetKey, output: Path | None, settings: Settings) -> None:
    """Write a dataset's shows as Datascène describes them, Québec’s standard.

    What it requires and the dataset does not state is left out, and counted on stderr.
    """
    from parvis.pooling.serving.datascene.export import export_dataset

    with open_pool(settings) as pool:
        export = export_dataset(pool, dataset)
    if output:
        write_new(output, "".join(export.chunks()))
    else:
        for chunk in export.chunks():
            click.echo(chunk, nl=False)
    print_line(WRITTEN, err=True, shows=len(export.shows), performances=export.performances)
    for line in export.in_words(spoken()):
        click.echo(line, err=True)


@click.command(cls=Command)
@click.argument("source", metavar="ADDRESS|FOLDER")
@click.option(
    "--token-file", type=FILE, help="The file whose first line is a token of scope “replica”."
)
@pool_options
def pull_command(
    source: str, token_file: Path | None, settings: Settings, *, in_json: bool
) -> None:
    """Copy what another site, or data folder, serves, and serve the copy.

    Each file is checked against the manifest; one that differs is refused, and what was served
    stays. A copy that was interrupted goes on where it stopped.
    """
    from parvis.pooling.stewardship.harvesting.replicas import pull_from

    # A token on the command line would be visible in the list of processes.
    token = "" if token_file is None else read_text(token_file).partition("\n")[0].strip()
    generation = pull_from(settings, source, token)
    if in_json:
        print_json(generation)
    elif generation is None:
        print_line("what is served there is served here already")
    else:
        print_line("generation {generation} is here, whole, and is served", **generation)
