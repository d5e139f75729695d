"""Names of someone's list against the things that a reader may read, the likeliest first."""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from urllib.parse import urlsplit

from parvis.catalog.ontology import Texts, words
from parvis.governance import Reader
from parvis.i18n import N_, both
from parvis.linking.entity import entity_iri, identifier
from parvis.linking.evidence import Evidence, Kind, of_identifiers, of_names, score
from parvis.linking.names import likeness
from parvis.pooling.serving.reconciliation.facts import (
    Fact,
    Facts,
    bearing,
    facts,
    kinds_of,
    names_of,
)
from parvis.pooling.serving.reconciliation.kinds import IDENTIFIER, SAME, Known, kinds, label_of
from parvis.pooling.serving.reconciliation.queries import Condition, Query, Value
from parvis.pooling.serving.service import Graphs, Host
from parvis.store.search.ranking import Named
from parvis.store.search.search import TextIndex
from parvis.vocab.namespaces import CONCEPT, SCHEMA

# How well a thing answers a query: evidence of names, of identifiers and of other values.

SAME_NAME = 0.95
"""Names that are at least so alike are taken for the same."""
SAME_TEXT = 0.85
"""Other texts that are at least so alike agree."""
DAY = 10
"""Characters of a date."""

NAME_ALIKE = N_("how alike the names are, in percent")
AGREES = N_("how well “{property}” agrees, in percent")

KINDS: Mapping[str, Kind] = {
    **dict.fromkeys((IDENTIFIER, *SAME), Kind.IDENTIFIER),
    str(SCHEMA.postalCode): Kind.POSTAL_CODE,
    str(SCHEMA.streetAddress): Kind.ADDRESS,
    str(SCHEMA.url): Kind.URL,
    str(SCHEMA.startDate): Kind.TIME,
    str(SCHEMA.location): Kind.PLACE,
    str(SCHEMA.containedInPlace): Kind.PLACE,
}
"""The kinds of evidence that properties give; the others only put candidates in order."""
NAMED = both(NAME_ALIKE)
NUDGE = 0.2
"""The share of a score that other properties have together."""


@dataclass(frozen=True)
class Feature:
    """One thing that a score is made of, with a number from 0 to 100 or a yes or no."""

    id: str
    name: Mapping[str, str]
    value: float | bool


@dataclass(frozen=True)
class Weighed:
    """How well a thing answers: from 0 to 100, why, and what kinds of evidence speak for it."""

    score: float
    features: tuple[Feature, ...]
    certain: bool
    excluded: bool = False


def weighed(
    query: Query, names: Sequence[str], found: Facts, labels: Mapping[str, Texts]
) -> Weighed:
    """Weigh a thing by its names and by what is said of it; `labels` name the properties."""
    evidence: list[Evidence] = []
    features: list[Feature] = []
    if query.names:
        named = of_names(query.names, names)
        evidence += [] if named is None else [named]
        alike = 0 if named is None else int(str(named.fields["percent"]))
        features.append(Feature("name", NAMED, alike))
    others: list[float] = []
    excluded = False
    for one in query.conditions:
        agreed = _agreed(one, found.get(one.property, ()))
        excluded |= one.required and agreed < SAME_TEXT
        features.append(_feature(one, agreed, labels.get(one.property, {})))
        if (kind := KINDS.get(one.property)) and one.quantifier != "none":
            evidence += filter(None, [_evidence(kind, one, found, agreed)])
        else:
            others.append(agreed)
    whole = score(evidence)
    if others:
        whole *= 1 - NUDGE + NUDGE * sum(others) / len(others)
    return Weighed(round(100 * whole, 1), tuple(features), _is_certain(evidence), excluded)


