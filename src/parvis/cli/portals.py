"""Commands on the catalogue as others read it, and on other portals: catalog check, ckan."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from parvis.catalog.portals.ckan import Ckan
from parvis.catalog.portals.fields import DEFAULT, Fields
from parvis.catalog.portals.harvest import Kind as PortalKind
from parvis.catalog.portals.harvest import Portal, kind_of
from parvis.catalog.portals.plan import Kind
from parvis.cli.bilingual import Command, Group, spoken
from parvis.cli.options import FILE, as_json, folders, print_json, settings
from parvis.cli.terminal import counting, visible
from parvis.config import Settings
from parvis.errors import UsageError
from parvis.fetch.address import Address
from parvis.i18n import LANGUAGES, N_, explain, say
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.catalogue_check import Proof, check_catalogue
from parvis.pooling.stewardship.portals import GUARD, Push, Status, Taken, count, harvest, prepare

KEY = "PARVIS_CKAN_KEY"

CREATED = N_("{dataset}: created")
UPDATED = N_("{dataset}: updated")
DELETED = N_("{dataset}: deleted")
TO_CREATE = N_("{dataset}: would be created")
TO_UPDATE = N_("{dataset}: would be updated")
TO_DELETE = N_("{dataset}: would be deleted")
FAILED = N_("{dataset}: {reason}")
ORGANIZATION = N_("{name}: an organisation that is not there; it would be created")
SUMMED = N_(
    "{create} created, {update} updated, {delete} deleted, {same} unchanged, {failed} failed"
)
NEW = N_("{dataset}: new; its record is to be read over, then mapped")
CHANGED = N_("{dataset}: changed there; its record is written anew, to be read over")
EDITED = N_("{dataset}: changed there, but edited here: the new record is under _proposed")
TAKEN = N_("{new} new, {updated} updated, {edited} edited here, {same} unchanged, {failed} failed")
SEEN = N_("looking")
SENT = N_("sending")

_WORDS = {
    Kind.CREATE: (CREATED, TO_CREATE),
    Kind.UPDATE: (UPDATED, TO_UPDATE),
    Kind.DELETE: (DELETED, TO_DELETE),
}


_TAKEN = {Status.NEW: NEW, Status.UPDATED: CHANGED, Status.EDITED: EDITED}


@click.group(cls=Group, name="ckan", no_args_is_help=True)
def ckan_group() -> None:
    """Push the catalogue’s records to a CKAN, or take records from another portal."""


@ckan_group.command(cls=Command, name="push")
@click.option("--url", metavar="ADDRESS", required=True, help="The address of the CKAN.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@click.option(
    "--guard",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    default=GUARD,
    show_default=True,
    help="How many of the pool’s records one push may delete there, in percent.",
)
@click.option("--key-file", type=FILE, help="A file with the key (else PARVIS_CKAN_KEY).")
@click.option(
    "--fields",
    metavar="FILE",
    default=DEFAULT,
    show_default=True,
    help="Which field gets what: ckan, donnees-quebec, or a file.",
)
@folders
@as_json
def push_command(  # noqa: PLR0913, PLR0917 - one parameter an option
    url: str,
    guard: float,
    key_file: Path | None,
    fields: str,
    data: Path | None,
    catalog: Path | None,
    *,
    dry_run: bool,
    in_json: bool,
) -> int:
    """Keep the records that anybody may know of in a CKAN, the same as they are published.

    Of a restricted dataset only the description goes there; what nobody may know of any more is
    deleted there. A second push changes nothing. What fails for one stops no other.
    """
    found = settings(data, catalog)
    key = read_key(key_file)
    if key is None and not dry_run:
        raise UsageError("a key is needed to push: --key-file, or PARVIS_CKAN_KEY")
    ckan = Ckan(Address.parse(url), found.fetch, key)
    push = _prepared(found, ckan, Fields.load(fields), guard)
    if not dry_run:
        _carry_out(push)
    if in_json:
        print_json(push.to_json())
    else:
        _tell_push(push, dry_run=dry_run)
    return push.exit_code


def read_key(file: Path | None) -> str | None:
    """Read a key from a file, else from the environment; never from the command line.

    Raises `UsageError` for a file that holds none.
    """
    if file is None:
        return os.environ.get(KEY, "").strip() or None
    try:
        key = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("{file} cannot be read: {reason}", file=file, reason=error) from error
    if not key or not key.isascii() or not key.isprintable():
        raise UsageError("{file} holds no key", file=file)
    return key


def _prepared(found: Settings, ckan: Ckan, fields: Fields, guard: float) -> Push:
    """Plan a push, showing how far it is."""
    with counting(say(spoken(), SEEN), count(found)) as watch:
        return prepare(found, ckan, fields, guard, watch)


def _carry_out(push: Push) -> None:
    """Do what is planned, showing how far it is."""
    with counting(say(spoken(), SENT), len(push.changes.needed)) as watch:
        for number, _ in enumerate(push.carry_out(), 1):
            if watch is not None:
                watch(number)


def _tell_push(push: Push, *, dry_run: bool) -> None:
    """Print what was done, or would be, then what failed, then the counts."""
    lang, told = spoken(), push.to_json()
    for name in told["organizations"] if dry_run else ():
        click.echo(visible(say(lang, ORGANIZATION, name=name)))
    for one in push.changes.needed:
        if one.key not in push.failed:
            click.echo(visible(say(lang, _WORDS[one.kind][dry_run], dataset=one.key)))
    for dataset, error in push.failed.items():
        line = say(lang, FAILED, dataset=dataset, reason=explain(error, lang))
        click.echo(visible(line), err=True)
    counts = {kind.name.lower(): len(told[kind.value]) for kind in Kind}
    click.echo(say(lang, SUMMED, **counts, failed=len(push.failed)))


@ckan_group.command(cls=Command, name="pull")
@click.option("--url", metavar="ADDRESS", required=True, help="The address of the portal.")
@click.option("--partner", required=True, help="The partner whose datasets they are.")
@click.option(
    "--from",
    "kind",
    type=click.Choice([one.value for one in PortalKind]),
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
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@folders
@as_json
def pull_command(  # noqa: PLR0913, PLR0917 - one parameter an option
    url: str,
    partner: str,
    kind: str | None,
    organization: str | None,
    texts: str,
    data: Path | None,
    catalog: Path | None,
    *,
    dry_run: bool,
    in_json: bool,
) -> int:
    """Take a partner’s records from a portal: a CKAN, a DCAT catalogue or a Data Package.

    They become texts of the catalogue folder, to be read over; what somebody has edited there is
    never overwritten. What fails for one stops no other.
    """
    address = Address.parse(url)
    speaks = PortalKind(kind) if kind else kind_of(address)
    portal = Portal(address, speaks, texts, organization)
    taken = []
    with Pool.open(settings(data, catalog)) as pool:
        for one in harvest(pool, portal, partner, spoken(), dry_run=dry_run).take():
            taken.append(one)
            if not in_json:
                _tell_taken(one)
    if in_json:
        print_json([one.to_json() for one in taken])
    else:
        _count_taken(taken)
    return 1 if any(one.status is Status.FAILED for one in taken) else 0


def _tell_taken(one: Taken) -> None:
    """Print what came of one record; nothing of one that is as it was."""
    lang = spoken()
    if one.error is not None:
        reason = explain(one.error, lang)
        click.echo(visible(say(lang, FAILED, dataset=one.name, reason=reason)), err=True)
    elif one.status is not Status.SAME:
        click.echo(visible(say(lang, _TAKEN[one.status], dataset=one.key)))


def _count_taken(taken: Sequence[Taken]) -> None:
    """Print how many records came to what."""
    counts = {status: sum(one.status is status for one in taken) for status in Status}
    click.echo(
        say(
            spoken(),
            TAKEN,
            new=counts[Status.NEW],
            updated=counts[Status.UPDATED],
            edited=counts[Status.EDITED],
            same=counts[Status.SAME],
            failed=counts[Status.FAILED],
        )
    )


# Commands on the catalogue folder as others will read it: catalog check.

FOUND = N_("{subject}: {rule}: {sentence}")
GOOD = N_("{datasets} records and {links} links looked at: nothing to say")
BAD = N_("{datasets} records and {links} links looked at: {count} things to repair")


@click.group(cls=Group)
def catalog() -> None:
    """Look after the catalogue folder."""


@catalog.command(cls=Command, name="check")
@click.option("--offline", is_flag=True, help="Call no other server: links are not followed.")
@click.option(
    "--shapes",
    type=FILE,
    multiple=True,
    help="Further shapes for the published catalogue, such as DCAT-AP's own.",
)
@folders
@as_json
def check(
    data: Path | None,
    catalog: Path | None,
    shapes: tuple[Path, ...],
    *,
    offline: bool,
    in_json: bool,
) -> int:
    """Look through every record as harvesters will: texts, lists, shapes, links.

    Exit code 1 if there is anything to repair.
    """
    with Pool.open(settings(data, catalog)) as pool:
        found = check_catalogue(pool, shapes, offline=offline)
    if in_json:
        print_json(found.to_json())
    else:
        _tell(found)
    return 1 if found.findings else 0


def _tell(found: Proof) -> None:
    """Print what was found, one line each, then a verdict."""
    lang = spoken()
    for one in found.findings:
        told = say(lang, FOUND, subject=one.focus, rule=one.rule, sentence=one.in_words(lang))
        click.echo(visible(told))
    counts = {"datasets": found.datasets, "links": found.links, "count": len(found.findings)}
    click.echo(say(lang, BAD if found.findings else GOOD, **counts))
