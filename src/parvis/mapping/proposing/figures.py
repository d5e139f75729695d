"""The usual forms of figures on publics, known by the headings of a table."""

from collections.abc import Sequence

from parvis.i18n import N_
from parvis.mapping.proposing.measuring import BASE, SAMPLE
from parvis.mapping.proposing.proposals import POSTAL, Proposal
from parvis.mapping.proposing.spreading import PERIOD, dimension_of

BY_AGE = N_("Its form: a table whose columns are ages or publics.")
BY_MONTH = N_("Its form: a table whose columns are months or years.")
BY_POST = N_("Its form: tickets by postal code, of which the first three characters are kept.")
SURVEYED = N_("Its form: the counts of a survey.")
LONG = N_("Its form: a long table, one figure a row or one a measure.")


def form_of(proposed: Sequence[Proposal]) -> str:
    """Say which form a table of figures has."""
    spread = {one.spread for one in proposed if one.spread}
    posts = {one.kind.name for one in proposed if dimension_of(one) == "parvis:refArea"}
    asked = {one.best.term for one in proposed if one.best and one.sure}
    if spread:
        return BY_MONTH if spread == {PERIOD} else BY_AGE
    if posts & {*POSTAL}:
        return BY_POST
    return SURVEYED if asked & {SAMPLE, BASE} else LONG
