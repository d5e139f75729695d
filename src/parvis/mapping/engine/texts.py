"""What functions of mappings make of a text: keys, plain text, postal codes, telephone numbers."""

import hashlib
import re
import unicodedata
from html import unescape

import nh3

from parvis.i18n import N_
from parvis.mapping.engine.values import InvalidValue

NOT_POSTAL_CODE = N_("“{value}” is not a Canadian postal code")
SORTATION_AREA = re.compile(r"[ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z]")
POSTAL_CODE = re.compile(r"([ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z])[ -]?(\d[ABCEGHJ-NPRSTV-Z]\d)")
SLUG_BREAK = re.compile(r"[^a-z0-9]+")


def slug_of(text: str) -> str:
    """Return a key for IRIs made of a text: ASCII, lower case, hyphens.

    >>> slug_of("L’Île-aux-Sœurs, 2e étage")
    'l-ile-aux-soeurs-2e-etage'
    """
    expanded = re.sub(r"[’']", " ", text.casefold()).replace("œ", "oe").replace("æ", "ae")
    ascii_text = unicodedata.normalize("NFKD", expanded).encode("ascii", "ignore").decode()
    # A text without any Latin letter (“音楽”) still needs a key of its own: its hash.
    return (
        SLUG_BREAK.sub("-", ascii_text).strip("-") or hashlib.sha256(text.encode()).hexdigest()[:16]
    )


def text_of_html(text: str) -> str:
    """Return the text of an HTML fragment, paragraphs on separate lines."""
    with_breaks = re.sub(r"(?i)<(?:br|/p|/div|/li)\b[^>]*>", "\n", text)
    words = unescape(nh3.clean(with_breaks, tags=set())).replace("\u00a0", " ")
    lines = (" ".join(line.split()) for line in words.splitlines())
    return "\n".join(line for line in lines if line)


def postal_code(text: str) -> str:
    """Return a Canadian postal code as ``H2X 1Y4``."""
    match = POSTAL_CODE.fullmatch(text.strip().upper())
    if not match:
        raise InvalidValue("bad-postal-code", NOT_POSTAL_CODE, value=text)
    return f"{match[1]} {match[2]}"


def sortation_area(text: str) -> str:
    """Return the first three characters of a Canadian postal code; an area alone is accepted."""
    plain = text.strip().upper()
    return plain if SORTATION_AREA.fullmatch(plain) else postal_code(text)[:3]


def phone(text: str) -> str:
    """Return a North American number as ``+1-514-555-0199``; any other number unchanged."""
    # 1 is the country code.
    digits = re.sub(r"\D", "", text).removeprefix("1")
    if len(digits) != 10:  # noqa: PLR2004 - the North American plan has ten digits
        return text.strip()
    return f"+1-{digits[:3]}-{digits[3:6]}-{digits[6:]}"
