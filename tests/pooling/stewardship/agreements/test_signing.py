"""An agreement is in force once both sides have signed it, and nobody loses by surprise."""

from datetime import UTC, date, datetime

import pytest

from parvis.config import Settings
from parvis.errors import UnknownThing, UsageError
from parvis.governance import ANONYMOUS, READ, decide
from parvis.ledger import Author
from parvis.pooling.pool import Pool
from parvis.pooling.stewardship.agreements import (
    Side,
    list_versions,
    sign,
    simulate_draft,
)
from parvis.pooling.stewardship.entries import add_agreement
from parvis.pooling.stewardship.texts import OutdatedText, digest_of, list_changes

PARTY_ROLE = {"fr": "direction générale", "en": "executive director"}
HOST_ROLE = {"fr": "coordination", "en": "coordinator"}
ANNE = Author("x", "steward", "p-anne")
PAUL = Author("y", "editor", "p-paul")
DAY, LATER = date(2026, 10, 1), date(2026, 10, 3)
OPEN = "<id/dataset/theatre-b/spectacles> ; odrl:assignee parvis:everyone ; odrl:action odrl:read"
NAME = "theatre-b"


def amend(settings: Settings, before: str, after: str) -> None:
    """Draft an amendment of the theatre's agreement."""
    (draft,) = add_agreement(settings, NAME, None, None)
    text = draft.read_text("utf-8")
    assert before in text
    draft.write_text(text.replace(before, after), "utf-8")


def states(settings: Settings) -> list[str]:
    return [version.state for version in list_versions(settings, NAME)]


@pytest.mark.parametrize("first", [Side.PARTY, Side.THIRD_PARTY])
def test_an_agreement_is_in_force_once_both_sides_have_signed(
    settings: Settings, first: Side
) -> None:
    """The first signature waits in the draft; the record of both is in the text in force."""
    amend(settings, '"Entente inventée"@fr', '"Entente"@fr')
    roles = {Side.PARTY: PARTY_ROLE, Side.THIRD_PARTY: HOST_ROLE}
    second = next(side for side in roles if side is not first)
    result = sign(settings, NAME, None, roles[first], DAY, PAUL, side=first)
    assert (result["state"], result["signed"]) == ("draft", None)
    assert [signature["role"] for signature in result["signatures"]] == [roles[first]]
    assert states(settings) == ["draft", "in force"]
    assert Pool.open(settings).catalog.policies.agreements[0].title["fr"] == "Entente inventée"
    with pytest.raises(UsageError, match="waits for the other"):
        sign(settings, NAME, None, roles[first], DAY, PAUL, side=first)
    result = sign(settings, NAME, None, roles[second], LATER, ANNE, side=second)
    assert (result["state"], result["signed"], result["version"]) == ("in force", "2026-10-03", "2")
    assert len(result["signatures"]) == 2
    assert states(settings) == ["in force", "v1"]
    (agreement,) = Pool.open(settings).catalog.policies.agreements
    assert (agreement.title["fr"], agreement.signatory) == ("Entente", PARTY_ROLE)
    assert [change.author for change in list_changes(settings, NAME)][:2] == [ANNE, PAUL]


def test_a_signature_of_another_text_signs_nothing(settings: Settings) -> None:
    """Once the draft has changed, it waits for both again."""
    amend(settings, '"Entente inventée"@fr', '"Entente"@fr')
    sign(settings, NAME, None, PARTY_ROLE, DAY, side=Side.PARTY)
    draft = list_versions(settings, NAME)[0]
    draft.file.write_text(draft.text.replace('"Entente"@fr', '"Autre"@fr'), "utf-8")
    assert list_versions(settings, NAME)[0].signatures == ()
    result = sign(settings, NAME, None, HOST_ROLE, DAY, side=Side.THIRD_PARTY)
    assert (result["state"], len(result["signatures"])) == ("draft", 1)


def test_what_is_signed_is_what_was_read(settings: Settings) -> None:
    amend(settings, '"Entente inventée"@fr', '"Entente"@fr')
    draft = list_versions(settings, NAME)[0]
    draft.file.write_text(f"{draft.text}# more\n", "utf-8")
    with pytest.raises(OutdatedText, match="by hand"):
        sign(settings, NAME, None, PARTY_ROLE, DAY, expected=digest_of(draft.text))
    assert list_versions(settings, NAME)[0].signed is None


def test_who_would_lose_is_named_before_anybody_signs(settings: Settings) -> None:
    """What is no longer everyone's is lost by those who do not sign in; confirmed, it is signed."""
    amend(settings, OPEN, OPEN.replace("everyone", "members"))
    simulation = simulate_draft(settings, NAME)
    (loss,) = (row for row in simulation.losses if row.group["en"] == "visitors who do not sign in")
    assert (loss.dataset, loss.before.name, loss.after.name) == (
        *("theatre-b/spectacles", "CONTENT", "NOTHING"),
    )
    with pytest.raises(UsageError, match="visitors who do not sign in would no longer") as raised:
        sign(settings, NAME, None, PARTY_ROLE, DAY)
    assert "theatre-b" not in str(raised.value.fields["readers"])
    assert states(settings) == ["draft", "in force"]
    sign(settings, NAME, None, PARTY_ROLE, DAY, confirmed=True)
    policies = Pool.open(settings).catalog.policies
    target = f"{settings.base}id/dataset/theatre-b/spectacles"
    assert not decide(policies, ANONYMOUS, READ, target, datetime.now(UTC)).allowed


def test_a_draft_that_changes_nothing_for_readers_says_so(settings: Settings) -> None:
    amend(settings, '"Entente inventée"@fr', '"Entente"@fr')
    simulation = simulate_draft(settings, NAME, own=True)
    assert simulation.rows == ()
    assert all(group.before == group.after for group in simulation.groups)
    with pytest.raises(UnknownThing, match="no draft"):
        simulate_draft(settings, "tiers")
