"""Make a question of the gallery out of a public saved query: a text of the catalogue folder."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from parvis.catalog.queries import OTHER, load_queries
from parvis.config import Settings
from parvis.errors import CatalogError, UsageError
from parvis.i18n import LANGUAGES, N_
from parvis.ledger import SHELL, Author, SavedQueries
from parvis.mapping.engine.texts import slug_of
from parvis.pooling.stewardship.texts.changes import change_texts

WITH_GRAPHS = N_(
    "This query chooses the datasets that it reads by its address, which a question cannot: write"
    " them into the query with FROM."
)
NO_NAME = N_("Name the question: letters without accents, digits and hyphens.")
LONGEST = 60
"""Characters of the name of a question."""
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")


def promote_query(  # noqa: PLR0913 - a change of a text has as many parts
    settings: Settings,
    saved_id: str,
    slug: str = "",
    *,
    theme: str = OTHER,
    author: Author = SHELL,
    reason: str = "",
) -> Path:
    """Write the last version of a public saved query as a question; return its file.

    The next publication has it in the gallery. Its name is by default that of the title. Raises
    `UnknownThing`, `UsageError`, and as `change_texts` does.
    """
    queries = SavedQueries(settings.data)
    saved = queries.require(saved_id, None)
    title, parameters = saved.last.title, saved.last.query
    if {*parameters} & {"default-graph-uri", "named-graph-uri"}:
        raise UsageError(WITH_GRAPHS)
    slug = slug.strip() or slug_of(title[LANGUAGES[0]])[:LONGEST].strip("-")
    if not _SLUG.fullmatch(slug) or len(slug) > LONGEST:
        raise UsageError(NO_NAME)
    # The comments that ask the question end at the empty line: those of the query are its own.
    head = [*(f"# {lang}: {title[lang]}" for lang in LANGUAGES), f"# theme: {theme}", "", ""]
    text = "\n".join(head) + parameters["query"][0].rstrip() + "\n"
    _try_question(text, slug)
    reason = reason or f"{settings.base}q/{saved.id}"
    (file,) = change_texts(settings, {f"queries/{slug}.rq": text}, {}, author, reason)
    queries.name_question(saved.id, slug)
    return file


def _try_question(text: str, slug: str) -> None:
    """Raise `UsageError` for a query that no publication would take as a question."""
    with TemporaryDirectory(prefix="parvis-") as folder:
        file = Path(folder) / "queries" / f"{slug}.rq"
        file.parent.mkdir()
        file.write_text(text, encoding="utf-8")
        try:
            load_queries(Path(folder))
        except CatalogError as error:
            fields = {name: value for name, value in error.fields.items() if name != "file"}
            raise UsageError(error.template, file=f"queries/{slug}.rq", **fields) from error
