"""The state of the site for people: what is published, since when, how much, and who answers."""

from contextlib import suppress

from flask import Blueprint, Response, make_response, render_template

from parvis.errors import NothingPublished, ParvisError
from parvis.governance import ANONYMOUS
from parvis.pooling.cards import Texts
from parvis.pooling.serving.sizes import count_things
from parvis.web.http.access import host, register
from parvis.web.http.metrics import read_walls
from parvis.web.pages.partner import list_partners

status = Blueprint("status", __name__)


@status.get("/status")
def page() -> Response:
    """Show the state of the site to everyone alike; `/health` has it for programs."""
    published = None
    with suppress(NothingPublished):
        published = host().snapshot()
    engines = host().engines
    rendered = render_template(
        "about/status.html",
        published=published and published.generation.manifest,
        title=published and host().listing(ANONYMOUS).about()["title"],
        cards=host().datasets(ANONYMOUS) if published else [],
        partners=_count_partners() if published else 0,
        sizes=_count_things() if published else [],
        engine=engines and host().settings.remote.engine,
        absent_since=engines and engines.watch.absent_since(),
        walls=read_walls(),
        backup=register().last_backup(),
    )
    response = make_response(rendered)
    response.cache_control.no_store = True  # it is of this moment
    return response


def _count_partners() -> int:
    return sum(not card.third_party for card in list_partners(ANONYMOUS))


def _count_things() -> list[tuple[Texts, int]]:
    # The page also answers while queries do not.
    try:
        return count_things(host(), ANONYMOUS)
    except ParvisError:
        return []
