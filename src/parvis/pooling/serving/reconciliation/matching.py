"""Reconcile names with the entities that a reader may read, the likeliest first."""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from parvis.catalog.ontology import Texts, load_words
from parvis.governance import Reader
from parvis.i18n import N_, both
from parvis.linking.entity import entity_iri, identifier
from parvis.linking.evidence import Evidence, Kind, of_identifiers, of_localities, of_names, score
from parvis.linking.names import likeness
from parvis.pooling.serving.reconciliation.facts import (
    EntityValues,
    PropertyValue,
    find_by_identifier,
    kinds_of,
    names_of,
    read_values,
)
from parvis.pooling.serving.reconciliation.kinds import (
    IDENTIFIER,
    SAME_AS,
    ServiceTerm,
    label_of,
    service_types,
)
from parvis.pooling.serving.reconciliation.queries import (
    QueryValue,
    ReconciliationQuery,
)
from parvis.pooling.serving.search import find_text
from parvis.pooling.serving.service import Graphs, PoolService
from parvis.store.search.results import NamedEntity
from parvis.vocab.namespaces import CONCEPT, SCHEMA

if TYPE_CHECKING:
    from parvis.store.search.search import TextIndex

# Weights: how well an entity answers a query, by its names, identifiers and other values.

SAME_NAME = 0.95
"""The likeness from which two names count as the same."""
SAME_TEXT = 0.85
"""The likeness from which other texts agree."""
DAY = 10
"""Characters of a date."""

NAME_ALIKE = N_("how alike the names are, in percent")
AGREES = N_("how well “{property}” agrees, in percent")

KINDS: Mapping[str, Kind] = {
    **dict.fromkeys((IDENTIFIER, *SAME_AS), Kind.IDENTIFIER),
    str(SCHEMA.postalCode): Kind.POSTAL_CODE,
    str(SCHEMA.streetAddress): Kind.ADDRESS,
    str(SCHEMA.addressLocality): Kind.LOCALITY,
    str(SCHEMA.url): Kind.URL,
    str(SCHEMA.startDate): Kind.TIME,
    str(SCHEMA.location): Kind.PLACE,
    str(SCHEMA.containedInPlace): Kind.PLACE,
}
"""The kinds of evidence of properties; other properties only change the order of candidates."""
NAME_LABEL = both(NAME_ALIKE)
OTHERS_SHARE = 0.2
"""The share of a score that all other properties have together."""


@dataclass(frozen=True)
class Feature:
    """A part of a score, with a number from 0 to 100 or a boolean."""

    id: str
    name: Mapping[str, str]
    value: float | bool


@dataclass(frozen=True)
class Weight:
    """How well an entity answers, from 0 to 100, with its features; `certain`: by its evidence."""

    score: float = 0.0
    features: tuple[Feature, ...] = ()
    certain: bool = False


def weigh(
    query: ReconciliationQuery,
    names: Sequence[str],
    values: EntityValues,
    labels: Mapping[str, Texts],
) -> Weight:
    """Weigh an entity by its names and the values of its properties, whose names are `labels`."""
    evidence: list[Evidence] = []
    features: list[Feature] = []
    if query.names:
        name_evidence = of_names(query.names, names)
        evidence += [] if name_evidence is None else [name_evidence]
        percent = 0 if name_evidence is None else int(str(name_evidence.fields["percent"]))
        features.append(Feature("name", NAME_LABEL, percent))
    other_agreements: list[float] = []
    for condition in query.conditions:
        iri = condition.property
        facts = values.get(iri, ())
        likenesses = (_compare(iri, value, fact) for value in condition.values for fact in facts)
        agreement = max(likenesses, default=0.0)
        label = dict(labels.get(iri, {})) or load_words().of_term(iri)
        features.append(Feature(iri, both(AGREES, property=label), round(100 * agreement)))
        kind = KINDS.get(iri)
        if kind is None:
            other_agreements.append(agreement)
        elif kind is Kind.IDENTIFIER:
            # Links to other databases are identifiers too, whichever property has them.
            ours = (identifier(value.iri or value.text) for value in condition.values)
            links = (fact for name in (IDENTIFIER, *SAME_AS) for fact in values.get(name, ()))
            theirs = (identifier(link.text) for link in links)
            evidence += filter(None, [of_identifiers(filter(None, ours), filter(None, theirs))])
        elif kind is Kind.LOCALITY:
            # Namesakes in other municipalities are never a match, spellings of one are.
            cities = [value.text for value in condition.values], [fact.text for fact in facts]
            evidence += filter(None, [of_localities(*cities)])
        elif values.get(iri):  # a property without values is no evidence against
            signed = agreement if agreement >= SAME_TEXT else agreement - 1
            evidence.append(Evidence(kind, signed, ""))
    total = score(evidence)
    if other_agreements:
        total *= 1 - OTHERS_SHARE + OTHERS_SHARE * sum(other_agreements) / len(other_agreements)
    return Weight(round(100 * total, 1), tuple(features), _is_certain(evidence))


