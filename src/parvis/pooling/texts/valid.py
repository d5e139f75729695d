"""The catalogue folder as commands use it: its texts, or the last valid ones where they are wrong.

Agreements and projects are validated against the charter's shapes before anything uses them. While
all texts are right, the data folder has a copy of them.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace as with_fields
from functools import cache
from hashlib import sha256
from pathlib import Path
from shutil import copyfile, rmtree
from tempfile import TemporaryDirectory

from cachetools import LRUCache
from rdflib import Graph

from parvis import __version__
from parvis.catalog.folder import Catalog
from parvis.config import Settings, knowledge
from parvis.config.documents import Document
from parvis.errors import CatalogError, ParvisError, PolicyError, StoreError
from parvis.i18n import LANGUAGES, N_, explain
from parvis.pooling.texts.writing import finish_changes
from parvis.rdf.files import sorted_lines
from parvis.report import Severity
from parvis.store.files import move, replace, workplace

BROKEN = N_("{subject}: {reason}")

CONFORMING = "conforming.sha256"
"""The file of the data folder with the digest of the last texts that conform."""
VALID = "valid"
"""The folder of the data folder with the last texts that were all right."""
SET_ASIDE = "set-aside.json"
"""The file of the data folder with the partners that were set aside by the last command."""
TEXTS = ("*.ttl", "*/*.ttl", "*/*/*.ttl")
"""The files of a catalogue folder that are texts."""
_conforming: LRUCache[str, bool] = LRUCache(32)
"""Digests of texts that conform: of folders that this process opened."""


def open_catalog(settings: Settings, *, lenient: bool = False) -> Catalog:
    """Read and validate the catalogue folder; a partner whose texts are wrong is set aside.

    Raises `CatalogError` or `PolicyError` for other texts that are wrong; if `lenient`, the last
    valid ones are used instead.
    """
    folder, base, former = settings.catalog, settings.base, last_valid(settings.data)
    with suppress(OSError, StoreError):  # the folder may be for reading only
        finish_changes(settings)
    digest = ""
    with suppress(OSError):  # the catalogue's reader names the file
        digest = digest_texts(folder, base)
    try:
        catalog = Catalog.load(folder, base, former)
        try:
            is_new = require_conformance(catalog, settings.data, digest)
        except PolicyError:
            if former is None:
                raise
            catalog, is_new = Catalog.load(folder, base, former, require_valid), True
            require_valid(catalog.law)
    except (CatalogError, PolicyError) as error:
        if not lenient or former is None:
            raise
        catalog = with_fields(Catalog.load(former, base), set_aside={folder.name: error})
        is_new = False
    _note(settings, catalog.set_aside)
    if not catalog.set_aside and (is_new or former is None):
        _copy_texts(folder, settings.data)
    return catalog


def last_valid(data: Path) -> Path | None:
    """Return the folder of the last texts that were all right, if there is one."""
    folder = data / VALID
    return folder if folder.is_dir() else None


def _note(settings: Settings, set_aside: Mapping[str, ParvisError]) -> None:
    """Write which partners are set aside, for the steward's page."""
    data, file = settings.data, settings.data / SET_ASIDE
    # A page names a file by its place in the catalogue folder, not by that of the machine.
    place = f"{settings.catalog}/"
    texts = {
        slug: {lang: explain(error, lang).replace(place, "") for lang in LANGUAGES}
        for slug, error in set_aside.items()
    }
    with suppress(OSError):  # a data folder may be for reading only
        if texts and data.is_dir():
            replace(file, json.dumps(texts, ensure_ascii=False).encode())
        else:
            file.unlink(missing_ok=True)


def read_set_aside(data: Path) -> dict[str, dict[str, str]]:
    """Return the partners that were set aside, with what is wrong. Raises `StoreError`."""
    try:
        body = (data / SET_ASIDE).read_bytes()
    except FileNotFoundError:
        return {}
    return {
        slug: {lang: texts.member(lang).text() for lang in LANGUAGES}
        for slug, texts in Document.parse(body, SET_ASIDE).members()
    }


def _copy_texts(folder: Path, data: Path) -> None:
    """Copy the texts, all of which are right, into the data folder."""
    # A folder that is not there yet is not made for this, and one may be for reading only.
    if not data.is_dir():
        return
    with suppress(OSError), workplace(data) as place:
        copy = place / VALID
        for file in (file for pattern in TEXTS for file in folder.glob(pattern)):
            (copy / file.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
            copyfile(file, copy / file.relative_to(folder))
        if (data / VALID).is_dir():
            (data / VALID).rename(place / "former")
        move(copy, data / VALID)
        rmtree(place / "former", ignore_errors=True)
    # A check leaves nothing, not even a folder that it made.
    with suppress(OSError):
        (data / "staging").rmdir()


def require_conformance(catalog: Catalog, data: Path | None = None, digest: str = "") -> bool:
    """Raise `PolicyError`, with the shape's message, for an agreement or project that breaks one.

    The same texts are validated once: a data folder records that they conform. `digest` is that of
    the texts before they were read (`digest_texts`). Return whether they had to be validated.
    """
    digest = digest or digest_texts(catalog.folder, catalog.iris.base)
    file = data and data / CONFORMING
    if digest in _conforming:
        return False
    with suppress(OSError, UnicodeDecodeError):  # then the texts are validated again
        if file and file.read_text(encoding="ascii") == digest:
            return False
    require_valid(catalog.law)
    # Texts that changed while they were read are not those that were validated.
    if digest_texts(catalog.folder, catalog.iris.base) == digest:
        _conforming[digest] = True
        # A folder that is not there yet is not made for this, and one may be for reading only.
        if file and file.parent.is_dir():
            with suppress(OSError):
                replace(file, digest.encode("ascii"))
    return True


def require_valid(law: Graph) -> None:
    """Raise `PolicyError`, with the message of the shape that an agreement or project breaks."""
    from parvis.pooling.texts.staging_view import as_data, stage_files  # noqa: PLC0415 - rarely
    from parvis.validation import validate  # noqa: PLC0415 - the same texts are validated once

    # Over a store: the reference engine, which a graph alone would get, takes four times as long.
    with TemporaryDirectory(prefix="parvis-") as folder:
        file = Path(folder) / "law.nt"
        file.write_bytes(sorted_lines(law))
        with stage_files([file]) as view:
            findings = validate(as_data(view, [file]), charter_shapes()).findings
    for finding in findings:
        if finding.severity is Severity.VIOLATION:
            raise PolicyError(BROKEN, subject=finding.focus, reason=finding.text)


def digest_texts(catalog: Path, base: str) -> str:
    """Return the digest of all that the validation depends on: texts, base, shapes, parvis."""
    texts = sha256(f"{base}\n{__version__}\n".encode())
    for folder, pattern in (
        (knowledge("shapes"), "records/*.ttl"),
        *((catalog, pattern) for pattern in TEXTS),
    ):
        for file in sorted(folder.glob(pattern)):
            name = file.relative_to(folder).as_posix()
            texts.update(f"{name}\n".encode() + file.read_bytes())
    return texts.hexdigest()


@cache
def charter_shapes() -> Graph:
    from parvis.validation import load_own_shapes  # noqa: PLC0415 - as above

    folder = knowledge("shapes") / "records"
    return load_own_shapes(folder / "Agreement.ttl", folder / "PoolingProject.ttl")
