"""The pages of the site and of the guide, as a search by words finds them."""

import re
from functools import cache

from flask import current_app, url_for

from parvis.i18n import N_, say
from parvis.pooling.serving.site.page_index import PageIndex, SitePage
from parvis.web.api.guide_texts import page_names, read_text

SITE_PAGES = (
    (
        "portrait.listing",
        N_("Portrait of audiences"),
        N_("Who attends, by discipline, place of residence, age and language: attendance counted."),
    ),
    (
        "offerings.listing",
        N_("Programming and audiences"),
        N_("What is on offer for each audience, and the audiences without an offering."),
    ),
    (
        "relays.listing",
        N_("Intermediaries"),
        N_("The organisations that reach an audience, and how to reach them."),
    ),
    ("questions.queries", N_("Questions"), N_("Questions already written, with their answers.")),
    (
        "guided.page",
        N_("Guided search"),
        N_("Choose what you look for from lists: events, venues, organisations."),
    ),
    ("sparql.endpoint", N_("SPARQL"), N_("Write a query of your own, for specialists.")),
    (
        "catalog.listing",
        N_("Catalogue"),
        N_("The datasets that partners pool here, with their licences and who may read them."),
    ),
    (
        "checking.form",
        N_("Check a file"),
        N_("Read the report on a file before giving it."),
    ),
    ("giving.datasets", N_("Give data"), N_("Deposit a season, a calendar, attendance figures.")),
    ("frame.charter", N_("Charter"), N_("The rules that partners of a project sign.")),
    ("ontology.vocabulary", N_("Vocabulary"), N_("The classes, properties and lists of the data.")),
    ("ontology.shapes", N_("Rules of the data"), N_("What is checked in a file that is given.")),
    ("signing.login", N_("Sign in"), N_("Read what agreements allow you, with a token.")),
)
"""Pages by endpoint: their title, and what they are for."""
GUIDE = "docs.page"


@cache
def page_index(lang: str) -> PageIndex:
    """Return the index of the site's pages and of the guide in a language, built once."""
    pages = [
        SitePage(endpoint, say(lang, title), say(lang, summary))
        for endpoint, title, summary in SITE_PAGES
        if endpoint in current_app.view_functions
    ]
    for name in page_names():
        title, lead, text = (*read_text(lang, name).split("\n\n", 2), "", "")[:3]
        pages.append(SitePage(f"{GUIDE} {name}", title.lstrip("# "), _plain(lead), text))
    return PageIndex(pages, lang)


_LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")


def _plain(markdown: str) -> str:
    """Return a paragraph without addresses of links and signs of emphasis or code."""
    return _LINK.sub(r"\1", markdown).replace("*", "").replace("`", "").replace("\n", " ")


def find_pages(query: str, lang: str, limit: int) -> list[SitePage]:
    """Return the pages that have all words of a query, with their addresses."""
    return [
        SitePage(_address(page.address), page.title, page.summary)
        for page in page_index(lang).find(query, limit)
    ]


def _address(key: str) -> str:
    endpoint, _, name = key.partition(" ")
    return url_for(endpoint, name=name) if name else url_for(endpoint)
