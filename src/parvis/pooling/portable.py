"""Records that every format can hold; one that harvesters could not read is left out.

Each is written once in every form that is served of it, so that a page of the catalogue is put
together from what stands ready.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from rdflib import Graph

from parvis.catalog import DatasetRecord, to_data_package, to_schema_org
from parvis.errors import SourceError
from parvis.i18n import LANGUAGES, N_, explain
from parvis.rdf.files import serialise
from parvis.rdf.joining import apart, bodies, require_portable
from parvis.store.bundle import Bundle, BundleWriter
from parvis.vocab import media
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PREFIXES

UNWRITABLE = N_("it cannot be written as RDF: {reason}")

FOLDER = "records"
"""Where a generation's site has them."""

BOUND = "prefixes"
"""The name of what tells by which prefixes they were written."""


@dataclass(frozen=True)
class Portable:
    """The records that are told, by the digest of each, and why others are left out.

    One bad record must not make the catalogue unreadable: whoever harvests it would lose all.
    """

    bundle: Bundle
    paths: Mapping[str, Path]
    digests: dict[DatasetKey, str]
    left_out: dict[DatasetKey, SourceError]

    @classmethod
    def write(cls, records: Iterable[tuple[DatasetRecord, Graph]], folder: Path) -> Self:
        """Write records, one after the other, into a folder that is not there yet."""
        digests, left_out = {}, {}
        with BundleWriter(folder) as writer:
            writer.put(BOUND, {"json": prefixes()})
            for record, graph in records:
                try:
                    lines = _lines(record.key, graph)
                except SourceError as error:
                    left_out[record.key] = error
                    continue
                writer.put(str(record.key), {**bodies(lines, media.RDF), **_plain(record)})
                digests[record.key] = sha256(lines).hexdigest()
        return cls(Bundle(folder), writer.paths(), digests, left_out)

    def lines(self, key: DatasetKey) -> bytes:
        """Read a record in N-Triples."""
        return self.bundle.get(str(key), "nt") or b""

    def told(self) -> list[dict[str, Any]]:
        """Tell in plain data what is left out."""
        return [
            {"dataset": str(key), "reason": {lang: explain(error, lang) for lang in LANGUAGES}}
            for key, error in self.left_out.items()
        ]


def prefixes() -> bytes:
    """Tell by which prefixes records are written now."""
    return json.dumps(PREFIXES).encode()


def _lines(key: DatasetKey, record: Graph) -> bytes:
    """Write one record, ready to be joined with others; raises `SourceError`."""
    try:
        lines = serialise(record, "nt")
    except (TypeError, ValueError) as error:  # what rdflib holds and RDF does not
        raise SourceError(UNWRITABLE, reason=error) from error
    require_portable(lines)
    return apart(lines, f"r{sha256(str(key).encode()).hexdigest()[:12]}")


def _plain(record: DatasetRecord) -> dict[str, bytes]:
    """Write what other people's programs read instead of RDF, the same for the same record."""
    kinds = {"schema": to_schema_org, "packages": to_data_package}
    return {
        f"{kind}.{lang}.json": json.dumps(tell(record, lang), ensure_ascii=False, indent=1).encode()
        for kind, tell in kinds.items()
        for lang in LANGUAGES
    }
