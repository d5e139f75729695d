"""How a version of a dataset, or the answer to a query, is cited: in words and for other programs.

The programs are those that keep bibliographies: Zotero, LaTeX, Word's citation add-ins.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any

from parvis.i18n import N_, NN_, Counted, day, say, say_count

CITATION = N_("{author} ({year}). {title}, version {version} [dataset]. {pool}. {address}")
ANSWER = N_("Answer to a SPARQL query")
READ = N_("read on {day}")
PUBLISHED, DELETED = N_("Published version {number} of {day}."), N_("Published version {number}.")
SITES = N_("With data of {sites}.")
OTHERS = NN_("and {num} other", "and {num} others")
MORE_DATASETS = NN_("and {num} other dataset", "and {num} other datasets")
NAMED = 6
"""The most authors and datasets that the text of a citation names."""
_SPECIAL = re.compile(r"[\\{}]")
_MARKED = re.compile(r"[#$%&_~^]")
_LINE_ENDS = re.compile(r"\s+")


@dataclass(frozen=True)
class Citation:
    """What a citation names, in a language.

    `issued` is the day of the version, or of reading where it has none.
    """

    key: str
    authors: tuple[str, ...]
    title: str
    version: str
    issued: date
    publisher: str
    address: str
    lang: str

    @property
    def name(self) -> str:
        """Return the name of an entry or of a file."""
        return "-".join(filter(None, (self.key.replace("/", "-"), self.version)))

    @property
    def read(self) -> date | None:
        """Return the day of reading, which the citation of a version does not need."""
        return None

    @property
    def text(self) -> str:
        """Return the citation in words."""
        author, year = ", ".join(self.authors), self.issued.year
        fields = {"title": self.title, "version": self.version, "address": self.address}
        return say(self.lang, CITATION, author=author, year=year, pool=self.publisher, **fields)


@dataclass(frozen=True)
class AnswerCitation(Citation):
    """What the citation of an answer to a query names.

    `published` is the day of its published version, None if that was deleted; `today` that of
    reading. `services` are the other sites that the query asks.
    """

    published: date | None = None
    today: date = date.min
    services: tuple[str, ...] = ()

    @property
    def read(self) -> date:
        return self.today

    @property
    def text(self) -> str:
        authors = _name_some(self.lang, self.authors, ", ", OTHERS)
        day_read = say(self.lang, READ, day=day(self.lang, self.today))
        parts = (
            f"{authors} ({self.issued.year}).".lstrip(),
            f"{self.title}.",
            say(self.lang, SITES, sites=", ".join(self.services)) if self.services else "",
            self.edition,
            f"{self.address} ({day_read}).",
        )
        return " ".join(filter(None, parts))

    @property
    def edition(self) -> str:
        """Return the published version in words; empty without one."""
        if not self.version:
            return ""
        if self.published is None:
            return say(self.lang, DELETED, number=self.version)
        return say(self.lang, PUBLISHED, number=self.version, day=day(self.lang, self.published))


def title_answer(lang: str, titles: Sequence[str]) -> str:
    """Return the title of an answer: that it is one, and of which datasets.

    >>> title_answer("en", ["Shows", "Places"])
    'Answer to a SPARQL query: Shows; Places'
    """
    names = _name_some(lang, titles, " ; " if lang == "fr" else "; ", MORE_DATASETS)
    colon = "\u00a0: " if lang == "fr" else ": "
    return f"{say(lang, ANSWER)}{colon}{names}" if names else say(lang, ANSWER)


def _name_some(lang: str, names: Sequence[str], between: str, others: Counted) -> str:
    text, more = between.join(names[:NAMED]), len(names) - NAMED
    return f"{text} {say_count(lang, others, more, num=more)}" if more > 0 else text


def write_csl(citation: Citation) -> str:
    """Write the data of a citation for the Citation Style Language (CSL-JSON 1.0)."""
    item: dict[str, Any] = {
        "id": citation.name,
        "type": "dataset",
        "author": [{"literal": author} for author in citation.authors],
        "title": citation.title,
        "version": citation.version,
        "issued": _to_date_parts(citation.issued),
        "publisher": citation.publisher,
        "URL": citation.address,
        "language": citation.lang,
        "accessed": citation.read and _to_date_parts(citation.read),
    }
    present = {name: value for name, value in item.items() if value}
    return json.dumps([present], ensure_ascii=False, indent=1)


def _to_date_parts(at: date) -> dict[str, list[list[int]]]:
    return {"date-parts": [[at.year, at.month, at.day]]}


def write_ris(citation: Citation) -> str:
    """Write an entry of RIS, which most programs that keep bibliographies read."""
    fields = [
        ("TY", "DATA"),
        ("ID", citation.name),
        *(("AU", author) for author in citation.authors),
        ("TI", citation.title),
        ("PY", str(citation.issued.year)),
        ("DA", f"{citation.issued:%Y/%m/%d}"),
        ("ET", citation.version),
        ("PB", citation.publisher),
        ("UR", citation.address),
        ("Y2", f"{citation.read:%Y/%m/%d}" if citation.read else ""),
        ("LA", citation.lang),
    ]
    # A value is of one line: its own line ends would begin other fields.
    lines = (f"{tag}  - {_LINE_ENDS.sub(' ', value)}\r\n" for tag, value in fields if value)
    return "".join([*lines, "ER  - \r\n"])


def write_bibtex(citation: Citation) -> str:
    # A name in braces is of an organisation: BibTeX does not look for a family name in it.
    fields = {
        "author": " and ".join(f"{{{_escape_tex(author)}}}" for author in citation.authors),
        "title": f"{{{_escape_tex(citation.title)}}}",
        "year": str(citation.issued.year),
        "version": _escape_tex(citation.version),
        "publisher": _escape_tex(citation.publisher),
        "url": citation.address,
        "urldate": citation.read.isoformat() if citation.read else "",
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@misc{{{citation.name},\n{lines}\n}}"


def _escape_tex(text: str) -> str:
    r"""Write a text for TeX, which would interpret some characters.

    >>> _escape_tex("R&D {x}")
    'R\\&D x'
    """
    return _MARKED.sub(r"\\\g<0>", _SPECIAL.sub("", _LINE_ENDS.sub(" ", text)))


FORMS: dict[str, tuple[str, Callable[[Citation], str]]] = {
    "txt": ("text/plain", attrgetter("text")),
    "json": ("application/vnd.citationstyles.csl+json", write_csl),
    "ris": ("application/x-research-info-systems", write_ris),
    "bib": ("application/x-bibtex", write_bibtex),
}
"""The media type of each form of a citation, and what writes it, by ending."""
