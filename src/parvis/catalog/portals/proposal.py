"""A text for the catalogue folder, proposed from what another portal offers.

Its head says where it comes from, and holds a digest of the rest: so a later harvest knows
whether a person has edited it since, whatever became of the data folder.
"""

import re
import unicodedata
from collections.abc import Iterator
from hashlib import sha256

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, RDF

from parvis.catalog.portals.offered import FREQUENCY, LANGUAGE, THEME, Download, Offered
from parvis.catalog.turtle import AUTHORITIES
from parvis.errors import AddressError, SourceError
from parvis.fetch.address import Address
from parvis.i18n import LANGUAGES, N_, say
from parvis.rdf.files import bound
from parvis.vocab.iris import DatasetKey, Iris

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
_KEYWORD = re.compile(r"[\w .-]{2,100}")
_NOT_IN_KEYWORDS = re.compile(r"[^\w .-]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_CONTROLS_IN_LINES = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]+")


def plain(text: str) -> str:
    r"""Leave out of a text what is none: control characters but line feeds, halves of characters.

    >>> plain("a\rb\ud800")
    'a b?'
    """
    whole = text.encode("utf-8", "replace").decode()
    return _CONTROLS_IN_LINES.sub(" ", whole).strip()


def one_line(text: str) -> str:
    r"""Write a text in one line.

    >>> one_line(" a\n b ")
    'a b'
    """
    return " ".join(_CONTROLS.sub(" ", plain(text)).split())


def slug_of(offered: Offered) -> str:
    """Name a dataset's folder as the portal does, in a–z, 0–9 and hyphens.

    Raises `SourceError` for a record that has no name, of which nothing could be found again.
    """
    for told in (offered.name, *offered.title.values()):
        letters = unicodedata.normalize("NFKD", told).encode("ascii", "ignore").decode().lower()
        slug = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:LONGEST_NAME].strip("-")
        if slug:
            return slug
    raise SourceError("“{record}” has no name", record=offered.told)


def other_slug(offered: Offered) -> str:
    """Name a folder where another dataset has the first name."""
    digest = sha256(_identity(offered).encode()).hexdigest()[:8]
    return f"{slug_of(offered)[: LONGEST_NAME - 9]}-{digest}"


def propose(offered: Offered, key: DatasetKey, iris: Iris, source: str, lang: str) -> str:
    """Write the text of ``dataset.ttl``; comments are in `lang`.

    Raises `SourceError` for a record without title or licence, `AddressError` for one whose file
    may not be asked for.
    """
    graph = _graph(offered, key, iris)
    body = graph.serialize(format="turtle").strip() + "\n"
    comments = [
        say(lang, HEAD, address=source),
        say(lang, OFFERED_AS, identifier=_identity(offered)),
    ]
    comments += _remarks(offered, lang)
    head = "".join(f"# {one_line(one)}\n" for one in comments)
    return f"{head}{DIGEST} {_digest(body)}\n{body}"


def proposed_as(text: str) -> str | None:
    """Give the digest of what was proposed, whatever was edited since; None for another's text."""
    _, mark, rest = text.partition(f"\n{DIGEST} ")
    return rest.partition("\n")[0].strip() if mark else None


def untouched(text: str) -> bool:
    """Say whether a text is as it was proposed, below its head."""
    body = text.partition(f"\n{DIGEST} ")[2].partition("\n")[2]
    return proposed_as(text) == _digest(body)


def is_of(text: str, offered: Offered) -> bool:
    """Say whether a text was proposed from this record."""
    head = text.partition(DIGEST)[0]
    called = _identity(offered)
    return any(line.endswith(f" {called}") for line in head.splitlines()[:2])


def _identity(offered: Offered) -> str:
    """Tell a record from all others of its portal, in one line."""
    return one_line(offered.called) or "?"


def _digest(body: str) -> str:
    """Digest what follows the head."""
    return sha256(body.encode()).hexdigest()


def _remarks(offered: Offered, lang: str) -> Iterator[str]:
    """Say what the steward might want to know of the files."""
    files = [one.url for one in _in_order(offered.downloads)]
    if not files:
        yield say(lang, NO_FILE)
    if files[1:]:
        yield say(lang, OTHERS, files=" ".join(files[1:10]))


