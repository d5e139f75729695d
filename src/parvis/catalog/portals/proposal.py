"""A text for the catalogue folder, proposed from the record of another portal.

Its head states its source and a digest of the text below: so a later harvest can tell whether a
person has edited it since, without the data folder.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from hashlib import sha256

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS

from parvis.catalog.portals.offered import (
    AREA,
    FREQUENCY,
    ISSUED,
    LANGUAGE,
    OPEN,
    PERIOD,
    THEME,
    OfferedDataset,
    OfferedFile,
)
from parvis.catalog.turtle import AUTHORITIES, SubjectWriter
from parvis.errors import AddressError, SourceError
from parvis.fetch.address import Address
from parvis.i18n import LANGUAGES, N_, say
from parvis.rdf.files import bind_prefixes
from parvis.vocab.iris import DatasetKey, Iris
from parvis.vocab.namespaces import VCARD

# Licences and frequencies as portals write them, as the authorities' own terms.

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


def licence_of(text: str) -> str | None:
    """Return the IRI of a licence, in its known form if there is one; None without any address.

    >>> licence_of("http://creativecommons.org/licenses/by/4.0/deed.fr")
    'https://creativecommons.org/licenses/by/4.0/'
    """
    licence = _LICENCES.get(text.strip().lower().rstrip("/"))
    if licence is not None:
        return licence
    if match := _CC.match(text):
        return f"{CC}{match[1]}/"
    return text if is_address(text) else None


def frequency_of(text: str) -> str | None:
    """Return the authority's term for a frequency; None for an unknown one.

    >>> frequency_of("asNeeded")
    'http://publications.europa.eu/resource/authority/frequency/AS_NEEDED'
    """
    code = _FREQUENCIES.get(text.lower())
    return f"{EU_FREQUENCY}{code}" if code else text if is_authority_term(text) else None


def is_address(text: str) -> bool:
    """Return whether a text is an address that can be an IRI (RFC 3987)."""
    return _ADDRESS.fullmatch(text) is not None


def is_authority_term(iri: str) -> bool:
    """Return whether a term is one of the authorities' that records may use."""
    return (URIRef(iri), None, None) in AUTHORITIES


TITLE_UNTRANSLATED = N_("{text} (in French; to be translated)")
UNTRANSLATED = N_("To be translated from French: {text}")
TITLE_UNTRANSLATED_ENGLISH = N_("{text} (in English; to be translated)")
UNTRANSLATED_ENGLISH = N_("To be translated from English: {text}")
HEAD = N_("Proposed from {address}: to be read over before it is used.")
OFFERED_AS = N_("There it is: {identifier}")
OTHERS = N_("Other files are offered: {files}")
NO_FILE = N_("No file is offered that could be fetched.")

DIGEST = "# sha256:"
LONGEST_NAME = 60
READABLE = ("csv", "xlsx", "xls", "ods", "json", "geojson", "jsonl", "xml", "ics", "rss", "zip")
"""Formats of files, the one that is best mapped first."""
MOST = 100
"""The most areas and periods of a record."""
_EMAIL = re.compile(r"[\w.+-]{1,100}@[\w.-]{1,200}", re.ASCII)
_KEYWORD = re.compile(r"[\w .-]{2,100}")
_NOT_IN_KEYWORDS = re.compile(r"[^\w .-]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_CONTROLS_IN_LINES = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]+")


def plain(text: str) -> str:
    r"""Remove control characters other than line feeds, and unpaired surrogates, from a text.

    >>> plain("a\rb\ud800")
    'a b?'
    """
    valid = text.encode("utf-8", "replace").decode()
    return _CONTROLS_IN_LINES.sub(" ", valid).strip()


def one_line(text: str) -> str:
    r"""Return a text in one line.

    >>> one_line(" a\n b ")
    'a b'
    """
    return " ".join(_CONTROLS.sub(" ", plain(text)).split())


