"""The register of anonymisations, for who asks to see it: CSV, JSON, or a page of HTML."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

import parvis
from parvis.catalog import Anonymisation, Partner, Party, anonymisations
from parvis.catalog.ontology import short, words
from parvis.i18n import LANGUAGES, N_, say, translations
from parvis.pooling.pool import Pool
from parvis.pooling.publics.history import Releases
from parvis.pooling.serving.exchange import named
from parvis.report.tables import csv_text

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
class Register:
    """All records of anonymisation of a pool, as they stand on a day; `names` are the parties'."""

    title: Mapping[str, str]
    entries: tuple[Anonymisation, ...]
    names: Mapping[str, Mapping[str, str]]
    today: date

    def overdue(self, one: Anonymisation) -> bool:
        """Say whether the day by which an analysis was to be done again is past."""
        return one.review < self.today

    def cells(self, one: Anonymisation, lang: str) -> list[str]:
        """Write an entry in a language, a text for each of `COLUMNS`."""
        parameters = (
            f"{words().of_term(step).get(lang, short(step))} : {value}"
            for step, value in one.parameters.items()
        )
        responsible = self.names.get(one.responsible, {}).get(lang) or one.responsible
        return [
            str(one.dataset),
            one.title[lang],
            one.description[lang],
            ", ".join(map(short, one.purposes)),
            responsible,
            ", ".join(named((technique,))[lang] for technique in one.techniques),
            ", ".join(parameters),
            str(one.contributors),
            str(one.persons),
            one.audit[lang],
            one.ended.isoformat(),
            one.review.isoformat(),
            say(lang, YES if self.overdue(one) else NO),
        ]

    def headings(self, lang: str) -> list[str]:
        """Give the headings in a language."""
        return [say(lang, column) for column in COLUMNS]

    def to_csv(self, lang: str) -> str:
        """Write it as a table."""
        return csv_text([self.headings(lang), *self._rows(lang)])

    def to_html(self, lang: str) -> str:
        """Write it as a page that stands alone."""
        environment = Environment(
            loader=PackageLoader("parvis.pooling"),
            autoescape=True,
            extensions=["jinja2.ext.i18n"],
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.install_gettext_translations(translations(lang), newstyle=True)  # type: ignore[attr-defined] # the extension's
        return environment.get_template("register.html").render(
            title=self.title[lang],
            today=self.today,
            headings=self.headings(lang),
            rows=list(self._rows(lang)),
            lang=lang,
            version=parvis.__version__,
        )

    def to_json(self) -> list[dict[str, Any]]:
        """Give it as plain data."""
        return [
            vars(one)
            | {
                "dataset": str(one.dataset),
                "ended": one.ended.isoformat(),
                "review": one.review.isoformat(),
                "overdue": self.overdue(one),
            }
            for one in self.entries
        ]

    def _rows(self, lang: str) -> Iterator[list[str]]:
        return (self.cells(one, lang) for one in self.entries)


def register(pool: Pool, today: date) -> Register:
    """Gather the records of all releases of a pool; raises `CatalogError` for a partial one."""
    catalog = pool.catalog
    parties: list[Partner | Party] = [*catalog.partners.values(), *catalog.parties.values()]
    return Register(
        title={lang: catalog.title[lang] for lang in LANGUAGES},
        entries=tuple(
            one
            for key, dataset in catalog.datasets.items()
            for one in anonymisations(dataset, Releases(pool.settings.data, key).records())
        ),
        names={party.iri: party.names for party in parties},
        today=today,
    )
