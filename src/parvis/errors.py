"""What can go wrong, as one tree; bad *data* is a report, not an error.

::

    ParvisError
    ├── InputError               the caller asked wrongly, or gave something unusable   (exit 2)
    │   ├── UsageError           an argument that means nothing here
    │   ├── SourceError          a partner's file that cannot be read as declared
    │   ├── MappingError         a mapping document that is wrong
    │   ├── ShapesError          shapes that cannot be used
    │   ├── CatalogError         the catalogue folder is wrong
    │   ├── PolicyError          an agreement outside the charter's profile
    │   ├── QueryError           a SPARQL query that is malformed or refused
    │   ├── ClosedGraph          a generation that would open again what is closed today
    │   ├── ClosedDataset        a dataset that the reader may know of, and not read
    │   ├── AddressError         an address that is wrong, or that may not be called
    │   ├── TokenError           a reader's token that is malformed, unknown, expired or revoked
    │   ├── SheetError           a table that does not fit a spreadsheet, or a graph JSON-LD
    │   ├── PermissionRefused    a portal does not allow what it was asked
    │   ├── RecordRefused        a portal finds a record invalid; its message names the fields
    │   └── UnknownThing         no such partner, dataset, generation, page (or a hidden one)
    │       ├── NoLongerKept     a generation that was served once
    │       └── Withdrawn        a dataset that was here once
    ├── LimitError               a limit was reached; the message names it             (exit 3)
    │   ├── ShareError           a reader's own share is used up
    │   └── AnswerTooLarge       more rows or bytes than one answer may have
    └── MachineError             the machine could not do it                           (exit 3)
        ├── StoreError           disk, lock, damaged generation
        ├── NothingPublished     there is no generation to serve yet
        ├── FetchError           another server did not give what was asked of it
        └── WorkerDied           a worker process ended before it answered
            └── EngineFailed     the engine fell over a query, and would again

A message is an English template with named fields, and is its own key in ``i18n/fr.po``:
`parvis.i18n.say` renders it in French or English.
"""

from collections.abc import Mapping
from typing import Any


class ParvisError(Exception):
    """Root of all errors that parvis raises on purpose."""

    exit_code = 3

    def __init__(self, template: str, /, **fields: object) -> None:
        """Keep the English template and its fields apart, so that they can be translated."""
        super().__init__(template, fields)
        self.template = template
        self.fields = fields

    def __str__(self) -> str:
        """Return the English sentence; of a field that is a text per language, the English one."""
        english = {
            name: value.get("en", value) if isinstance(value, Mapping) else value
            for name, value in self.fields.items()
        }
        return self.template.format_map(english)

    @property
    def plain(self) -> dict[str, Any]:
        """Return the fields in a form for another process: numbers, and texts per language."""
        return {
            name: dict(value)
            if isinstance(value, Mapping)
            else value
            if isinstance(value, int | float)
            else str(value)
            for name, value in self.fields.items()
        }

    def to_json(self) -> dict[str, Any]:
        """Write the error for another process, which raises it again by `raise_reported`."""
        return {"error": type(self).__name__, "template": self.template, "fields": self.plain}


def raise_reported(answer: Mapping[str, Any]) -> None:
    """Raise the error that the answer of another process reports; return where it reports none.

    It is one of the classes below, or the machine's own (`OSError`).
    """
    if "machine" in answer:
        raise OSError(*answer["machine"])
    if "error" in answer:
        raise globals()[answer["error"]](answer["template"], **answer["fields"])


class InputError(ParvisError):
    """The caller asked wrongly, or gave something unusable."""

    exit_code = 2


class UsageError(InputError):
    """An argument means nothing here."""


class SourceError(InputError):
    """A partner's file cannot be read as its mapping declares."""


class MappingError(InputError):
    """A mapping document is wrong; the message names file and line."""


class ShapesError(InputError):
    """Shapes cannot be used."""


class CatalogError(InputError):
    """The catalogue folder is wrong; the message names the file."""


class PolicyError(InputError):
    """An agreement holds something outside the charter's profile."""


class QueryError(InputError):
    """A SPARQL query is malformed or refused."""


class ClosedGraph(InputError):  # noqa: N818 - reads better at the raise
    """A generation would open again a graph that is closed today; the message names it."""


class ClosedDataset(InputError):  # noqa: N818 - reads better at the raise
    """A dataset that the reader may know of, and not read."""


class AddressError(InputError):
    """An address is wrong, or leads to a machine that may not be called."""


class TokenError(InputError):
    """A reader's token opens nothing: it is malformed, unknown, expired or revoked."""


class StaleForm(UsageError):  # noqa: N818 - reads better at the raise
    """A form of a page that shows an earlier state of what it changes."""


class SheetError(InputError):
    """Content does not fit a format; the message names what does not, and what to take."""


class PermissionRefused(InputError):  # noqa: N818 - reads better at the raise
    """A portal does not allow what it was asked: no key, or not the right to."""


class RecordRefused(InputError):  # noqa: N818 - reads better at the raise
    """A portal finds a record invalid; the message names its fields."""


class UnknownThing(InputError):  # noqa: N818 - reads better at the raise
    """There is no such thing, or the reader may not know of it: the two answer alike."""


class NoLongerKept(UnknownThing):
    """A generation that was served once, and has been deleted since."""


class Withdrawn(UnknownThing):
    """A dataset that was here once, and was withdrawn."""


class LimitError(ParvisError):
    """A limit was reached; the message names it."""


class ShareError(LimitError):
    """A reader's own share is used up: not the machine's, and not another's."""


class AnswerTooLarge(LimitError):  # noqa: N818 - reads better at the raise
    """An answer has more rows or bytes than one may have."""


class MachineError(ParvisError):
    """The machine could not do it."""


class StoreError(MachineError):
    """Disk, lock, or a damaged generation."""


class NothingPublished(MachineError):  # noqa: N818 - reads better at the raise
    """There is no generation to serve yet."""


class FetchError(MachineError):
    """Another server did not give what was asked of it."""


class WorkerDied(MachineError):  # noqa: N818 - reads better at the raise
    """A worker process ended before it answered."""


class EngineFailed(WorkerDied):
    """The engine fell over this very query: asked again, it would fall again."""
