"""Strong identifiers: what an authority gives to one thing only, told by how it is written.

Each is written ``scheme:key``. A number of the wrong form, or with a wrong check digit, is none.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

SAME_AS = {
    "wikidata": "http://www.wikidata.org/entity/{}",
    "isni": "https://isni.org/isni/{}",
    "viaf": "http://viaf.org/viaf/{}",
    "artsdata": "http://kg.artsdata.ca/resource/{}",
    "ror": "https://ror.org/{}",
}
"""The IRI of the thing itself, for schemes that have one; the NEQ has none."""


class Scheme(NamedTuple):
    """How an authority's identifiers are written, in an IRI and alone."""

    name: str
    pattern: re.Pattern[str]
    written: Callable[[str], str | None]


def _isni(text: str) -> str | None:
    """Give the sixteen signs of an ISNI; none if the check digit is wrong (ISO 27729)."""
    signs = re.sub(r"[\s-]", "", text).upper()
    total = 0
    for sign in signs[:-1]:
        total = (total + int(sign)) * 2
    return signs if "0123456789X"[(12 - total % 11) % 11] == signs[-1] else None


def _neq(text: str) -> str | None:
    """Give the ten digits of a Québec enterprise number."""
    return re.sub(r"[\s-]", "", text)


_SCHEMES = (
    Scheme(
        "wikidata",
        re.compile(
            r"(?:https?://(?:www\.)?wikidata\.org/(?:entity|wiki)/|wikidata:|wd:)(Q[1-9]\d*)"
        ),
        str,
    ),
    Scheme(
        "isni",
        re.compile(
            r"(?i)(?:https?://(?:www\.)?isni\.org/(?:isni/)?|isni:?\s*)((?:\d[\s-]?){15}[\dX])",
            re.IGNORECASE,
        ),
        _isni,
    ),
    Scheme("viaf", re.compile(r"(?:https?://(?:www\.)?viaf\.org/viaf/|viaf:)(\d+)/?"), str),
    Scheme(
        "artsdata", re.compile(r"(?:https?://kg\.artsdata\.ca/resource/|artsdata:)(K\d+-\d+)"), str
    ),
    Scheme("ror", re.compile(r"(?i)(?:https?://ror\.org/|ror:)(0[a-z0-9]{8})"), str.lower),
    Scheme("neq", re.compile(r"(?i)(?:neq:?\s*)?((?:11|22|33|88)(?:[\s-]?\d){8})"), _neq),
)


def identifier(text: str) -> str | None:
    """Read a strong identifier from an IRI or from what a partner wrote; None if it is none.

    >>> identifier("https://www.wikidata.org/wiki/Q1234"), identifier("NEQ 1141 234 567")
    ('wikidata:Q1234', 'neq:1141234567')
    >>> identifier("https://isni.org/isni/0000000121032683"), identifier("isni:0000000121032684")
    ('isni:0000000121032683', None)
    >>> identifier("https://lanterne.example/") is None
    True
    """
    for scheme in _SCHEMES:
        if found := scheme.pattern.fullmatch(text.strip()):
            key = scheme.written(found[1])
            return key and f"{scheme.name}:{key}"
    return None


def entity_iri(known: str) -> str | None:
    """Give the IRI of the thing that an identifier names, if its authority has one.

    >>> entity_iri("wikidata:Q1234"), entity_iri("neq:1141234567")
    ('http://www.wikidata.org/entity/Q1234', None)
    """
    scheme, _, key = known.partition(":")
    template = SAME_AS.get(scheme)
    return template and template.format(key)
