"""Commands on a partner's data: convert, validate, check, submit."""

from pathlib import Path

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.options import as_json, dataset_key, folders, print_json, settings
from parvis.i18n import N_, say
from parvis.pooling import Outcome, Pool, check, convert_file, submit, validate_files
from parvis.validation import ENGINES

FILE = click.Path(path_type=Path)


@click.command(cls=Command)
@click.argument("mapping", type=FILE)
@click.option("-o", "--output", type=FILE, help="Where to write (.nt, .nq or .ttl); else stdout.")
@click.option("--source", type=FILE, help="The file to convert; else the one the mapping names.")
@click.option("--report", type=FILE, help="Where to write the report, as JSON.")
@click.option("--base", help="The address under which IRIs are minted.")
def convert(
    mapping: Path, output: Path | None, source: Path | None, report: Path | None, base: str | None
) -> int:
    """Run one mapping document over its file: rows become RDF.

    Row errors are told on stderr and in the report; they do not stop the rest.
    """
    found = convert_file(mapping, source, output, base)
    if report:
        report.write_text(found.as_json_text(), encoding="utf-8")
    for line in found.in_words(spoken()):
        click.echo(line, err=True)
    return 0


@click.command(cls=Command)
@click.argument("data", type=FILE, nargs=-1, required=True)
@click.option("--shapes", type=FILE, multiple=True, help="Shapes; else the pool's own.")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="auto",
    help="Which engine judges; auto takes the fastest for each shape.",
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
@click.argument("file", type=FILE, required=False)
@folders
@as_json
def check_command(
    dataset: str, file: Path | None, data: Path | None, catalog: Path | None, *, in_json: bool
) -> int:
    """Try a dataset's file: convert, validate, compare with its agreement; nothing is stored."""
    with Pool.open(settings(data, catalog)) as pool:
        return _tell(check(pool, dataset_key(dataset), file), in_json=in_json)


@click.command(cls=Command, name="submit")
@click.argument("dataset")
@click.argument("file", type=FILE, required=False)
@folders
@as_json
def submit_command(
    dataset: str, file: Path | None, data: Path | None, catalog: Path | None, *, in_json: bool
) -> int:
    """Check a dataset's file, then make it the dataset's content in the record.

    A violation, or more row errors than the dataset's threshold, changes nothing: exit code 1.
    """
    with Pool.open(settings(data, catalog)) as pool:
        return _tell(submit(pool, dataset_key(dataset), file), in_json=in_json)


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
    template = (KEPT if outcome.stored else WOULD) if outcome.accepted else REFUSED
    click.echo(say(lang, template, triples=outcome.report.triples, dataset=outcome.key))
    return 0 if outcome.accepted else 1


COMMANDS = (convert, validate, check_command, submit_command)
