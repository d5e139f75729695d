"""Commands on generations: publish, verify, recall; and on receipts of released figures."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parvis.cli.bilingual import Command, Group, spoken
from parvis.cli.terminal import (
    FILE,
    as_json,
    escape_controls,
    folder_options,
    folders,
    open_pool,
    pool_options,
    print_json,
    print_line,
    read_bytes,
)
from parvis.config import Settings
from parvis.config.json_data import to_object
from parvis.errors import SourceError
from parvis.i18n import N_, choose_text, date_in_words, explain

if TYPE_CHECKING:
    from parvis.pooling.publics.receipts.keys import Signer

PUBLISHED = N_("generation {generation} is published: {open} open facts, {members} for members")
UNCOUNTED = N_("{dataset} could not be counted: only the number of its triples is published")
LEFT_OUT = N_("the record of {dataset} is left out: {reason}")
NO_FILE = N_("{dataset} has no file {form} to take away: {reason}")
NO_FEED = N_("{dataset} is too large for the feed of entities: nothing of it is followed there")
SOUND = N_(
    "sound: {graphs} graphs of the record and {files} files of {generations} generations are as"
    " they were written; generation {generation} is served"
)
CHAINS = {
    "deletions": N_("the chain of deletions holds: {entries} entries, last hash {hash}"),
    "audit": N_("the audit trail holds: {entries} entries, last hash {hash}"),
    "messages": N_("the chain of destroyed messages holds: {entries} entries, last hash {hash}"),
}


@click.command(cls=Command)
@click.option("--anew", is_flag=True, help="Build from nothing, not from a copy of what is served.")
@pool_options
def publish_command(settings: Settings, *, anew: bool, in_json: bool) -> int:
    """Build a new generation from the record and serve it from now on.

    A dataset whose record cannot be told is left out of the catalogue and named; the exit code is
    then 1.
    """
    from parvis.pooling.publication.publish import publish
    from parvis.pooling.stewardship.generations import observe_engines, stamp_releases
    from parvis.pooling.stewardship.requests.requesting import settle_requests

    pool = open_pool(settings)
    generation = publish(pool, anew=anew)
    settle_requests(pool)  # an agreement that is served from now on may grant some
    if in_json:
        print_json(generation)
    else:
        print_published(generation)
    for warning in [*observe_engines(settings), *stamp_releases(pool)]:
        print_line(warning.template, err=True, **warning.fields)
    return 1 if generation["left_out"] else 0


def print_published(generation: dict[str, Any]) -> None:
    """Print a published generation, and what was left out of it."""
    print_line(PUBLISHED, **generation)
    for dataset in generation["uncounted"]:
        print_line(UNCOUNTED, dataset=dataset, err=True)
    for dataset in generation["no_feed"]:
        print_line(NO_FEED, dataset=dataset, err=True)
    for template, omissions in ((LEFT_OUT, "left_out"), (NO_FILE, "no_file")):
        for omission in generation[omissions]:
            fields = omission | {"reason": omission["reason"][spoken()]}
            print_line(template, err=True, **fields)


@click.group(cls=Group, invoke_without_command=True)
@folder_options
@as_json
@click.pass_context
def generations(
    context: click.Context, data: Path | None, catalog: Path | None, *, in_json: bool
) -> None:
    """List the generations that are kept."""
    from parvis.pooling.stewardship.generations import generations as all_generations

    context.meta["parvis.folders"] = (data, catalog)
    if context.invoked_subcommand is None:
        listing = all_generations(Settings.load(data, catalog))
        if in_json:
            print_json(listing)
        else:
            for generation in listing:
                mark = "*" if generation["current"] else " "
                if generation["damaged"]:
                    state = generation["damaged"][spoken()]
                else:
                    state = f"{generation['created']}  {generation['open']}"
                click.echo(f"{mark} {generation['generation']}  {state}")


@generations.command
@click.argument("number", type=int)
@folder_options
@click.pass_context
def rollback_command(
    context: click.Context, number: int, data: Path | None, catalog: Path | None
) -> None:
    """Serve an earlier generation again."""
    from parvis.pooling.stewardship.generations import rollback

    # The folders may be named before the subcommand, or after it.
    outer_data, outer_catalog = context.meta["parvis.folders"]
    rollback(open_pool(Settings.load(data or outer_data, catalog or outer_catalog)), number)
    print_line("generation {generation} is served again", generation=number)


@click.command(cls=Command)
@pool_options
@click.pass_context
def verify_command(context: click.Context, settings: Settings, *, in_json: bool) -> None:
    """Check the record, the ledger and every generation that is kept, file by file."""
    from parvis.pooling.stewardship.generations import verify

    verification = verify(settings)
    if in_json:
        print_json(verification)
    else:
        print_line(SOUND, **verification)
        if verification["loaded"]:
            loaded = len(verification["loaded"])
            print_line("{loaded} of these graphs were loaded as they were", loaded=loaded)
        if verification["ledger"]:
            ledger = verification["ledger"]
            print_line("the ledger is sound too (form {ledger})", ledger=ledger)
        for name, head in verification["chains"].items():
            print_line(CHAINS[name], **head)
        for warning in verification["warnings"]:
            click.echo(escape_controls(warning[spoken()]), err=True)
        for check in verification["engines"]:
            print_line(_describe(check), **check | {n: len(check[n]) for n in ("graphs", "added")})
    if any(_describe(check) is not ENGINE_SOUND for check in verification["engines"]):
        context.exit(1)


def _describe(check: dict[str, Any]) -> str:
    if check["graphs"] or check["added"]:
        return UNSOUND
    return UNFINISHED if check["unfinished"] else ENGINE_SOUND


ENGINE_SOUND = N_("{repository} holds what was published, triple for triple")
UNSOUND = N_(
    "{repository} does not hold what was published: {graphs} graphs differ, {added} should not be"
    " there. “parvis serve” sends them again when it starts and from time to time, “parvis"
    " publish” at once"
)
UNFINISHED = N_(
    "{repository} was being changed when that was interrupted: “parvis serve” and “parvis publish”"
    " end it"
)
RECALLED = N_("the version {version} of {dataset} is recalled, and is not taken again")
TABLE_RECALLED = N_("table {number} is recalled: whoever asked for it reads it no more")
WHICH = "Which version of the dataset, by its label; else the current one."


@click.command(cls=Command)
@click.argument("name", metavar="NUMBER|DATASET|QUESTION")
@click.option("--version", "label", metavar="TEXT", help=WHICH)
@click.option("--reason", default="", help="Why, in the language of the command.")
@pool_options
def recall_command(
    name: str, label: str | None, reason: str, settings: Settings, *, in_json: bool
) -> None:
    """Recall a bad generation, version of a dataset or table: nobody is served it again.

    It cannot be gone back to, nor asked again by its number. Of a dataset, the version before
    takes its place if its content is kept, and every generation that holds the bad one goes. A
    table is named by the id of the question that asked for it.
    """
    from parvis.pooling.stewardship import generations

    reasons = {spoken(): reason} if reason else {}
    with open_pool(settings) as pool:
        recall = generations.recall(pool, name, label, reasons)
    if in_json:
        print_json(recall)
        return
    # The messages use the names of the JSON members as their fields.
    fields = to_object(recall)
    if recall.table is not None:
        print_line(TABLE_RECALLED, number=recall.table)
        return
    if recall.dataset is not None:
        print_line(RECALLED, **fields)
        if recall.restored:
            print_line("{dataset} has its version {restored} again", **fields)
        else:
            print_line("{dataset} has no content now: submit it again", **fields)
    if recall.generations:
        numbers = ", ".join(map(str, recall.generations))
        print_line("recalled and deleted: generations {numbers}", numbers=numbers)
    if recall.generation is not None:
        print_line("generation {generation} is served", **fields)


SIGNED = N_("valid: this figure is in release {number} of {title}, of {day}, signed by key {key}")
STATUSES = {
    "current": N_("this release is the one that is served"),
    "replaced": N_("a later release has replaced it"),
    "recalled": N_("recalled: the third party withdrew this release; do not use its figures"),
    None: N_("whether it was recalled since was not looked up"),
}
KEY_NOW = N_("{key}: signs since {since}")
KEY_ENDED = N_("{key}: signed until {until}; its receipts of releases until then stay valid")
STAMPS = {
    "verified": N_("an independent authority stamped it on {stamped}"),
    "unverified": N_(
        "it has a timestamp, which was not verified: give the certificate of its authority"
        " (--tsa-certificate)"
    ),
    "none": N_("it has no timestamp of an independent authority yet"),
}
MOST_RECEIPT = 100_000


AUTHORITY = "The certificate of the authority that stamps (PEM): verify its timestamp too."


@click.command("verify-figure", cls=Command)
@click.argument("file", metavar="RECEIPT", type=FILE)
@click.option("--keys", "keys", type=FILE, help="The third party's public keys; else this pool's.")
@click.option("--offline", is_flag=True, help="Do not ask its site whether it was recalled.")
@click.option("--tsa-certificate", "certificate", type=FILE, help=AUTHORITY)
@pool_options
def verify_figure_command(
    file: Path,
    keys: Path | None,
    certificate: Path | None,
    settings: Settings,
    *,
    offline: bool,
    in_json: bool,
) -> int:
    """Verify the receipt of a released figure: that the third party published it, unchanged.

    With --keys, no pool is needed; then the site that the receipt names is asked whether the
    release was recalled since. Exit code 1 for a receipt that is not valid, or recalled.
    """
    from parvis.pooling.serving.figures.released.verification import check_receipt

    body = read_bytes(file, MOST_RECEIPT)
    public = None if keys is None else read_bytes(keys, MOST_RECEIPT)
    authority = None if certificate is None else read_bytes(certificate, MOST_RECEIPT)
    try:
        verdict = check_receipt(
            settings, body, file, public, offline=offline, certificates=authority
        )
    except SourceError as error:
        click.echo(escape_controls(explain(error, spoken())), err=True)
        return 1
    if in_json:
        print_json(verdict)
        return int(verdict.recalled)
    lang, release = spoken(), verdict.receipt.release
    click.echo(escape_controls(choose_text(lang, verdict.receipt.words)))
    title, key = choose_text(lang, release.title), verdict.receipt.key.key
    day = date_in_words(lang, release.released.date().isoformat())
    print_line(SIGNED, number=release.number, title=title, day=day, key=key)
    if verdict.stamped:
        print_line(STAMPS["verified"], stamped=verdict.stamped)
    else:
        print_line(STAMPS["unverified" if verdict.receipt.timestamp else "none"])
    print_line(STATUSES[verdict.status], err=verdict.recalled)
    if verdict.reason:
        click.echo(escape_controls(choose_text(lang, verdict.reason)), err=True)
    return int(verdict.recalled)


@click.command("receipt", cls=Command)
@click.argument("name", metavar="FIGURE")
@click.option("--reader", help="For whom: a partner's name, an IRI or “anonymous”; else the host.")
@folders
def receipt_command(name: str, reader: str | None, settings: Settings) -> None:
    """Print the receipt of a released figure: FIGURE is its IRI, or the last part of it."""
    from parvis.pooling.serving.access import find_reader
    from parvis.pooling.serving.figures.released.receipts import make_receipt
    from parvis.pooling.serving.service import PoolService

    with open_pool(settings) as pool, closing(PoolService(settings)) as service:
        party = find_reader(pool, reader or pool.catalog.third_party.iri)
        name = name.removeprefix(pool.iris.thing("observation", ""))
        receipt = make_receipt(service, party, name)
    click.echo(receipt, nl=False)


@click.group(cls=Group, invoke_without_command=True)
@folder_options
@as_json
@click.pass_context
def keys(context: click.Context, data: Path | None, catalog: Path | None, *, in_json: bool) -> None:
    """List the public keys of receipts; the first is drawn if there is none."""
    from parvis.pooling.publics.receipts.keys import draw_signer

    context.meta["parvis.folders"] = (data, catalog)
    if context.invoked_subcommand is None:
        _print_keys(draw_signer(Settings.load(data, catalog).data), in_json=in_json)


@keys.command("rotate")
@folder_options
@as_json
@click.pass_context
def rotate_command(
    context: click.Context, data: Path | None, catalog: Path | None, *, in_json: bool
) -> None:
    """Draw another key that signs receipts; what the former signed stays valid.

    The former is deleted here; backups of before still have it.
    """
    from parvis.pooling.publics.receipts.keys import rotate_keys

    outer_data, outer_catalog = context.meta["parvis.folders"]
    settings = Settings.load(data or outer_data, catalog or outer_catalog)
    _print_keys(rotate_keys(settings.data), in_json=in_json)


def _print_keys(signer: "Signer", *, in_json: bool) -> None:
    from parvis.pooling.publics.receipts.keys import keys_to_json

    if in_json:
        print_json(keys_to_json(signer.keys))
        return
    for key in signer.keys:
        since = date_in_words(spoken(), key.since.date().isoformat())
        until = key.until and date_in_words(spoken(), key.until.date().isoformat())
        print_line(KEY_ENDED if until else KEY_NOW, key=key.key, since=since, until=until)
