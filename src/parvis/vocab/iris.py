"""The pool's own IRIs, made from its base address."""

import re
from dataclasses import dataclass
from typing import Self

from parvis.errors import StoreError, UsageError
from parvis.i18n import N_

BAD_SLUG = N_("“{slug}” is no name: it is made of a–z, 0–9 and hyphens")
NO_KEY = N_("“{name}” names no dataset: partner/dataset, each of a–z, 0–9 and hyphens")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")
_KEY = re.compile(r"([a-z0-9][a-z0-9-]{0,254})/([a-z0-9][a-z0-9-]{0,254})")


@dataclass(frozen=True, order=True)
class DatasetKey:
    """A partner's dataset, written ``partner/dataset`` for people."""

    partner: str
    dataset: str

    @classmethod
    def parse(cls, text: object) -> Self:
        """Parse a key of a file. Raises `StoreError`."""
        match = _KEY.fullmatch(text) if isinstance(text, str) else None
        # The key becomes a part of paths.
        if match is None:
            raise StoreError(NO_KEY, name=ascii(text)[:60])
        return cls(match[1], match[2])

    def __str__(self) -> str:
        return f"{self.partner}/{self.dataset}"


@dataclass(frozen=True)
class Iris:
    """The IRIs under one base.

    >>> iris = Iris("https://pool.example/")
    >>> iris.graph(DatasetKey("musee-b", "visites"))
    'https://pool.example/graph/musee-b/visites'
    """

    base: str

    def graph(self, key: DatasetKey) -> str:
        """Return the IRI of a dataset's graph, the unit of access, retention and replacement."""
        return f"{self.base}graph/{key}"

    def key(self, graph: str) -> DatasetKey:
        """Return the dataset of a graph, by the graph's name.

        >>> Iris("https://pool.example/").key("https://pool.example/graph/musee-b/visites").dataset
        'visites'
        """
        partner, _, dataset = graph.removeprefix(f"{self.base}graph/").partition("/")
        return DatasetKey(partner, dataset)

    def dataset(self, key: DatasetKey) -> str:
        """Return the IRI of a dataset as a DCAT resource."""
        return f"{self.base}id/dataset/{key}"

    def partner(self, slug: str) -> str:
        return f"{self.base}id/partner/{slug}"

    def thing(self, kind: str, key: str) -> str:
        """Return the IRI of another entity of the pool: a submission, a distribution…."""
        return f"{self.base}id/{kind}/{key}"

    def is_ours(self, graph: str) -> bool:
        """Return whether a graph is one of those that parvis writes itself."""
        return graph.startswith(f"{self.base}graph/parvis/")

    @property
    def ontology_graph(self) -> str:
        """Return the IRI of the graph of the ontology and its concepts."""
        return f"{self.base}graph/parvis/ontology"

    @property
    def catalog_graph(self) -> str:
        """Return the IRI of the graph of partners, projects and records open to discovery."""
        return f"{self.base}graph/parvis/catalog"

    @property
    def queries_graph(self) -> str:
        """Return the IRI of the graph of the example queries, which is open."""
        return f"{self.base}graph/parvis/queries"

    @property
    def statistics_graph(self) -> str:
        """Return the IRI of the graph of the statistics of open graphs."""
        return f"{self.base}graph/parvis/statistics"

    def statistics_of(self, key: DatasetKey) -> str:
        """Return the IRI of the graph of a restricted dataset's statistics."""
        return f"{self.statistics_graph}/{key}"

    @property
    def links_graph(self) -> str:
        """Return the IRI of the graph of links between open entities."""
        return f"{self.base}graph/parvis/links"

    def record_graph(self, key: DatasetKey) -> str:
        """Return the IRI of the graph of a dataset's record that not everyone may discover."""
        return f"{self.base}graph/parvis/record/{key}"


def slug(text: str) -> str:
    """Return a name that becomes a folder and part of IRIs; raises `UsageError`."""
    if not _SLUG.fullmatch(text):
        raise UsageError(BAD_SLUG, slug=text)
    return text
