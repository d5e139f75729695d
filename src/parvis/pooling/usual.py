"""The usual forms of figures on publics: an invented example of each, in each language.

A mapping for a file of such a form is proposed whole, once it is told what no heading says.
"""

import csv
from collections.abc import Mapping
from importlib.resources import files

from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.mapping.proposing import Facts
from parvis.pooling.drafting import slug
from parvis.pooling.figures import MEASURES
from parvis.pooling.schemes import scheme
from parvis.pooling.words import short
from parvis.vocab.iris import DatasetKey

FORMS = ("by-age", "by-month", "by-postal-code", "long", "survey")
"""Tables by age or by month, tickets by postal code, long tables, counts of a survey."""
TOLD = ("measure", "method", "discipline", "area", "period")
"""What may be told of all figures of a file."""
NO_MEASURE = N_("there is no measure “{name}”; known: {known}")


def example(form: str, lang: str) -> list[list[str]]:
    """Give the headings of a form, and a few rows."""
    file = files("parvis.pooling").joinpath("usual", f"{form}.{lang}.csv")
    return list(csv.reader(file.read_text(encoding="utf-8").splitlines()))


def facts(key: DatasetKey | None, told: Mapping[str, str]) -> Facts:
    """Read what is told of a file's figures: by codes or labels, empty ones left aside.

    Raises `UsageError` for what no list knows.
    """
    given = {name: text for name, text in told.items() if name in TOLD and text.strip()}
    found = {
        name: short(scheme(name).require(text)) for name, text in given.items() if name != "measure"
    }
    if measure := given.get("measure", "").strip():
        known = [short(one) for one in MEASURES]
        if measure not in known:
            raise UsageError(NO_MEASURE, name=measure[:100], known=", ".join(known))
        found["measure"] = measure
    names = {"partner": slug(key.partner), "dataset": slug(key.dataset)} if key else {}
    return Facts(**names, **found)
