"""Write what was agreed into the draft of an agreement, and take out what is no longer wanted."""

import re
from collections.abc import Iterable
from datetime import datetime, time, timedelta

from rdflib import Graph
from rdflib.namespace import ODRL2, RDF

from parvis.catalog.folder import Catalog
from parvis.catalog.projects import agreement_file
from parvis.config import Settings, clock
from parvis.errors import UnknownThing
from parvis.governance.requests import DPV, PURPOSES
from parvis.i18n import N_, both
from parvis.ledger import Author, Request
from parvis.pooling.stewardship.entries import TITLE, render_draft, unsigned_text
from parvis.pooling.stewardship.texts import change_texts, try_out
from parvis.pooling.texts.valid import last_valid

NO_PARTY = N_("{party} is no longer in the catalogue: no agreement can be drafted with it")
DRAFTED = N_("request {id} agreed")
REMOVED = N_("request {id} ended without agreement")
PREFIXES = {
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "parvis": "https://w3id.org/parvis/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dpv": DPV,
}


def draft_agreed(settings: Settings, request: Request, author: Author) -> None:
    """Add the clause of an accepted offer to the agreement's draft, once.

    The draft begins as the agreement in force. It is tried as if it were in force, so that an error
    is found now: `PolicyError` or `CatalogError`.
    """
    catalog = Catalog.load(settings.catalog, settings.base, last_valid(settings.data))
    holder, title = _find_holder(catalog, request)
    current = agreement_file(settings.catalog / holder, None)
    draft = agreement_file(settings.catalog / holder, None, "draft")
    texts = [file.read_text(encoding="utf-8") for file in (draft, current) if file.is_file()]
    if any(_begin(request.id) in text for text in texts):
        return
    if texts:
        text = unsigned_text(texts[0])
    else:
        assigner = request.owner.removeprefix(f"{settings.base}id/partner/")
        text = render_draft("preset-agreement.ttl", name=holder, title=title, assigner=assigner)
    text += _render_clause(settings, request, text)
    name = str(draft.relative_to(settings.catalog))
    try_out(settings, {str(current.relative_to(settings.catalog)): text})
    reason = both(DRAFTED, id=request.id)["fr"]
    if draft.is_file():
        change_texts(settings, {}, {name: text}, author, reason)
    else:
        change_texts(settings, {name: text}, {}, author, reason)


def _find_holder(catalog: Catalog, request: Request) -> tuple[str, dict[str, str]]:
    """Return the folder of the agreement that a clause goes into, and the title of a new one."""
    owner, requester = catalog.party_named(request.owner), catalog.party_named(request.requester)
    if owner is None or requester is None:
        raise UnknownThing(NO_PARTY, party=request.owner if owner is None else request.requester)
    # What a reading party receives of the third party stands in the agreement with that party.
    reads_only = requester.slug in catalog.parties
    holder = requester if owner == catalog.third_party and reads_only else owner
    return holder.slug, both(TITLE, name=holder.names)


def _render_clause(settings: Settings, request: Request, text: str) -> str:
    offer = request.offer
    assert offer is not None  # noqa: S101 - only an offer can be accepted
    end = datetime.combine(offer.until + timedelta(days=1), time(), clock.QUEBEC)
    code = offer.purpose.removeprefix(DPV)
    return render_draft(
        "request-rules.ttl",
        begin=_begin(request.id),
        end=_end(request.id),
        prefixes={name: iri for name, iri in PREFIXES.items() if f"@prefix {name}:" not in text},
        agreement=_agreement_of(text, settings.base).removeprefix(settings.base),
        target=offer.dataset.removeprefix(settings.base),
        assignee=request.requester.removeprefix(settings.base),
        purpose=offer.purpose,
        words=both(PURPOSES.get(code, code)),
        until=end.isoformat(),
        day=offer.until.isoformat(),
    )


def _agreement_of(text: str, base: str) -> str:
    """Return the first agreement of a text that is in no project; else the first."""
    graph = Graph().parse(data=text, format="turtle", publicID=base)
    return min(map(str, graph.subjects(RDF.type, ODRL2.Agreement)))


def _begin(name: str) -> str:
    return f"# Demande / Request {name}"


def _end(name: str) -> str:
    return f"# Fin de la demande / End of request {name}"


def remove_clauses(settings: Settings, requests: Iterable[Request], author: Author) -> None:
    """Take the clauses of requests that ended without agreement out of unsigned drafts."""
    for request in requests:
        for draft in settings.catalog.glob("*/agreement.draft.ttl"):
            text = draft.read_text(encoding="utf-8")
            block = rf"\n{re.escape(_begin(request.id))}\n.*?{re.escape(_end(request.id))}\n"
            rest = re.sub(block, "", text, flags=re.DOTALL)
            if rest != text:
                name = str(draft.relative_to(settings.catalog))
                reason = both(REMOVED, id=request.id)["fr"]
                change_texts(settings, {}, {name: rest}, author, reason)
