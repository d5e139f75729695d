"""What functions of mappings make of a text: keys, plain text, postal codes, telephone numbers."""

import hashlib
import re
import unicodedata
from collections.abc import Callable
from html import unescape
from html.entities import codepoint2name
from urllib.parse import quote_plus

import nh3

from parvis.i18n import N_
from parvis.mapping.engine.values import InvalidValue

NOT_POSTAL_CODE = N_("“{value}” is not a Canadian postal code")
SORTATION_AREA = re.compile(r"[ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z]")
POSTAL_CODE = re.compile(r"([ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z])[ -]?(\d[ABCEGHJ-NPRSTV-Z]\d)")
# `xml.sax.saxutils` would do the same; it loads a client of HTTP.
XML_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})
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


def substring(text: str, start: str, end: str) -> str:
    """Return a part of a text, as GREL counts: from 0, from the end where negative, to before end.

    >>> substring("20:30-22:00", "0", "5"), substring("danse", "-2", "")
    ('20:30', 'se')
    """
    return text[int(start) : int(end) if end else None]


def upper_url(text: str) -> str:
    """Return an address in upper case, with a scheme, as IDLab's function gives it.

    >>> upper_url("http://a.example/b"), upper_url("a.example")
    ('HTTP://A.EXAMPLE/B', 'http://A.EXAMPLE')
    """
    upper = text.upper()
    return upper if upper.startswith(("HTTP://", "HTTPS://")) else f"http://{upper}"


def _escape_html(text: str) -> str:
    # GREL writes every character that HTML 4 names.
    names = ((sign, codepoint2name.get(ord(sign))) for sign in text)
    return "".join(f"&{name};" if name else sign for sign, name in names)


def _escape_csv(text: str) -> str:
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if re.search(r'[",\r\n]', text) else text


ESCAPES: dict[str, Callable[[str], str]] = {
    "html": _escape_html,
    "xml": lambda text: text.translate(XML_ENTITIES),
    "csv": _escape_csv,
    "url": quote_plus,
}
"""How a text is escaped, by GREL's names of the forms that it is written in."""
