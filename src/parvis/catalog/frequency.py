"""How often a dataset's content is announced to come anew: `dct:accrualPeriodicity`."""

from datetime import timedelta
from types import MappingProxyType

from rdflib import URIRef
from rdflib.namespace import DCTERMS

from parvis.catalog.entries import Dataset

DAYS = MappingProxyType(
    {
        "CONT": 1,
        "UPDATE_CONT": 1,
        "HOURLY": 1 / 24,
        "BIHOURLY": 1 / 12,
        "TRIHOURLY": 1 / 8,
        "DAILY": 1,
        "DAILY_2": 1 / 2,
        "WEEKLY": 7,
        "WEEKLY_2": 7 / 2,
        "WEEKLY_3": 7 / 3,
        "BIWEEKLY": 14,
        "MONTHLY": 31,
        "MONTHLY_2": 31 / 2,
        "MONTHLY_3": 31 / 3,
        "BIMONTHLY": 62,
        "QUARTERLY": 92,
        "ANNUAL": 366,
        "ANNUAL_2": 183,
        "ANNUAL_3": 122,
        "BIENNIAL": 731,
        "TRIENNIAL": 1096,
        "QUADRENNIAL": 1461,
        "QUINQUENNIAL": 1827,
        "DECENNIAL": 3653,
    }
)
"""The days of a period at most, by the codes of the EU's list of frequencies.

Those that announce nothing (IRREG, UNKNOWN, NEVER…) are not among them.
"""


def period_of(dataset: Dataset) -> timedelta | None:
    """Give the time within which a new content is announced; None where none is."""
    told = dataset.described.value(URIRef(dataset.iri), DCTERMS.accrualPeriodicity)
    days = DAYS.get(str(told).rpartition("/")[2])
    return None if days is None else timedelta(days=days)