def _is_certain(evidence: Iterable[Evidence]) -> bool:
    """Say whether evidence is strong, and none speaks against.

    A strong identifier is; so is the same name with a second kind of evidence. A name alone never.
    """
    found = {one.kind: one.score for one in evidence}
    if any(value < 0 for value in found.values()):
        return False
    if found.get(Kind.IDENTIFIER):
        return True
    strong = (Kind.URL, Kind.ADDRESS, Kind.POSTAL_CODE)
    second = any(found.get(kind, 0) > SAME_TEXT for kind in strong)
    placed = found.get(Kind.TIME, 0) > SAME_TEXT and found.get(Kind.PLACE, 0) > SAME_TEXT
    return found.get(Kind.NAME, 0) >= SAME_NAME and (second or placed)


def _evidence(kind: Kind, one: Condition, found: Facts, agreed: float) -> Evidence | None:
    """Turn what a property has into evidence; nothing, where the thing says nothing of it."""
    if kind is Kind.IDENTIFIER:
        ours = filter(None, (identifier(value.iri or value.text) for value in one.values))
        told = (fact.text for step in (IDENTIFIER, *SAME) for fact in found.get(step, ()))
        return of_identifiers(ours, filter(None, map(identifier, told)))
    if not found.get(one.property):
        return None
    return Evidence(kind, agreed if agreed >= SAME_TEXT else agreed - 1, "")


def _feature(one: Condition, agreed: float, label: Texts) -> Feature:
    """Tell how well a property agrees."""
    name = dict(label) or words().of_term(one.property)
    return Feature(one.property, both(AGREES, property=name), round(100 * agreed))


def _agreed(one: Condition, facts: Sequence[Fact]) -> float:
    """Say how well values agree with those wanted, from 0 to 1."""
    alike = [max((_alike(one.property, v, f) for f in facts), default=0.0) for v in one.values]
    best = {"any": max, "all": min, "none": max}[one.quantifier](alike, default=0.0)
    return 1 - best if one.quantifier == "none" else best


def _alike(step: str, value: Value, fact: Fact) -> float:
    """Compare a value with one of the thing's, as the property has it."""
    if fact.iri is not None and fact.iri in {value.iri, value.text}:
        return 1.0
    if value.iri is not None and fact.iri is not None:
        return 0.0
    reading = READ.get(step)
    if reading is not None:
        ours, theirs = reading(value.text), reading(fact.text)
        return float(bool(ours) and ours == theirs)
    texts = [*fact.labels.values()] or [fact.text]
    return max(likeness(value.text, text) for text in texts)


def _code(text: str) -> str:
    """Write a postal code, or a number, without spaces.

    >>> _code("g1r 2b5")
    'G1R2B5'
    """
    return re.sub(r"[\s-]", "", text).upper()


def _site(text: str) -> str:
    """Write a Web address without its scheme, *www* and last stroke.

    >>> _site("https://www.Lanterne.example/") == _site("http://lanterne.example")
    True
    """
    parts = urlsplit(text if "//" in text else f"//{text}")
    host = (parts.netloc or "").lower().removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}" + (f"?{parts.query}" if parts.query else "")


def _strong(text: str) -> str:
    """Write an identifier as its authority does, or as it is."""
    return identifier(text) or text.strip()


def _day(text: str) -> str:
    """Give the day of a date or an instant."""
    return text.strip()[:DAY]


READ: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys((IDENTIFIER, *SAME), _strong),
    str(SCHEMA.postalCode): _code,
    str(SCHEMA.url): _site,
    str(SCHEMA.startDate): _day,
    str(SCHEMA.endDate): _day,
}
"""How values of some properties are read before they are compared."""


WEIGHED = 80
"""Things that are weighed for one reading of a query, about."""
CLEAR = 10.0
"""By how many points the first candidate leads where it is said to be the one."""
BY_IRI = Weighed(100.0, (), certain=True)
"""What is asked for by its own IRI."""


