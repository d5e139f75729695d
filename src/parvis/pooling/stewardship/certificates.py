"""Certificates of destruction, found in the ledger and written as files."""

import json
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

import parvis
from parvis.catalog import Certificate
from parvis.config import Settings
from parvis.errors import UnknownThing, UsageError
from parvis.i18n import LANGUAGES, N_
from parvis.ledger import Deletions
from parvis.pooling.pool import Pool
from parvis.rdf.files import serialise
from parvis.vocab import media
from parvis.vocab.iris import Iris

NONE = N_("there is no certificate of destruction of {name}")
ENDING = N_("{file}: the ending of a certificate is one of {endings}")
NOWHERE = N_("{file}: there is no such folder to write into")
FORMS = ("html", "json", *media.RDF)


@dataclass(frozen=True)
class Signatory:
    """Who certifies: the trusted third party, by its IRI, with its names by language."""

    iri: str
    names: dict[str, str]


def certificates(settings: Settings, by: Signatory) -> list[Certificate]:
    """Give the certificates of all deletions, the oldest first."""
    iris, links = Iris(settings.base), Deletions(settings.data).all()
    return [Certificate(link, iris, by.iri, by.names) for link in links]


def certificate(pool: Pool, name: str, number: int | None = None) -> Certificate:
    """Give the last certificate of ``PARTNER/DATASET``, or the one that bears a number.

    Raises `UnknownThing` where there is none.
    """
    host = pool.catalog.host
    found = [
        one
        for one in certificates(pool.settings, Signatory(host.iri, host.names))
        if str(one.key) == name and number in {None, one.link.number}
    ]
    if not found:
        raise UnknownThing(NONE, name=name)
    return found[-1]


def form_of(file: Path) -> str:
    """Tell the form that the ending of a file asks for; raises `UsageError`."""
    form = file.suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise UsageError(ENDING, file=file, endings=", ".join(FORMS))
    if not file.absolute().parent.is_dir():
        raise UsageError(NOWHERE, file=file)
    return form


def save(certificate: Certificate, file: Path) -> None:
    """Write a certificate into a file, in the form of its ending."""
    file.write_bytes(written(certificate, form_of(file)))


def written(certificate: Certificate, form: str) -> bytes:
    """Write a certificate in a form: ``html``, a page in both languages, ``json``, or as RDF."""
    match form:
        case "html":
            return _page(certificate)
        case "json":
            return _json(certificate)
        case _:
            return serialise(certificate.to_graph(), form)


def _json(certificate: Certificate) -> bytes:
    return json.dumps(certificate.to_json(), ensure_ascii=False, indent=2).encode() + b"\n"


def _page(certificate: Certificate) -> bytes:
    environment = Environment(
        loader=PackageLoader("parvis.pooling"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("certificate.html")
    told = page.render(certificate=certificate, languages=LANGUAGES, version=parvis.__version__)
    return told.encode()
