"""Addresses that mean something: how the pool's own IRIs are made from its base."""

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
    """A partner's dataset, written ``partner/dataset`` wherever a person names one."""

    partner: str
    dataset: str

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read a key that a file tells: it becomes a part of paths. Raises `StoreError`."""
        found = _KEY.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise StoreError(NO_KEY, name=ascii(text)[:60])
        return cls(found[1], found[2])

    def __str__(self) -> str:
        """Write the key as people do."""
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
        """Name the graph of a dataset: the unit of access, retention and replacement."""
        return f"{self.base}graph/{key}"

    def key(self, graph: str) -> DatasetKey:
        """Tell of which dataset a graph is, by its name.

        >>> Iris("https://pool.example/").key("https://pool.example/graph/musee-b/visites").dataset
        'visites'
        """
        partner, _, dataset = graph.removeprefix(f"{self.base}graph/").partition("/")
        return DatasetKey(partner, dataset)

    def dataset(self, key: DatasetKey) -> str:
        """Name a dataset as a DCAT resource."""
        return f"{self.base}id/dataset/{key}"

    def partner(self, slug: str) -> str:
        """Name a partner."""
        return f"{self.base}id/partner/{slug}"

    def thing(self, kind: str, key: str) -> str:
        """Name any other thing of the pool: a submission, a distribution, a service."""
        return f"{self.base}id/{kind}/{key}"

    def is_ours(self, graph: str) -> bool:
        """Say whether a graph is one of those that parvis writes itself."""
        return graph.startswith(f"{self.base}graph/parvis/")

    @property
    def ontology_graph(self) -> str:
        """Name the graph that holds the ontology and its concepts."""
        return f"{self.base}graph/parvis/ontology"

    @property
    def catalog_graph(self) -> str:
        """Name the graph of partners, projects and records that everyone may discover."""
        return f"{self.base}graph/parvis/catalog"

    @property
    def queries_graph(self) -> str:
        """Name the graph of the example queries, which is everyone's."""
        return f"{self.base}graph/parvis/queries"

    @property
    def statistics_graph(self) -> str:
        """Name the graph of what is counted in the graphs that everyone may read."""
        return f"{self.base}graph/parvis/statistics"

    def statistics_of(self, key: DatasetKey) -> str:
        """Name the graph of what is counted in one dataset, when not everyone may read it."""
        return f"{self.statistics_graph}/{key}"

    @property
    def links_graph(self) -> str:
        """Name the graph of what is one among the things that everyone may read of."""
        return f"{self.base}graph/parvis/links"

    def record_graph(self, key: DatasetKey) -> str:
        """Name the graph of one dataset's record, when not everyone may discover it."""
        return f"{self.base}graph/parvis/record/{key}"


def slug(text: str) -> str:
    """Give a name that becomes a folder and part of IRIs; raises `UsageError`."""
    if not _SLUG.fullmatch(text):
        raise UsageError(BAD_SLUG, slug=text)
    return text
