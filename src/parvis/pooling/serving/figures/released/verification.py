"""The verification of a receipt: by public keys alone, then whether its release was recalled."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from parvis.config import Settings
from parvis.config.documents import Document
from parvis.errors import FetchError, NothingPublished, SourceError
from parvis.fetch.address import Address
from parvis.fetch.download import exchange
from parvis.i18n import N_
from parvis.pooling.publics.receipts.keys import parse_keys, read_signer
from parvis.pooling.publics.receipts.receipt import FigureReceipt, verify_receipt
from parvis.pooling.publics.receipts.timestamps import (
    NOT_STAMPED,
    read_certificates,
    verify_timestamp,
)
from parvis.pooling.serving.figures.released.receipts import CURRENT, RECALLED, REPLACED
from parvis.pooling.serving.figures.released.requested import DATASET, is_recalled
from parvis.store.generation import generation as store
from parvis.store.generation.state_files import RecallList
from parvis.vocab.iris import DatasetKey, Iris

MOST_BYTES = 20_000
"""The limit of what is fetched: the status of a release."""
STATUSES = re.compile(f"{CURRENT}|{REPLACED}|{RECALLED}")
STAMPED_LATE = N_(
    "{file} was stamped on {stamped}, and its key {key} has signed nothing since {until}"
)


@dataclass(frozen=True)
class ReceiptVerdict:
    """A sound receipt, and the status of its release where it was looked up, with the reason.

    `stamped` is the instant of its timestamp, where the certificate of an authority verified it.
    """

    receipt: FigureReceipt
    status: str | None = None
    reason: Mapping[str, str] | None = None
    stamped: datetime | None = None

    @property
    def recalled(self) -> bool:
        return self.status == RECALLED

    def to_json(self) -> dict[str, Any]:
        return {
            "figure": dict(self.receipt.figure),
            "release": self.receipt.release.to_json(self.receipt.key.key),
            "status": self.status,
            "reason": self.reason,
            "has_timestamp": self.receipt.timestamp is not None,
            "stamped": self.stamped and self.stamped.isoformat(),
        }


def check_receipt(  # noqa: PLR0913 - what a verification may go by
    settings: Settings,
    body: bytes,
    file: object,
    keys: bytes | None,
    *,
    offline: bool,
    certificates: bytes | None = None,
) -> ReceiptVerdict:
    """Verify a receipt by the keys of a document, or of this pool where there is none.

    With `certificates` of an authority (PEM), its timestamp too. Raises `SourceError` for one that
    is not sound, `UnknownThing` where this pool has no keys, and as `exchange` does where its site
    does not say whether the release was recalled.
    """
    known = read_signer(settings.data).keys if keys is None else parse_keys(keys, file)
    receipt = verify_receipt(body, file, known)
    stamped = None if certificates is None else _verify_stamp(receipt, file, certificates)
    if keys is None:
        verdict = _look_up(settings, receipt)
    else:
        verdict = ReceiptVerdict(receipt) if offline else _ask_site(settings, receipt)
    return replace(verdict, stamped=stamped)


def _verify_stamp(receipt: FigureReceipt, file: object, certificates: bytes) -> datetime:
    """Verify the timestamp of a receipt, and that its key still signed then."""
    authority = read_certificates(certificates, file)
    if receipt.timestamp is None:
        raise SourceError(NOT_STAMPED, file=file)
    stamped = verify_timestamp(receipt.timestamp, receipt.stamped, authority, file)
    until = receipt.key.until
    if until is not None and stamped > until:
        raise SourceError(
            STAMPED_LATE, file=file, stamped=stamped, key=receipt.key.key, until=until
        )
    return stamped


def _look_up(settings: Settings, receipt: FigureReceipt) -> ReceiptVerdict:
    """Look in the pool itself whether a release was recalled."""
    key, content = DatasetKey.parse(receipt.release.dataset), receipt.release.content
    if key.dataset == DATASET:  # signed here, of tables that were asked for
        recalled = is_recalled(settings.data, content)
        return ReceiptVerdict(receipt, RECALLED if recalled else CURRENT)
    graph = Iris(settings.base).graph(key)
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
    address = Address.parse(receipt.release.status)
    with exchange(address, replace(settings.fetch, bytes=MOST_BYTES)) as session:
        response = session.get(address.url, timeout=settings.fetch.read_seconds)
        body = response.content
    document = Document.parse(body, address, most=MOST_BYTES, error=FetchError)
    status, reason = document.member("status").text(STATUSES), document.member("reason")
    return ReceiptVerdict(receipt, status, reason.optional(reason.texts))