def slug_of(offered: OfferedDataset) -> str:
    """Return the name of a dataset's folder: the portal's name in a–z, 0–9 and hyphens.

    Raises `SourceError` for a record without a name, which could not be found again.
    """
    for name in (offered.name, *offered.title.values()):
        letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        slug = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:LONGEST_NAME].strip("-")
        if slug:
            return slug
    raise SourceError("“{record}” has no name", record=offered.label)


def other_slug(offered: OfferedDataset) -> str:
    """Return the folder's name where another dataset has the first one."""
    digest = sha256(_identity(offered).encode()).hexdigest()[:8]
    return f"{slug_of(offered)[: LONGEST_NAME - 9]}-{digest}"


def propose(offered: OfferedDataset, key: DatasetKey, iris: Iris, source: str, lang: str) -> str:
    """Return the text of ``dataset.ttl``; comments are in `lang`.

    Raises `SourceError` for a record without title or licence, `AddressError` for one whose file
    may not be fetched.
    """
    graph = _describe_dataset(offered, key, iris)
    body = graph.serialize(format="turtle").strip() + "\n"
    comments = [
        say(lang, HEAD, address=source),
        say(lang, OFFERED_AS, identifier=_identity(offered)),
    ]
    files = [download.url for download in _sort_by_format(offered.downloads)]
    if not files:
        comments.append(say(lang, NO_FILE))
    if files[1:]:
        comments.append(say(lang, OTHERS, files=" ".join(files[1:10])))
    head = "".join(f"# {one_line(comment)}\n" for comment in comments)
    return f"{head}{DIGEST} {_digest(body)}\n{body}"


def proposal_digest(text: str) -> str | None:
    """Return the digest in the head of a proposed text; None for a text of another origin."""
    _, mark, remainder = text.partition(f"\n{DIGEST} ")
    return remainder.partition("\n")[0].strip() if mark else None


def is_unedited(text: str) -> bool:
    """Return whether a text is as it was proposed, below its head."""
    body = text.partition(f"\n{DIGEST} ")[2].partition("\n")[2]
    return proposal_digest(text) == _digest(body)


def is_proposal_of(text: str, offered: OfferedDataset) -> bool:
    head = text.partition(DIGEST)[0]
    identity = _identity(offered)
    return any(line.endswith(f" {identity}") for line in head.splitlines()[:2])


def _identity(offered: OfferedDataset) -> str:
    return one_line(offered.identity) or "?"


def _digest(body: str) -> str:
    return sha256(body.encode()).hexdigest()


def _sort_by_format(downloads: tuple[OfferedFile, ...]) -> list[OfferedFile]:
    kinds = {download: download.format.lower().lstrip(".") for download in downloads}
    return sorted(
        (download for download in downloads if kinds[download] in READABLE),
        key=lambda download: READABLE.index(kinds[download]),
    )


def _describe_dataset(offered: OfferedDataset, key: DatasetKey, iris: Iris) -> Graph:
    # The pool's own IRIs are relative, as in the other texts of the catalogue folder.
    dataset = iris.dataset(key).removeprefix(iris.base)
    add = SubjectWriter(bind_prefixes(Graph()), dataset, DCAT.Dataset)
    add.iris(DCTERMS.publisher, iris.partner(key.partner).removeprefix(iris.base))
    _add_texts(add, offered)
    licence = licence_of(offered.licence)
    if licence is None:
        raise SourceError(
            "“{record}” has no licence that is known, nor an address of one: “{licence}”",
            record=offered.label,
            licence=offered.licence or offered.licence_title,
        )
    add.iris(DCTERMS.license, licence)
    if not is_authority_term(licence):
        document = SubjectWriter(add.graph, licence, DCTERMS.LicenseDocument)
        document(DCTERMS.title, one_line(offered.licence_title) or licence)
    for lang, words in offered.keywords.items():
        # A CKAN refuses apostrophes and slashes in keywords: they become spaces.
        cleaned = (" ".join(_NOT_IN_KEYWORDS.sub(" ", plain(word)).split()) for word in words)
        for word in sorted({keyword for keyword in cleaned if _KEYWORD.fullmatch(keyword)}):
            add(DCAT.keyword, Literal(word, lang))
    for step, iri in _list_terms(offered):
        add.iris(step, iri)
    for text in offered.terms.get(ISSUED, [])[:1]:
        add(DCTERMS.issued, _read_day(text))
    _add_periods(add, offered.terms.get(PERIOD, []))
    _add_contact(add, offered.contact)
    if is_address(offered.page):
        add.iris(DCTERMS.source, offered.page)
    for best in _sort_by_format(offered.downloads)[:1]:
        if not is_address(best.url):
            raise AddressError("“{address}” is no http(s) address", address=best.url)
        file = BNode()
        add(DCAT.distribution, file)
        add.graph.add((file, DCAT.downloadURL, URIRef(Address.parse(best.url).url)))
    return add.graph


