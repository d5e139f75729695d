"""A published record as plain facts, and how a CKAN's fields are filled with them.

A small TOML file has the templates of the fields; one for a stock CKAN is built in. A template is
a text with facts in braces, ``"{title.fr}"``; one that is a single fact keeps its list, and one
whose facts are all missing leaves its field out. A table is a template for each of its keys.
``[values.FIELD]`` translates a value to the portal's; ``"*"`` stands for all others, and an empty
text leaves the value out.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF
from rdflib.term import Node

from parvis.catalog.portals.offered import read_periods
from parvis.catalog.records import EU, IANA
from parvis.errors import CatalogError, UsageError
from parvis.i18n import LANGUAGES
from parvis.rdf.literals import read_texts, read_value, read_values
from parvis.vocab.namespaces import SPDX, VCARD

Value = str | list[str]
Facts = Mapping[str, Value]

FACTS = frozenset(
    {"iri", "dataset", "partner", "title.fr", "title.en", "description.fr", "description.en"}
    | {"keywords", "keywords.fr", "keywords.en", "licence", "frequency", "languages", "themes"}
    | {"access", "publisher.fr", "publisher.en", "contact.name", "contact.email", "contact.url"}
    | {"page", "issued", "modified", "spatial", "temporal.start", "temporal.end"}
    | {"areas", "periods"}
)
"""The facts of a dataset, as far as its record has them.

`spatial` and `temporal` are of its first area and period; `areas` and `periods` are all of them,
where there are several: a period is written as ISO 8601 does, with two dots for an open end.
"""
RESOURCE_FACTS = frozenset(
    {"iri", "title.fr", "title.en", "description.fr", "description.en", "url", "kind"}
    | {"format", "media_type", "bytes", "checksum", "licence", "issued", "modified"}
)
"""The facts of a distribution; `url` is its download address, else its access address.

`kind` says which: ``download`` or ``access``. `format` and `media_type` are those of the file as it
is downloaded: of an archive, not of what is in it.
"""
PACKED = {"application/zip": "ZIP", "application/gzip": "GZIP"}
"""The European file types of archives and compressed files, by their media types."""


@dataclass(frozen=True)
class RecordFacts:
    """A dataset's facts, and those of its distributions; a restricted dataset has none of these."""

    iri: str
    partner: str
    names: Mapping[str, str]
    facts: Facts
    resources: tuple[Facts, ...]


def read_record(
    graph: Graph, iri: str, partner: str, names: Mapping[str, str], *, readable: bool
) -> RecordFacts:
    """Read a dataset's DCAT record, with its partner's slug and names.

    Raises `CatalogError` for a record without title.
    """
    subject = URIRef(iri)
    facts = _read_texts(graph, subject, DCTERMS.title, "title")
    if not facts:
        raise CatalogError("{dataset} has no title", dataset=iri)
    facts |= {"iri": iri, "dataset": iri.rpartition("/")[2], "partner": partner}
    first, values_of = partial(read_value, graph, subject), partial(read_values, graph, subject)
    values: dict[str, Value] = {
        "licence": first(DCTERMS.license),
        "frequency": first(DCTERMS.accrualPeriodicity),
        "languages": values_of(DCTERMS.language),
        "themes": values_of(DCAT.theme),
        "access": first(DCTERMS.accessRights),
        "contact.name": first(DCAT.contactPoint, VCARD.fn),
        "contact.email": first(DCAT.contactPoint, VCARD.hasEmail).removeprefix("mailto:"),
        "contact.url": first(DCAT.contactPoint, VCARD.hasURL),
        "page": first(DCAT.landingPage) or first(FOAF.page),
        "issued": first(DCTERMS.issued),
        "modified": first(DCTERMS.modified),
        "spatial": first(DCTERMS.spatial),
        "temporal.start": first(DCTERMS.temporal, DCAT.startDate),
        "temporal.end": first(DCTERMS.temporal, DCAT.endDate),
    }
    facts |= _read_texts(graph, subject, DCTERMS.description, "description")
    facts["keywords"] = values_of(DCAT.keyword)
    for lang in LANGUAGES:
        words = graph.objects(subject, DCAT.keyword)
        own = {str(w) for w in words if isinstance(w, Literal) and w.language == lang}
        facts[f"keywords.{lang}"] = sorted(own)
    areas, periods = values_of(DCTERMS.spatial), read_periods(graph, subject)
    values |= {"areas": areas if areas[1:] else "", "periods": periods if periods[1:] else ""}
    facts |= {name: value for name, value in values.items() if value}
    facts |= {f"publisher.{lang}": name for lang, name in names.items()}
    # Of a dataset that not everyone may read, only the metadata is public.
    nodes = sorted(graph.objects(subject, DCAT.distribution), key=str) if readable else []
    resources = (_read_resource(graph, node) for node in nodes if isinstance(node, URIRef))
    return RecordFacts(
        iri, partner, names, facts, tuple(resource for resource in resources if "url" in resource)
    )


def _read_texts(graph: Graph, subject: Node, step: URIRef, name: str) -> dict[str, Value]:
    """Return the texts by name and language, such as ``title.fr``."""
    texts = read_texts(graph, subject, step)
    return {f"{name}.{lang}": text for lang, text in texts.items() if lang in LANGUAGES}


