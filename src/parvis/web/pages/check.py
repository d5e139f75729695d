"""Checking a file before it is given: the report on it, and nothing of it is kept."""

from base64 import b64encode
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Blueprint, Response, make_response, render_template, request

from parvis.catalog.codelists import MEASURES, scheme
from parvis.catalog.ontology import short
from parvis.errors import NothingPublished
from parvis.i18n import number
from parvis.pooling import report_forms as forms
from parvis.pooling.intake.check import Trial, with_mapping
from parvis.pooling.intake.templates import FORMS, template
from parvis.pooling.report_forms import EXAMPLES
from parvis.pooling.report_model import Account
from parvis.pooling.serving.figures.figures import label
from parvis.pooling.serving.service import DatasetCard
from parvis.report import Severity
from parvis.vocab import media
from parvis.vocab.iris import DatasetKey
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language
from parvis.web.http.negotiation import HTML, require
from parvis.web.http.uploads import checks, received

checking = Blueprint("checking", __name__, template_folder=str(forms.TEMPLATES))

RECEIVING = frozenset({"checking.check"})
"""The endpoints of this blueprint that take a file."""

WAYS = {"text/html": HTML, "application/json": "json", "text/csv": "csv"}
TYPES = {ending: kind for kind, ending in WAYS.items()}
CLASSES = ("Event", "Place", "Organization", "Production", "Observation", "Reach")
"""What there are empty tables for."""
_NAMES = ",".join((*CLASSES, *(f"'{form}'" for form in FORMS)))
TABLES = {"xlsx": media.XLSX, "csv": "text/csv"}
LONGEST = 40
"""Characters of a code that is sent."""
LARGEST = 3_000_000
"""Bytes of a report that a page holds for its reader to keep; a larger one is asked for alone."""


@checking.get("/check")
def form() -> Response:
    """Present the form."""
    return _page(None)


@checking.post("/check")
@checking.post("/check.<any(html,json,csv):ending>")
@reads(offers=WAYS)
def check(ending: str | None = None) -> Response:
    """Tell what would be said of a file, by a dataset's mapping or one proposed for it.

    The `dataset` of the form is ``partner/dataset``; without one, a mapping is proposed, for which
    `measure` and `method` tell what figures count and how they were made.
    """
    ending = ending or require(WAYS)
    reader, lang = reader_of(request), language()
    asked = request.form.get("dataset", "")
    key = host().dataset(reader, DatasetKey(*_split(asked))).key if asked else None
    with received() as file:
        trial = checks().tried(reader, file, key, lang, _told())
    if ending == HTML:
        response = _page(trial)
    else:
        response = Response(forms.write(trial.account, ending, lang), mimetype=TYPES[ending])
    response.vary.add("Accept")
    response.cache_control.no_store = True
    return response


@checking.get(f"/templates/<any({_NAMES}):name>.<any(csv,xlsx):ending>")
def table(name: str, ending: str) -> Response:
    """Give an empty table for a class, its headings and explanations in the reader's language."""
    response = Response(_table(name, ending, language()), mimetype=TABLES[ending])
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.{ending}")
    return response


@lru_cache(len((*CLASSES, *FORMS)) * 4)
def _table(name: str, ending: str, lang: str) -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"table.{ending}"
        template(name, ending, lang, file)
        return file.read_bytes()


def _split(asked: str) -> tuple[str, str]:
    partner, _, dataset = asked.partition("/")
    return partner, dataset


def _page(trial: Trial | None) -> Response:
    """Render the form, with the report under it once there is one."""
    return make_response(
        render_template(
            "check.html",
            trial=trial,
            choices=_choices(),
            chosen=request.form.get("dataset", ""),
            classes=CLASSES,
            usual=FORMS,
            told=_told(),
            measures={short(one): label(one) for one in MEASURES},
            methods={short(one): words for one, words in scheme("method").labels.items()},
            most=host().settings.limits.upload_bytes,
            **(told(trial.account) if trial else {}),
        )
    )


def _told() -> dict[str, str]:
    """Give what is told of figures on publics: what they count, and how they were made."""
    return {name: request.form.get(name, "")[:LONGEST] for name in ("measure", "method")}


def _choices() -> list[DatasetCard]:
    """Give the datasets whose mapping the reader may try, which know of what is published."""
    try:
        cards = {card.key: card for card in host().datasets(reader_of(request))}
    except NothingPublished:
        return []
    return [cards[key] for key in with_mapping(host().settings, cards)]


def told(account: Account) -> dict[str, object]:
    """Give what the page of a report needs, the report as files to keep among it."""
    return {
        "account": account,
        "severities": list(reversed(Severity)),
        "examples": EXAMPLES,
        "number": partial(number, language()),
        "kept": {one: _kept(account, one) for one in ("csv", "html", "json")},
    }


def _kept(account: Account, ending: str) -> str:
    """Write a report as an address that holds it all (RFC 2397): the site keeps nothing."""
    body = forms.write(account, ending, language()).encode(
        "utf-8-sig" if ending == "csv" else "utf-8"
    )
    if len(body) > LARGEST:
        return ""
    return f"data:{TYPES[ending]};base64,{b64encode(body).decode()}"
