"""A client of CKAN's Action API: each refusal is a typed error."""

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
from parvis.config import FetchSettings
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
from parvis.fetch.download import exchange

LARGEST = 50_000_000
"""Bytes of an answer or page, the limit of ckanext-dcat."""
PAGE = 100
"""Packages per request."""
MOST = 20_000
"""The most packages of a search: a portal with more may answer without end."""
LONGEST = 300
"""Characters of a portal's message in an error, and those of an id."""
DEEPEST = 6
"""Nested objects in which a portal's message is looked for."""
_OTHERWISE = (
    *(CKANAPIError, ServerIncompatibleError, RecursionError),
    *(KeyError, TypeError, AttributeError, ValueError),
)
"""Exceptions of `ckanapi` for an answer that is not one of a CKAN."""


class Ckan:
    """A CKAN at an address, called with an API key or without."""

    def __init__(self, address: Address, settings: FetchSettings, key: str | None = None) -> None:
        """Raise `UsageError` for a key that would be sent unencrypted."""
        host = (urlsplit(address.url).hostname or "").lower()
        if key and not address.secure and host not in settings.allow:
            raise UsageError(
                "the key is not sent to {address}: it is not https, and “allow” does not name it",
                address=address,
            )
        self.address, self.keyed = address, bool(key)
        self._settings = replace(settings, bytes=min(LARGEST, settings.bytes))
        self._key = key

    def call(self, action: str, **parameters: object) -> Any:  # noqa: ANN401 - whatever JSON says
        """Call an action and return its result.

        Raises `PermissionRefused`, `RecordRefused`, `UnknownThing`, or `FetchError` for an answer
        that is not one of a CKAN.
        """
        status: list[int] = []
        fields = {"address": self.address, "action": action}
        with exchange(self.address, self._settings) as session:
            session.hooks["response"].append(lambda answer, **_: status.append(answer.status_code))
            agent = f"parvis/{__version__}"
            remote = RemoteCKAN(self.address.url, self._key, user_agent=agent, session=session)
            pause = (self._settings.connect_seconds, self._settings.read_seconds)
            try:
                return remote.call_action(action, parameters, requests_kwargs={"timeout": pause})
            except NotAuthorized as error:
                raise PermissionRefused(
                    "{address} does not allow “{action}”: {reason}",
                    **fields,
                    reason=_summarize(error.extra_msg),
                ) from error
            except ValidationError as error:
                raise refusal(self.address, error.error_dict) from error
            except NotFound as error:
                raise UnknownThing(
                    "{address} has nothing for “{action}”: {reason}",
                    **fields,
                    reason=_summarize(error.extra_msg),
                ) from error
            except _OTHERWISE as error:
                raise FetchError(
                    "{address} answered “{action}” with {status}, not as a CKAN does",
                    **fields,
                    status=status[-1] if status else "?",
                ) from error

    def find(self, action: str, name: str) -> dict[str, Any] | None:
        """Return the object with a name or an id, or None."""
        try:
            document = self.call(action, id=name)
        except UnknownThing:
            return None
        if action == "package_show":
            return self.require_package(document)
        return Document(document, self.address, FetchError).table()

    def require_package(self, value: object) -> dict[str, Any]:
        """Return a package whose members that are read here have been checked.

        Raises `FetchError` for a package without id or name, or with malformed extras or resources.
        """
        document = Document(value, self.address, FetchError)
        # A plan made from it is sent back, and could otherwise delete something else.
        document.member("id").text(most=LONGEST)
        document.member("name").text(most=LONGEST)
        for name, texts in (("extras", ("key",)), ("resources", ())):
            rows = document.member(name)
            for row in rows.items() if rows.value is not None else ():
                for text in texts:
                    row.member(text).text()
                if row.table().get("uri"):
                    row.member("uri").text()
                    row.member("id").text(most=LONGEST)
        return document.table()

    def search(self, query: str) -> Iterator[dict[str, Any]]:
        """Yield all packages that a filter query (Solr's ``fq``) finds, in a stable order.

        Raises `LimitError` for more than `MOST`, and what `call` raises.
        """
        private = {"include_private": True} if self.keyed else {}
        for start in range(0, MOST, PAGE):
            page = self.call(
                "package_search", fq=query, rows=PAGE, start=start, sort="name asc", **private
            )
            table = page if isinstance(page, dict) else {}
            packages, count = table.get("results"), table.get("count")
            if not isinstance(packages, list) or type(count) is not int:
                raise FetchError("{address} answers searches as no CKAN does", address=self.address)
            yield from (package for package in packages if isinstance(package, dict))
            if not packages or start + PAGE >= count:
                return
        raise LimitError(
            "{address} gives more than {limit} records", address=self.address, limit=MOST
        )


def phrase(key: str, value: str) -> str:
    r"""Return a filter query for an extra with a value (Solr's query syntax, a quoted phrase).

    >>> phrase("uri", 'a"b')
    'extras_uri:"a\\"b"'
    """
    return f"extras_{key}:{quote_phrase(value)}"


def quote_phrase(value: str) -> str:
    inside = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inside}"'


def refusal(address: Address, errors: object) -> RecordRefused:
    table = errors if isinstance(errors, dict) else {}
    fields = {name: why for name, why in table.items() if not name.startswith("__")}
    return RecordRefused(
        "{address} refuses the record: {reason}",
        address=address,
        reason="; ".join(f"{name}: {_summarize(why)}" for name, why in fields.items()),
        fields=" ".join(fields),
    )


def _summarize(value: object, depth: int = DEEPEST) -> str:
    if isinstance(value, dict | list | tuple) and not depth:
        return "?"
    if isinstance(value, dict):
        value = value.get("message") or list(value.values())
    if isinstance(value, list | tuple):
        value = " ".join(dict.fromkeys(_summarize(part, depth - 1) for part in value if part))
    if isinstance(value, dict):
        value = _summarize(value, depth - 1)
    return str(value or "?")[:LONGEST]