def _read_resource(graph: Graph, node: Node) -> dict[str, Value]:
    first = partial(read_value, graph, node)
    file = first(DCAT.downloadURL)
    packed = first(DCAT.packageFormat) or first(DCAT.compressFormat)
    media_type = (packed or first(DCAT.mediaType)).removeprefix(IANA)
    file_type = f"{EU}file-type/{PACKED[media_type]}" if media_type in PACKED else ""
    facts: dict[str, Value] = {
        **_read_texts(graph, node, DCTERMS.title, "title"),
        **_read_texts(graph, node, DCTERMS.description, "description"),
        "iri": str(node),
        "url": file or first(DCAT.accessURL),
        "kind": "download" if file else "access",
        "format": file_type or first(DCTERMS["format"]),
        "media_type": media_type,
        "bytes": first(DCAT.byteSize),
        "checksum": first(SPDX.checksum, SPDX.checksumValue),
        "licence": first(DCTERMS.license),
        "issued": first(DCTERMS.issued),
        "modified": first(DCTERMS.modified),
    }
    return {name: value for name, value in facts.items() if value}


Rendered = Any
"""A text, a list of texts, a number or boolean of the file, or a table of these."""

BUILT_IN = ("ckan", "donnees-quebec")
DEFAULT = "ckan"
TABLES = ("organizations", "dataset", "extras", "resource", "values")
KEEPERS = frozenset({"id", "name", "owner_org", "state", "private", "extras", "resources"})
"""Fields that are parvis's own to set."""
MARK = "parvis_"
"""The prefix of the extras that parvis sets."""

_FACT = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Fields:
    """Templates of the fields and extras of datasets and resources; translations of values.

    `organizations` has the portal's organisation of a partner, by the partner's slug.
    """

    organizations: Mapping[str, str] = field(default_factory=dict)
    dataset: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)
    resource: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def load(cls, name: str = DEFAULT) -> Self:
        """Read a mapping that is built in, or a file; ``extends`` names another one to start from.

        Raises `UsageError` naming the file.
        """
        return cls(**_load_tables(name, set()))

    def fill(self, templates: Mapping[str, Any], facts: Facts) -> dict[str, Rendered]:
        """Fill the templates of datasets, extras or resources with facts."""
        rendered = {}
        for name, template in templates.items():
            value, table = _fill(template, facts), self.values.get(name, {})
            if isinstance(value, list):
                translated = (table.get(text, table.get("*", text)) for text in value)
                value = [text for text in dict.fromkeys(translated) if text]
            elif isinstance(value, str):
                value = table.get(value, table.get("*", value))
            if value not in (None, "", [], {}):
                rendered[name] = value
        return rendered


def _fill(template: object, facts: Facts) -> Rendered:
    """Put facts into a template; None where it needs facts and has none."""
    if isinstance(template, dict):
        filled = {key: _fill(part, facts) for key, part in template.items()}
        return {key: value for key, value in filled.items() if value}
    if not isinstance(template, str):
        return template
    names = _FACT.findall(template)
    if not names:
        return template
    if template == f"{{{names[0]}}}":
        return facts.get(names[0])
    if not any(name in facts for name in names):
        return None
    values = {name: facts.get(name, "") for name in names}
    texts = {name: v if isinstance(v, str) else ", ".join(v) for name, v in values.items()}
    return _FACT.sub(lambda match: texts[match[1]], template).strip()


def _load_tables(name: str, seen: set[str]) -> dict[str, Any]:
    if name in seen:
        raise UsageError("{file} extends itself", file=name)
    tables = _read_tables(name)
    base = tables.pop("extends", None)
    merged: dict[str, Any] = {}
    if base is not None:
        if not isinstance(base, str):
            raise UsageError("{file}: “extends” is no name of a file", file=name)
        # A base is built in, or a file next to the one that extends it.
        origin = base if base in BUILT_IN else str(Path(name).parent / base)
        merged = _load_tables(origin, seen | {name})
    _check_tables(name, tables)
    for table, entries in tables.items():
        target = merged.setdefault(table, {})
        for key, value in entries.items():
            both = table == "values" and key in target
            target[key] = {**target[key], **value} if both else value
    return merged


def _read_tables(name: str) -> dict[str, Any]:
    place = (
        files("parvis.catalog.portals") / "fields" / f"{name}.toml"
        if name in BUILT_IN
        else Path(name)
    )
    try:
        return tomllib.loads(place.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(
            "there are no fields “{file}”: neither a file, nor one of {names}",
            file=name,
            names=", ".join(BUILT_IN),
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError("{file} is not valid TOML: {reason}", file=name, reason=error) from error


def _check_tables(name: str, document: Mapping[str, Any]) -> None:
    for table, content in document.items():
        if table not in TABLES or not isinstance(content, dict):
            raise UsageError("{file}: there is no table [{table}]", file=name, table=table)
    for table, facts in (("dataset", FACTS), ("extras", FACTS), ("resource", RESOURCE_FACTS)):
        for fact in _list_facts(document.get(table, {}).values()):
            if fact not in facts:
                raise UsageError(
                    "{file}, [{table}]: there is no fact “{fact}”",
                    file=name,
                    table=table,
                    fact=fact,
                )
    own = KEEPERS & document.get("dataset", {}).keys() | {
        key for key in document.get("extras", {}) if key.startswith(MARK)
    }
    for key in sorted(own):
        raise UsageError("{file}: the field “{field}” is set by parvis", file=name, field=key)
    tables = (document.get("organizations", {}), *document.get("values", {}).values())
    for entries in tables:
        texts = isinstance(entries, dict) and all(
            isinstance(text, str) for text in entries.values()
        )
        if not texts:
            raise UsageError("{file}: [values] and [organizations] hold texts", file=name)


def _list_facts(templates: Iterable[object]) -> Iterator[str]:
    for template in templates:
        if isinstance(template, dict):
            yield from _list_facts(template.values())
        elif isinstance(template, str):
            yield from _FACT.findall(template)
