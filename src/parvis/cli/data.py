"""Commands on a partner's data: convert, validate, check, submit, refresh."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.options import (
    MAYBE_SOURCE,
    ONE_SOURCE,
    as_json,
    dataset_key,
    folders,
    print_json,
    settings,
    source,
)
from parvis.i18n import N_, explain, say
from parvis.pooling import (
    Outcome,
    Pool,
    Refreshed,
    Source,
    check,
    convert_file,
    export_mapping,
    refresh,
    refreshable,
    submit,
    validate_files,
    write_new,
)

FILE = click.Path(path_type=Path)


@click.command(cls=Command)
@click.argument("mapping", type=FILE)
@click.option("-o", "--output", type=FILE, help="Where to write (.nt, .nq or .ttl); else stdout.")
@click.option(
    "--source",
    "given",
    type=source,
    metavar=ONE_SOURCE,
    help="What to convert; else the file the mapping names.",
)
@click.option("--report", type=FILE, help="Where to write the report, as JSON.")
@click.option("--base", help="The address under which IRIs are minted.")
def convert(
    mapping: Path, output: Path | None, given: Source | None, report: Path | None, base: str | None
) -> int:
    """Run one mapping document over its file: rows become RDF.

    Row errors are told on stderr and in the report; they do not stop the rest.
    """
    found = convert_file(mapping, given, output, base)
    if report:
        report.write_text(found.as_json_text(), encoding="utf-8")
    for line in found.in_words(spoken()):
        click.echo(line, err=True)
    return 0


@click.command(cls=Command, name="export-mapping")
@click.argument("mapping", type=FILE)
@click.option("-o", "--output", type=FILE, help="Where to write the Turtle; else stdout.")
def export_mapping_command(mapping: Path, output: Path | None) -> int:
    """Write a mapping.yml as RML in Turtle, for other engines.

    What RML has no words for is left out or changed, and told on stderr, one line for each;
    exit code 1 if nothing is left.
    """
    found = export_mapping(mapping)
    for loss in found.losses:
        click.echo(loss[spoken()], err=True)
    if not found.text.strip():
        return 1
    if output:
        write_new(output, found.text)
    else:
        click.echo(found.text, nl=False)
    return 0


@click.command(cls=Command)
@click.argument("data", type=FILE, nargs=-1, required=True)
@click.option("--shapes", type=FILE, multiple=True, help="Shapes; else the pool's own.")
@click.option(
    "--engine",
    type=click.Choice(["auto", "pyshacl"]),
    default="auto",
    help="Which engine judges.",
)
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["human", "turtle", "json"]),
    default="human",
    help="How the report is written.",
)
@click.option("-o", "--output", type=FILE, help="Where to write the report; else stdout.")
def validate(
    data: tuple[Path, ...], shapes: tuple[Path, ...], engine: str, form: str, output: Path | None
) -> int:
    """Validate RDF files with SHACL; exit code 1 if they do not conform."""
    found = validate_files(data, shapes, engine)
    text = found.written(form, spoken())
    if output:
        output.write_text(text, encoding="utf-8")
    else:
        click.echo(text, nl=not text.endswith("\n"))
    return 0 if found.conforms else 1


@click.command(cls=Command, name="check")
@click.argument("dataset")
@click.argument("file", type=source, metavar=MAYBE_SOURCE, required=False)
@folders
@as_json
def check_command(
    dataset: str, file: Source | None, data: Path | None, catalog: Path | None, *, in_json: bool
) -> int:
    """Try a dataset's file: convert, validate, compare with its agreement; nothing is stored."""
    with Pool.open(settings(data, catalog)) as pool:
        return _tell(check(pool, dataset_key(dataset), file), in_json=in_json)


@click.command(cls=Command, name="submit")
@click.argument("dataset")
@click.argument("file", type=source, metavar=MAYBE_SOURCE, required=False)
@folders
@as_json
def submit_command(
    dataset: str, file: Source | None, data: Path | None, catalog: Path | None, *, in_json: bool
) -> int:
    """Check a dataset's file, then make it the dataset's content in the record.

    A violation, or more row errors than the dataset's threshold, changes nothing: exit code 1.
    """
    with Pool.open(settings(data, catalog)) as pool:
        return _tell(submit(pool, dataset_key(dataset), file), in_json=in_json)


CHANGES = N_("since the last submission: {added} entities added, {changed} changed, {gone} gone")
UNCHANGED = N_("unchanged: the same file and mapping as the last time; nothing was done")
KEPT = N_("accepted: {triples} facts are now the content of {dataset}; next: parvis publish")
WOULD = N_("would be accepted: {triples} facts; nothing was stored")
REFUSED = N_("refused: nothing was changed")


def _tell(outcome: Outcome, *, in_json: bool) -> int:
    """Print what came of a file."""
    if in_json:
        print_json(outcome.to_json())
        return 0 if outcome.accepted else 1
    lang = spoken()
    for line in outcome.report.in_words(lang):
        click.echo(line)
    if (changes := outcome.changes) is not None:
        click.echo(
            say(lang, CHANGES, added=changes.added, changed=changes.changed, gone=changes.gone)
        )
    click.echo(say(lang, _verdict(outcome), triples=outcome.report.triples, dataset=outcome.key))
    return 0 if outcome.accepted else 1


def _verdict(outcome: Outcome) -> str:
    """Choose the sentence that says what came of a file."""
    if not outcome.accepted:
        return REFUSED
    if outcome.unchanged:
        return UNCHANGED
    return KEPT if outcome.stored else WOULD


SAME = N_("{dataset}: unchanged")
STORED = N_("{dataset}: changed; {triples} facts are now its content; next: parvis publish")
NOT_TAKEN = N_("{dataset}: changed, but refused: its content stays as it was")
FAILED = N_("{dataset}: {reason}")
NOTHING = N_("no dataset here has an address or a file beside its record")


@click.command(cls=Command, name="refresh")
@click.argument("name", metavar="[PARTNER[/DATASET]]", required=False)
@folders
@as_json
def refresh_command(
    name: str | None, data: Path | None, catalog: Path | None, *, in_json: bool
) -> int:
    """Fetch datasets anew from where their records say, and submit those that have changed.

    Without a name, all that have an address, or a file beside their record. What fails for one
    stops no other; the exit code is the gravest.
    """
    with Pool.open(settings(data, catalog)) as pool:
        found = []
        for one in refresh(pool, refreshable(pool, name)):
            found.append(one)
            if not in_json:
                _tell_refreshed(one)
    if in_json:
        print_json([one.to_json() for one in found])
    elif not found:
        click.echo(say(spoken(), NOTHING))
    return max((one.exit_code for one in found), default=0)


def _tell_refreshed(one: Refreshed) -> None:
    """Print what came of one dataset, with its report where that says why."""
    lang = spoken()
    if one.error is not None:
        click.echo(say(lang, FAILED, dataset=one.key, reason=explain(one.error, lang)), err=True)
        return
    if one.outcome is None:
        click.echo(say(lang, SAME, dataset=one.key))
        return
    template = STORED if one.outcome.stored else NOT_TAKEN
    click.echo(say(lang, template, dataset=one.key, triples=one.outcome.report.triples))
    if not one.outcome.stored:
        for line in one.outcome.report.in_words(lang):
            click.echo(f"  {line}")


COMMANDS = (
    convert,
    export_mapping_command,
    validate,
    check_command,
    submit_command,
    refresh_command,
)