def _is_certain(evidence: Iterable[Evidence]) -> bool:
    scores = {piece.kind: piece.score for piece in evidence}
    if any(value < 0 for value in scores.values()):
        return False
    if scores.get(Kind.IDENTIFIER):
        return True
    # A name alone is never certain: it needs a second kind of evidence.
    strong = (Kind.URL, Kind.ADDRESS, Kind.POSTAL_CODE)
    second = any(scores.get(kind, 0) > SAME_TEXT for kind in strong)
    placed = scores.get(Kind.TIME, 0) > SAME_TEXT and scores.get(Kind.PLACE, 0) > SAME_TEXT
    return scores.get(Kind.NAME, 0) >= SAME_NAME and (second or placed)


def _compare(property_iri: str, value: QueryValue, fact: PropertyValue) -> float:
    """Compare a value with one of the entity's, from 0 to 1."""
    if fact.iri is not None and fact.iri in {value.iri, value.text}:
        return 1.0
    if value.iri is not None and fact.iri is not None:
        return 0.0
    normalise = NORMALISERS.get(property_iri)
    if normalise is not None:
        ours, theirs = normalise(value.text), normalise(fact.text)
        return float(bool(ours) and ours == theirs)
    texts = [*fact.labels.values()] or [fact.text]
    return max(likeness(value.text, text) for text in texts)


def _normalise_url(text: str) -> str:
    """Remove the scheme, *www* and final slash of a URL.

    >>> _normalise_url("https://www.Lanterne.example/") == _normalise_url("http://lanterne.example")
    True
    """
    parts = urlsplit(text if "//" in text else f"//{text}")
    host = (parts.netloc or "").lower().removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}" + (f"?{parts.query}" if parts.query else "")


NORMALISERS: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys((IDENTIFIER, *SAME_AS), lambda text: identifier(text) or text.strip()),
    str(SCHEMA.postalCode): lambda text: re.sub(r"[\s-]", "", text).upper(),
    str(SCHEMA.url): _normalise_url,
    str(SCHEMA.startDate): lambda text: text.strip()[:DAY],
    str(SCHEMA.endDate): lambda text: text.strip()[:DAY],
}
"""How the values of some properties are normalised before they are compared."""


POOL_SIZE = 80
"""Entities that are weighed for a name of a query, about."""
CLEAR = 10.0
"""The lead, in points, of a first candidate that is a match."""
BY_IRI = Weight(100.0, (), certain=True)
"""The weight of an entity whose own IRI is searched for."""


@dataclass(frozen=True)
class ReconciliationCandidate:
    """An entity that may be meant: its names, types, source graphs, and weight."""

    iri: str
    names: tuple[tuple[str, str | None], ...]
    types: tuple[ServiceTerm, ...]
    graphs: tuple[str, ...] = ()
    weight: Weight = field(default_factory=Weight)
    match: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)

    def name(self, lang: str) -> tuple[str, str | None]:
        """Return a name in a language, else one without language, else any."""
        if lang in self.labels:
            return self.labels[lang], lang
        return find_text(lang, self.names) or (self.iri, None)


def reconcile(
    host: PoolService, reader: Reader, queries: Sequence[ReconciliationQuery]
) -> list[list[ReconciliationCandidate]]:
    """Return the candidates of each query, the likeliest first.

    Raises `ShareError`, `NothingPublished`, and what a query of the store may raise.
    """
    asker = host.shares.admit(reader)
    begun = time.monotonic()
    pools = [_find_candidates(host, reader, query) for query in queries]
    # Text searches use the reader's share of the machine, as queries of the store do.
    asker.spent(time.monotonic() - begun)
    iris = {
        iri
        for query, pool in zip(queries, pools, strict=True)
        for iri, candidate in pool.items()
        if query.conditions or not candidate.names
    }
    # The index has the names of the other candidates, which are all that their query needs.
    values = read_values(host, reader, iris) if iris else {}
    return [_rank(query, pool, values) for query, pool in zip(queries, pools, strict=True)]


def suggest_entities(
    host: PoolService, reader: Reader, beginning: str, limit: int, offset: int
) -> list[ReconciliationCandidate]:
    """Return entities whose names begin with a text, or the one whose IRI it is."""
    if ":" in beginning and (values := read_values(host, reader, [beginning.strip()])):
        entities = [_from_facts(iri, facts_of_iri) for iri, facts_of_iri in values.items()]
        return [entity for entity in entities if entity.types][offset:][:limit]
    most = limit + offset

    def complete(index: "TextIndex", graphs: Graphs) -> list[ReconciliationCandidate]:
        entities: dict[str, ReconciliationCandidate] = {}
        # Many names are of entities that cannot be reconciled, or of one entity: more are read.
        for hit in index.complete(beginning, graphs, 8 * most):
            texts = index.describe(hit)
            types = tuple(service_types().of(hit.iri, texts.kinds))
            if types and hit.iri not in entities:
                labels = label_of(hit.iri)
                entities[hit.iri] = ReconciliationCandidate(
                    hit.iri, texts.names, types, (hit.graph,), labels=labels
                )
            if len(entities) == most:
                break
        return list(entities.values())

    return host.use_text_index(reader, complete)[offset:][:limit]


