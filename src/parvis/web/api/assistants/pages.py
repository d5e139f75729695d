"""Answers to assistants: as much as fits, whose they are, and where to go on.

An assistant has room for little text: each response has `MOST_BYTES` at most, and names the offset
at which the next begins.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from flask import g, request
from rdflib.namespace import DCTERMS

from parvis.catalog.ontology import ontology
from parvis.errors import UsageError
from parvis.i18n import N_, choose_text, say
from parvis.pooling.serving.service import DatasetCard
from parvis.web.http.access import host, reader_of

MOST_BYTES, ENVELOPE = 25_000, 700
"""The bytes of a response, and those of the message around a result."""
LONGEST_TEXT, SHORTEST_TEXT = 2_000, 120
"""The characters of a text of an answer, and of each where a single item would be too large."""
NAMED = 12
"""The datasets and partners that an answer names; it counts the others."""

TOO_WIDE = N_("a single row of this answer is too large to send: ask for fewer columns")
ATTRIBUTION = N_("{partners}, by way of {pool} ({address}), published version {version}")
ATTRIBUTION_OF_POOL = N_("{pool} ({address}), published version {version}")
WITH_SERVICES = N_("{attribution}, with data of {addresses}")
AND_OTHERS = N_("{names} and {count} more")


@dataclass(frozen=True)
class ToolAnswer:
    """What a tool answers: `items` from an offset on, under a name; `more` follow them.

    Items are made only as far as they fit. `cards` are the datasets that it is made of; `members`
    say more of the answer. Texts are cut after the `longest` characters.
    """

    name: str
    items: Iterable[Any]
    cards: Collection[DatasetCard] = ()
    members: Mapping[str, Any] = field(default_factory=dict)
    more: bool = False
    longest: int = LONGEST_TEXT


def encode(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def compose(answer: ToolAnswer, offset: int, lang: str) -> dict[str, Any]:
    """Return an answer as the result of a tool: as data, and as the same in text.

    Raises `UsageError` where not even one item fits.
    """
    members = {**shorten(answer.members, LONGEST_TEXT), "source": name_source(answer.cards, lang)}
    room = MOST_BYTES - ENVELOPE - _cost(members)
    if room < 0:
        raise UsageError(TOO_WIDE)
    fitting: list[Any] = []
    goes_on = answer.more
    for item in answer.items:
        short = shorten(item, answer.longest)
        cost = _cost(short)
        if cost > room and not fitting:
            short = shorten(item, SHORTEST_TEXT)
            cost = _cost(short)
            if cost > room:
                raise UsageError(TOO_WIDE)
        if cost > room:
            goes_on = True
            break
        room -= cost
        fitting.append(short)
    data = {
        **members,
        answer.name: fitting,
        "offset": offset,
        "next_offset": offset + len(fitting) if goes_on else None,
    }
    return {
        "content": [{"type": "text", "text": encode(data)}],
        "structuredContent": data,
        "isError": False,
    }


def _cost(value: object) -> int:
    """Return the bytes of a value in a result, which has it as data and in a text."""
    text = encode(value)
    # JSON within JSON has two quotation marks more, and a backslash before each of these.
    return 2 * len(text.encode()) + text.count('"') + text.count("\\") + 2


def shorten(value: Any, most: int) -> Any:  # noqa: ANN401 - JSON is anything
    """Return a value with its long texts cut, which end in … then."""
    if isinstance(value, str):
        return value if len(value) <= most else f"{value[:most]}…"
    if isinstance(value, Mapping):
        return {name: shorten(member, most) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [shorten(item, most) for item in value]
    return value


def name_source(cards: Iterable[DatasetCard], lang: str) -> dict[str, Any]:
    """Return whose an answer is: pool, published version, datasets, licences, attribution."""
    datasets = {card.key: card for card in cards}
    partners = list(
        dict.fromkeys(choose_text(lang, card.partner_name) for card in datasets.values())
    )
    licences = {
        card.licence: choose_text(lang, card.license_label)
        for card in datasets.values()
        if card.licence
    }
    # Each card names the pool; where an answer has none, any that the reader may know of does.
    titles = (card.pool for card in (*datasets.values(), *host().datasets(reader_of(request))))
    pool = next((choose_text(lang, title) for title in titles if title), "parvis")
    version = g.get("generation") or host().generation().number
    fields = {"pool": pool, "address": host().settings.base, "version": version}
    names = ", ".join(partners[:NAMED])
    if len(partners) > NAMED:
        names = say(lang, AND_OTHERS, names=names, count=len(partners) - NAMED)
    template = ATTRIBUTION if partners else ATTRIBUTION_OF_POOL
    attribution = say(lang, template, partners=names, **fields)
    services = [
        {"address": use.address, "received": use.received.isoformat(timespec="seconds")}
        for use in g.get("services", ())
    ]
    if services:
        addresses = ", ".join(dict.fromkeys(service["address"] for service in services))
        attribution = say(lang, WITH_SERVICES, attribution=attribution, addresses=addresses)
    return {
        "pool": pool,
        "address": host().settings.base,
        "published_version": version,
        "datasets": [str(key) for key in list(datasets)[:NAMED]],
        "other_datasets": max(len(datasets) - NAMED, 0),
        "licences": [{"iri": iri, "name": name} for iri, name in sorted(licences.items())[:NAMED]]
        or [{"iri": vocabulary_licence(), "name": ""}],
        **({"services": services} if services else {}),
        "attribution": attribution,
    }


@cache
def vocabulary_licence() -> str:
    """Return the licence of the ontology, which is that of what comes with parvis."""
    return str(next(ontology().objects(None, DCTERMS.license), ""))
