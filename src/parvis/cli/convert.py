"""Commands on one mapping document: convert, export-mapping."""

import json
from pathlib import Path

import click

from parvis.cli.bilingual import Command, spoken
from parvis.cli.terminal import FILE, ONE_SOURCE, escape_controls, show_progress, source, write_new
from parvis.fetch.address import Source


@click.command(cls=Command)
@click.argument("mapping", type=FILE)
@click.option("-o", "--output", type=FILE, help="Where to write (.nt, .nq or .ttl); else stdout.")
@click.option(
    "--source",
    "file",
    type=source,
    metavar=ONE_SOURCE,
    help="What to convert; else the file the mapping names.",
)
@click.option("--report", type=FILE, help="Where to write the report, as JSON.")
@click.option("--base", help="The address under which IRIs are minted.")
@click.option("--strict", is_flag=True, help="Refuse a file in which any row has an error.")
def convert(
    mapping: Path,
    output: Path | None,
    file: Source | None,
    report: Path | None,
    base: str | None,
    *,
    strict: bool,
) -> None:
    """Run one mapping document over its file: rows become RDF.

    Row errors are told on stderr and in the report; they do not stop the rest.
    """
    from parvis.pooling.intake.without_pool import convert_file

    with show_progress() as watch:
        result = convert_file(mapping, file, output, base=base, strict=strict, watch=watch)
    if report:
        text = json.dumps(result.to_json(), ensure_ascii=False, indent=2)
        report.write_text(text, encoding="utf-8")
    # Without --output, stdout has the RDF: the report goes to stderr.
    for line in result.in_words(spoken()):
        click.echo(escape_controls(line), err=True)


@click.command(cls=Command)
@click.argument("mapping", type=FILE)
@click.option("-o", "--output", type=FILE, help="Where to write the Turtle; else stdout.")
def export_mapping_command(mapping: Path, output: Path | None) -> int:
    """Write a mapping.yml as RML in Turtle, for other engines.

    What RML has no words for is left out or changed, and told on stderr, one line for each;
    exit code 1 if nothing is left.
    """
    from parvis.pooling.intake.without_pool import export_mapping

    text, losses = export_mapping(mapping)
    for loss in losses:
        click.echo(loss[spoken()], err=True)
    if not text.strip():
        return 1
    if output:
        write_new(output, text)
    else:
        click.echo(text, nl=False)
    return 0
