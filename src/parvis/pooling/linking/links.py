"""The entities of the pool, and the links between them, as graphs of a generation.

Each graph of links has the graphs behind it, which one must be able to read.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Self

from rdflib.namespace import DCTERMS, OWL, PROV, RDF, XSD

from parvis.ledger import Judgements
from parvis.linking.entity import Entity, entities
from parvis.linking.judgements import canonical_key, standing_judgements
from parvis.linking.links import EVERYONE, Behind, Linkage, inside, linkage
from parvis.linking.problems import LinkingProblem
from parvis.pooling.cards import read_optional
from parvis.pooling.pool import Pool
from parvis.rdf.files import sorted_lines
from parvis.rdf.ntriples import iri, literal
from parvis.store.generation.generation import Generation
from parvis.vocab.iris import Iris
from parvis.vocab.namespaces import CONCEPT, PARVIS


def read_entities(pool: Pool) -> tuple[list[Entity], list[LinkingProblem]]:
    """Return the entities of every graph, and the partners themselves, with their problems."""
    pool_entities: list[Entity] = []
    problems: list[LinkingProblem] = []
    for graph, (_, lines) in contents(pool).items():
        graphful = entities(lines(), graph)
        pool_entities += graphful.entities.values()
        problems += graphful.problems
    return pool_entities, problems


def contents(pool: Pool) -> dict[str, tuple[str, Callable[[], Iterable[bytes]]]]:
    """Return the current digest of each graph, and a function that returns its lines by subject."""
    descriptions = (sorted_lines(p.metadata) for p in pool.catalog.partners.values())
    partners = [line for text in descriptions for line in text.splitlines(keepends=True)]
    digest = hashlib.sha256(b"".join(partners)).hexdigest()
    graphs = {
        graph: (version.digest, partial(pool.record.read_lines, version))
        for graph, version in sorted(pool.record.versions().items())
    }
    return graphs | {pool.iris.catalog_graph: (digest, lambda: partners)}


def present_entities(pool: Pool, iris: Collection[str], graphs: Collection[str]) -> dict[str, str]:
    """Return those of the IRIs that graphs describe now, each with its first graph."""
    subjects = {f"<{iri}>".encode(): iri for iri in iris}
    graph_by_iri: dict[str, str] = {}
    for graph, (_, lines) in contents(pool).items():
        if graph in graphs:
            for line in lines():
                subject = line[: line.find(b" ")]
                if subject in subjects:
                    graph_by_iri.setdefault(subjects[subject], graph)
    return graph_by_iri


FILE = "linked.json"
"""The file of a generation that lists the graphs behind each graph of links."""
PARTNERS = "linked-partners.json"
"""The file of a generation with the other names of partners, by public links."""


@dataclass(frozen=True)
class LinkGraphs:
    iris: Iris
    linkage: Linkage

    @classmethod
    def of(cls, pool: Pool, everyones: Collection[str], served: Collection[str]) -> Self:
        """Collect the judgements that stand on entities of the served graphs."""
        stands = list(standing_judgements(Judgements(pool.settings.data).all()).values())
        iris = {iri for judgement in stands for iri in judgement.pair}
        sources = {graph for judgement in stands for graph in inside(judgement)}
        graphs = present_entities(pool, iris, sources & set(served)) if iris else {}
        return cls(pool.iris, linkage(stands, graphs, everyones))

    @cached_property
    def _graphs(self) -> dict[str, tuple[Behind, list[bytes]]]:
        """Each graph of links by its name: the graphs behind it, and its lines."""
        graphs = ((behind, self._write_lines(behind)) for behind in self.linkage.behind)
        return {graph_of(self.iris, behind): (behind, lines) for behind, lines in graphs if lines}

    def graphs(self, *, public: bool) -> dict[str, Iterable[bytes]]:
        """Return the lines of the graph that has none behind it, or of the others."""
        graphs = self._graphs.items()
        return {name: lines for name, (behind, lines) in graphs if public != bool(behind)}

    def list_behind(self) -> dict[str, list[str]]:
        """Return, for the site, the graphs that one must be able to read to read each."""
        # Behind the public graph are all those that it names: one may be closed later.
        public = {graph for judged in self.linkage.judgements[EVERYONE] for graph in inside(judged)}
        return {
            name: sorted(behind or public) for name, (behind, _) in sorted(self._graphs.items())
        }

    def partners(self, iris: Collection[str]) -> dict[str, str]:
        """Return, for the site, the partner that each of its other IRIs names."""
        sets: defaultdict[str, set[str]] = defaultdict(set)
        for name, entity in self.linkage.same_as.get(EVERYONE, ()):
            sets[name].add(entity)
        partner_by_iri = {
            entity: min(members & {*iris})
            for members in sets.values()
            if members & {*iris}
            for entity in members - {*iris}
        }
        return dict(sorted(partner_by_iri.items()))

    def _write_lines(self, behind: Behind) -> list[bytes]:
        """Return the links readable by who may read some graphs, as sorted N-Triples."""
        lines = {
            _triple(f"{self.iris.base}id/{name}", OWL.sameAs, iri(entity))
            for name, entity in self.linkage.same_as.get(behind, ())
        }
        elsewhere = self.linkage.identities.get(behind, ())
        lines |= {_triple(ours, OWL.sameAs, iri(entity)) for ours, entity in elsewhere}
        apart = self.linkage.different.get(behind, ())
        lines |= {_triple(left, OWL.differentFrom, iri(right)) for left, right in apart}
        for judgement in self.linkage.judgements.get(behind, ()):
            # How and when it was decided is public, never by whom.
            match = self.iris.thing("match", canonical_key(" ".join(judgement.pair)))
            at = literal(judgement.at.isoformat(timespec="seconds"), str(XSD.dateTime))
            decision = iri(f"{CONCEPT}judgement/{judgement.decision}")
            lines |= {
                _triple(match, RDF.type, iri(PARVIS.Match)),
                _triple(match, PARVIS.decision, decision),
                _triple(match, PROV.generatedAtTime, at),
                *(_triple(match, DCTERMS.references, iri(end)) for end in judgement.pair),
            }
            if judgement.score is not None:
                # The canonical decimal of XML Schema has no trailing zero.
                decimal = f"{judgement.score:.4f}".rstrip("0").removesuffix(".")
                lines.add(_triple(match, PARVIS.matchScore, literal(decimal, str(XSD.decimal))))
            if judgement.rule is not None:
                text = f"{judgement.rule}: {judgement.grounds}"
                lines.add(_triple(match, DCTERMS.description, literal(text)))
        return sorted(lines)


def graph_of(iris: Iris, behind: Behind) -> str:
    if not behind:
        return iris.links_graph
    names = "/".join(sorted(behind))
    return f"{iris.links_graph}/{hashlib.sha256(names.encode()).hexdigest()[:10]}"


def read_partner_names(generation: Generation) -> Mapping[str, str]:
    return read_optional(generation.site / PARTNERS)


def read_graphs_behind(generation: Generation) -> Mapping[str, frozenset[str]]:
    behind = read_optional(generation.site / FILE)
    return {name: frozenset(graphs) for name, graphs in behind.items()}


def _triple(subject: str, predicate: str, term: str) -> bytes:
    return f"{iri(subject)} {iri(str(predicate))} {term} .\n".encode()
