"""The pool full of secrets, published twice and served; built once."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from parvis.config import Settings
from parvis.governance import ANONYMOUS as NOBODY
from parvis.i18n import number
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.readers import create_token
from parvis.pooling.stewardship.retention import withdraw
from parvis.web import create_app
from parvis.web.api.oai_request import ListRequest
from tests.web.leaks.asking import Ask, asking
from tests.web.leaks.plans import Probe, probes
from tests.web.leaks.pool import (
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

PARTIES = {"alpha": "alpha", "beta": "beta", "gamma": "gamma", "chercheuse": "zqchercheuse"}


@dataclass(frozen=True)
class Served:
    """The pool as it is served: its folder, each reader's way to ask, and what there is to ask."""

    folder: Path
    app: Flask
    probes: list[Probe]
    tokens: dict[str, str] = field(repr=False)
    figures: dict[str, str] = field(repr=False)

    @property
    def settings(self) -> Settings:
        """Give the settings."""
        return settings_in(self.folder)

    @cached_property
    def telling(self) -> re.Pattern[str]:
        """Find the figures in a text, where each stands alone."""
        return re.compile(rf"(?<![\w.#/-])({'|'.join(self.figures)})(?![\w.-])")

    def asking(self, reader: str) -> Ask:
        """Give a reader's way to ask, without cookies."""
        return asking(self.app.test_client(use_cookies=False), self.tokens.get(reader))


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Give a way to make the pool, which may be changed then."""

    def made() -> Path:
        folder = tmp_path_factory.mktemp("secrets")
        write_catalog(folder, BEFORE)
        with Pool.open(settings_in(folder)) as pool:
            submit_all(pool)
            load_graph(pool, folder)
            link_all(pool)
            withdraw(pool, str(key_of("gone")), {"fr": "Retiré", "en": "Withdrawn"})
            publish(pool)
        return folder

    return made


@pytest.fixture(scope="session")
def served(make: Callable[[], Path]) -> Iterator[Served]:
    """Publish a second generation, in which `closed` is not open any more, and serve it."""
    folder = make()
    settings = settings_in(folder)
    app = create_app(settings)
    app.testing = True
    host: PoolService = app.extensions["parvis"]
    state = host.listing(NOBODY).state
    resumed = _resumption(app)
    write_agreement(folder)
    with Pool.open(settings) as pool:
        publish(pool)
    tokens = {name: create_token(settings, slug).text for name, slug in PARTIES.items()}
    tokens["tiers"] = create_token(settings, "tiers").text
    assert tokens.keys() >= set(READERS) - {""}
    asked = probes(app, state=state, token=resumed)
    yield Served(folder, app, asked, tokens, _figures(settings))
    host.close()


def _resumption(app: Flask) -> str:
    """Give an OAI-PMH token of the first generation's state."""
    host: PoolService = app.extensions["parvis"]
    return ListRequest("dcat", state=host.listing(NOBODY).state).token()


def _figures(settings: Settings) -> dict[str, str]:
    """Give what tells of a content by its size or digest, with the dataset's name."""
    found: dict[str, str] = {}
    with Pool.open(settings) as pool:
        for name in SECRETS:
            version = pool.record.versions().get(pool.iris.graph(key_of(name)))
            if version is not None:
                given = json.loads(version.about["submission"])
                digests = (version.digest, given["file_digest"])
                found |= dict.fromkeys((one[:12] for one in digests), name) | dict.fromkeys(
                    digests, name
                )
            if version is not None and name == "known":
                sizes = (
                    MANY,
                    version.triples,
                    f"{version.triples:,}",
                    number("fr", version.triples),
                )
                found |= dict.fromkeys(map(str, sizes), name)
    return found
