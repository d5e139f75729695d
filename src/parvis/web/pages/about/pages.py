"""About the site, whom to write to, accessibility and privacy: prose, with what the pool knows."""

from contextlib import suppress

from flask import Blueprint, render_template, request

from parvis.errors import NothingPublished
from parvis.pooling.cards import PartnerCard
from parvis.web.http.access import SESSION_SECONDS, host, reader_of
from parvis.web.pages.about.texts import read_site_page

about = Blueprint("about", __name__)


@about.get("/about")
def purpose() -> str:
    """Say what the site is for, and how pooling works."""
    return _render_page("about", third_party=find_third_party())


@about.get("/contact")
def contact() -> str:
    """Say whom to write to, and what to write."""
    return _render_page("contact", third_party=find_third_party(), email=find_email())


@about.get("/accessibility")
def accessibility() -> str:
    """Say what was checked of the site’s accessibility, and what is missing."""
    return _render_page("accessibility", email=find_email())


@about.get("/privacy")
def privacy() -> str:
    """Say what is kept of readers and of persons in the data, and for how long."""
    return _render_page(
        "privacy",
        settings=host().settings,
        hours=SESSION_SECONDS // 3600,
        third_party=find_third_party(),
    )


def find_third_party() -> PartnerCard | None:
    """Return the third party as it is published; None while nothing is."""
    with suppress(NothingPublished):
        published = host().snapshot()
        iri = published.policies.parties.host
        for slug, card in published.partners.items():
            if published.iris.partner(slug) == iri:
                return card
    return None


def find_email() -> str:
    """Return the address to write to: the setting’s, else that of the catalogue’s contact point."""
    email = host().settings.admin_email
    if not email:
        with suppress(NothingPublished):
            email = host().listing(reader_of(request)).email or ""
    return email


def _render_page(name: str, **context: object) -> str:
    page = read_site_page(name)
    return render_template(f"about/{name}.html", page=page, name=name, **context)
