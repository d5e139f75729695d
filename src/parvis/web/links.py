"""Where an IRI leads on a page, and how short it can be written there."""

from flask import Flask, request, url_for

from parvis.vocab.namespaces import CONCEPT, PARVIS, PREFIXES


def prefixed(iri: str) -> str:
    """Write an IRI with a published prefix when one fits.

    >>> prefixed("http://www.w3.org/2004/02/skos/core#prefLabel")
    'skos:prefLabel'
    """
    fitting = [item for item in PREFIXES.items() if iri.startswith(item[1]) and iri != item[1]]
    if not fitting:
        return iri
    prefix, namespace = max(fitting, key=lambda item: len(item[1]))
    return f"{prefix}:{iri.removeprefix(namespace)}"


def install(app: Flask, base: str) -> None:
    """Give templates `address` and `short`."""
    terms = str(PARVIS._NS)  # noqa: SLF001 - the namespace of a closed namespace

    def address(iri: str) -> str | None:
        """Give the address at which people read about an IRI, None when it is no web address."""
        if iri.startswith(base):
            return f"{request.script_root}/{iri.removeprefix(base)}"
        if iri.startswith(terms):
            return f"{url_for('ontology.vocabulary')}#{iri.removeprefix(terms)}"
        if iri.startswith(CONCEPT):
            return url_for("resources.describe", iri=iri)
        return iri if iri.startswith(("http://", "https://")) else None

    def short(iri: str) -> str:
        """Write an IRI below the base, or with a prefix."""
        inside = iri.removeprefix(base)
        return inside if inside and inside != iri else prefixed(iri)

    app.jinja_env.filters |= {"short": short, "address": address}
