"""What pages show of datasets, partners and queries; written into each generation."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

from parvis.catalog import Cited, DatasetVersion, Download, Duplicates
from parvis.vocab.iris import DatasetKey

Texts = dict[str, str]
"""One text per language."""


@dataclass(frozen=True)
class Unmet:
    """What a record lacks, and the points of quality that it costs."""

    points: int
    wanted: Texts


@dataclass(frozen=True)
class DatasetCard:
    """A dataset as a page tells it; `access` says in a sentence who may read it.

    `points` are those of data.europa.eu for its record, None where it was left out or in older
    generations.
    `duplicates` counts what others know too, of a dataset that everyone may read and that was
    compared. `readable` is about the reader who asks, `downloads` are for who may read; `versions`
    come the oldest first, `pool` names the catalogue. `themes` are IRIs, None in older generations.
    `theme_names`, `keywords` and `years` are what the record is about; `kinds`, `disciplines`,
    `strata` and the `words` of all concepts what the content is: for who may read it. `version_of`
    is the IRI of the dataset of which it is an edition.
    """

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
    unmet: tuple[Unmet, ...] = ()
    duplicates: Duplicates | None = None
    downloads: tuple[Download, ...] = ()
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
    version_of: str | None = None
    readable: bool = False

    def to_json(self) -> dict[str, Any]:
        """Give the card as plain data."""
        modified = self.modified.isoformat() if self.modified else None
        versions = [one.to_json() for one in self.versions]
        told = {"key": str(self.key), "modified": modified, "versions": versions}
        return asdict(self) | told

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Self:
        """Read what `to_json` gave."""
        modified = found["modified"] and datetime.fromisoformat(found["modified"])
        told = {
            "key": DatasetKey.parse(found["key"]),
            "modified": modified,
            "unmet": tuple(Unmet(**one) for one in found.get("unmet", ())),
            "duplicates": Duplicates(**found["duplicates"]) if found.get("duplicates") else None,
            "versions": tuple(map(DatasetVersion.from_json, found.get("versions", ()))),
            "downloads": tuple(Download(**one) for one in found.get("downloads", ())),
            "kinds": tuple(found.get("kinds", ())),
            "years": found.get("years") and tuple(found["years"]),
            "themes": None if found.get("themes") is None else tuple(found["themes"]),
        }
        return cls(**(found | told))

    def cited(self, base: str) -> Cited:
        """Give what a citation of it names."""
        address = f"{base}dataset/{self.key}"
        return Cited(str(self.key), self.partner_name, self.title, self.pool, address)


@dataclass(frozen=True)
class PartnerCard:
    """A partner as its page tells it, with the datasets that the reader may know of."""

    slug: str
    name: Texts
    type_label: Texts
    url: str | None
    invented: bool
    datasets: tuple[DatasetCard, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Give the card as plain data, without the datasets."""
        return {name: value for name, value in asdict(self).items() if name != "datasets"}


@dataclass(frozen=True)
class ExampleQuery:
    """A question in words, with its SPARQL; `theme` is how pages call what it is about.

    `form` is SELECT, ASK or CONSTRUCT; `chart` the Vega-Lite specification that draws the answer,
    as JSON, empty when there is none; `columns` what its variables are called, where that is told.
    """

    slug: str
    question: Texts
    text: str
    theme: Texts = field(default_factory=dict)
    form: str = "SELECT"
    chart: str = ""
    columns: dict[str, Texts] = field(default_factory=dict)
