"""The trend of the demonstration's box offices, of which one gives figures no more."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from parvis.catalog.ontology import last_segment
from parvis.config import Settings, knowledge
from parvis.errors import UsageError
from parvis.governance import ANONYMOUS
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publics.release import portray
from parvis.pooling.serving.figures.portrait import PortraitRequest, read_portrait
from parvis.pooling.serving.figures.story.chapters import list_chapters
from parvis.pooling.serving.figures.story.derived import list_trend_chapters
from parvis.pooling.serving.figures.trends import read_trend
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.vocab.iris import DatasetKey

DEMO = knowledge("catalog") / "demo"
LEAVER = "scene-du-phare"
"""It shows theatre only, and gives no figures from the second season on."""
LAST = "2025-08"
QUERY = (DEMO / "queries" / "tendance-membres-presents.rq").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Publish the yearly reports of houses, without the second season of one of them."""
    folder = tmp_path_factory.mktemp("trend")
    catalog = Path(shutil.copytree(DEMO, folder / "catalog"))
    file = catalog / LEAVER / "bilans" / "bilans.csv"
    head, *lines = file.read_text(encoding="utf-8").splitlines()
    remaining = [line for line in lines if line[: len(LAST)] <= LAST]
    assert 0 < len(remaining) < len(lines)
    file.write_text("\n".join([head, *remaining, ""]), encoding="utf-8")
    settings = Settings.load(folder / "data", catalog)
    with Pool.open(settings) as pool:
        for name in ("theatre-lanterne/representations", *_list_reports(catalog)):
            assert submit(pool, DatasetKey(*name.split("/"))).accepted
        portray(pool)
        publish(pool)
    return settings


def _list_reports(catalog: Path) -> list[str]:
    return [f"{file.parts[-3]}/bilans" for file in sorted(catalog.glob("*/bilans/bilans.csv"))]


@pytest.fixture(scope="module")
def service(settings: Settings) -> Iterator[PoolService]:
    with closing(PoolService(settings)) as service:
        yield service


def read_rows(service: PoolService, measure: str, period: str) -> list[dict[str, Any]]:
    request = PortraitRequest(measure=measure, period=period)
    document = read_trend(service, ANONYMOUS, request).to_json()
    rows: list[dict[str, Any]] = document["trend"]
    return rows


def test_the_index_is_that_of_the_houses_present_in_both_seasons(
    settings: Settings, service: PoolService
) -> None:
    """As pandas computes it from the raw files, within the margin of the rounding."""
    (row,) = [
        row
        for row in read_rows(service, "ticketsSold", "2025-2026")
        if row["discipline"]["code"] == "comedy" and row["dimension"] is None
    ]
    files = settings.catalog.glob("*/bilans/bilans.csv")
    months = pd.concat([pd.read_csv(file) for file in files])
    months = months[months["Discipline"] == "Humour"]
    is_second = months["Mois"] > LAST
    sold = months["Billets vendus"]
    exact = 100 * sold[is_second].sum() / sold[~is_second & (months["Mois"] >= "2024-09")].sum()
    assert abs(row["index"] - exact) <= row["margin"] + 0.05
    assert row["remark"] is None
    assert row["index"] == round(100 * row["value"] / row["before"], 1)


def test_where_one_left_nothing_is_compared(service: PoolService) -> None:
    """Neither its discipline nor all of them: the table says why, and no figure would tell more."""
    rows = read_rows(service, "ticketsSold", "2025-2026")
    of_all = {row["discipline"]["code"]: row for row in rows if row["dimension"] is None}
    for code in ("theatre", "total"):
        assert (of_all[code]["index"], of_all[code]["margin"]) == (None, None)
        assert of_all[code]["remark"]["en"].startswith("not comparable: the partners")
        assert of_all[code]["before"]


def test_months_and_quarters_are_compared_with_those_of_the_year_before(
    service: PoolService,
) -> None:
    """Without a period the latest that compares, with a period that does not, no index."""
    for period, before in (("2025-10", "2024-10"), ("2025-Q4", "2024-Q4")):
        request = PortraitRequest(measure="performances", period=period)
        document = read_trend(service, ANONYMOUS, request).to_json()
        assert document["before"]["code"] == before
        assert any(row["index"] for row in document["trend"])
    trend = read_trend(service, ANONYMOUS, PortraitRequest())
    assert trend.periods[0] >= (trend.portrait.period or "")
    assert any(change.comparable for change in trend.changes)
    with pytest.raises(UsageError):
        read_trend(service, ANONYMOUS, PortraitRequest(period="1999"))


def test_the_chapters_of_the_trend_have_the_indices_of_its_table(service: PoolService) -> None:
    """Theatre lost a house and has none; all together are not the same partners, and say so."""
    trend = read_trend(service, ANONYMOUS, PortraitRequest("", "ticketsSold", "2025-2026"))
    whole, *layers = list_trend_chapters(trend)
    assert whole.sentence.statement["en"].endswith(
        "they are not the same partners as then, so the difference measures no change of the"
        " audience"
    )
    (disciplines,) = (chapter for chapter in layers if chapter.name == "discipline")
    rows = {
        row["discipline"]["code"]: row["index"]
        for row in trend.to_json()["trend"]
        if row["dimension"] is None and row["area"]["code"] == "total"
    }
    values = {
        last_segment(figure.discipline): disciplines.value_of(figure)
        for figure in disciplines.figures
    }
    assert values["theatre"] is None
    assert not any(map(disciplines.is_suppressed, disciplines.figures))
    for code, value in values.items():
        assert rows[code] == (None if value is None else round(value, 1))
    assert "the same partners counted" in disciplines.sentence.text["en"]


def test_the_season_of_the_portrait_says_that_its_partners_differ(service: PoolService) -> None:
    portrait = read_portrait(service, ANONYMOUS, PortraitRequest("", "ticketsSold"))
    (season,) = (chapter for chapter in list_chapters(portrait) if chapter.name == "season")
    assert "ne sont pas les mêmes partenaires" in season.sentence.text["fr"]
    assert "%" not in season.sentence.statement["fr"]


def test_the_question_draws_the_same_index(service: PoolService) -> None:
    """In SPARQL, from the link between both figures."""
    answer = service.ask(ANONYMOUS, QueryRequest(QUERY, results_format="csv"))
    with closing(answer.chunks):
        lines = b"".join(answer.chunks).decode().splitlines()
    assert lines[0] == "month,discipline,partners,before,tickets,index"
    by_key = {tuple(line.split(",")[:2]): line.split(",") for line in lines[1:]}
    assert {key[1] for key in by_key} == {"Humour"}
    for (month, _), cells in by_key.items():
        (row,) = [
            row
            for row in read_rows(service, "ticketsSold", month)
            if row["discipline"]["code"] == "comedy" and row["dimension"] is None
        ]
        assert [float(cell) for cell in cells[3:]] == [row["before"], row["value"], row["index"]]
