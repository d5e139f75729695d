"""Licences and frequencies as portals write them, as the authorities' own terms."""

import re

from rdflib import URIRef

from parvis.catalog.authorities import AUTHORITIES

CC = "https://creativecommons.org/"
EU_FREQUENCY = "http://publications.europa.eu/resource/authority/frequency/"

_CC = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/((?:licenses|publicdomain)/[a-z-]+/[0-9.]+)"
)
_ADDRESS = re.compile(r"https?://[^\x00-\x20<>\"{}|\\^`\x7f]+")
_LICENCES = {
    "cc-by": f"{CC}licenses/by/4.0/",
    "cc-by-4.0": f"{CC}licenses/by/4.0/",
    "cc-by-sa": f"{CC}licenses/by-sa/4.0/",
    "cc-by-sa-4.0": f"{CC}licenses/by-sa/4.0/",
    "cc-nc": f"{CC}licenses/by-nc/4.0/",
    "cc-by-nc": f"{CC}licenses/by-nc/4.0/",
    "cc-by-nc-4.0": f"{CC}licenses/by-nc/4.0/",
    "cc-zero": f"{CC}publicdomain/zero/1.0/",
    "cc0": f"{CC}publicdomain/zero/1.0/",
    "cc0-1.0": f"{CC}publicdomain/zero/1.0/",
    "ca-ogl-lgo": "https://open.canada.ca/en/open-government-licence-canada",
    "ogl-canada-2.0": "https://open.canada.ca/en/open-government-licence-canada",
    "http://www.opendefinition.org/licenses/cc-by": f"{CC}licenses/by/4.0/",
    "http://www.opendefinition.org/licenses/cc-by-sa": f"{CC}licenses/by-sa/4.0/",
    "http://www.opendefinition.org/licenses/cc-zero": f"{CC}publicdomain/zero/1.0/",
}
"""Short names of CKAN and of SPDX, and the addresses that CKAN gives for its own."""
_FREQUENCIES = {
    "continuous": "UPDATE_CONT",
    "continual": "UPDATE_CONT",
    "hourly": "HOURLY",
    "daily": "DAILY",
    "weekly": "WEEKLY",
    "fortnightly": "BIWEEKLY",
    "biweekly": "BIWEEKLY",
    "monthly": "MONTHLY",
    "quarterly": "QUARTERLY",
    "semiannual": "ANNUAL_2",
    "biannually": "ANNUAL_2",
    "annual": "ANNUAL",
    "annually": "ANNUAL",
    "irregular": "IRREG",
    "asneeded": "AS_NEEDED",
    "notplanned": "NOT_PLANNED",
}
"""The codes of ISO 19115, and CKAN's English."""


def licence_of(said: str) -> str | None:
    """Give the address of a licence, the known form of it if there is one; None for no address.

    >>> licence_of("http://creativecommons.org/licenses/by/4.0/deed.fr")
    'https://creativecommons.org/licenses/by/4.0/'
    """
    found = _LICENCES.get(said.strip().lower().rstrip("/"))
    if found is not None:
        return found
    if known := _CC.match(said):
        return f"{CC}{known[1]}/"
    return said if is_address(said) else None


def frequency_of(said: str) -> str | None:
    """Give the authority's term for a frequency; None for one that is not known.

    >>> frequency_of("asNeeded")
    'http://publications.europa.eu/resource/authority/frequency/AS_NEEDED'
    """
    code = _FREQUENCIES.get(said.lower())
    return f"{EU_FREQUENCY}{code}" if code else said if is_known(said) else None


def is_address(text: str) -> bool:
    """Say whether a text is an address that may stand as an IRI (RFC 3987)."""
    return _ADDRESS.fullmatch(text) is not None


def is_known(iri: str) -> bool:
    """Say whether a term is among those of the authorities that records may use."""
    return (URIRef(iri), None, None) in AUTHORITIES
