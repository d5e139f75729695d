"""The steward gives the maps their outlines, and is told what the file lacks."""

import json
from pathlib import Path

from tests.cli.conftest import Run
from tests.pooling.publics.test_regions import make_regions


def test_outlines_are_written_to_the_catalogue_folder(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "regio_s.geojson"
    file.write_text(json.dumps(make_regions()), encoding="utf-8")
    result = run("regions", file, "--catalog", tmp_path, "--lang", "fr")
    assert result.returncode == 0, result.stderr
    assert "contours de 17 régions" in result.stdout
    again = run("regions", file, "--catalog", tmp_path, "--lang", "en")
    assert again.returncode == 2
    assert "--replace" in again.stderr
    replaced = run("regions", file, "--catalog", tmp_path, "--replace", "--json")
    assert json.loads(replaced.stdout)["regions"] == 17


def test_another_file_is_refused_with_what_it_lacks(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mrc_s.geojson"
    file.write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    result = run("regions", file, "--catalog", tmp_path, "--lang", "fr")
    assert result.returncode == 2
    assert "la couche regio_s" in result.stderr
