"""Names of someone's list against the things that a reader may read, the likeliest first."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from parvis.governance import Reader
from parvis.linking.identifiers import entity_iri, identifier
from parvis.linking.names import likeness
from parvis.pooling.ask import Graphs, Host
from parvis.pooling.reconciling.comparing import SAME_NAME, Feature, Weighed, weighed
from parvis.pooling.reconciling.facts import Facts, bearing, facts, kinds_of, names_of
from parvis.pooling.reconciling.kinds import IDENTIFIER, SAME, Known, kinds, label_of
from parvis.pooling.reconciling.queries import Query
from parvis.store.near import Named
from parvis.store.search import TextIndex
from parvis.vocab.namespaces import CONCEPT

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
