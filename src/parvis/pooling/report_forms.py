"""A report written as text for people, JSON, CSV or a page of HTML."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

import parvis
from parvis.errors import UsageError
from parvis.i18n import N_, number, say, translations
from parvis.pooling.report_model import ReportModel
from parvis.report import Finding, Severity
from parvis.report.delimited import csv_text

ENDING = N_("{file}: the ending of a report must be .json, .csv or .html")
NOWHERE = N_("{file}: there is no such folder to write into")
NO_FOCUS = N_("The shape {shape} found nothing to look at.")
COLUMNS = (
    *("severity", "rule", "shape", "file", "sheet", "row", "column", "path", "value", "focus"),
    *("message_fr", "message_en", "since"),
)
TEMPLATES = Path(__file__).parent / "templates"
"""Folder of the report page's template, whose body other pages include."""

FORMS = ("human", "json", "csv", "html")
EXAMPLES = 10
"""Examples of one cause on a page."""


def write(account: ReportModel, form: str, lang: str) -> str:
    """Write a report in one of the `FORMS`."""
    if form == "json":
        return json.dumps(account.data, ensure_ascii=False, indent=2) + "\n"
    if form == "csv":
        return _to_csv(account)
    if form == "html":
        return render_page(
            "report.html",
            lang,
            account=account,
            number=lambda value: number(lang, value),
            severities=list(reversed(Severity)),
            examples=EXAMPLES,
        )
    lines = (" " * line.indent + line.text for line in account.lines(lang))
    return "".join(f"{line}\n" for line in lines)


def write_body(account: ReportModel, lang: str) -> str:
    """Return the part of a page that a report fills, in a language that may not be the page's.

    Its anchors begin with the language: the page may have the same report in its own.
    """
    return render_page(
        "report_body.html",
        lang,
        account=account,
        number=lambda value: number(lang, value),
        severities=list(reversed(Severity)),
        examples=EXAMPLES,
        prefix=f"{lang}-",
    )


def form_of(file: Path, forms: Sequence[str] = FORMS[1:], refusal: str = ENDING) -> str:
    """Return the form named by a file's extension; raises `UsageError`."""
    form = file.suffix.lower().removeprefix(".")
    if form not in forms:
        raise UsageError(refusal, file=file, endings=", ".join(forms))
    if not file.absolute().parent.is_dir():
        raise UsageError(NOWHERE, file=file)
    return form


def save(account: ReportModel, file: Path, form: str, lang: str) -> None:
    # The byte order mark makes a spreadsheet read the accents of CSV.
    encoding = "utf-8-sig" if form == "csv" else "utf-8"
    file.write_text(write(account, form, lang), encoding=encoding, newline="")


def _to_csv(account: ReportModel) -> str:
    rows: list[tuple[str, ...]] = [COLUMNS]
    findings: Iterable[tuple[str, Finding]] = (("", f) for f in account.report.findings)
    if account.since is not None:
        findings = account.since.marked_findings
    rows += [(*_to_cells(finding), mark) for mark, finding in findings]
    # A shape without focus nodes checked nothing: the reader must not take it for a success.
    for shape in account.empty:
        text = {lang: say(lang, NO_FOCUS, shape=shape) for lang in ("fr", "en")}
        rows.append((*_to_cells(Finding(Severity.INFO, "nothing-checked", text, shape=shape)), ""))
    return csv_text(rows)


def _to_cells(finding: Finding) -> Iterator[str]:
    place = finding.place
    position = (place.file, place.sheet, place.row, place.column) if place else (None,) * 4
    path = finding.path or (place and place.path)
    about = (path, finding.value, finding.focus, finding.text["fr"], finding.text["en"])
    severity = finding.severity.name.lower()
    for cell in (severity, finding.rule, finding.shape, *position, *about):
        yield "" if cell is None else str(cell)


def render_page(template: str, lang: str, **values: object) -> str:
    """Render a page of HTML that needs no other file."""
    environment = Environment(
        loader=PackageLoader("parvis.pooling"),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(translations(lang), newstyle=True)  # type: ignore[attr-defined] # the extension's
    page = environment.get_template(template)
    return page.render(lang=lang, version=parvis.__version__, **values)
