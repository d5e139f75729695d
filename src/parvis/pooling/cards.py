"""The small JSON files from which the site describes a generation: datasets, partners, queries.

They are written on publishing and read when the generation is served. The same content gives the
same bytes.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from parvis.catalog.distributions import DatasetFile
from parvis.catalog.quality import DuplicateCounts
from parvis.catalog.queries import THEMES, Query
from parvis.catalog.versions import DatasetVersion
from parvis.config.json_data import to_json
from parvis.governance import Stratum
from parvis.i18n import both, choose_text
from parvis.report.citations import Citation
from parvis.vocab.iris import DatasetKey

Texts = dict[str, str]
"""One text per language."""


@dataclass(frozen=True)
class MissingElement:
    """What a record lacks, and the points of quality that it costs."""

    points: int
    wanted: Texts


@dataclass(frozen=True)
class DatasetCard:
    """A dataset as its page describes it; `access` says in a sentence who may read it.

    `points` are those of data.europa.eu for its record. `duplicates` counts what other datasets
    describe too, for a public dataset that was compared. `readable` concerns the current reader,
    `downloads` are for who may read; `versions` are the oldest first, `pool` names the catalogue.
    `themes` are IRIs. `theme_names`, `keywords` and `years` are what the record is about; `kinds`,
    `disciplines`, `strata` and the `words` of all concepts what the content is: for who may read
    it, like `contents`, which counts its events, places, figures…. `version_of` is the IRI of the
    dataset of which it is an edition.
    """

    # Older generations lack `points` and `themes`: they are None there.

    key: DatasetKey
    iri: str
    title: Texts
    description: Texts
    partner_name: Texts
    licence: str | None
    license_label: Texts
    access: Texts
    triples: int
    modified: datetime | None
    invented: bool
    points: int | None = None
    unmet: tuple[MissingElement, ...] = ()
    duplicates: DuplicateCounts | None = None
    downloads: tuple[DatasetFile, ...] = ()
    versions: tuple[DatasetVersion, ...] = ()
    pool: Texts = field(default_factory=dict)
    themes: tuple[str, ...] | None = None
    theme_names: dict[str, Texts] = field(default_factory=dict)
    keywords: dict[str, list[str]] = field(default_factory=dict)
    years: tuple[int, int] | None = None
    kinds: tuple[str, ...] = ()
    disciplines: dict[str, Texts] = field(default_factory=dict)
    strata: dict[str, list[str]] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)
    contents: dict[str, int] = field(default_factory=dict)
    version_of: str | None = None
    readable: bool = False

    def citation(self, base: str, version: DatasetVersion, lang: str) -> Citation:
        """Return what a citation of a version of it names."""
        return Citation(
            key=str(self.key),
            authors=(choose_text(lang, self.partner_name),),
            title=choose_text(lang, self.title),
            version=version.label,
            issued=version.issued.date(),
            publisher=choose_text(lang, self.pool),
            address=f"{base}dataset/{self.key}",
            lang=lang,
        )

    def find_version(self, label: str) -> DatasetVersion | None:
        """Return the version of a label, by default the last; None where there is none."""
        versions = [version for version in self.versions if label in {"", version.label}]
        return versions[-1] if versions else None


@dataclass(frozen=True)
class PartnerCard:
    """A partner as its page describes it, with the datasets that the reader may know of.

    The third party has a card too, and is counted nowhere among the partners. `areas` are the names
    of where it works; `email` is the organisation's, never a person's.
    """

    # Older generations lack `description`, `areas` and `email`.

    slug: str
    name: Texts
    type_label: Texts
    url: str | None
    invented: bool
    third_party: bool = False
    datasets: tuple[DatasetCard, ...] = ()
    description: Texts = field(default_factory=dict)
    areas: tuple[Texts, ...] = ()
    email: str | None = None

    def to_json(self) -> dict[str, Any]:
        # A page adds the datasets that its reader may know of.
        return {name: value for name, value in asdict(self).items() if name != "datasets"}


@dataclass(frozen=True)
class ExampleQuery:
    """A question in words, with its SPARQL; `theme` is the title of what it is about.

    `form` is SELECT, ASK or CONSTRUCT; `chart` the columns that its chart draws (`ChartColumns`),
    empty where it has none of its own; `columns` the titles of its variables, `readers` who it is
    for, and `answer` the sentences that its result fills in each language, if any. `by_tables` asks
    the same of the tables of a publication (`Query`).
    """

    slug: str
    question: Texts
    text: str
    theme: Texts = field(default_factory=dict)
    form: str = "SELECT"
    chart: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, Texts] = field(default_factory=dict)
    readers: tuple[str, ...] = ()
    answer: dict[str, list[str]] = field(default_factory=dict)
    by_tables: str = ""

    @classmethod
    def of(cls, query: Query) -> Self:
        return cls(
            query.slug,
            query.question,
            query.text,
            both(THEMES[query.theme]),
            query.form,
            query.presentation.chart.to_json() if query.presentation.chart else {},
            query.columns,
            query.presentation.readers,
            query.presentation.answer,
            query.by_tables,
        )


DATASETS = "datasets.json"
PARTNERS = "partners.json"
PROJECTS = "projects.json"
QUERIES = "queries.json"
TOMBSTONES = "tombstones.json"

STRATA = "strata.json"
"""The strata of each dataset's figures."""

RECEIVED = "received.json"
"""Since when the pool has held each dataset."""

MADE_OF = "made_of.json"
"""The datasets that went into each release that is not public."""


def encode_json(value: object) -> bytes:
    # With an indent, the encoder is the slow one that is written in Python.
    return json.dumps(to_json(value), ensure_ascii=False).encode()


def read_rows(site: Path, name: str) -> list[dict[str, Any]]:
    """Read a list that every generation has."""
    content: list[dict[str, Any]] = json.loads((site / name).read_bytes())
    return content


def read_optional_rows(site: Path, name: str) -> list[dict[str, Any]]:
    # Generations of earlier releases lack it.
    return read_rows(site, name) if (site / name).is_file() else []


def read_receptions(site: Path) -> dict[str, datetime]:
    return {iri: datetime.fromisoformat(at) for iri, at in read_optional(site / RECEIVED).items()}


def read_release_sources(site: Path) -> dict[str, frozenset[str]]:
    return {iri: frozenset(datasets) for iri, datasets in read_optional(site / MADE_OF).items()}


def read_strata(site: Path) -> dict[str, frozenset[Stratum]]:
    return {iri: frozenset(map(tuple, rows)) for iri, rows in read_optional(site / STRATA).items()}


def read_optional(file: Path) -> dict[str, Any]:
    # Generations of earlier releases lack it.
    content: dict[str, Any] = json.loads(file.read_bytes()) if file.is_file() else {}
    return content
