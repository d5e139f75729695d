"""What was agreed is signed by both sides, also where a hand dated the agreement in force."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from parvis.config import Settings
from parvis.ledger import SHELL, Offer, Request
from parvis.pooling.stewardship.agreements import Side, sign
from parvis.pooling.stewardship.entries import add_party
from parvis.pooling.stewardship.requests.drafting import draft_agreed

POOL = Path(__file__).parents[3] / "cases" / "pool"
PURPOSE = "https://w3id.org/dpv#AcademicResearch"


def test_a_clause_is_signed_in_an_agreement_that_a_hand_dated(tmp_path: Path) -> None:
    """Its date is that of the version before: the new one has its own alone."""
    shutil.copytree(POOL, tmp_path / "catalog")
    settings = Settings.load(data=tmp_path / "data", catalog=tmp_path / "catalog")
    agreement = settings.catalog / "theatre-b" / "agreement.ttl"
    assert "dct:dateAccepted" in agreement.read_text(encoding="utf-8")
    add_party(settings, "chercheuse", {"fr": "Une chercheuse", "en": "A researcher"}, "")
    base, now = settings.base, datetime.now(UTC)
    until = now.date() + timedelta(days=90)
    subject = f"{base}id/dataset/theatre-b/billets"
    request = Request(
        id="0123456789abcdef",
        requester=f"{base}id/party/chercheuse",
        owner=f"{base}id/partner/theatre-b",
        subject=subject,
        title={"fr": "Billets", "en": "Tickets"},
        purpose=PURPOSE,
        until=until,
        message="Une thèse.",
        created=now,
        state="offered",
        since=now,
        due=now + timedelta(days=30),
        offer=Offer(subject, PURPOSE, until),
    )
    draft_agreed(settings, request, SHELL)
    for side in (Side.PARTY, Side.THIRD_PARTY):
        version = sign(
            settings, "theatre-b", None, {"fr": "d", "en": "d"}, now.date(), SHELL, side=side
        )
    assert version["state"] == "in force"
    assert len(version["signatures"]) == 2
    assert agreement.read_text(encoding="utf-8").count("dateAccepted") == 1
