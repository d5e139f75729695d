"""Who acts, as the ledger names them: a party, a role and a pseudonym, never a name."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Author:
    """An actor: `party` is an IRI, `person` the pseudonym of a person of it, None for a program."""

    party: str | None
    role: str
    person: str | None = None

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Return what an entry of the audit trail says of the actor besides its party."""
        pairs = (("role", self.role), ("person", self.person))
        return tuple((name, value) for name, value in pairs if value)


SHELL = Author(None, "shell")
"""The steward at the command line of the machine."""
