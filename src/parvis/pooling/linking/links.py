"""The links between entities, as graphs of a generation: each with the graphs behind it."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from rdflib.namespace import DCTERMS, OWL, PROV, RDF, XSD

from parvis.ledger import Judgements
from parvis.linking.judgements import canonical_key, standing_judgements
from parvis.linking.links import EVERYONE, Behind, Linkage, inside, linkage
from parvis.pooling.linking.entities import present_entities
from parvis.pooling.pool import Pool
from parvis.rdf.ntriples import iri, literal
from parvis.store.generation.generation import Generation
from parvis.vocab.iris import Iris
from parvis.vocab.namespaces import CONCEPT, PARVIS

FILE = "linked.json"
"""The file of a generation that lists the graphs behind each graph of links."""
PARTNERS = "linked-partners.json"
"""The file of a generation with the other names of partners, by public links."""


@dataclass(frozen=True)
class LinkGraphs:
    """The links of a publication."""

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
    def behind(self) -> dict[str, Behind]:
        """The graphs behind each graph of links, by its name; none behind the public one."""
        nonempty = (behind for behind in self.linkage.behind if self._write_lines(behind))
        return {graph_of(self.iris, behind): behind for behind in nonempty}

    def public_graphs(self) -> dict[str, Iterable[bytes]]:
        """Return the lines of the public graph of links."""
        return {
            name: self._write_lines(graphs) for name, graphs in self.behind.items() if not graphs
        }

    def restricted_graphs(self) -> dict[str, Iterable[bytes]]:
        """Return the lines of the other graphs of links."""
        return {name: self._write_lines(graphs) for name, graphs in self.behind.items() if graphs}

    def encode_behind(self) -> bytes:
        """Return, for the site, the graphs that one must be able to read to read each, as JSON."""
        # Behind the public graph are all those that it names: one may be closed later.
        public = {graph for judged in self.linkage.judgements[EVERYONE] for graph in inside(judged)}
        behind = {name: sorted(graphs or public) for name, graphs in sorted(self.behind.items())}
        return json.dumps(behind, ensure_ascii=False, indent=1).encode()

    def partners(self, iris: Collection[str]) -> bytes:
        """Return, for the site, the partner that each of its other IRIs names, as JSON."""
        sets: defaultdict[str, set[str]] = defaultdict(set)
        for name, entity in self.linkage.same_as.get(EVERYONE, ()):
            sets[name].add(entity)
        partner_by_iri = {
            entity: min(members & {*iris})
            for members in sets.values()
            if members & {*iris}
            for entity in members - {*iris}
        }
        return json.dumps(partner_by_iri, ensure_ascii=False, indent=1, sort_keys=True).encode()

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
    """Return the name of the graph of links with some graphs behind it."""
    if not behind:
        return iris.links_graph
    names = "/".join(sorted(behind))
    return f"{iris.links_graph}/{hashlib.sha256(names.encode()).hexdigest()[:10]}"


def read_partner_names(generation: Generation) -> Mapping[str, str]:
    """Read the entities that are partners under other names; older generations have none."""
    file = generation.site / PARTNERS
    return dict(json.loads(file.read_bytes())) if file.is_file() else {}


def read_graphs_behind(generation: Generation) -> Mapping[str, frozenset[str]]:
    """Read the graphs behind each graph of links; older generations have none."""
    file = generation.site / FILE
    behind = json.loads(file.read_bytes()) if file.is_file() else {}
    return {name: frozenset(graphs) for name, graphs in behind.items()}


def _triple(subject: str, predicate: str, term: str) -> bytes:
    return f"{iri(subject)} {iri(str(predicate))} {term} .\n".encode()
