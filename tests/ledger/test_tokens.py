"""Tokens in the ledger: given, shown once, replaced, taken back."""

import hmac
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from parvis.errors import TokenError, UnknownThing, UsageError
from parvis.ledger import FILE, Credential, Database, Grant, Token, Tokens, TokenScope
from parvis.ledger import tokens as module

YEAR = timedelta(days=365)
PURPOSES = frozenset({"https://w3id.org/dpv#AcademicResearch", "urn:x:other"})
PARTY = "https://pool.example/id/partner/theatre"


def give(tokens: Tokens, now: datetime, party: str = PARTY) -> tuple[Credential, Token]:
    """Give a party a token for a year."""
    return tokens.create(Grant(party, label="essai", purposes=PURPOSES), now, now + YEAR)


def test_a_token_opens_until_it_expires(tokens: Tokens, now: datetime) -> None:
    """It is known by its text, and by its id, until the very instant."""
    credential, token = give(tokens, now)
    last = now + YEAR - timedelta(seconds=1)
    assert tokens.check(credential, last) == tokens.live(token.id, last) == token
    assert token.grant == Grant(PARTY, TokenScope.READ, "essai", PURPOSES)
    with pytest.raises(TokenError, match="expired"):
        tokens.check(credential, now + YEAR)
    with pytest.raises(TokenError, match="expired"):
        tokens.live(token.id, now + YEAR)


def test_a_revoked_token_opens_nothing_for_any_process(
    tokens: Tokens, now: datetime, tmp_path: Path
) -> None:
    """Another opening of the ledger sees it at once; revoking again changes nothing."""
    credential, token = give(tokens, now)
    revoked = Tokens(tmp_path).revoke(token.id, now)
    assert Tokens(tmp_path).revoke(token.id, now + YEAR) == revoked
    with pytest.raises(TokenError, match="revoked"):
        tokens.check(credential, now)


def test_a_token_of_another_secret_is_unknown(tokens: Tokens, now: datetime) -> None:
    """So is any token of a ledger that was never written; both answer alike."""
    stranger = Credential.new()
    with pytest.raises(TokenError, match="not known"):
        tokens.check(stranger, now)
    credential, _ = give(tokens, now)
    for one in (stranger, Credential(credential.id, stranger.secret)):
        with pytest.raises(TokenError, match="not known"):
            tokens.check(one, now)


def test_digests_are_compared_in_constant_time(
    tokens: Tokens, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A known and an unknown token cost one comparison each, of digests of one length."""
    compared: list[tuple[int, int]] = []

    def spy(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return hmac.compare_digest(one, other)

    monkeypatch.setattr(module, "compare_digest", spy)
    credential, _ = give(tokens, now)
    tokens.check(credential, now)
    with pytest.raises(TokenError):
        tokens.check(Credential.new(), now)
    assert compared == [(32, 32), (32, 32)]


def test_a_party_has_two_live_tokens_at_most(tokens: Tokens, now: datetime) -> None:
    """A third is refused until one is over; other parties do not count."""
    _, first = give(tokens, now)
    give(tokens, now)
    with pytest.raises(UsageError, match=first.id):
        give(tokens, now)
    give(tokens, now, f"{PARTY}-b")
    tokens.revoke(first.id, now)
    give(tokens, now)
    assert len(tokens.all()) == 4


def test_two_processes_at_once_do_not_give_three(tokens: Tokens, now: datetime) -> None:
    """The count and the writing are one transaction."""

    def one(_: int) -> bool:
        try:
            give(tokens, now)
        except UsageError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(8))) == 2


def test_a_rotated_token_lives_on_for_its_grace(tokens: Tokens, now: datetime) -> None:
    """Both open meanwhile; then the first is over, and a third may come."""
    first, old = give(tokens, now)
    second, new = tokens.rotate(old.id, now, now + YEAR, timedelta(days=7))
    assert new.grant == old.grant
    during, after = now + timedelta(days=6), now + timedelta(days=7)
    assert {tokens.check(one, during).id for one in (first, second)} == {old.id, new.id}
    with pytest.raises(TokenError, match="expired"):
        tokens.check(first, after)
    tokens.rotate(new.id, after, after + YEAR, timedelta(0))


def test_rotating_never_lengthens_a_life(tokens: Tokens, now: datetime) -> None:
    """A grace beyond the end of the first token changes nothing."""
    _, old = tokens.create(Grant(PARTY), now, now + timedelta(days=1))
    tokens.rotate(old.id, now, now + YEAR, timedelta(days=7))
    assert tokens.live(old.id, now).expires == old.expires


def test_only_a_live_token_is_rotated(tokens: Tokens, now: datetime) -> None:
    """What is over is not revived, what is unknown is said, and nothing is half done."""
    _, token = give(tokens, now)
    with pytest.raises(UsageError, match="expired"):
        tokens.rotate(token.id, now + YEAR, now + 2 * YEAR, timedelta(0))
    tokens.revoke(token.id, now)
    with pytest.raises(UsageError, match="revoked"):
        tokens.rotate(token.id, now, now + YEAR, timedelta(0))
    for verb in (
        lambda: tokens.rotate("x", now, now, timedelta(0)),
        lambda: tokens.revoke("x", now),
    ):
        with pytest.raises(UnknownThing):
            verb()
    assert len(tokens.all()) == 1


def test_no_file_of_the_data_folder_holds_a_secret(
    tokens: Tokens, now: datetime, tmp_path: Path
) -> None:
    """Neither as it is written, nor anywhere in the pages of the ledger."""
    shown = [give(tokens, now, f"{PARTY}-{number}")[0] for number in range(20)]
    shown.append(tokens.rotate(shown[0].id, now, now + YEAR, timedelta(0))[0])
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert all(one.id.encode() in kept for one in shown)
    assert not any(one.secret.encode() in kept for one in shown)


def test_what_has_ended_since_a_copy_does_not_live_again(
    tokens: Tokens, now: datetime, tmp_path: Path
) -> None:
    """The copy's tokens are taken over, with revocations and earlier ends; later ones are gone."""
    later = now + timedelta(days=9)
    kept, revoked, replaced = (
        tokens.create(Grant(party), now, later)[1].id for party in ("a", "b", "c")
    )
    Database(tmp_path / FILE).copy(tmp_path / "copy.sqlite")
    tokens.revoke(revoked, now)
    tokens.rotate(replaced, now, later, timedelta(days=1))
    tokens.take_over(tmp_path / "copy.sqlite")
    states = {one.id: one.state(now + timedelta(days=2)) for one in tokens.all()}
    assert states == {kept: "live", revoked: "revoked", replaced: "expired"}
    tokens.take_over(tmp_path / "none.sqlite")
    assert tokens.all() == []
