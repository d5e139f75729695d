"""Check the catalogue, and publish it without invalid records."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parvis.config import Settings, knowledge
from parvis.errors import UnknownThing
from parvis.governance import ANONYMOUS
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService
from parvis.pooling.stewardship.texts.check import CatalogueCheck, check_catalogue
from parvis.vocab.iris import DatasetKey

if TYPE_CHECKING:
    from tests.conftest import Server


SPOILT = DatasetKey("theatre-b", "spectacles")
OTHER = DatasetKey("theatre-b", "billets")
SOURCE = "  dct:source <{url}> ;\n  parvis:errorThreshold"
PERIOD = '  dct:temporal [ dcat:startDate "one day" ] ;\n  parvis:errorThreshold'


def spoil_record(settings: Settings, line: str) -> None:
    """Write a line into the record of the shows."""
    file = settings.catalog / "theatre-b" / "spectacles" / "dataset.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("  parvis:errorThreshold", line, 1), encoding="utf-8")


def run_check(settings: Settings, *shapes: Path, offline: bool = True) -> CatalogueCheck:
    """Look through the catalogue."""
    with Pool.open(settings) as pool:
        return check_catalogue(pool, shapes, offline=offline)


def list_rules(result: CatalogueCheck, key: DatasetKey = SPOILT) -> set[str]:
    """Return the rules of the findings on a dataset."""
    return {finding.rule for finding in result.findings if finding.focus == str(key)}


@pytest.mark.parametrize("folder", [knowledge("catalog"), knowledge("catalog") / "demo"])
def test_the_catalogues_of_the_distribution_have_no_findings(folder: Path, tmp_path: Path) -> None:
    """They are an example of the rules."""
    result = run_check(Settings.load(data=tmp_path, catalog=folder))
    assert result.findings == ()
    assert result.datasets >= 4


def test_records_conform_to_the_shapes_of_dcat_ap(shared: Path, tmp_path: Path) -> None:
    """Before anything is published."""
    folder = shared / "shapes" / "dcat-ap-3.0.1"
    shapes = [folder / name for name in ("html_shacl_shapes.ttl", "html_shacl_range.ttl")]
    result = run_check(Settings.load(data=tmp_path, catalog=knowledge("catalog") / "demo"), *shapes)
    assert result.findings == ()


def test_a_broken_link_is_reported(settings: Settings, server: "Server") -> None:
    """Servers are requested on demand only, and only where the settings allow it."""
    url = server.gives("/gone", status=410)
    spoil_record(settings, SOURCE.format(url=url))
    assert "link" not in list_rules(run_check(settings))
    assert not server.asked
    result = run_check(settings, offline=False)
    assert "link" in list_rules(result)
    assert not server.asked
    with (settings.catalog / "parvis.toml").open("a", encoding="utf-8") as file:
        file.write('\n[fetch]\nallow = ["127.0.0.0/8"]\n')
    result = run_check(Settings.load(settings.data, settings.catalog), offline=False)
    (link,) = (finding for finding in result.findings if finding.rule == "link")
    assert link.text["en"] == f"{url} answers 410"


def test_an_invalid_record_is_reported_and_the_others_are_published(
    filled: Pool,
) -> None:
    """The remaining catalogue is unchanged."""
    spoil_record(filled.settings, PERIOD)
    with Pool.open(filled.settings) as pool:
        assert "record" in list_rules(check_catalogue(pool, offline=True))
        (left_out,) = publish(pool)["left_out"]
    assert left_out["dataset"] == str(SPOILT)
    assert "one day" in left_out["reason"]["en"]
    service = PoolService(filled.settings)
    try:
        keys = {item.key for item in service.listing(ANONYMOUS).items}
        assert OTHER in keys
        assert SPOILT not in keys
        assert service.dataset(ANONYMOUS, SPOILT).points is None
        with pytest.raises(UnknownThing):
            service.item(ANONYMOUS, SPOILT)
    finally:
        service.close()
