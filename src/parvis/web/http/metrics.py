"""For a monitoring system: figures in Prometheus's text format, and the health check."""

import collections
import shutil
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from ipaddress import ip_network

from flask import Blueprint, Response, current_app, jsonify, request
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from parvis.errors import NothingPublished
from parvis.governance import Permission
from parvis.i18n import N_
from parvis.pooling.intake import sources
from parvis.pooling.serving.service import PoolService
from parvis.pooling.stewardship.harvesting.replicas import ReplicaRegister
from parvis.sandbox.trial import probe_walls
from parvis.web.http.access import host, identify, parse_address
from parvis.web.http.errors import Refusal
from parvis.web.http.inputs import reads

metrics = Blueprint("metrics", __name__)

NOT_YOURS = N_(
    "The server’s figures are for the steward’s token, and for the addresses of “metrics_from”."
)
BUCKETS = (0.005, 0.02, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""The upper bounds of the histogram of response times, in seconds."""
BATCH = 256
"""Responses that are counted at a time."""
FORWARDED = ("X-Forwarded-For", "Forwarded")
"""Headers that a proxy adds: the client is then not the address that connects."""


class Metrics:
    """The figures of one server. Thread-safe."""

    def __init__(self, host: PoolService, replicas: ReplicaRegister) -> None:
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
        self._counters: dict[tuple[str, int], tuple[Counter, Histogram, Counter]] = {}
        self._new: deque[tuple[str, int, float, int]] = deque()
        self.registry.register(PoolFigures(host, replicas))
        ProcessCollector(registry=self.registry)

    def count(self, area: str, status: int, seconds: float, size: int) -> None:
        """Count one response, in bytes and seconds; counters are updated in batches."""
        # Updates in a row cost far less.
        self._new.append((area, status, seconds, size))
        if len(self._new) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Count the responses that wait to be counted; several threads may do so at a time."""
        with suppress(IndexError):
            while True:
                area, status, seconds, size = self._new.popleft()
                # Looking counters up by their labels costs more than counting. There are few areas
                # and statuses, so this stays small.
                if (area, status) not in self._counters:
                    labels = self._requests.labels(area, str(status))
                    timing, sizes = self._seconds.labels(area), self._bytes.labels(area)
                    self._counters[area, status] = (labels, timing, sizes)
                requests, duration, bytes_sent = self._counters[area, status]
                requests.inc()
                duration.observe(seconds)
                bytes_sent.inc(size)


class PoolFigures(Collector):
    """Figures read at each scrape: the version served, queries, feeds, free disk space."""

    def __init__(self, host: PoolService, replicas: ReplicaRegister) -> None:
        self._host, self._replicas = host, replicas

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the figures; those of a version only when one is served."""
        try:
            manifest, edition = self._host.generation().manifest, self._host.edition()
        except NothingPublished:
            pass
        else:
            yield _gauge("generation", "The generation that is served.", manifest.generation)
            yield _gauge(
                "generation_created_timestamp_seconds",
                "When it was published.",
                manifest.created.timestamp(),
            )
            yield _gauge("edition", "The edition that is served: it only grows.", edition)
        labels = ["name", "address"]
        copies = GaugeMetricFamily("parvis_replica_edition", "That of a copy.", labels=labels)
        for replica in self._replicas.states():
            copies.add_metric([replica.name, replica.address], replica.edition)
        yield copies
        if engines := self._host.engines:
            engine = engines.watch.state()
            away = engine.absent_since is not None
            yield _gauge("engine_away", "Whether an engine does not answer.", away)
            yield _gauge("engine_repairs", "Times it had lost something.", engine.repairs)
        queries = GaugeMetricFamily("parvis_queries", "Queries by state.", labels=["state"])
        for state, number in self._host.load().items():
            queries.add_metric([state], number)
        yield queries
        feeds = GaugeMetricFamily("parvis_feeds", "Sources of datasets by state.", labels=["state"])
        states = collections.Counter(
            feed["state"] for feed in sources.health(self._host.settings.data)
        )
        for state in sources.STATES:
            feeds.add_metric([state], states[state])
        yield feeds
        free = shutil.disk_usage(self._host.settings.data).free
        yield _gauge("disk_free_bytes", "Bytes left where the data folder is.", free)


def _gauge(name: str, documentation: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"parvis_{name}", documentation, value)


@metrics.get("/metrics")
@reads(raw=True)
def figures() -> Response:
    identity, settings = identify(request), host().settings
    address = parse_address(request.remote_addr or "")
    # A proxy on this machine, unknown to the settings, would lend everyone its own address.
    if not settings.proxies and any(name in request.headers for name in FORWARDED):
        address = None
    # Where the server listens on “::”, an IPv4 address comes mapped into IPv6. Addresses of tunnels
    # are not read so: whoever makes one up chooses the IPv4 address in it.
    mapped = address.ipv4_mapped if address and address.version == 6 else None  # noqa: PLR2004 - IPv6
    networks = [ip_network(text, strict=False) for text in settings.observing.metrics_from]
    allowed = any(form in network for form in (address, mapped) if form for network in networks)
    if not (allowed or (identity is not None and identity.may(Permission.WATCH))):
        raise Refusal(403, NOT_YOURS)
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    counted: Metrics = current_app.extensions["parvis.metrics"]
    counted.flush()
    response = Response(encode(counted.registry), content_type=content_type)
    response.cache_control.no_store = True
    return response


health = Blueprint("health", __name__)

# The sandbox restrictions of query workers are tested in a subprocess: once is enough.
read_walls = cache(probe_walls)


@health.get("/health")
def state() -> Response:
    """Return version, size, uptime and sandbox restrictions.

    503 when nothing is published, or an engine does not answer, so that a proxy asks another copy.
    """
    health = host().health()
    response = jsonify(health | {"walls": asdict(read_walls())})
    response.status_code = 503 if health["engine_away_since"] else 200
    response.cache_control.no_store = True
    return response
