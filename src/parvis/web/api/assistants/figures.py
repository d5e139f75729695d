"""Pooled figures and intermediaries for assistants: released cells only, as pages show them."""

from itertools import chain
from typing import Any

from flask import request

from parvis.catalog.ontology import last_segment, load_words
from parvis.i18n import N_, choose_text, say
from parvis.pooling.serving.figures.figures import SUPPRESSED
from parvis.pooling.serving.figures.portrait import (
    TOGETHER,
    Portrait,
    PortraitRequest,
    list_of,
    read_portrait,
)
from parvis.pooling.serving.figures.relays import (
    RelayCard,
    find_relays,
    list_reached_publics,
    parse_relay_query,
)
from parvis.statistics.cube import LAYERS, CubeFigure
from parvis.web.api.assistants.pages import ToolAnswer
from parvis.web.http.access import host, reader_of

READ_FIGURES = N_(
    "Entries are counted, not persons. A suppressed figure is confidential: it is neither zero nor"
    " to be guessed from others. “contributors” counts the organisations, “coverage” is their"
    " share."
)


def figures(arguments: dict[str, Any], lang: str) -> ToolAnswer:
    """List released figures; raises `UsageError` for unknown codes."""
    layers = {name: arguments.get(name, TOGETHER) for name in LAYERS}
    release, measure, period = (arguments.get(n, "") for n in ("release", "measure", "period"))
    selection = PortraitRequest(release, measure, period, layers)
    portrait = read_portrait(host(), reader_of(request), selection)
    offset = arguments.get("offset", 0)
    items = (_figure_to_json(figure, lang) for figure in portrait.select_figures()[offset:])
    return ToolAnswer(
        "figures",
        items,
        [] if portrait.card is None else [portrait.card],
        {
            "release": _release_to_json(portrait, lang),
            "releases": [str(card.key) for card in portrait.releases],
            "measures": list(map(last_segment, portrait.measures)),
            "periods": sorted({last_segment(f.period) for f in portrait.release_figures}),
            "note": say(lang, READ_FIGURES),
        },
    )


def _release_to_json(portrait: Portrait, lang: str) -> dict[str, Any] | None:
    if portrait.card is None:
        return None
    title = choose_text(lang, portrait.card.title)
    controlled = not portrait.not_controlled
    return {"dataset": str(portrait.card.key), "title": title, "controlled": controlled} | {
        name: value for name, value in vars(portrait.about).items() if value is not None
    }


def _figure_to_json(figure: CubeFigure, lang: str) -> dict[str, Any]:
    status = "suppressed" if figure.status == SUPPRESSED else last_segment(figure.status)
    parts = {name: last_segment(getattr(figure, name)) for name in LAYERS}
    labels = {
        name: list_of(name).label(getattr(figure, name))[lang]
        for name, code in parts.items()
        if code != TOGETHER
    }
    return {
        "measure": last_segment(figure.measure),
        "measure_label": choose_text(lang, load_words().of_term(figure.measure)),
        "period": last_segment(figure.period),
        **{name: code for name, code in parts.items() if code != TOGETHER},
        **({"labels": labels} if labels else {}),
        "value": None if status == "suppressed" else figure.value,
        "status": "published" if status == "free" else status,
        "contributors": figure.contributors,
        "coverage": figure.coverage,
        "iri": figure.iri,
    }


def relays(arguments: dict[str, Any], lang: str) -> ToolAnswer:
    """Rank the intermediaries of a public; without one, list the publics that they reach."""
    view, offset = host().reaches(reader_of(request)), arguments.get("offset", 0)
    if "public" not in arguments:
        publics = [
            {"code": row["code"], "label": row["label"][lang], "relays": row["relays"]}
            for row in list_reached_publics(view)
        ]
        return ToolAnswer("publics", publics[offset:], list(view.cards.values()))
    parts = {name: arguments.get(name) for name in ("area", "language", "channel")}
    result = find_relays(view, parse_relay_query(arguments["public"], **parts))
    cards = {
        card.key: card
        for relay in chain(result.declared, result.derived)
        for card in relay.datasets.values()
    }
    rows = [
        _relay_to_json(relay, kind, rank, lang)
        for kind, ranking in (("declared", result.declared), ("derived", result.derived))
        for rank, relay in enumerate(ranking, 1)
    ]
    members = {
        "asked": {
            name: concept and concept["label"][lang] for name, concept in result.concepts.items()
        },
        "unnamed": {"count": result.unnamed, "said": result.unnamed_text[lang]},
        "derived": result.derived_text[lang],
    }
    return ToolAnswer("relays", rows[offset:], list(cards.values()), members)


def _relay_to_json(card: RelayCard, kind: str, rank: int, lang: str) -> dict[str, Any]:
    return {
        "rank": rank,
        "kind": kind,
        "iri": card.relay.iri,
        "name": choose_text(lang, card.name),
        "people": {"at_least": card.relay.at_least, "at_most": card.relay.at_most},
        "reasons": [reason[lang] for reason in card.reasons],
    }