def _find_candidates(
    host: PoolService, reader: Reader, query: ReconciliationQuery
) -> dict[str, ReconciliationCandidate]:
    """Return what a query may mean: by its identifiers, by IRIs among its names, by its names."""
    identifiers = [
        value.iri or value.text.strip()
        for condition in query.conditions
        if condition.property in {IDENTIFIER, *SAME_AS}
        for value in condition.values
    ]
    identifiers += [name.strip() for name in query.names if identifier(name)]
    spellings: list[str] = []  # all that the pool may have
    for text in identifiers:
        strong = identifier(text)
        more = [] if strong is None else [strong.partition(":")[2], entity_iri(strong)]
        spellings += filter(None, [text, *more])
    iris = find_by_identifier(host, reader, spellings)
    names = (name.strip() for name in query.names)
    iris += [name for name in names if ":" in name and " " not in name]
    candidates = {iri: ReconciliationCandidate(iri, (), ()) for iri in iris}

    def search(name: str, index: "TextIndex", graphs: Graphs) -> list[NamedEntity]:
        return index.find_near(name, graphs, POOL_SIZE, partial(_has_type, query))

    for name in query.names:
        # Several graphs may name one entity.
        entries: defaultdict[str, list[NamedEntity]] = defaultdict(list)
        for entry in host.use_text_index(reader, partial(search, name)):
            entries[entry.iri].append(entry)
        for iri, named in entries.items():
            classes = dict.fromkeys(kind for entry in named for kind in entry.kinds)
            candidates[iri] = ReconciliationCandidate(
                iri,
                tuple(dict.fromkeys(text for entry in named for text in entry.names)),
                tuple(service_types().of(iri, classes)),
                tuple(dict.fromkeys(entry.graph for entry in named)),
                labels=label_of(iri),
            )
    return candidates


def _has_type(query: ReconciliationQuery, iri: str, classes: Sequence[str]) -> bool:
    """Return whether an entity is of the types of a query; of any type, if it has none."""
    if not query.types:
        return any(class_iri in service_types().roots for class_iri in classes)
    choose = all if query.all_types else any
    return choose(service_types().is_instance(iri, classes, type_iri) for type_iri in query.types)


def _from_facts(iri: str, values: EntityValues) -> ReconciliationCandidate:
    types = tuple(service_types().of(iri, kinds_of(values)))
    return ReconciliationCandidate(iri, tuple(names_of(values)), types)


def _rank(
    query: ReconciliationQuery,
    pool: Mapping[str, ReconciliationCandidate],
    values: Mapping[str, EntityValues],
) -> list[ReconciliationCandidate]:
    """Weigh candidates, the best first, and decide whether the first is a match."""
    query_iris = {name.strip() for name in query.names}
    candidates = []
    for iri, indexed in pool.items():
        candidate, facts_of_iri = indexed, values.get(iri, {})
        if not indexed.names:
            # It comes from an identifier or an IRI: the index was not searched for it.
            candidate = _from_facts(iri, facts_of_iri)
            if not _has_type(query, iri, kinds_of(facts_of_iri)):
                continue
        if not candidate.types:
            continue
        weight = BY_IRI
        if iri not in query_iris:
            texts = [name for name, _ in candidate.names]
            weight = weigh(query, texts, facts_of_iri, service_types().labels)
        if weight.score:
            candidates.append(replace(candidate, weight=weight))
    candidates.sort(key=lambda candidate: (-candidate.weight.score, candidate.iri))

    def unlikeness(name: tuple[str, str | None]) -> float:
        return -max((likeness(name[0], text) for text in query.names), default=0.0)

    best = [
        replace(candidate, names=tuple(sorted(candidate.names, key=unlikeness)))
        for candidate in candidates[: query.limit]
    ]
    if best and _is_match(query, candidates):
        best[0] = replace(best[0], match=True)
    return best


def _is_match(query: ReconciliationQuery, candidates: Sequence[ReconciliationCandidate]) -> bool:
    """Return whether the first candidate is certain, alone so, and well before the second."""
    first, following = candidates[0], candidates[1:]
    if len(query.types) == 1 and query.types[0].startswith(CONCEPT):
        # In one list of concepts a label is an identifier: a unique label is enough.
        labelled = [
            candidate
            for candidate in candidates
            if any(f.id == "name" and f.value >= 100 * SAME_NAME for f in candidate.weight.features)
        ]
        return labelled == [first]
    best, weights = first.weight, [candidate.weight for candidate in following]
    alone = not any(weight.certain for weight in weights)
    return best.certain and alone and all(best.score - w.score >= CLEAR for w in weights)
