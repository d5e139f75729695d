"""Read and write the text of a token."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.errors import TokenError
from parvis.ledger.tokens import ALPHABET, ID, MALFORMED, SECRET, Credential

credentials = st.builds(
    Credential,
    st.text(ALPHABET, min_size=ID, max_size=ID),
    st.text(ALPHABET, min_size=SECRET, max_size=SECRET),
)


@given(credentials)
def test_a_token_is_read_as_written(credential: Credential) -> None:
    assert Credential.parse(credential.reveal()) == credential


@given(credentials, st.data())
def test_a_token_with_any_changed_character_is_refused(
    credential: Credential, data: st.DataObject
) -> None:
    """Replaced, removed or inserted: it is refused as a typing error, before the ledger is read."""
    text = credential.reveal()
    at = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.characters() | st.sampled_from(ALPHABET))
    changed = data.draw(
        st.sampled_from(
            [
                text[:at] + character + text[at + 1 :],
                text[:at] + text[at + 1 :],
                text[:at] + character + text[at:],
            ]
        )
    )
    if changed != text:
        with pytest.raises(TokenError) as refused:
            Credential.parse(changed)
        assert str(refused.value) == MALFORMED


def test_a_token_has_a_recognisable_form() -> None:
    """A fixed prefix, then letters and digits, for scanners of leaked secrets."""
    credential = Credential.new()
    assert re.fullmatch(r"parvis_\w{8}_\w{43}_\w{6}", credential.reveal())
    assert len(ALPHABET) ** SECRET >= 2**256


def test_the_secret_is_not_printed_by_accident() -> None:
    """By `repr`, `str` or an error."""
    credential = Credential.new()
    assert credential.secret not in f"{credential!r} {credential}"
    with pytest.raises(TokenError) as refused:
        Credential.parse(credential.reveal()[:-1])
    assert credential.secret not in repr(refused.value)


def test_tokens_are_unique() -> None:
    """Ids and secrets are random."""
    credentials = [Credential.new() for _ in range(100)]
    assert (
        len({credential.id for credential in credentials})
        == len({credential.secret for credential in credentials})
        == len(credentials)
    )
