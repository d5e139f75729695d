"""The services of other sites that queries may call."""

from dataclasses import dataclass

from parvis.errors import UsageError
from parvis.i18n import N_

NO_SERVICE = N_("“{text}” of “federation” is no http(s) address of a service, without a password")
TOO_SMALL = N_("the numbers of “federation” should be above 0")


@dataclass(frozen=True)
class FederationSettings:
    """The SPARQL endpoints that SERVICE may name; none by default.

    `seconds` and `bytes` are of one call, `rows` of its solutions, `values` is how many values of
    the query's variables are sent in one call. Results are kept `kept_minutes`; `parallel` calls
    wait at a time.
    """

    services: tuple[str, ...] = ()
    seconds: float = 20.0
    bytes: int = 5_000_000
    rows: int = 2_000
    values: int = 200
    kept_minutes: float = 60.0
    parallel: int = 4

    def __post_init__(self) -> None:
        for address in self.services:
            if not address.startswith(("http://", "https://")) or "@" in address:
                raise UsageError(NO_SERVICE, text=address)
        numbers = (self.seconds, self.bytes, self.rows, self.values, self.parallel)
        if min(numbers) <= 0 or self.kept_minutes < 0:
            raise UsageError(TOO_SMALL)
