"""A CKAN spoken to by its Action API: each call within walls, each refusal a typed error."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from ckanapi import RemoteCKAN
from ckanapi.errors import (
    CKANAPIError,
    NotAuthorized,
    NotFound,
    ServerIncompatibleError,
    ValidationError,
)

from parvis import __version__
from parvis.config import Fetching
from parvis.config.documents import Document
from parvis.errors import (
    FetchError,
    LimitError,
    PermissionRefused,
    RecordRefused,
    UnknownThing,
    UsageError,
)
from parvis.fetch.address import Address
from parvis.fetch.exchange import exchange

LARGEST = 50_000_000
"""Bytes of one answer or page, which is what ckanext-dcat reads at most: it is read whole."""
PAGE = 100
"""Packages that are asked for at a time."""
MOST = 20_000
"""Packages that one search may give: more is a portal that answers without end."""
LONGEST = 300
"""Characters that are told of what a portal says of itself, and those of an id."""
DEEPEST = 6
"""Objects within one another in which a portal's words are looked for."""
_OTHERWISE = (
    *(CKANAPIError, ServerIncompatibleError, RecursionError),
    *(KeyError, TypeError, AttributeError, ValueError),
)
"""What `ckanapi` raises for an answer that is none of a CKAN's."""


class Ckan:
    """One CKAN at an address, called with a key or without."""

    def __init__(self, address: Address, settings: Fetching, key: str | None = None) -> None:
        """Call nothing yet. Raises `UsageError` for a key that anybody on the way could read."""
        host = (urlsplit(address.url).hostname or "").lower()
        if key and not address.secure and host not in settings.allow:
            raise UsageError(
                "the key is not sent to {address}: it is not https, and “allow” does not name it",
                address=address,
            )
        self.address, self.keyed = address, bool(key)
        self._settings = replace(settings, bytes=min(LARGEST, settings.bytes))
        self._key = key

    def call(self, action: str, **asked: object) -> Any:  # noqa: ANN401 - whatever JSON says
        """Call an action and give its result.

        Raises `PermissionRefused`, `RecordRefused`, `UnknownThing`, or `FetchError` for what
        answers otherwise than a CKAN does.
        """
        status: list[int] = []
        with exchange(self.address, self._settings) as session:
            session.hooks["response"].append(lambda answer, **_: status.append(answer.status_code))
            agent = f"parvis/{__version__}"
            remote = RemoteCKAN(self.address.url, self._key, user_agent=agent, session=session)
            pause = (self._settings.connect_seconds, self._settings.read_seconds)
            try:
                return remote.call_action(action, asked, requests_kwargs={"timeout": pause})
            except NotAuthorized as error:
                raise PermissionRefused(
                    "{address} does not allow “{action}”: {reason}",
                    address=self.address,
                    action=action,
                    reason=_said(error.extra_msg),
                ) from error
            except ValidationError as error:
                raise refusal(self.address, error.error_dict) from error
            except NotFound as error:
                raise UnknownThing(
                    "{address} has nothing for “{action}”: {reason}",
                    address=self.address,
                    action=action,
                    reason=_said(error.extra_msg),
                ) from error
            except _OTHERWISE as error:
                raise FetchError(
                    "{address} answered “{action}” with {status}, not as a CKAN does",
                    address=self.address,
                    action=action,
                    status=status[-1] if status else "?",
                ) from error

    def find(self, action: str, name: str) -> dict[str, Any] | None:
        """Return what has a name or an id; None if nothing has."""
        try:
            found = self.call(action, id=name)
        except UnknownThing:
            return None
        if action == "package_show":
            return self.require_package(found)
        return Document(found, self.address, FetchError).table()

    def require_package(self, found: object) -> dict[str, Any]:
        """Return a package that has what is read of it here.

        Raises `FetchError` for one without id or name, or whose extras and resources are none: what
        is planned from it would be sent back, and could delete something else.
        """
        told = Document(found, self.address, FetchError)
        told.member("id").text(most=LONGEST)
        told.member("name").text(most=LONGEST)
        for name, texts in (("extras", ("key",)), ("resources", ())):
            rows = told.member(name)
            for row in rows.items() if rows.value is not None else ():
                for text in texts:
                    row.member(text).text()
                if row.table().get("uri"):
                    row.member("uri").text()
                    row.member("id").text(most=LONGEST)
        return told.table()

    def search(self, query: str) -> Iterator[dict[str, Any]]:
        """Give all packages that a filter query (Solr's ``fq``) finds, in an order that lasts.

        Raises `LimitError` for a portal that gives no end of them, and what `call` raises.
        """
        private = {"include_private": True} if self.keyed else {}
        for start in range(0, MOST, PAGE):
            found = self.call(
                "package_search", fq=query, rows=PAGE, start=start, sort="name asc", **private
            )
            yield from self._packages(found)
            if not found["results"] or start + PAGE >= found["count"]:
                return
        raise LimitError(
            "{address} gives more than {limit} records", address=self.address, limit=MOST
        )

    def _packages(self, found: object) -> list[dict[str, Any]]:
        """Give the packages of a page; raises `FetchError` for what is none."""
        told = found if isinstance(found, dict) else {}
        packages, count = told.get("results"), told.get("count")
        if isinstance(packages, list) and type(count) is int:
            return [one for one in packages if isinstance(one, dict)]
        raise FetchError("{address} answers searches as no CKAN does", address=self.address)


def phrase(key: str, value: str) -> str:
    r"""Write a filter query that an extra has a value (Solr's query syntax, a quoted phrase).

    >>> phrase("uri", 'a"b')
    'extras_uri:"a\\"b"'
    """
    return f"extras_{key}:{quoted(value)}"


def quoted(value: str) -> str:
    """Write a value as a phrase of Solr's query syntax, whatever it holds."""
    inside = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inside}"'


def refusal(address: Address, told: object) -> RecordRefused:
    """Tell which fields a CKAN refuses, and why."""
    table = told if isinstance(told, dict) else {}
    fields = {name: why for name, why in table.items() if not name.startswith("__")}
    return RecordRefused(
        "{address} refuses the record: {reason}",
        address=address,
        reason="; ".join(f"{name}: {_said(why)}" for name, why in fields.items()),
        fields=" ".join(fields),
    )


def _said(told: object, depth: int = DEEPEST) -> str:
    """Return what a portal says of a failure in one short text."""
    if isinstance(told, dict | list | tuple) and not depth:
        return "?"
    if isinstance(told, dict):
        told = told.get("message") or list(told.values())
    if isinstance(told, list | tuple):
        told = " ".join(dict.fromkeys(_said(part, depth - 1) for part in told if part))
    if isinstance(told, dict):
        told = _said(told, depth - 1)
    return str(told or "?")[:LONGEST]
