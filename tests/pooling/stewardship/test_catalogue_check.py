"""The catalogue looked through, and published without what cannot be told."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parvis.config import Settings, knowledge
from parvis.errors import UnknownThing
from parvis.governance import ANONYMOUS
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService
from parvis.pooling.stewardship.catalogue_check import CatalogueCheck, check_catalogue
from parvis.vocab.iris import DatasetKey

if TYPE_CHECKING:
    from tests.conftest import Server


SPOILT = DatasetKey("theatre-b", "spectacles")
OTHER = DatasetKey("theatre-b", "billets")
SOURCE = "  dct:source <{url}> ;\n  parvis:errorThreshold"
PERIOD = '  dct:temporal [ dcat:startDate "one day" ] ;\n  parvis:errorThreshold'


def spoil(settings: Settings, line: str) -> None:
    """Write a line into the record of the shows."""
    file = settings.catalog / "theatre-b" / "spectacles" / "dataset.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("  parvis:errorThreshold", line, 1), encoding="utf-8")


def checked(settings: Settings, *shapes: Path, offline: bool = True) -> CatalogueCheck:
    """Look through the catalogue."""
    with Pool.open(settings) as pool:
        return check_catalogue(pool, shapes, offline=offline)


def rules(found: CatalogueCheck, key: DatasetKey = SPOILT) -> set[str]:
    """Name what was found about a dataset."""
    return {one.rule for one in found.findings if one.focus == str(key)}


@pytest.mark.parametrize("folder", [knowledge("catalog"), knowledge("catalog") / "demo"])
def test_the_catalogues_that_parvis_brings_need_nothing(folder: Path, tmp_path: Path) -> None:
    """By the rules that they are an example of."""
    found = checked(Settings.load(data=tmp_path, catalog=folder))
    assert found.findings == ()
    assert found.datasets >= 4


def test_dcat_aps_own_shapes_judge_what_would_be_published(shared: Path, tmp_path: Path) -> None:
    """No violation, before anything is published."""
    folder = shared / "shapes" / "dcat-ap-3.0.1"
    shapes = [folder / name for name in ("html_shacl_shapes.ttl", "html_shacl_range.ttl")]
    found = checked(Settings.load(data=tmp_path, catalog=knowledge("catalog") / "demo"), *shapes)
    assert found.findings == ()


def test_a_link_that_answers_nothing_good_is_named(settings: Settings, server: "Server") -> None:
    """Servers are called only where it is asked for, and where they may be."""
    url = server.gives("/gone", status=410)
    spoil(settings, SOURCE.format(url=url))
    assert "link" not in rules(checked(settings))
    assert not server.asked
    found = checked(settings, offline=False)
    assert "link" in rules(found)
    assert not server.asked
    with (settings.catalog / "parvis.toml").open("a", encoding="utf-8") as file:
        file.write('\n[fetch]\nallow = ["127.0.0.0/8"]\n')
    found = checked(Settings.load(settings.data, settings.catalog), offline=False)
    (link,) = (one for one in found.findings if one.rule == "link")
    assert link.text["en"] == f"{url} answers 410"


def test_a_record_that_cannot_be_told_is_named_and_the_others_are_published(
    filled: Pool,
) -> None:
    """One bad record is left out; the rest of the catalogue is as it was."""
    spoil(filled.settings, PERIOD)
    with Pool.open(filled.settings) as pool:
        assert "record" in rules(check_catalogue(pool, offline=True))
        (left_out,) = publish(pool)["left_out"]
    assert left_out["dataset"] == str(SPOILT)
    assert "one day" in left_out["reason"]["en"]
    host = PoolService(filled.settings)
    try:
        graph = host.catalogue(ANONYMOUS)
        assert host.iris.dataset(OTHER) in {str(one) for one in graph.subjects()}
        assert host.iris.dataset(SPOILT) not in {str(one) for one in graph.subjects()}
        assert host.dataset(ANONYMOUS, SPOILT).points is None
        with pytest.raises(UnknownThing):
            host.item(ANONYMOUS, SPOILT)
    finally:
        host.close()
