"""Certificates that masked messages were destroyed: the ledger's proof, as JSON and in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parvis.catalog.ontology import last_segment
from parvis.config import Settings
from parvis.config.json_data import to_object
from parvis.errors import UnknownThing
from parvis.i18n import LANGUAGES, N_, day, say, say_counts
from parvis.ledger import ChainLink, Rounds

TITLE = N_("Certificate of destruction: messages of round {number} of the project {project}")
DONE = N_("The {count} messages received were overwritten and deleted on {day}.")
NOTHING_LEFT = N_("No file of them is left, and no backup holds any.")
HASH = N_("Hash of this entry of the ledger: {hash}")
NONE_YET = N_("the messages of round {number} are not destroyed yet: there is no certificate")


@dataclass(frozen=True)
class MessageCertificate:
    link: ChainLink

    @property
    def done(self) -> datetime:
        return datetime.fromisoformat(self.link.entry["done"])

    def title(self, lang: str) -> str:
        entry = self.link.entry
        return say(lang, TITLE, number=entry["round"], project=entry["project"])

    def lines(self, lang: str) -> list[str]:
        entry = self.link.entry
        messages = [
            f"{last_segment(message['party'])} · SHA-256 {message['sha256']}"
            for message in entry["messages"]
        ]
        count, done = len(messages), day(lang, self.done)
        text = say_counts(lang, DONE, count=count, day=done)
        return [
            f"{text} {say(lang, NOTHING_LEFT)}",
            *messages,
            say(lang, HASH, hash=self.link.hash),
        ]

    def to_json(self) -> dict[str, Any]:
        words = {lang: self.lines(lang) for lang in LANGUAGES}
        return {**to_object(self.link), "text": words}


def list_certificates(settings: Settings) -> list[MessageCertificate]:
    return [MessageCertificate(link) for link in Rounds(settings.data).certificates()]


def require_certificate(settings: Settings, project: str, number: int) -> MessageCertificate:
    """Return the certificate of a round; raises `UnknownThing` before its messages are gone."""
    for certificate in list_certificates(settings):
        entry = certificate.link.entry
        if (entry["project"], entry["round"]) == (project, number):
            return certificate
    raise UnknownThing(NONE_YET, number=number)
