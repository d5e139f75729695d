"""Figures for a monitoring system, in Prometheus's text format: `/metrics`."""

import shutil
from collections import Counter as Counted
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_network

from flask import Blueprint, Response, current_app, request
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from parvis.errors import NothingPublished
from parvis.i18n import N_
from parvis.pooling.intake.deliveries import STATES, health
from parvis.pooling.serving.service import Host
from parvis.web.http.access import host, identified, number_of
from parvis.web.http.errors import Refusal
from parvis.web.http.inputs import reads

metrics = Blueprint("metrics", __name__)

NOT_YOURS = N_(
    "The server’s figures are for the steward’s token, and for the addresses of “metrics_from”."
)
BUCKETS = (0.005, 0.02, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Seconds between which the times of answers are told apart."""
TOGETHER = 256
"""Answers that are counted at a time."""
FORWARDED = ("X-Forwarded-For", "Forwarded")
"""What a proxy adds: who asks is then not the address that connects."""


class Metrics:
    """The figures of one server. For threads."""

    def __init__(self, host: Host) -> None:
        """Count from nothing."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "parvis_requests", "Requests answered.", ["area", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "parvis_request_seconds",
            "Seconds from a request to the end of its answer.",
            ["area"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._bytes = Counter(
            "parvis_answer_bytes", "Bytes of answers.", ["area"], registry=self.registry
        )
        self._known: dict[tuple[str, int], tuple[Counter, Histogram, Counter]] = {}
        self._new: deque[tuple[str, int, float, int]] = deque()
        self.registry.register(PoolFigures(host))
        ProcessCollector(registry=self.registry)

    def count(self, area: str, status: int, seconds: float, size: int) -> None:
        """Count one answer, most often later, with others: what runs in a row costs far less."""
        self._new.append((area, status, seconds, size))
        if len(self._new) >= TOGETHER:
            self.settle()

    def settle(self) -> None:
        """Count what was not counted yet; several threads may do so at a time."""
        with suppress(IndexError):
            while True:
                area, status, seconds, size = self._new.popleft()
                requests, taken, sent = self._of(area, status)
                requests.inc()
                taken.observe(seconds)
                sent.inc(size)

    def _of(self, area: str, status: int) -> tuple[Counter, Histogram, Counter]:
        """Give what counts answers of a kind; looking it up by its labels costs more than to count.

        There are few areas and statuses, so this stays small.
        """
        found = self._known.get((area, status))
        if found is None:
            labels = self._requests.labels(area, str(status))
            found = (labels, self._seconds.labels(area), self._bytes.labels(area))
            self._known[area, status] = found
        return found


class PoolFigures(Collector):
    """What is looked up when it is asked for: what is served, who waits, how much disk is left."""

    def __init__(self, host: Host) -> None:
        """Look nothing up yet."""
        self._host = host

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give the figures; those of a generation only when one is served."""
        try:
            manifest = self._host.served().manifest
        except NothingPublished:
            pass
        else:
            yield _gauge("generation", "The generation that is served.", manifest.generation)
            yield _gauge(
                "generation_created_timestamp_seconds",
                "When it was published.",
                manifest.created.timestamp(),
            )
        queries = GaugeMetricFamily("parvis_queries", "Queries by state.", labels=["state"])
        for state, number in self._host.load().items():
            queries.add_metric([state], number)
        yield queries
        feeds = GaugeMetricFamily("parvis_feeds", "Sources of datasets by state.", labels=["state"])
        states = Counted(one["state"] for one in health(self._host.settings.data))
        for state in STATES:
            feeds.add_metric([state], states[state])
        yield feeds
        free = shutil.disk_usage(self._host.settings.data).free
        yield _gauge("disk_free_bytes", "Bytes left where the data folder is.", free)


def _gauge(name: str, told: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"parvis_{name}", told, value)


@metrics.get("/metrics")
@reads(raw=True)
def figures() -> Response:
    """Give the figures to who may read them."""
    if not (_by_token() or _by_address()):
        raise Refusal(403, NOT_YOURS)
    encode, kind = choose_encoder(request.headers.get("Accept", ""))
    found: Metrics = current_app.extensions["parvis.metrics"]
    found.settle()
    response = Response(encode(found.registry), content_type=kind)
    response.cache_control.no_store = True
    return response


def _by_token() -> bool:
    """Say whether who asks watches over the pool."""
    found = identified(request)
    return found is not None and found.watches


def _by_address() -> bool:
    """Say whether who asks stands where the settings allow, and not behind a proxy unknown to us.

    A proxy on this machine would else lend everyone its own address.
    """
    settings = host().settings
    if not settings.proxies and any(name in request.headers for name in FORWARDED):
        return False
    address = number_of(request.remote_addr or "")
    if address is None:
        return False
    # Where the server listens on “::”, an IPv4 address comes mapped into IPv6. Addresses of tunnels
    # are not read so: whoever makes one up chooses the IPv4 address in it.
    mapped = address.ipv4_mapped if address.version == 6 else None  # noqa: PLR2004 - IPv6
    networks = [ip_network(text, strict=False) for text in settings.observing.metrics_from]
    return any(form in network for form in (address, mapped) if form for network in networks)
