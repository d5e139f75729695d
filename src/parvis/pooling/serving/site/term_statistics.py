"""How often the datasets that a reader may read use each class and property."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from parvis.governance import Reader
from parvis.pooling.serving.query import QueryService

QUERY = """
PREFIX void: <http://rdfs.org/ns/void#>
SELECT ?dataset ?class ?property ?count WHERE {
  { ?part void:class ?class ; void:entities ?count . ?dataset void:classPartition ?part }
  UNION
  {
    ?use void:property ?property ; void:triples ?count .
    ?part void:propertyPartition ?use .
    OPTIONAL { ?part void:class ?class . ?of void:classPartition ?part }
    BIND (COALESCE(?of, ?part) AS ?dataset)
  }
}
"""
"""The partitions of the datasets by class, of the classes by property, and of all by property."""


@dataclass
class TermStatistics:
    """Entities by class, triples by property, triples by class and property; terms of a dataset."""

    classes: Counter[str] = field(default_factory=Counter)
    properties: Counter[str] = field(default_factory=Counter)
    of_class: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    terms: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def find_datasets(self, classes: Collection[str], properties: Collection[str]) -> set[str]:
        """Return the datasets that have entities of some of the classes; without any, properties.

        Without classes and properties, all datasets.
        """
        wanted = {*classes} or {*properties}
        return {iri for iri, terms in self.terms.items() if not wanted or terms & wanted}


def read_term_statistics(service: QueryService, reader: Reader) -> TermStatistics:
    """Read the statistics from the graphs that the reader may read; raises as `ask` does."""
    return service.compute_of_rows(reader, QUERY, _add_up)


def _add_up(rows: Iterable[Mapping[str, str]]) -> TermStatistics:
    statistics = TermStatistics()
    for row in rows:
        count, kind, step = int(row["count"]), row.get("class"), row.get("property")
        if kind and step:
            statistics.of_class[kind][step] += count
        elif kind:
            statistics.classes[kind] += count
        elif step:
            statistics.properties[step] += count
        statistics.terms[row["dataset"]].add(kind or str(step))
    return statistics
