"""Editions: behind a proxy with several copies, no reader goes back to an earlier one.

Each response says which edition is served. A request that has seen a later one, as its header or a
browser's cookie says, is refused with 503, so that the proxy asks another copy.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from werkzeug.http import dump_cookie

from parvis.errors import MachineError
from parvis.i18n import N_
from parvis.pooling.serving.service import PoolService
from parvis.pooling.stewardship.harvesting.replicas import EDITION, ReplicaRegister, parse_edition
from parvis.web.http.access import is_secure
from parvis.web.http.admission import RETRY, refuse
from parvis.web.http.inputs import EDITION_COOKIE, SEEN_EDITION
from parvis.web.http.request_log import ACCEPT

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BEHIND = N_(
    "you have seen a later edition than the one that this machine serves; try again in {retry} s"
)


class EditionGuard:
    """Serves an application to readers who have seen no later edition."""

    def __init__(
        self, app: "WSGIApplication", host: PoolService, replicas: ReplicaRegister
    ) -> None:
        self.app, self._host, self._replicas = app, host, replicas
        self._secure = is_secure(host.settings.base)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        seen = parse_edition(environ.get(SEEN_EDITION, ""))
        if seen and seen > self._edition():
            return refuse(environ, start_response, 503, BEHIND, retry=RETRY)

        def start(
            status: str, headers: list[tuple[str, str]], exc_info: "OptExcInfo | None" = None, /
        ) -> Callable[[bytes], object]:
            # Read after the content, which is not of a later edition; a manifest names its own.
            edition = self._edition()
            if not edition or EDITION in [name for name, _ in headers]:
                return start_response(status, headers, exc_info)
            headers = [*headers, (EDITION, str(edition))]
            # As it was sent: pages of a single form do not read it, and it is removed before them.
            is_page = "text/html" in environ.get(ACCEPT, "")
            if is_page and seen != edition and self._replicas.are_in_use():
                text = dump_cookie(
                    EDITION_COOKIE, str(edition), secure=self._secure, httponly=True, samesite="Lax"
                )
                headers.append(("Set-Cookie", text))
            return start_response(status, headers, exc_info)

        return self.app(environ, start)

    def _edition(self) -> int:
        try:
            return self._host.edition()
        except MachineError:  # the application reports it
            return 0