@dataclass(frozen=True)
class Candidate:
    """A thing that may be meant: its names, types, the graphs that tell of it, and its weight."""

    iri: str
    names: tuple[tuple[str, str | None], ...]
    types: tuple[Known, ...]
    graphs: tuple[str, ...] = ()
    score: float = 0.0
    features: tuple[Feature, ...] = ()
    match: bool = False
    certain: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)

    def name(self, lang: str) -> tuple[str, str | None]:
        """Choose what it is called in a language, else without one, else in any."""
        if lang in self.labels:
            return self.labels[lang], lang
        ranked = sorted(self.names, key=lambda one: (one[1] != lang, one[1] is not None))
        return ranked[0] if ranked else (self.iri, None)


def reconcile(host: Host, reader: Reader, queries: Sequence[Query]) -> list[list[Candidate]]:
    """Give the candidates of each query, which takes of the reader's share.

    Raises `ShareError`, `NothingPublished`, and what a query of the store may raise.
    """
    asker = host.shares.asker(reader)
    begun = time.monotonic()
    pools = [_pool(host, reader, one) for one in queries]
    asker.spent(time.monotonic() - begun)
    wanted = {
        thing
        for query, pool in zip(queries, pools, strict=True)
        for thing, one in pool.items()
        if query.conditions or not one.names
    }
    said = facts(host, reader, wanted) if wanted else {}
    return [_chosen(one, pool, said) for one, pool in zip(queries, pools, strict=True)]


def suggested(
    host: Host, reader: Reader, beginning: str, limit: int, offset: int
) -> list[Candidate]:
    """Give things whose names begin as what was typed, or the one that bears the IRI typed."""
    if ":" in beginning and (found := facts(host, reader, [beginning.strip()])):
        return [one for one in map(_told, found, found.values()) if one.types][offset:][:limit]
    names = host.texts(reader, partial(_completed, beginning, limit + offset))
    return list(names.values())[offset:][:limit]


def _completed(beginning: str, most: int, index: TextIndex, graphs: Graphs) -> dict[str, Candidate]:
    """Complete a name with those of things that can be reconciled."""
    found: dict[str, Candidate] = {}
    for hit in index.complete(beginning, graphs, 8 * most):
        told = index.told(hit)
        types = tuple(kinds().of(hit.iri, told.kinds))
        if types and hit.iri not in found:
            found[hit.iri] = Candidate(
                hit.iri, told.names, types, (hit.graph,), hit.score, labels=label_of(hit.iri)
            )
        if len(found) == most:
            break
    return found


def _pool(host: Host, reader: Reader, query: Query) -> dict[str, Candidate]:
    """Gather what may be meant: by the names, by the identifiers, by the IRI itself."""
    strong = _identifiers(query)
    found = dict.fromkeys(bearing(host, reader, strong) if strong else (), Candidate("", (), ()))
    found |= {
        name.strip(): Candidate("", (), ()) for name in query.names if _is_address(name.strip())
    }
    pool = {iri: replace(one, iri=iri) for iri, one in found.items()}
    for name in query.names:
        named = host.texts(reader, partial(_named, name, query))
        for iri, some in _together(named).items():
            pool[iri] = _candidate(iri, some)
    return pool


def _named(name: str, query: Query, index: TextIndex, graphs: Graphs) -> list[Named]:
    """Ask the index for things of the right types whose names come near."""
    return index.near(name, graphs, WEIGHED, partial(_is_wanted, query))


def _is_wanted(query: Query, iri: str, classes: Sequence[str]) -> bool:
    """Say whether a thing is of a type that is asked for; of any, if none is."""
    if not query.types:
        return any(one in kinds().roots for one in classes)
    choose = all if query.all_types else any
    return choose(kinds().is_one(iri, classes, one) for one in query.types)


def _identifiers(query: Query) -> list[str]:
    """Give the identifiers of a query as they may be written in the pool."""
    asked = [
        value.iri or value.text.strip()
        for one in query.conditions
        if one.property in {IDENTIFIER, *SAME} and one.quantifier != "none"
        for value in one.values
    ]
    asked += [name.strip() for name in query.names if identifier(name)]
    return [text for one in asked for text in _spelt(one)]


