"""The register of anonymisations, for anyone who may see it: CSV, JSON, or a page of HTML."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from rdflib import Graph

from parvis.catalog.ontology import last_segment, load_words
from parvis.catalog.provenance import Anonymisation, anonymisations
from parvis.config import Settings, clock
from parvis.config.json_data import to_object
from parvis.errors import InputError, StoreError
from parvis.i18n import LANGUAGES, N_, explain, say
from parvis.pooling.pool import Pool
from parvis.pooling.publics.editions import SLUG
from parvis.pooling.publics.history import TABLES, Releases
from parvis.pooling.publics.release_review import ReleaseReview, review_releases
from parvis.pooling.report_forms import render_page
from parvis.pooling.serving.exchange import name_stratum
from parvis.report.delimited import csv_text
from parvis.vocab.iris import DatasetKey

if TYPE_CHECKING:
    from parvis.catalog.entries import Partner
    from parvis.catalog.projects import Party

COLUMNS = (
    N_("Dataset"),
    N_("Title"),
    N_("What was anonymised"),
    N_("Purposes"),
    N_("Responsible"),
    N_("Techniques"),
    N_("Parameters"),
    N_("Fewest contributors"),
    N_("Fewest persons"),
    N_("Audit"),
    N_("Analysis completed"),
    N_("Next review"),
    N_("Review overdue"),
)
YES, NO = N_("yes"), N_("no")


@dataclass(frozen=True)
class AnonymisationRegister:
    """All records of anonymisation of a pool on a day; `names` are those of the parties."""

    title: Mapping[str, str]
    entries: tuple[Anonymisation, ...]
    names: Mapping[str, Mapping[str, str]]
    today: date

    def is_overdue(self, entry: Anonymisation) -> bool:
        return entry.review < self.today

    def cells(self, entry: Anonymisation, lang: str) -> list[str]:
        """Return an entry in a language, a text for each of `COLUMNS`."""
        parameters = (
            f"{load_words().of_term(step).get(lang, last_segment(step))} : {value}"
            for step, value in entry.parameters.items()
        )
        responsible = self.names.get(entry.responsible, {}).get(lang) or entry.responsible
        return [
            str(entry.dataset),
            entry.title[lang],
            entry.description[lang],
            ", ".join(map(last_segment, entry.purposes)),
            responsible,
            ", ".join(name_stratum((technique,))[lang] for technique in entry.techniques),
            ", ".join(parameters),
            str(entry.contributors),
            str(entry.persons),
            entry.audit[lang],
            entry.ended.isoformat(),
            entry.review.isoformat(),
            say(lang, YES if self.is_overdue(entry) else NO),
        ]

    def headings(self, lang: str) -> list[str]:
        return [say(lang, column) for column in COLUMNS]

    def to_csv(self, lang: str) -> str:
        return csv_text([self.headings(lang), *self._rows(lang)])

    def to_html(self, lang: str) -> str:
        """Return it as a page that needs no other file."""
        return render_page(
            "register.html",
            lang,
            title=self.title[lang],
            today=self.today,
            headings=self.headings(lang),
            rows=list(self._rows(lang)),
        )

    def to_json(self) -> list[dict[str, Any]]:
        return [to_object(entry) | {"overdue": self.is_overdue(entry)} for entry in self.entries]

    def _rows(self, lang: str) -> Iterator[list[str]]:
        return (self.cells(entry, lang) for entry in self.entries)


@dataclass(frozen=True)
class FiguresReview:
    """What the steward reads over: the last release of each edition, and overdue reviews.

    `problem` says why there are no releases, if the pool is not made to have some.
    """

    releases: Sequence[ReleaseReview]
    problem: Mapping[str, str] | None
    overdue: Sequence[Anonymisation]


def read_figures_review(settings: Settings) -> FiguresReview:
    """Return the reviews of a pool's releases of figures, for the third party alone."""
    releases: list[ReleaseReview] = []
    problem: Mapping[str, str] | None = None
    with Pool.open(settings, lenient=True) as pool:
        try:
            releases = review_releases(pool)
        except (InputError, StoreError) as error:
            problem = {lang: explain(error, lang) for lang in LANGUAGES}
        register = read_register(pool, clock.now().date())
    last = {entry.dataset: entry for entry in register.entries}
    return FiguresReview(releases, problem, list(filter(register.is_overdue, last.values())))


def read_register(pool: Pool, today: date) -> AnonymisationRegister:
    """Read the records of all releases of a pool; raises `CatalogError` for a partial one."""
    catalog = pool.catalog
    parties: list[Partner | Party] = [*catalog.partners.values(), *catalog.parties.values()]
    return AnonymisationRegister(
        title={lang: catalog.title[lang] for lang in LANGUAGES},
        entries=tuple(
            record
            for key, dataset in catalog.datasets.items()
            for record in anonymisations(dataset, _read_records(pool, key))
        ),
        names={party.iri: party.names for party in parties},
        today=today,
    )


def _read_records(pool: Pool, key: DatasetKey) -> Graph:
    """Return the records of a dataset's releases; tables that were asked for are of all."""
    records = Releases(pool.settings.data, key).records()
    if key == DatasetKey(pool.catalog.third_party.slug, SLUG):
        records += Releases(pool.settings.data, DatasetKey(key.partner, TABLES)).records()
    return records


def read_pool_register(settings: Settings) -> AnonymisationRegister:
    """Read the register of a pool as of today."""
    with Pool.open(settings, lenient=True) as pool:
        return read_register(pool, clock.now().date())
