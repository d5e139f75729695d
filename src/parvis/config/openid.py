"""The OpenID provider of a pool, and secrets in files."""

from dataclasses import dataclass
from pathlib import Path

from parvis.errors import UsageError
from parvis.i18n import N_

NO_ISSUER = N_(
    "“issuer” of “oidc” is the https address of a provider, as it names itself, without ? or #"
)
LOOPBACK = ("http://localhost", "http://127.0.0.1", "http://[::1]")


@dataclass(frozen=True)
class OpenIdSettings:
    """The OpenID provider by whose accounts people may sign in; none without an `issuer`.

    `client_id` and the first line of `client_secret_file` are what the provider gave the pool;
    `label_fr` and `label_en` are what the button says.
    """

    issuer: str = ""
    client_id: str = ""
    client_secret_file: str = ""
    label_fr: str = ""
    label_en: str = ""

    def __post_init__(self) -> None:
        # Plain http only on one's own machine, to try it.
        is_address = self.issuer.startswith(("https://", *LOOPBACK))
        if self.issuer and (not is_address or "?" in self.issuer or "#" in self.issuer):
            raise UsageError(NO_ISSUER)
        if self.issuer and not self.client_id:
            raise UsageError("“client_id” of “oidc” is missing")

    def __bool__(self) -> bool:
        return bool(self.issuer)

    def secret(self) -> str:
        """Return the client's secret; empty where no file is set. Raises `UsageError`."""
        return read_first_line(self.client_secret_file) if self.client_secret_file else ""


def read_first_line(file: str) -> str:
    """Return the first line of a file that holds a secret; raises `UsageError`."""
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("{file} cannot be read: {reason}", file=file, reason=error) from error
    return text.partition("\n")[0].strip()
