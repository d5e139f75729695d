"""A report written as text for people, JSON, CSV or a page of HTML."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

import parvis
from parvis.errors import UsageError
from parvis.i18n import N_, number, say, translations
from parvis.pooling.report_model import Account
from parvis.report import Finding, Severity
from parvis.report.tables import csv_text

ENDING = N_("{file}: the ending of a report must be .json, .csv or .html")
NOWHERE = N_("{file}: there is no such folder to write into")
NO_FOCUS = N_("The shape {shape} found nothing to look at.")
COLUMNS = (
    *("severity", "rule", "shape", "file", "sheet", "row", "column", "path", "value", "focus"),
    *("message_fr", "message_en", "since"),
)
TEMPLATES = Path(__file__).parent / "templates"
"""Where the page of a report is, whose body other pages hold too."""

EXAMPLES = 10
"""How many examples of one cause stand on a page."""


def write(account: Account, form: str, lang: str) -> str:
    """Write a report in a form: ``human``, ``json``, ``csv`` or ``html``."""
    return FORMS[form](account, lang)


def form_of(file: Path) -> str:
    """Tell the form that the ending of a file asks for; raises `UsageError`."""
    form = file.suffix.lower().removeprefix(".")
    if form not in {"json", "csv", "html"}:
        raise UsageError(ENDING, file=file)
    if not file.absolute().parent.is_dir():
        raise UsageError(NOWHERE, file=file)
    return form


def save(account: Account, file: Path, form: str, lang: str) -> None:
    """Write a report into a file; CSV with its mark, so that a spreadsheet reads the accents."""
    encoding = "utf-8-sig" if form == "csv" else "utf-8"
    file.write_text(write(account, form, lang), encoding=encoding, newline="")


def _human(account: Account, lang: str) -> str:
    lines = (" " * line.indent + line.text for line in account.lines(lang))
    return "".join(f"{line}\n" for line in lines)


def _json(account: Account, _lang: str) -> str:
    return json.dumps(account.data, ensure_ascii=False, indent=2) + "\n"


def _csv(account: Account, _lang: str) -> str:
    return csv_text([COLUMNS, *_rows(account)])


def _rows(account: Account) -> Iterator[list[str]]:
    """Give a row for each finding, those that are repaired, and each shape that saw nothing."""
    marked: Iterable[tuple[str, Finding]] = (("", one) for one in account.report.findings)
    if account.since is not None:
        marked = account.since.marked
    for mark, finding in marked:
        yield [*_cells(finding), mark]
    for shape in account.empty:
        text = {lang: say(lang, NO_FOCUS, shape=shape) for lang in ("fr", "en")}
        finding = Finding(Severity.INFO, "nothing-checked", text, shape=shape)
        yield [*_cells(finding), ""]


def _cells(finding: Finding) -> Iterator[str]:
    """Give the cells of a finding."""
    place = finding.place
    where = (place.file, place.sheet, place.row, place.column) if place else (None,) * 4
    path = finding.path or (place and place.path)
    about = (path, finding.value, finding.focus, finding.text["fr"], finding.text["en"])
    severity = finding.severity.name.lower()
    for cell in (severity, finding.rule, finding.shape, *where, *about):
        yield "" if cell is None else str(cell)


def _html(account: Account, lang: str) -> str:
    environment = Environment(
        loader=PackageLoader("parvis.pooling"),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(translations(lang), newstyle=True)  # type: ignore[attr-defined] # the extension's
    page = environment.get_template("report.html")
    return page.render(
        account=account,
        lang=lang,
        number=lambda value: number(lang, value),
        severities=list(reversed(Severity)),
        examples=EXAMPLES,
        version=parvis.__version__,
    )


FORMS: dict[str, Callable[[Account, str], str]] = {
    "human": _human,
    "json": _json,
    "csv": _csv,
    "html": _html,
}