def _in_order(downloads: tuple[Download, ...]) -> list[Download]:
    """Give the files that mappings can read, the best first."""
    kinds = {one: one.format.lower().lstrip(".") for one in downloads}
    return sorted(
        (one for one in downloads if kinds[one] in READABLE),
        key=lambda one: READABLE.index(kinds[one]),
    )


def _graph(offered: Offered, key: DatasetKey, iris: Iris) -> Graph:
    """Describe the dataset as its record in the catalogue does: the pool's own IRIs relative."""
    graph, this = bound(Graph()), URIRef(iris.dataset(key).removeprefix(iris.base))
    graph.add((this, RDF.type, DCAT.Dataset))
    graph.add((this, DCTERMS.publisher, URIRef(iris.partner(key.partner).removeprefix(iris.base))))
    _describe(graph, this, offered)
    _license(graph, this, offered)
    for lang, words in offered.keywords.items():
        for word in _keywords(words):
            graph.add((this, DCAT.keyword, Literal(word, lang)))
    for step, iri in _terms(offered):
        graph.add((this, step, URIRef(iri)))
    if is_address(offered.page):
        graph.add((this, DCTERMS.source, URIRef(offered.page)))
    for best in _in_order(offered.downloads)[:1]:
        file = BNode()
        graph.add((this, DCAT.distribution, file))
        graph.add((file, DCAT.downloadURL, URIRef(_address(best.url))))
    return graph


def _describe(graph: Graph, this: URIRef, offered: Offered) -> None:
    """Add title and description in both languages; what is to be translated says so."""
    told = {lang: title for lang, text in offered.title.items() if (title := one_line(text))}
    if not told:
        raise SourceError("“{record}” has no title", record=offered.told)
    titles = _both(told, TITLE_UNTRANSLATED, TITLE_UNTRANSLATED_ENGLISH)
    said = {lang: text for lang, one in offered.description.items() if (text := plain(one))}
    texts = _both(said or told, UNTRANSLATED, UNTRANSLATED_ENGLISH)
    for lang in LANGUAGES:
        graph.add((this, DCTERMS.title, Literal(titles[lang], lang)))
        graph.add((this, DCTERMS.description, Literal(texts[lang], lang)))


def _both(texts: dict[str, str], from_french: str, from_english: str) -> dict[str, str]:
    """Complete the text of the language that is missing with the other's, saying so."""
    if "fr" not in texts:
        return {**texts, "fr": say("fr", from_english, text=texts["en"])}
    return {"en": say("en", from_french, text=texts["fr"]), **texts}


def _license(graph: Graph, this: URIRef, offered: Offered) -> None:
    """Name the licence, and describe it where the authorities do not."""
    licence = licence_of(offered.licence)
    if licence is None:
        raise SourceError(
            "“{record}” has no licence that is known, nor an address of one: “{licence}”",
            record=offered.told,
            licence=offered.licence or offered.licence_title,
        )
    graph.add((this, DCTERMS.license, URIRef(licence)))
    if not is_known(licence):
        title = one_line(offered.licence_title) or licence
        graph.add((URIRef(licence), RDF.type, DCTERMS.LicenseDocument))
        graph.add((URIRef(licence), DCTERMS.title, Literal(title)))


def _keywords(words: list[str]) -> list[str]:
    """Write keywords so that a CKAN takes them: an apostrophe or a slash becomes a space."""
    written = (" ".join(_NOT_IN_KEYWORDS.sub(" ", plain(one)).split()) for one in words)
    return sorted({one for one in written if _KEYWORD.fullmatch(one)})


def _terms(offered: Offered) -> Iterator[tuple[URIRef, str]]:
    """Give the authorities' terms; others are left out."""
    for said in offered.terms.get(FREQUENCY, [])[:1]:
        if found := frequency_of(said):
            yield DCTERMS.accrualPeriodicity, found
    for kind, step in ((LANGUAGE, DCTERMS.language), (THEME, DCAT.theme)):
        for said in offered.terms.get(kind, []):
            if is_known(said):
                yield step, said


def _address(url: str) -> str:
    """Give a file's address as it may be written down; raises `AddressError`."""
    if not is_address(url):
        raise AddressError("“{address}” is no http(s) address", address=url)
    return Address.parse(url).url
