"""Pages of the catalogue, as Hydra describes them to harvesters."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF

from parvis.rdf.files import sorted_lines
from parvis.vocab.namespaces import HYDRA


@dataclass(frozen=True)
class Paging:
    """One page of so many items; pages are counted from 1, and there is always a first."""

    page: int
    per_page: int
    total: int

    @property
    def last(self) -> int:
        """Give the number of the last page."""
        return max(1, ceil(self.total / self.per_page))

    @property
    def span(self) -> slice:
        """Tell which items stand on the page."""
        return slice((self.page - 1) * self.per_page, self.page * self.per_page)

    def around(self) -> dict[str, int]:
        """Give the numbers of the pages that lead on from this one, by what they are to it.

        >>> Paging(2, 10, 25).around()
        {'first': 1, 'last': 3, 'previous': 1, 'next': 3}
        """
        found = {"first": 1, "last": self.last, "previous": self.page - 1, "next": self.page + 1}
        return {name: page for name, page in found.items() if 1 <= page <= self.last}


def hydra(catalog: str, paging: Paging, address: Callable[[int], str]) -> bytes:
    """Describe the page of a catalogue in N-Triples; `address` gives the IRI of a page.

    A page that holds everything is no view: the whole is told by its count. Old harvesters know
    `hydra:PagedCollection` and ``nextPage``, newer ones `hydra:PartialCollectionView` and ``next``.
    """
    graph, whole = Graph(), URIRef(catalog)
    graph.add((whole, RDF.type, HYDRA.Collection))
    graph.add((whole, HYDRA.totalItems, Literal(paging.total)))
    if paging.last > 1:
        view = URIRef(address(paging.page))
        graph.add((whole, HYDRA.view, view))
        graph.add((view, RDF.type, HYDRA.PartialCollectionView))
        graph.add((view, RDF.type, HYDRA.PagedCollection))
        graph.add((view, HYDRA.totalItems, Literal(paging.total)))
        graph.add((view, HYDRA.itemsPerPage, Literal(paging.per_page)))
        for name, page in paging.around().items():
            for step in (HYDRA[name], HYDRA[f"{name}Page"]):
                graph.add((view, step, URIRef(address(page))))
    return sorted_lines(graph)
