"""Tokens in the ledger: create, check, rotate, revoke."""

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


def create_token(tokens: Tokens, now: datetime, party: str = PARTY) -> tuple[Credential, Token]:
    """Create a token of a party for a year."""
    return tokens.create(Grant(party, label="essai", purposes=PURPOSES), now, now + YEAR)


def test_a_token_is_valid_until_it_expires(tokens: Tokens, now: datetime) -> None:
    """By its text and by its id."""
    credential, token = create_token(tokens, now)
    last = now + YEAR - timedelta(seconds=1)
    assert tokens.check(credential, last) == tokens.live(token.id, last) == token
    assert token.grant == Grant(PARTY, TokenScope.READ, "essai", PURPOSES)
    with pytest.raises(TokenError, match="expired"):
        tokens.check(credential, now + YEAR)
    with pytest.raises(TokenError, match="expired"):
        tokens.live(token.id, now + YEAR)


def test_a_revoked_token_is_refused_in_every_process(
    tokens: Tokens, now: datetime, tmp_path: Path
) -> None:
    """Revoking it again changes nothing."""
    credential, token = create_token(tokens, now)
    revoked = Tokens(tmp_path).revoke(token.id, now)
    assert Tokens(tmp_path).revoke(token.id, now + YEAR) == revoked
    with pytest.raises(TokenError, match="revoked"):
        tokens.check(credential, now)


def test_a_token_with_another_secret_is_unknown(tokens: Tokens, now: datetime) -> None:
    """As is any token in a missing ledger: the answer is the same."""
    stranger = Credential.new()
    with pytest.raises(TokenError, match="not known"):
        tokens.check(stranger, now)
    credential, _ = create_token(tokens, now)
    for candidate in (stranger, Credential(credential.id, stranger.secret)):
        with pytest.raises(TokenError, match="not known"):
            tokens.check(candidate, now)


def test_digests_are_compared_in_constant_time(
    tokens: Tokens, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known and unknown tokens take one comparison each, of digests of equal length."""
    compared: list[tuple[int, int]] = []

    def spy(first: bytes, second: bytes) -> bool:
        compared.append((len(first), len(second)))
        return hmac.compare_digest(first, second)

    monkeypatch.setattr(module, "compare_digest", spy)
    credential, _ = create_token(tokens, now)
    tokens.check(credential, now)
    with pytest.raises(TokenError):
        tokens.check(Credential.new(), now)
    assert compared == [(32, 32), (32, 32)]


def test_a_party_has_at_most_two_live_tokens(tokens: Tokens, now: datetime) -> None:
    """Those of other parties do not count."""
    _, first = create_token(tokens, now)
    create_token(tokens, now)
    with pytest.raises(UsageError, match=first.id):
        create_token(tokens, now)
    create_token(tokens, now, f"{PARTY}-b")
    tokens.revoke(first.id, now)
    create_token(tokens, now)
    assert len(tokens.all()) == 4


def test_concurrent_requests_do_not_exceed_two_tokens(tokens: Tokens, now: datetime) -> None:
    """Counting and writing are one transaction."""

    def try_to_create(_: int) -> bool:
        try:
            create_token(tokens, now)
        except UsageError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_to_create, range(8))) == 2


def test_a_rotated_token_stays_valid_for_its_grace_period(tokens: Tokens, now: datetime) -> None:
    """Both are valid meanwhile; afterwards a third may be created."""
    first, old = create_token(tokens, now)
    second, new = tokens.rotate(old.id, now, now + YEAR, timedelta(days=7))
    assert new.grant == old.grant
    during, after = now + timedelta(days=6), now + timedelta(days=7)
    assert {tokens.check(credential, during).id for credential in (first, second)} == {
        old.id,
        new.id,
    }
    with pytest.raises(TokenError, match="expired"):
        tokens.check(first, after)
    tokens.rotate(new.id, after, after + YEAR, timedelta(0))


def test_rotating_a_token_never_extends_its_life(tokens: Tokens, now: datetime) -> None:
    """A grace period beyond the token's expiry changes nothing."""
    _, old = tokens.create(Grant(PARTY), now, now + timedelta(days=1))
    tokens.rotate(old.id, now, now + YEAR, timedelta(days=7))
    assert tokens.live(old.id, now).expires == old.expires


def test_only_a_live_token_can_be_rotated(tokens: Tokens, now: datetime) -> None:
    """Expired and revoked tokens are refused, as are unknown ids; nothing is changed."""
    _, token = create_token(tokens, now)
    with pytest.raises(UsageError, match="expired"):
        tokens.rotate(token.id, now + YEAR, now + 2 * YEAR, timedelta(0))
    tokens.revoke(token.id, now)
    with pytest.raises(UsageError, match="revoked"):
        tokens.rotate(token.id, now, now + YEAR, timedelta(0))
    for operation in (
        lambda: tokens.rotate("x", now, now, timedelta(0)),
        lambda: tokens.revoke("x", now),
    ):
        with pytest.raises(UnknownThing):
            operation()
    assert len(tokens.all()) == 1


def test_no_file_of_the_data_folder_contains_a_secret(
    tokens: Tokens, now: datetime, tmp_path: Path
) -> None:
    credentials = [create_token(tokens, now, f"{PARTY}-{number}")[0] for number in range(20)]
    credentials.append(tokens.rotate(credentials[0].id, now, now + YEAR, timedelta(0))[0])
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert all(credential.id.encode() in content for credential in credentials)
    assert not any(credential.secret.encode() in content for credential in credentials)


def test_tokens_ended_since_a_copy_stay_ended(
    tokens: Tokens, now: datetime, tmp_path: Path
) -> None:
    """Restoring a copy keeps later revocations and earlier ends; later tokens are deleted."""
    later = now + timedelta(days=9)
    live, revoked, replaced = (
        tokens.create(Grant(party), now, later)[1].id for party in ("a", "b", "c")
    )
    Database(tmp_path / FILE).copy(tmp_path / "copy.sqlite")
    tokens.revoke(revoked, now)
    tokens.rotate(replaced, now, later, timedelta(days=1))
    tokens.take_over(tmp_path / "copy.sqlite")
    states = {token.id: token.state(now + timedelta(days=2)) for token in tokens.all()}
    assert states == {live: "live", revoked: "revoked", replaced: "expired"}
    tokens.take_over(tmp_path / "none.sqlite")
    assert tokens.all() == []
