"""The text of a token."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.errors import TokenError
from parvis.ledger.credential import ALPHABET, ID, MALFORMED, SECRET, Credential

credentials = st.builds(
    Credential,
    st.text(ALPHABET, min_size=ID, max_size=ID),
    st.text(ALPHABET, min_size=SECRET, max_size=SECRET),
)


@given(credentials)
def test_any_token_is_read_as_it_was_written(credential: Credential) -> None:
    """Writing and reading are each other's inverse."""
    assert Credential.parse(credential.reveal()) == credential


@given(credentials, st.data())
def test_any_change_of_one_character_is_refused(
    credential: Credential, data: st.DataObject
) -> None:
    """One character replaced, left out or put in is a typing error, told before the ledger."""
    text = credential.reveal()
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters() | st.sampled_from(ALPHABET))
    changed = data.draw(
        st.sampled_from(
            [
                text[:at] + other + text[at + 1 :],
                text[:at] + text[at + 1 :],
                text[:at] + other + text[at:],
            ]
        )
    )
    if changed != text:
        with pytest.raises(TokenError) as refused:
            Credential.parse(changed)
        assert str(refused.value) == MALFORMED


def test_a_token_is_recognised_by_its_form() -> None:
    """A fixed prefix, then letters and digits, as scanners of leaked secrets want it."""
    credential = Credential.new()
    assert re.fullmatch(r"parvis_\w{8}_\w{43}_\w{6}", credential.reveal())
    assert len(ALPHABET) ** SECRET >= 2**256


def test_the_secret_is_not_shown_by_accident() -> None:
    """Neither `repr`, nor `str`, nor an error holds it."""
    credential = Credential.new()
    assert credential.secret not in f"{credential!r} {credential}"
    with pytest.raises(TokenError) as refused:
        Credential.parse(credential.reveal()[:-1])
    assert credential.secret not in repr(refused.value)


def test_two_tokens_are_never_alike() -> None:
    """Ids and secrets are drawn at random."""
    drawn = [Credential.new() for _ in range(100)]
    assert len({one.id for one in drawn}) == len({one.secret for one in drawn}) == len(drawn)
