"""The links among things, as graphs of a generation: each with the graphs that stand behind it."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from rdflib.namespace import DCTERMS, OWL, PROV, RDF, XSD

from parvis.ledger import Judgement, Judgements
from parvis.linking.judgements import canonical_key, standing
from parvis.linking.links import EVERYONE, Behind, Linkage, inside, linkage
from parvis.pooling.linking.entities import present
from parvis.pooling.pool import Pool
from parvis.rdf.ntriples import iri, literal
from parvis.store.generation.generation import Generation
from parvis.vocab.iris import Iris
from parvis.vocab.namespaces import CONCEPT, PARVIS

FILE = "linked.json"
"""Where a generation keeps which graphs stand behind each graph of links."""
PARTNERS = "linked-partners.json"
"""Where it keeps which other names each partner has, by the links that everyone may know."""


@dataclass(frozen=True)
class Links:
    """What a publication tells of links."""

    iris: Iris
    linkage: Linkage

    @classmethod
    def of(cls, pool: Pool, everyones: Collection[str], served: Collection[str]) -> Self:
        """Gather what stands on the things of the graphs that are served."""
        stands = list(standing(Judgements(pool.settings.data).all()).values())
        wanted = {one for judged in stands for one in judged.pair}
        judged_in = {one for judged in stands for one in inside(judged)}
        graphs = present(pool, wanted, judged_in & set(served)) if wanted else {}
        return cls(pool.iris, linkage(stands, graphs, everyones))

    @cached_property
    def behind(self) -> dict[str, Behind]:
        """Give the graphs behind each graph of links, by its name; none behind everyone's."""
        told = (some for some in self.linkage.behind if self._lines(some))
        return {graph_of(self.iris, some): some for some in told}

    def common(self) -> dict[str, Iterable[bytes]]:
        """Write the links that everyone may know of."""
        return {name: self._lines(some) for name, some in self.behind.items() if not some}

    def others(self) -> dict[str, Iterable[bytes]]:
        """Write each of the others."""
        return {name: self._lines(some) for name, some in self.behind.items() if some}

    def told(self) -> bytes:
        """Tell, for the site, which graphs one must be able to read to read each.

        Behind everyone's stand all those that it speaks of: one may be closed later.
        """
        open_ones = {graph for one in self.linkage.judged[EVERYONE] for graph in inside(one)}
        plain = {name: sorted(some or open_ones) for name, some in sorted(self.behind.items())}
        return json.dumps(plain, ensure_ascii=False, indent=1).encode()

    def partners(self, known: Collection[str]) -> bytes:
        """Tell, for the site, which partner each thing is that is one with a partner."""
        sets: defaultdict[str, set[str]] = defaultdict(set)
        for name, thing in self.linkage.same.get(EVERYONE, ()):
            sets[name].add(thing)
        found = {
            thing: min(some & {*known})
            for some in sets.values()
            if some & {*known}
            for thing in some - {*known}
        }
        return json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True).encode()

    def _lines(self, behind: Behind) -> list[bytes]:
        """Write what is told to who may read some graphs, as sorted N-Triples."""
        found = {self._same(name, thing) for name, thing in self.linkage.same.get(behind, ())}
        elsewhere = self.linkage.elsewhere.get(behind, ())
        found |= {_triple(thing, OWL.sameAs, iri(entity)) for thing, entity in elsewhere}
        apart = self.linkage.apart.get(behind, ())
        found |= {_triple(one, OWL.differentFrom, iri(other)) for one, other in apart}
        for judged in self.linkage.judged.get(behind, ()):
            found.update(self._match(judged))
        return sorted(found)

    def _same(self, name: str, thing: str) -> bytes:
        """Say that a thing is what a canonical IRI names."""
        return _triple(f"{self.iris.base}id/{name}", OWL.sameAs, iri(thing))

    def _match(self, judged: Judgement) -> Iterator[bytes]:
        """Tell a judgement: on what, how it was decided and when; never by whom."""
        match = self.iris.thing("match", canonical_key(" ".join(judged.pair)))
        yield _triple(match, RDF.type, iri(PARVIS.Match))
        yield _triple(match, PARVIS.decision, iri(f"{CONCEPT}judgement/{judged.decision}"))
        at = literal(judged.at.isoformat(timespec="seconds"), str(XSD.dateTime))
        yield _triple(match, PROV.generatedAtTime, at)
        for one in judged.pair:
            yield _triple(match, DCTERMS.references, iri(one))
        if judged.score is not None:
            score = literal(_decimal(judged.score), str(XSD.decimal))
            yield _triple(match, PARVIS.matchScore, score)
        if judged.rule is not None:
            yield _triple(match, DCTERMS.description, literal(f"{judged.rule}: {judged.grounds}"))


def graph_of(iris: Iris, behind: Behind) -> str:
    """Name the graph of the links that stand on some graphs."""
    if not behind:
        return iris.links_graph
    told = "/".join(sorted(behind))
    return f"{iris.links_graph}/{hashlib.sha256(told.encode()).hexdigest()[:10]}"


def partners_named(generation: Generation) -> Mapping[str, str]:
    """Read which things are partners under other names; older generations tell none."""
    file = generation.site / PARTNERS
    return dict(json.loads(file.read_bytes())) if file.is_file() else {}


def linked(generation: Generation) -> Mapping[str, frozenset[str]]:
    """Read which graphs stand behind each graph of links; older generations have none."""
    file = generation.site / FILE
    found = json.loads(file.read_bytes()) if file.is_file() else {}
    return {name: frozenset(some) for name, some in found.items()}


def _triple(subject: str, predicate: str, written: str) -> bytes:
    return f"{iri(subject)} {iri(str(predicate))} {written} .\n".encode()


def _decimal(score: float) -> str:
    """Write a number as XML Schema's canonical decimal."""
    return f"{score:.4f}".rstrip("0").removesuffix(".")
