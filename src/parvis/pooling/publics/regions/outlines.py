"""The outlines of Québec's regions: read from a file of boundaries, stored beside the catalogue.

The file is *Découpages administratifs* of Données Québec, layer ``regio_s``, as GeoJSON. It belongs
to the steward's pool, not to parvis, whose own map is one of tiles.
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from parvis.catalog.codelists import region_tiles
from parvis.config.documents import GREATEST, Document
from parvis.config.limits import Limits
from parvis.errors import CatalogError, SourceError, UsageError
from parvis.i18n import N_
from parvis.sandbox.client import ProcessClient

FILE = "regions.json"
"""The outlines, in the catalogue folder."""
PROCESS = "parvis.pooling.publics.regions.process"
LARGEST_FILE = 64_000_000
"""How many bytes a file of boundaries may have."""
LARGEST_OUTLINES = 64_000
"""How many bytes of paths a page loads for a map."""
LARGEST_STORED = 100_000
SOURCE = "Gouvernement du Québec, Découpages administratifs (regio_s), Données Québec"
ADDRESS = "https://www.donneesquebec.ca/recherche/dataset/decoupages-administratifs"
LICENCE = "CC BY 4.0"
LICENCE_ADDRESS = "https://creativecommons.org/licenses/by/4.0/"

PATH = re.compile(r"[Mlz0-9 -]+")
"""A path of the closed rings that parvis writes: moves, relative lines, and nothing else."""
CODE = re.compile(r"\d\d")
TEXT = re.compile(r"[^\x00-\x1f]*")

TOO_LARGE = N_(
    "{file} has {size} bytes, and boundaries are read of up to {most}: take the layer regio_s at"
    " the scale of 1/1 000 000 or 1/100 000, or simplify it first"
)
MISSING_FILE = N_("{file} is not a file")
TOO_SLOW = N_("{file} is not read after {seconds} s: take the layer regio_s at a smaller scale")
TOO_BIG = N_("the memory ends while {file} is read: take the layer regio_s at a smaller scale")
EXISTS = N_("{file} exists already; --replace writes the outlines anew")


@dataclass(frozen=True)
class RegionOutline:
    """The outline of a region: an SVG path, and the point at which it is labelled."""

    path: str
    x: int
    y: int


@dataclass(frozen=True)
class RegionOutlines:
    """The outlines of all regions by code, on a grid of a width and a height, with their source.

    `origin` is the grid's left, top and unit on the plane of `project`, in billionths of the
    Earth's radius; None of outlines that an older version stored.
    """

    width: int
    height: int
    regions: Mapping[str, RegionOutline]
    origin: tuple[int, int, int] | None = None
    source: str = SOURCE
    address: str = ADDRESS
    licence: str = LICENCE
    licence_address: str = LICENCE_ADDRESS


@dataclass(frozen=True)
class ImportedRegions:
    """What was read of a file of boundaries, and where the outlines are stored."""

    file: Path
    regions: int
    points_before: int
    points: int
    bytes: int
    left_out: tuple[str, ...]
    """The names of features that are no region: of a code that another feature has."""


def import_regions(
    file: Path, catalog: Path, limits: Limits, *, replace: bool = False
) -> ImportedRegions:
    """Simplify a file of boundaries, and store the outlines in the catalogue folder.

    Raises `UsageError` for outlines that exist, `SourceError` for a file that is too large or no
    GeoJSON of the 17 regions.
    """
    stored = catalog / FILE
    if stored.exists() and not replace:
        raise UsageError(EXISTS, file=stored)
    if not file.is_file():
        raise SourceError(MISSING_FILE, file=file)
    if (size := file.stat().st_size) > LARGEST_FILE:
        raise SourceError(TOO_LARGE, file=file.name, size=size, most=LARGEST_FILE)
    # A file of strangers: read where it can be ended, and with its own memory.
    with ProcessClient(
        PROCESS, limits.conversion_seconds, memory=limits.conversion_memory
    ) as process:
        answer = process.call(
            {"file": str(file.resolve()), "codes": region_codes(), "most": LARGEST_OUTLINES},
            slow=SourceError(TOO_SLOW, file=file.name),
            died=SourceError(TOO_BIG, file=file.name),
        )
    about = {
        "source": SOURCE,
        "address": ADDRESS,
        "licence": LICENCE,
        "licence_address": LICENCE_ADDRESS,
    }
    text = json.dumps(answer["outlines"] | about, ensure_ascii=False, indent=1) + "\n"
    stored.write_text(text, encoding="utf-8")
    counts = {name: answer[name] for name in ("points_before", "points")}
    regions = answer["outlines"]["regions"]
    return ImportedRegions(
        file=stored,
        regions=len(regions),
        bytes=len(text.encode()),
        left_out=tuple(answer["left_out"]),
        **counts,
    )


def region_codes() -> list[str]:
    """Return the codes of the regions: two digits each."""
    return [region.rpartition("/")[2] for region in region_tiles()]


def load_outlines(catalog: Path) -> RegionOutlines | None:
    """Return the outlines of a catalogue folder, None where there are none.

    Raises `CatalogError` for a file that is not as `import_regions` writes it: its paths become
    part of pages.
    """
    file = catalog / FILE
    if not file.is_file():
        return None
    with file.open("rb") as stream:
        body = stream.read(LARGEST_STORED + 1)
    document = Document.parse(body, file, most=LARGEST_STORED, error=CatalogError)
    regions = {}
    for code, member in document.member("regions").members():
        if code not in region_codes():
            raise member.refusal(N_("the code of a region"))
        regions[code] = RegionOutline(
            member.member("path").text(PATH, most=LARGEST_OUTLINES),
            member.member("x").whole(),
            member.member("y").whole(),
        )
    texts = {
        name: document.member(name).text(TEXT)
        for name in ("source", "address", "licence", "licence_address")
    }
    for name in ("address", "licence_address"):
        if not texts[name].startswith("https://"):
            raise document.member(name).refusal(N_("an address that begins with https://"))
    grid = document.member("origin")
    origin = None
    if grid.value is not None:
        left, top = (grid.member(name).whole(-GREATEST) for name in ("left", "top"))
        origin = left, top, grid.member("unit").whole(1)
    return RegionOutlines(
        document.member("width").whole(1),
        document.member("height").whole(1),
        regions,
        origin,
        **texts,
    )


def current_outlines(catalog: Path) -> RegionOutlines | None:
    """Return the outlines for a page: None, so that it shows tiles, where they cannot be read."""
    try:
        changed = (catalog / FILE).stat().st_mtime_ns
    except OSError:
        return None
    return _outlines_of(catalog, changed)


@lru_cache(maxsize=4)
def _outlines_of(catalog: Path, _changed: int) -> RegionOutlines | None:
    with suppress(CatalogError, OSError):
        return load_outlines(catalog)
    return None
