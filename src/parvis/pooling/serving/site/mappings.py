"""The judgements of identity as a mapping set: Simple Standard for Sharing Ontological Mappings.

https://mapping-commons.github.io/sssom/spec-formats-tsv/
"""

import json
import re
from collections.abc import Iterable, Mapping
from importlib.resources import files

from parvis.catalog.ontology import last_segment
from parvis.governance import Reader
from parvis.i18n import DEFAULT, choose_text
from parvis.pooling.serving.service import PoolService
from parvis.report.delimited import csv_text
from parvis.vocab.namespaces import PREFIXES

QUERY = files(__package__).joinpath("mappings.rq").read_text(encoding="utf-8")
MEDIA_TYPE = "text/tab-separated-values"
COLUMNS = (
    *("subject_id", "subject_label", "predicate_id", "predicate_modifier", "object_id"),
    *("object_label", "mapping_justification", "mapping_date", "similarity_score", "comment"),
)
SAME = "owl:sameAs"
BY_PERSON, BY_RULE = "semapv:ManualMappingCuration", "semapv:MappingChaining"
"""A rule links what two partners map to one identifier of an authority."""
UNSPECIFIED = "https://w3id.org/sssom/license/unspecified"
KNOWN = {
    "owl": PREFIXES["owl"],
    "semapv": "https://w3id.org/semapv/vocab/",
    "wd": "http://www.wikidata.org/entity/",
    "artsdata": "http://kg.artsdata.ca/resource/",
    "isni": "https://isni.org/isni/",
    "viaf": "http://viaf.org/viaf/",
    "ror": "https://ror.org/",
}
_END = re.compile(r"[^/#:]*$")
_UNSAFE = re.compile(r"[\t\r\n]+")


class Curies:
    """Compact IRIs, with the prefixes that they need."""

    def __init__(self, base: str) -> None:
        self.prefixes = {name: KNOWN[name] for name in ("owl", "semapv")}
        self._namespaces = {f"{base}id/": "pool", **{iri: name for name, iri in KNOWN.items()}}

    def compact(self, iri: str) -> str:
        """Return an IRI as a prefix and a name; a prefix is made for another namespace."""
        namespace = next((space for space in self._namespaces if iri.startswith(space)), None)
        if namespace is None:
            namespace = _END.sub("", iri)
            self._namespaces[namespace] = f"ns{len(self._namespaces)}"
        prefix = self._namespaces[namespace]
        self.prefixes[prefix] = namespace
        return f"{prefix}:{iri.removeprefix(namespace)}"


def write_mappings(host: PoolService, reader: Reader) -> str:
    """Return the judgements that a reader may read, as SSSOM/TSV; raises as `PoolService.ask`."""
    title = choose_text(DEFAULT, host.listing(reader).about()["title"])
    return write_mapping_set(host.rows(reader, QUERY), host.settings.base, title or "parvis")


def write_mapping_set(judgements: Iterable[Mapping[str, str]], base: str, title: str) -> str:
    """Write rows of the query as a mapping set."""
    curies = Curies(base)
    rows = [_to_row(row, curies) for row in judgements]
    head = {
        "mapping_set_id": f"{base}mappings.sssom.tsv",
        "mapping_set_title": title,
        "license": UNSPECIFIED,
        "mapping_tool": "parvis",
        "curie_map": dict(sorted(curies.prefixes.items())),
    }
    return "".join([*_write_head(head), csv_text([COLUMNS, *rows], "\t")])


def _to_row(row: Mapping[str, str], curies: Curies) -> list[str]:
    by_person = "why" not in row
    cells = {
        "subject_id": curies.compact(row["subject"]),
        "subject_label": row.get("subject_label", ""),
        "predicate_id": SAME,
        "predicate_modifier": "" if last_segment(row["decision"]) == "positive" else "Not",
        "object_id": curies.compact(row["object"]),
        "object_label": row.get("object_label", ""),
        "mapping_justification": BY_PERSON if by_person else BY_RULE,
        "mapping_date": row["at"][:10],
        "similarity_score": row.get("score", ""),
        "comment": row.get("why", ""),
    }
    return [_UNSAFE.sub(" ", cells[name]) for name in COLUMNS]


def _write_head(members: Mapping[str, object]) -> Iterable[str]:
    """Yield the lines of YAML before the table; a text in JSON is one in YAML too."""
    for name, value in members.items():
        if isinstance(value, Mapping):
            yield f"# {name}:\n"
            for key, text in value.items():
                yield f"#   {key}: {json.dumps(text, ensure_ascii=False)}\n"
        else:
            yield f"# {name}: {json.dumps(value, ensure_ascii=False)}\n"
