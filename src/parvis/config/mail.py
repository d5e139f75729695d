"""The settings of the server that sends e-mail."""

import re
from dataclasses import dataclass

from parvis.config.openid import read_first_line
from parvis.errors import UsageError

EMAIL = re.compile(r"[^\s@]+@([^\s@.]+\.)+[^\s@.]+")
"""The form of an address in OAI-PMH 2.0 (its schema, ``emailType``)."""
SECURITIES = ("starttls", "tls", "none")
"""How a connection to a mail server is protected."""


@dataclass(frozen=True)
class MailSettings:
    """The server that sends e-mail; without a `host`, none is sent.

    `security` is one of `SECURITIES`; `user` and the first line of `password_file` are the
    credentials; `sender` is the address that messages come from. `tries` is how often a message is
    sent in vain, more and more rarely, before it is given up.
    """

    host: str = ""
    port: int = 587
    security: str = "starttls"
    user: str = ""
    password_file: str = ""
    sender: str = ""
    tries: int = 12
    seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.security not in SECURITIES:
            raise UsageError("“security” of “mail” is one of {names}", names=", ".join(SECURITIES))
        if self.host and not EMAIL.fullmatch(self.sender):
            raise UsageError("“sender” of “mail” is the address that messages come from")
        if not 0 < self.port < 65_536 or self.tries < 1 or self.seconds <= 0:  # noqa: PLR2004
            raise UsageError("port, tries and seconds of “mail” are above 0")

    def secret(self) -> str:
        """Return the password; empty where no file is set. Raises `UsageError`."""
        return read_first_line(self.password_file) if self.password_file else ""
