"""What a partner's file says that is not its partner's to say.

Policies decide nothing, since only the catalogue folder holds law: they are refused. What it says
of another partner's things, or of the third party's, would be read as if these had said it: the
steward decides.
"""

import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from itertools import islice
from posixpath import normpath
from urllib.parse import unquote

from parvis.catalog import Dataset
from parvis.i18n import N_, both
from parvis.pooling.pool import Pool
from parvis.report import Finding, Severity
from parvis.validation import Locate, View

QUERY = files("parvis.pooling").joinpath("policies.rq").read_text(encoding="utf-8")
POLICY = N_(
    "a file of data gives {thing} {term}, which is for agreements: it would decide nothing here,"
    " so it is refused; agreements are signed with the third party"
)
OF_ANOTHER = "of-another"
"""The rule of what is said of things that are not the partner's own."""
ANOTHERS = N_(
    "the file says something of {thing}, which is {owner}’s to describe, not this partner’s: it"
    " waits for the steward’s approval; to link to it is free"
)
ANOTHER_PARTNER = N_("the partner {slug}")
THIRD_PARTY = N_("the trusted third party")
THIRD_PARTYS = frozenset(
    {"agreement", "catalog", "certificate", "distribution", "match", "party", "project", "query"}
    | {"service", "submission", "version"}
)
"""The kinds of things that the third party alone describes, whoever they are about."""
CANONICAL = re.compile(r"[^/]+/[0-9a-f]{10}")
"""The path of the name that several things have together, which the third party gives."""
MOST = 1000
"""How many such things are told."""


def said_of_others(
    pool: Pool, dataset: Dataset, lines: Iterable[bytes], locate: Locate
) -> Iterator[Finding]:
    """Find what a file says of others' things: each a warning, with its row.

    `lines` are its triples, those of a subject together. The third party describes whatever it
    has to, and anything may be linked to.
    """
    if dataset.publisher == pool.catalog.host.iri:
        return
    things = dict(islice(_others_things(pool, dataset, lines), MOST))
    place_of = locate(set(things))
    for thing, owner in things.items():
        text = both(ANOTHERS, thing=thing, owner=owner)
        place = place_of(thing, None)
        yield Finding(Severity.WARNING, OF_ANOTHER, text, place=place, focus=thing)


def _others_things(
    pool: Pool, dataset: Dataset, lines: Iterable[bytes]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Give the subjects that are another's, each with whose it is."""
    base, before = f"<{pool.settings.base}".encode(), b""
    for line in lines:
        if not line.startswith(base):
            continue
        subject = line.partition(b" ")[0]
        if subject != before:
            before, thing = subject, subject[1:-1].decode()
            owner = _owner(pool, dataset.key.partner, thing.removeprefix(pool.settings.base))
            if owner is not None:
                yield thing, owner


def _owner(pool: Pool, own: str, path: str) -> dict[str, str] | None:
    """Tell whose a thing of the pool is by its path; None for the partner's own, or nobody's.

    However it is written: what is decoded, or stands behind dots, is read as it would be.
    """
    parts = normpath(unquote(path)).lower().split("/")
    if parts[0] != "id":
        return None if parts[:2] == ["graph", own] else both(THIRD_PARTY)
    kind, slug = (*parts[1:3], "", "")[:2]
    if kind in THIRD_PARTYS or CANONICAL.fullmatch("/".join(parts[1:])):
        return None if slug == own else both(THIRD_PARTY)
    if slug != own and slug in pool.catalog.partners:
        return both(ANOTHER_PARTNER, slug=slug)
    return None


def policies_inside(view: View, locate: Locate) -> Iterator[Finding]:
    """Find what a file says as agreements do (ODRL 2.2): each a violation, with its row."""
    found = [(str(one["thing"]), str(one["term"])) for one in view.select(QUERY)]
    place_of = locate({thing for thing, _ in found})
    for thing, term in found:
        text = both(POLICY, thing=thing, term=term)
        place = place_of(thing, None)
        yield Finding(Severity.VIOLATION, "policy", text, place=place, value=term, focus=thing)
