"""An invitation is sent by e-mail, and its link is written down nowhere."""

from dataclasses import replace

import pytest

from parvis.config import MailSettings, Settings
from parvis.errors import UsageError
from parvis.ledger import FILE, Outbox
from parvis.pooling.notifications.inviting import invite_person
from parvis.pooling.people import list_invitations
from tests.pooling.notifications.conftest import MailServer

ADDRESS = "ana@theatre.example"


def test_an_invitation_is_sent_in_both_languages_and_stored_nowhere(
    settings: Settings, mail_server: MailServer
) -> None:
    mail_server.start()
    sent = invite_person(settings, "theatre-b", "editor", email=f" {ADDRESS} ")
    assert sent.problem is None
    (message,) = mail_server.messages
    assert (message["To"], message["Subject"]) == (
        ADDRESS,
        "[Parvis d’essai (inventé)] Votre invitation",
    )
    body = message.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert text.count(sent.invited.link) == 2
    assert "Voici une invitation à" in text
    assert "with the role “editor”" in text
    assert Outbox(settings.data).count() == {}
    ledger = (settings.data / FILE).read_bytes()
    assert ADDRESS.encode() not in ledger
    assert sent.invited.link.rpartition("/")[2].encode() not in ledger


def test_a_server_that_takes_nothing_leaves_a_link_to_hand_over(
    settings: Settings, mail_server: MailServer
) -> None:
    """Away, or refusing: who invites is told so, and the invitation stands."""
    away = invite_person(settings, "theatre-b", "reader", email=ADDRESS)
    mail_server.start()
    mail_server.answer = "554 no"
    refused = invite_person(settings, "theatre-b", "reader", email=ADDRESS)
    for sent in (away, refused):
        assert sent.problem is not None
        assert "n’a pas pu être envoyé" in sent.problem["fr"]
        assert sent.invited.link.startswith(settings.base)
    assert len(list_invitations(settings)) == 2


@pytest.mark.parametrize("address", ["a@b..c", "Ana <a@b.ca>", "a@b.ca\nBcc: z@x.test, y"])
def test_an_address_that_is_none_invites_nobody(settings: Settings, address: str) -> None:
    """Nor does one that a pool without a mail server is given."""
    silent = replace(settings, mail=MailSettings())
    for pool, text in ((settings, address), (silent, ADDRESS)):
        with pytest.raises(UsageError):
            invite_person(pool, "theatre-b", "reader", email=text)
    assert list_invitations(settings) == []
