"""The page of a partner: its datasets, what it contributes and what it receives."""

from flask import Blueprint, Response, jsonify, render_template, request

from parvis.config.json_data import to_json
from parvis.errors import UnknownThing
from parvis.web.http.access import host, reader_of
from parvis.web.http.negotiation import alternate_forms

partners = Blueprint("partners", __name__)


@partners.get("/partner/<slug>")
def partner(slug: str) -> str:
    """Return a partner's page; its data are at the partner's IRI.

    A signed-in reader sees its access to each dataset and why; on its own page also its access to
    other partners' datasets, and what it contributes and receives.
    """
    reader = reader_of(request)
    card, iri = host().partner(reader, slug), host().iris.partner(slug)
    visible = host().datasets(reader) if reader.iri == iri else []
    foreign = [dataset for dataset in visible if dataset.key.partner != slug]
    try:  # what it contributes and receives is for the partner and the steward only
        balance = host().exchange(reader, slug)
    except UnknownThing:
        balance = None
    return render_template(
        "partner.html",
        card=card,
        exchange=balance,
        foreign_datasets=foreign,
        decisions=host().explain_access(reader, [*card.datasets, *foreign]),
        projects=[
            project
            for project in host().list_projects()
            if iri in {project.carrier, *project.members}
        ],
        forms=alternate_forms("resources.thing", key=f"partner/{slug}")[1:],
    )


@partners.get("/partner/<slug>/exchange.json")
def exchange(slug: str) -> Response:
    """Return what a partner contributes and receives, to it or the steward."""
    return jsonify(to_json(host().exchange(reader_of(request), slug)))
