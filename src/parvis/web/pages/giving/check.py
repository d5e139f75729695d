"""Checks a file before it is submitted: the report on it; the file is not stored."""

from base64 import b64encode
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from parvis.catalog.codelists import MEASURES, scheme
from parvis.catalog.ontology import last_segment, load_words
from parvis.errors import NothingPublished
from parvis.i18n import LANGUAGES, number
from parvis.mapping.screening.cleaning_note import clean_name
from parvis.mapping.screening.identifiers import Identifier
from parvis.pooling import report_forms as forms
from parvis.pooling.intake.check import datasets_with_mapping
from parvis.pooling.intake.templates import FORMS, template
from parvis.pooling.report_forms import EXAMPLES
from parvis.pooling.report_model import ReportModel
from parvis.pooling.surveys import QUESTIONNAIRE
from parvis.rdf.formats import XLSX
from parvis.report import Severity
from parvis.vocab.iris import DatasetKey
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import HTML, negotiated_response, require_ending
from parvis.web.http.uploads import checks, receive_upload

checking = Blueprint("checking", __name__, template_folder=str(forms.TEMPLATES))

RECEIVING = frozenset({"checking.check", "checking.clean"})
"""The endpoints of this blueprint that receive a file."""

WAYS = {"text/html": HTML, "application/json": "json", "text/csv": "csv"}
TYPES = {ending: kind for kind, ending in WAYS.items()}
CLASSES = ("Event", "Place", "Organization", "Production", "Observation", "Reach")
"""The classes that have an empty table."""
_NAMES = ",".join((*CLASSES, *(f"'{form}'" for form in FORMS), QUESTIONNAIRE))
TABLES = {"xlsx": XLSX, "csv": "text/csv"}
IDENTIFIERS = frozenset(Identifier)
LONGEST = 40
"""Characters read of a code."""
LARGEST = 3_000_000
"""Bytes of a report that a page embeds for download; a larger one is requested alone."""


@checking.get("/check")
def form() -> str:
    """Present the form."""
    return _render_page(None)


@checking.post("/check")
@checking.post("/check.<any(html,json,csv):ending>")
@reads(offers=WAYS)
def check(ending: str | None = None) -> Response:
    """Report on a file, by a dataset's mapping or one proposed for it.

    The `dataset` of the form is ``partner/dataset``; without one, a mapping is proposed, for which
    `measure` and `method` are what figures count and how they were collected, `class`, `text_lang`
    and `sheet` what its rows are, the language of its texts and the sheet of a workbook.
    """
    ending = ending or require_ending(WAYS)
    reader, lang = reader_of(request), language()
    name = request.form.get("dataset", "")
    partner, _, dataset = name.partition("/")
    key = host().dataset(reader, DatasetKey(partner, dataset)).key if name else None
    with receive_upload() as file:
        account = checks().try_file(reader, file, key, lang, _stated_facts())
    if ending == HTML:
        return negotiated_response(_render_page(account), store=False)
    report = Response(forms.write(account, ending, lang), mimetype=TYPES[ending])
    return negotiated_response(report, store=False)


@checking.post("/check/clean")
def clean() -> Response:
    """Return an archive of the clean form of a file, and the note of what was done.

    The `sheet` of the form is that of a workbook.
    """
    sheet = request.form.get("sheet", "")[:LONGEST] or None
    with receive_upload() as file:
        archive = checks().clean_file(reader_of(request), file, sheet, language())
        name = Path(clean_name(file.name)).with_suffix(".zip").name
    response = Response(archive, mimetype="application/zip")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return negotiated_response(response, store=False)


@checking.get(f"/templates/<any({_NAMES}):name>.<any(csv,xlsx):ending>")
def table(name: str, ending: str) -> Response:
    """Return an empty table for a class, with headings and explanations in a language."""
    response = Response(_write_table(name, ending, language()), mimetype=TABLES[ending])
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.{ending}")
    return response


@lru_cache(len((*CLASSES, *FORMS, QUESTIONNAIRE)) * 4)
def _write_table(name: str, ending: str, lang: str) -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"table.{ending}"
        template(name, ending, lang, file)
        return file.read_bytes()


def _render_page(account: ReportModel | None) -> str:
    """Render the form, and the report below it."""
    try:
        cards = {card.key: card for card in host().datasets(reader_of(request))}
    except NothingPublished:
        cards = {}
    return render_template(
        "giving/check.html",
        identifying=account and any(f.rule in IDENTIFIERS for f in account.report.findings),
        proposed_mapping=account and account.data["mapping"],
        # The datasets whose mapping the reader may try.
        choices=[cards[key] for key in datasets_with_mapping(host().settings, cards)],
        chosen=request.form.get("dataset", ""),
        classes=CLASSES,
        usual_forms=FORMS,
        stated=_stated_facts(),
        languages=LANGUAGES,
        measures={last_segment(iri): load_words().of_term(iri) for iri in MEASURES},
        methods={last_segment(iri): texts for iri, texts in scheme("method").labels.items()},
        most=host().settings.limits.upload_bytes,
        in_browser=bool(host().settings.pyodide),
        # The file is not kept: another language of the page could not report on it again.
        other_reports={
            lang: Markup(forms.write_body(account, lang))  # noqa: S704 - escaped by its template
            for lang in LANGUAGES
            if account and lang != language()
        },
        **(report_context(account) if account else {"account": None}),
    )


def _stated_facts() -> dict[str, str]:
    """Return what the sender says of a new file and of its figures."""
    names = ("measure", "method", "class", "text_lang", "sheet")
    return {name: request.form.get(name, "")[:LONGEST] for name in names}


def report_context(account: ReportModel) -> dict[str, object]:
    """Return the context of a report's page, with the report as embedded files."""
    files = {}
    for ending in ("csv", "html", "json"):
        text = forms.write(account, ending, language())
        body = text.encode("utf-8-sig" if ending == "csv" else "utf-8")
        # A data URL (RFC 2397) has the entire report: the site stores none.
        url = f"data:{TYPES[ending]};base64,{b64encode(body).decode()}"
        files[ending] = "" if len(body) > LARGEST else url
    return {
        "account": account,
        "severities": list(reversed(Severity)),
        "examples": EXAMPLES,
        "number": partial(number, language()),
        "report_files": files,
    }
