"""Certificates of destruction, read from the ledger and written as files."""

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
    """The certifying third party: its IRI, and its names by language."""

    iri: str
    names: dict[str, str]


def certificates(settings: Settings, by: Signatory) -> list[Certificate]:
    """Return the certificates of all deletions, the oldest first."""
    iris, links = Iris(settings.base), Deletions(settings.data).all()
    return [Certificate(link, iris, by.iri, by.names) for link in links]


def certificate(pool: Pool, name: str, number: int | None = None) -> Certificate:
    """Return the last certificate of ``PARTNER/DATASET``, or the one with a number.

    Raises `UnknownThing` where there is none.
    """
    third_party = pool.catalog.host
    proofs = [
        proof
        for proof in certificates(pool.settings, Signatory(third_party.iri, third_party.names))
        if str(proof.key) == name and number in {None, proof.link.number}
    ]
    if not proofs:
        raise UnknownThing(NONE, name=name)
    return proofs[-1]


def form_of(file: Path) -> str:
    """Return the form of a file, by its ending; raises `UsageError`."""
    form = file.suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise UsageError(ENDING, file=file, endings=", ".join(FORMS))
    if not file.absolute().parent.is_dir():
        raise UsageError(NOWHERE, file=file)
    return form


def save(certificate: Certificate, file: Path) -> None:
    """Write a certificate into a file, in the form of its ending."""
    file.write_bytes(render_certificate(certificate, form_of(file)))


def render_certificate(certificate: Certificate, form: str) -> bytes:
    """Return a certificate in a form: ``html``, a page in both languages, ``json``, or as RDF."""
    match form:
        case "html":
            environment = Environment(
                loader=PackageLoader("parvis.pooling"),
                autoescape=True,
                undefined=StrictUndefined,
                trim_blocks=True,
                lstrip_blocks=True,
            )
            page = environment.get_template("certificate.html")
            html = page.render(
                certificate=certificate, languages=LANGUAGES, version=parvis.__version__
            )
            return html.encode()
        case "json":
            return json.dumps(certificate.to_json(), ensure_ascii=False, indent=2).encode() + b"\n"
        case _:
            return serialise(certificate.to_graph(), form)