def _add_texts(add: SubjectWriter, offered: OfferedDataset) -> None:
    own_titles = {lang: title for lang, text in offered.title.items() if (title := one_line(text))}
    if not own_titles:
        raise SourceError("“{record}” has no title", record=offered.label)
    titles = _complete_languages(own_titles, TITLE_UNTRANSLATED, TITLE_UNTRANSLATED_ENGLISH)
    own_texts = {
        lang: text
        for lang, description in offered.description.items()
        if (text := plain(description))
    }
    texts = _complete_languages(own_texts or own_titles, UNTRANSLATED, UNTRANSLATED_ENGLISH)
    for lang in LANGUAGES:
        add(DCTERMS.title, Literal(titles[lang], lang))
        add(DCTERMS.description, Literal(texts[lang], lang))


def _add_periods(add: SubjectWriter, periods: list[str]) -> None:
    for period in periods[:MOST]:
        days = [_read_day(text) for text in period.split("/")[:2]]
        if any(days):
            # An address of its own: a text with several blank nodes is not always the same.
            name = "-".join(str(day or OPEN) for day in days)
            place = SubjectWriter(add.graph, f"{add.subject}#period-{name}", DCTERMS.PeriodOfTime)
            add(DCTERMS.temporal, place.subject)
            for step, day in zip((DCAT.startDate, DCAT.endDate), days, strict=False):
                place(step, day)


def _read_day(text: str) -> Literal | None:
    """Return the day of a date or an instant; None for any other text."""
    day = text.strip()[:10]
    try:
        return Literal(date.fromisoformat(day))
    except ValueError:
        return None


def _add_contact(add: SubjectWriter, contact: dict[str, str]) -> None:
    name = one_line(contact.get("name", ""))
    email, url = contact.get("email", "").removeprefix("mailto:"), contact.get("url", "")
    if not name:
        return
    about = SubjectWriter(add.graph, f"{add.subject}#contact", VCARD.Organization)
    add(DCAT.contactPoint, about.subject)
    about(VCARD.fn, Literal(name))
    about.iris(VCARD.hasEmail, f"mailto:{email}" if _EMAIL.fullmatch(email) else None)
    about.iris(VCARD.hasURL, url if is_address(url) else None)


def _complete_languages(
    texts: dict[str, str], from_french: str, from_english: str
) -> dict[str, str]:
    # The text of the missing language is the other one's, marked as untranslated.
    if "fr" not in texts:
        return {**texts, "fr": say("fr", from_english, text=texts["en"])}
    return {"en": say("en", from_french, text=texts["fr"]), **texts}


def _list_terms(offered: OfferedDataset) -> Iterator[tuple[URIRef, str]]:
    for text in offered.terms.get(FREQUENCY, [])[:1]:
        if frequency := frequency_of(text):
            yield DCTERMS.accrualPeriodicity, frequency
    for kind, step in ((LANGUAGE, DCTERMS.language), (THEME, DCAT.theme)):
        for text in offered.terms.get(kind, []):
            if is_authority_term(text):
                yield step, text
    for text in offered.terms.get(AREA, [])[:MOST]:
        if is_address(text):
            yield DCTERMS.spatial, text
