"""Policies inside a partner's file, which decide nothing: only the catalogue folder holds law."""

from collections.abc import Iterator
from importlib.resources import files

from parvis.i18n import N_, both
from parvis.report import Finding, Severity
from parvis.validation import Locate, View

QUERY = files("parvis.pooling").joinpath("policies.rq").read_text(encoding="utf-8")
POLICY = N_(
    "a file of data gives {thing} {term}, which is for agreements: it would decide nothing here,"
    " so it is refused; agreements are signed with the third party"
)


def policies_inside(view: View, locate: Locate) -> Iterator[Finding]:
    """Find what a file says as agreements do (ODRL 2.2): each a violation, with its row."""
    found = [(str(one["thing"]), str(one["term"])) for one in view.select(QUERY)]
    place_of = locate({thing for thing, _ in found})
    for thing, term in found:
        text = both(POLICY, thing=thing, term=term)
        place = place_of(thing, None)
        yield Finding(Severity.VIOLATION, "policy", text, place=place, value=term, focus=thing)