def _spelt(text: str) -> list[str]:
    """Write an identifier as it is, as its authority does, and as an entity."""
    known = identifier(text)
    if known is None:
        return [text] if text else []
    spelt = (text, known.partition(":")[2], entity_iri(known))
    return [one for one in dict.fromkeys(spelt) if one]


def _is_address(text: str) -> bool:
    """Say whether a name may be an IRI."""
    return ":" in text and " " not in text


def _together(named: Iterable[Named]) -> dict[str, list[Named]]:
    """Put what several graphs say of one thing together."""
    found: defaultdict[str, list[Named]] = defaultdict(list)
    for one in named:
        found[one.iri].append(one)
    return found


def _candidate(iri: str, some: Sequence[Named]) -> Candidate:
    """Make a candidate of what graphs say."""
    names = dict.fromkeys(name for one in some for name in one.names)
    classes = dict.fromkeys(kind for one in some for kind in one.kinds)
    graphs = dict.fromkeys(one.graph for one in some)
    types = tuple(kinds().of(iri, classes))
    return Candidate(iri, tuple(names), types, tuple(graphs), labels=label_of(iri))


def _told(iri: str, found: Facts) -> Candidate:
    """Make a candidate of what the store says."""
    types = tuple(kinds().of(iri, kinds_of(found)))
    return Candidate(iri, tuple(names_of(found)), types, score=BY_IRI.score)


def _chosen(
    query: Query, pool: Mapping[str, Candidate], said: Mapping[str, Facts]
) -> list[Candidate]:
    """Weigh what may be meant, and say of the first whether it is the one."""
    found = []
    for iri, candidate in pool.items():
        about = said.get(iri, {})
        one = candidate if candidate.names else _told(iri, about)
        if one.types and (one is candidate or _is_wanted(query, iri, kinds_of(about))):
            found.append((one, _weighed(query, one, about)))
    kept = [_with(one, weight) for one, weight in found if not weight.excluded and weight.score]
    kept.sort(key=lambda one: (-one.score, one.iri))
    best = [_named_first(query, one) for one in kept[: query.limit]]
    if best and _is_the_one(query, kept):
        best[0] = replace(best[0], match=True)
    return best


def _weighed(query: Query, one: Candidate, about: Facts) -> Weighed:
    """Weigh one candidate."""
    if one.iri in {name.strip() for name in query.names}:
        return BY_IRI
    return weighed(query, [name for name, _ in one.names], about, kinds().labels)


def _with(one: Candidate, weight: Weighed) -> Candidate:
    """Keep a weight with what was weighed."""
    return replace(one, score=weight.score, features=weight.features, certain=weight.certain)


def _named_first(query: Query, one: Candidate) -> Candidate:
    """Put the names that are most like those asked for first."""

    def far(name: tuple[str, str | None]) -> float:
        return -max((likeness(name[0], asked) for asked in query.names), default=0.0)

    return replace(one, names=tuple(sorted(one.names, key=far)))


def _is_the_one(query: Query, found: Sequence[Candidate]) -> bool:
    """Say whether the first candidate is certain, alone so, and well before the second.

    In one list of concepts a label is an identifier: the same name is enough, of one only.
    """
    first, others = found[0], found[1:]
    if _is_label(query):
        same = [one for one in found if _names(one) >= 100 * SAME_NAME]
        return same == [first]
    alone = not any(one.certain for one in others)
    return first.certain and alone and all(first.score - one.score >= CLEAR for one in others)


def _is_label(query: Query) -> bool:
    """Say whether a query is for a concept of one list."""
    return len(query.types) == 1 and query.types[0].startswith(CONCEPT)


def _names(one: Candidate) -> float:
    """Give how alike the names are, in percent."""
    return max((float(part.value) for part in one.features if part.id == "name"), default=0.0)
