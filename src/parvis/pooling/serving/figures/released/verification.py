"""The verification of a receipt: by public keys alone, then whether its release was recalled."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parvis.config import Settings
from parvis.config.documents import Document
from parvis.errors import FetchError, NothingPublished
from parvis.fetch.address import Address
from parvis.fetch.download import exchange
from parvis.pooling.publics.receipts.keys import parse_keys, read_signer
from parvis.pooling.publics.receipts.receipt import FigureReceipt, verify_receipt
from parvis.pooling.serving.figures.released.receipts import CURRENT, RECALLED, REPLACED
from parvis.store.generation import generation as store
from parvis.store.generation.state_files import RecallList
from parvis.vocab.iris import DatasetKey, Iris

MOST_BYTES = 20_000
"""The limit of what is fetched: the status of a release."""


@dataclass(frozen=True)
class ReceiptVerdict:
    """A sound receipt, and the status of its release where it was looked up, with the reason."""

    receipt: FigureReceipt
    status: str | None = None
    reason: Mapping[str, str] | None = None

    @property
    def recalled(self) -> bool:
        return self.status == RECALLED

    def to_json(self) -> dict[str, Any]:
        return {
            "figure": dict(self.receipt.figure),
            "release": dict(self.receipt.release),
            "status": self.status,
            "reason": self.reason,
        }


def check_receipt(
    settings: Settings, body: bytes, file: object, keys: bytes | None, *, offline: bool
) -> ReceiptVerdict:
    """Verify a receipt by the keys of a document, or of this pool where there is none.

    Raises `SourceError` for one that is not sound, `UnknownThing` where this pool has no keys,
    and as `exchange` does where its site does not say whether the release was recalled.
    """
    if keys is None:
        receipt = verify_receipt(body, file, read_signer(settings.data).keys)
        return _look_up(settings, receipt)
    receipt = verify_receipt(body, file, parse_keys(keys, file))
    return ReceiptVerdict(receipt) if offline else _ask_site(settings, receipt)


def _look_up(settings: Settings, receipt: FigureReceipt) -> ReceiptVerdict:
    """Look in the pool itself whether a release was recalled."""
    graph = Iris(settings.base).graph(DatasetKey.parse(receipt.release["dataset"]))
    content = receipt.release["content"]
    why = RecallList.read(settings.data).why(graph, content)
    if why is not None:
        return ReceiptVerdict(receipt, RECALLED, why["reason"])
    try:
        manifest = store.current(settings.data).manifest
    except NothingPublished:
        return ReceiptVerdict(receipt, REPLACED)
    served = {
        facts.sources.get(graph, "").partition(".")[0]
        for facts in (manifest.open, manifest.members)
    }
    return ReceiptVerdict(receipt, CURRENT if content in served else REPLACED)


def _ask_site(settings: Settings, receipt: FigureReceipt) -> ReceiptVerdict:
    """Ask the site that signed a receipt whether its release was recalled."""
    address = Address.parse(receipt.release["status"])
    with exchange(address, settings.fetch) as session:
        response = session.get(address.url, timeout=settings.fetch.read_seconds)
        body = response.content
    document = Document.parse(body, address, most=MOST_BYTES, error=FetchError)
    status, reason = document.member("status").text(), document.member("reason")
    return ReceiptVerdict(receipt, status, reason.optional(reason.texts))
