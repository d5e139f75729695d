"""Build the pool full of secrets, publish it twice, and serve it."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from parvis.config import Settings
from parvis.governance import ANONYMOUS as NOBODY
from parvis.i18n import number
from parvis.ledger import SavedQueries, SavedVersion, ShortLinks
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.readers import create_token
from parvis.pooling.stewardship.retention import withdraw
from parvis.web import create_app
from parvis.web.api.harvesting.oai import ListRequest
from tests.web.leaks.asking import Ask, asking
from tests.web.leaks.plans import SHORT_LINK, STORED_QUERY, Probe, list_probes
from tests.web.leaks.pool import (
    BASE,
    BEFORE,
    MANY,
    READERS,
    SECRETS,
    key_of,
    link_all,
    load_graph,
    settings_in,
    submit_all,
    write_agreement,
    write_catalog,
)

if TYPE_CHECKING:
    from parvis.pooling.serving.service import PoolService

PRIVATE_TITLE = {"fr": "Ma requête zqhidden", "en": "My query zqhidden"}
PRIVATE_QUERY = {"query": ["SELECT * { ?s ?p 'vwhidden' }"]}
"""A private saved query of alpha: its words are those of a dataset that only alpha reads."""
PARTIES = {"alpha": "alpha", "beta": "beta", "gamma": "gamma", "chercheuse": "zqchercheuse"}


@dataclass(frozen=True)
class Served:
    """The served pool: its folder, its application, the readers' tokens, and all probes."""

    folder: Path
    app: Flask
    probes: list[Probe]
    tokens: dict[str, str] = field(repr=False)
    figures: dict[str, str] = field(repr=False)

    @property
    def settings(self) -> Settings:
        return settings_in(self.folder)

    @cached_property
    def figure_pattern(self) -> re.Pattern[str]:
        """Match a secret figure that is no part of a longer word."""
        return re.compile(rf"(?<![\w.#/-])({'|'.join(self.figures)})(?![\w.-])")

    def ask_as(self, reader: str) -> Ask:
        """Return a function that sends requests as a reader, without cookies."""
        return asking(self.app.test_client(use_cookies=False), self.tokens.get(reader))


@pytest.fixture(scope="session")
def build_pool(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Return a function that builds a pool, which a test may change."""

    def build() -> Path:
        folder = tmp_path_factory.mktemp("secrets")
        write_catalog(folder, BEFORE)
        with Pool.open(settings_in(folder)) as pool:
            submit_all(pool)
            load_graph(pool, folder)
            link_all(pool)
            withdraw(pool, str(key_of("gone")), {"fr": "Retiré", "en": "Withdrawn"})
            publish(pool)
        return folder

    return build


@pytest.fixture(scope="session")
def served(build_pool: Callable[[], Path]) -> Iterator[Served]:
    """Publish a second generation, in which `closed` is no longer open, and serve it."""
    folder = build_pool()
    settings = settings_in(folder)
    app = create_app(settings)
    app.testing = True
    service: PoolService = app.extensions["parvis"]
    state = service.listing(NOBODY).state
    resumed = _write_resumption_token(app)
    write_agreement(folder)
    with Pool.open(settings) as pool:
        publish(pool)
    assert ShortLinks(settings.data).add(STORED_QUERY, date(2026, 11, 29), 1) == SHORT_LINK
    tokens = {name: create_token(settings, slug).text for name, slug in PARTIES.items()}
    tokens["tiers"] = create_token(settings, "tiers").text
    assert tokens.keys() >= set(READERS) - {""}
    saved = SavedQueries(settings.data).add(
        f"{BASE}id/partner/alpha",
        SavedVersion(1, PRIVATE_TITLE, PRIVATE_QUERY, 1, datetime(2026, 11, 29, tzinfo=UTC)),
        is_public=False,
    )
    all_probes = list_probes(app, state=state, token=resumed, saved=saved.id)
    yield Served(folder, app, all_probes, tokens, _collect_figures(settings))
    service.close()


def _write_resumption_token(app: Flask) -> str:
    """Return an OAI-PMH token of the first generation's state."""
    service: PoolService = app.extensions["parvis"]
    return ListRequest("dcat", state=service.listing(NOBODY).state).token()


def _collect_figures(settings: Settings) -> dict[str, str]:
    """Return the sizes and digests that reveal a content, with the dataset's name."""
    figures: dict[str, str] = {}
    with Pool.open(settings) as pool:
        for name in SECRETS:
            version = pool.record.versions().get(pool.iris.graph(key_of(name)))
            if version is not None:
                submission = json.loads(version.about["submission"])
                digests = (version.digest, submission["file_digest"])
                figures |= dict.fromkeys((digest[:12] for digest in digests), name) | dict.fromkeys(
                    digests, name
                )
            if version is not None and name == "known":
                sizes = (
                    MANY,
                    version.triples,
                    f"{version.triples:,}",
                    number("fr", version.triples),
                )
                figures |= dict.fromkeys(map(str, sizes), name)
    return figures
