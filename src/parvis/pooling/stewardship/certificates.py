"""Certificates of destruction, read from the ledger and written as files."""

import json
from pathlib import Path

from parvis.catalog.certificate import Certificate
from parvis.config import Settings
from parvis.errors import UnknownThing
from parvis.i18n import LANGUAGES, N_
from parvis.ledger import Deletions
from parvis.pooling import report_forms
from parvis.pooling.pool import Pool
from parvis.rdf.files import serialise
from parvis.rdf.formats import GRAPH_TYPES
from parvis.vocab.iris import Iris

NONE = N_("there is no certificate of destruction of {name}")
ENDING = N_("{file}: the ending of a certificate is one of {endings}")
FORMS = ("html", "json", *GRAPH_TYPES)


def certificates(settings: Settings, iri: str, names: dict[str, str]) -> list[Certificate]:
    """Return the certificates of all deletions, the oldest first; `iri` certifies them."""
    iris, links = Iris(settings.base), Deletions(settings.data).all()
    return [Certificate(link, iris, iri, names) for link in links]


def certificate(pool: Pool, name: str, number: int | None = None) -> Certificate:
    """Return the last certificate of ``PARTNER/DATASET``, or the one with a number.

    Raises `UnknownThing` where there is none.
    """
    third_party = pool.catalog.third_party
    proofs = [
        proof
        for proof in certificates(pool.settings, third_party.iri, third_party.names)
        if str(proof.key) == name and number in {None, proof.link.number}
    ]
    if not proofs:
        raise UnknownThing(NONE, name=name)
    return proofs[-1]


def form_of(file: Path) -> str:
    """Return the form of a file, by its ending; raises `UsageError`."""
    return report_forms.form_of(file, FORMS, ENDING)


def save(certificate: Certificate, file: Path) -> None:
    """Write a certificate into a file, in the form of its ending."""
    file.write_bytes(render_certificate(certificate, form_of(file)))


def render_certificate(certificate: Certificate, form: str) -> bytes:
    """Return a certificate in a form: ``html``, a page in both languages, ``json``, or as RDF."""
    match form:
        case "html":
            values = {"certificate": certificate, "languages": LANGUAGES}
            return report_forms.render_page("certificate.html", LANGUAGES[0], **values).encode()
        case "json":
            return json.dumps(certificate.to_json(), ensure_ascii=False, indent=2).encode() + b"\n"
        case _:
            return serialise(certificate.to_graph(), form)
