"""The outlines of regions: from a file of boundaries to paths, within bounds."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from parvis.config.limits import Limits
from parvis.errors import CatalogError, SourceError, UsageError
from parvis.pooling.publics.regions.outlines import (
    FILE,
    LARGEST_OUTLINES,
    import_regions,
    load_outlines,
    region_codes,
)
from parvis.pooling.publics.regions.process import project
from parvis.pooling.serving.events.region_shapes import group_rings, to_geometries, to_geometry
from tests.pooling.serving.events.test_json_forms import check_geojson

LIMITS = Limits()


def make_feature(code: str, name: str, *rings: list[list[float]]) -> dict[str, Any]:
    properties = {"RES_CO_REG": code, "RES_NM_REG": name}
    geometry = {"type": "Polygon", "coordinates": list(rings)}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def make_cell(column: int, row: int, points: int = 40) -> list[list[float]]:
    """Make a closed ring of 2° by 2°, with borders that neighbours share."""
    west, north = -79 + column * 2, 62 - row * 2

    def wave(x: float, y: float) -> list[float]:
        return [x + 0.2 * math.sin(9 * y), y + 0.2 * math.sin(9 * x)]

    corners = [(west, north), (west + 2, north), (west + 2, north - 2), (west, north - 2)]
    ring = []
    for (left, top), (right, bottom) in zip(corners, [*corners[1:], corners[0]], strict=True):
        for step in range(points):
            part = step / points
            ring.append(wave(left + (right - left) * part, top + (bottom - top) * part))
    return [*ring, ring[0]]


def make_regions(points: int = 40) -> dict[str, Any]:
    features = [
        make_feature(code, f"Région {code}", make_cell(at % 6, at // 6, points))
        for at, code in enumerate(region_codes())
    ]
    return {"type": "FeatureCollection", "features": features}


@pytest.fixture
def boundaries(tmp_path: Path) -> Path:
    file = tmp_path / "regio_s.geojson"
    file.write_text(json.dumps(make_regions()), encoding="utf-8")
    return file


def test_outlines_are_stored_and_read_again(boundaries: Path, tmp_path: Path) -> None:
    """All 17, smaller than a page may load, with their source and licence."""
    imported = import_regions(boundaries, tmp_path, LIMITS)
    assert (imported.regions, imported.file) == (17, tmp_path / FILE)
    assert imported.points < imported.points_before == 17 * 161
    outlines = load_outlines(tmp_path)
    assert outlines is not None
    assert sorted(outlines.regions) == sorted(region_codes())
    assert "Données Québec" in outlines.source
    assert outlines.licence == "CC BY 4.0"
    region = outlines.regions["10"]
    assert 0 <= region.x <= outlines.width
    assert 0 <= region.y <= outlines.height
    assert region.path.startswith("M")


def test_outlines_are_in_degrees_again_for_maps(boundaries: Path, tmp_path: Path) -> None:
    """Where the file had them, within a unit of the grid, and whole where holes are."""
    import_regions(boundaries, tmp_path, LIMITS)
    outlines = load_outlines(tmp_path)
    assert outlines is not None
    features = {
        feature["properties"]["RES_CO_REG"]: feature for feature in make_regions()["features"]
    }
    for code, geometry in to_geometries(outlines).items():
        (ring,), (original,) = geometry["coordinates"], features[code]["geometry"]["coordinates"]
        assert ring[0] == ring[-1]
        for longitude, latitude in ring:
            assert min(math.dist((longitude, latitude), point) for point in original) < 0.1
    # Outlines of an earlier version say nothing of where the grid lies.
    stored = json.loads((tmp_path / FILE).read_text(encoding="utf-8"))
    del stored["origin"]
    (tmp_path / FILE).write_text(json.dumps(stored), encoding="utf-8")
    assert to_geometries(load_outlines(tmp_path)) == {}


def test_a_hole_is_of_the_ring_around_it_and_turns_to_the_right() -> None:
    def square(at: int, side: int) -> list[tuple[int, int]]:
        return [(at, at), (at, at + side), (at + side, at + side), (at + side, at)]

    outer, hole, island, apart = square(0, 100), square(10, 50), square(20, 10), square(200, 5)
    polygons = group_rings([hole, apart, island, outer])
    assert polygons == [[outer, hole], [island], [apart]]
    check_geojson(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {},
                    "geometry": to_geometry(
                        [
                            [[(x / 10, y / 10) for x, y in ring] for ring in polygon]
                            for polygon in polygons
                        ]
                    ),
                }
            ],
        }
    )


def test_a_large_file_becomes_small_paths(tmp_path: Path) -> None:
    """However many points it has."""
    file = tmp_path / "regio_s.geojson"
    file.write_text(json.dumps(make_regions(points=1000)), encoding="utf-8")
    import_regions(file, tmp_path, LIMITS)
    outlines = load_outlines(tmp_path)
    assert outlines is not None
    assert sum(len(outline.path) for outline in outlines.regions.values()) <= LARGEST_OUTLINES


def test_outlines_are_replaced_only_on_demand(boundaries: Path, tmp_path: Path) -> None:
    import_regions(boundaries, tmp_path, LIMITS)
    with pytest.raises(UsageError, match="exists already"):
        import_regions(boundaries, tmp_path, LIMITS)
    import_regions(boundaries, tmp_path, LIMITS, replace=True)


def test_a_disputed_area_is_not_the_region_whose_code_it_has(tmp_path: Path) -> None:
    """The larger feature of a code is the region, the other is named."""
    collection = make_regions()
    small = [[-66.0, 52.0], [-65.8, 52.0], [-65.8, 51.8], [-66.0, 52.0]]
    collection["features"].insert(0, make_feature("09", "Limite non définitive", small))
    file = tmp_path / "regio_s.geojson"
    file.write_text(json.dumps(collection), encoding="utf-8")
    assert import_regions(file, tmp_path, LIMITS).left_out == ("Limite non définitive (09)",)


def test_the_plane_has_north_above_and_shapes_as_people_know_them() -> None:
    """A degree of latitude is as long as on the ground, relative to one of longitude."""
    east, south = project(-67.5, 50.0)
    left, _ = project(-68.5, 50.0)
    _, north = project(-68.5, 51.0)
    _, middle = project(-68.5, 50.0)
    assert north < middle
    assert south == pytest.approx(middle, abs=1e-3)
    assert (east - left) / (middle - north) == pytest.approx(math.cos(math.radians(50.0)), rel=0.02)


BAD_FILES = {
    "no JSON": ("<html>", "damaged"),
    "no collection": ('{"type": "Point"}', "no GeoJSON of regions"),
    "no region": ('{"features": []}', "lacks the regions 10, 08"),
    "a point of text": (
        json.dumps({"features": [make_feature("10", "x", [["a", "b"]])]}),  # type: ignore[list-item]
        "no longitude and latitude",
    ),
    "metres": (
        json.dumps({"features": [make_feature("10", "x", [[512_000.0, 120_000.0]])]}),
        "no longitude and latitude",
    ),
    "a line": (
        json.dumps(
            {
                "features": [
                    {
                        "properties": {"RES_CO_REG": "10", "RES_NM_REG": "x"},
                        "geometry": {"type": "LineString", "coordinates": []},
                    }
                ]
            }
        ),
        "neither a Polygon",
    ),
    "no properties": ('{"features": [{}]}', "an object"),
}


@pytest.mark.parametrize(("text", "reason"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_other_files_are_refused_with_what_is_wrong(text: str, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "other.geojson"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError) as error:
        import_regions(file, tmp_path, LIMITS)
    assert reason in str(error.value)
    assert not (tmp_path / FILE).exists()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is not a file"):
        import_regions(tmp_path / "none.geojson", tmp_path, LIMITS)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("address", "javascript:alert(1)"),
        ("width", "4000"),
        ("regions", {"10": {"path": 'M0 0"/><script>', "x": 0, "y": 0}}),
        ("regions", {"99": {"path": "M0 0l1 1z", "x": 0, "y": 0}}),
    ],
)
def test_outlines_that_were_edited_by_hand_are_checked(
    member: str, value: object, boundaries: Path, tmp_path: Path
) -> None:
    """Their paths and addresses become part of pages."""
    stored = import_regions(boundaries, tmp_path, LIMITS).file
    document = json.loads(stored.read_text(encoding="utf-8"))
    stored.write_text(json.dumps(document | {member: value}), encoding="utf-8")
    with pytest.raises(CatalogError):
        load_outlines(tmp_path)


def test_a_pool_without_outlines_has_none(tmp_path: Path) -> None:
    assert load_outlines(tmp_path) is None
