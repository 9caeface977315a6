"""Heights from GeoTIFF, and what they do to an evaluation from files."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest
from ground import utm, write_tiff
from numpy.typing import NDArray
from town import LAT, LON, Run, square, write_geojson

from service.imports import elevation as reading
from service.imports.elevation import add_slope, read_elevation
from service.imports.street_reader import read_network
from spatial.errors import InputError, UnknownCRSError

AROUND = (LON - 0.002, LAT - 0.002, LON + 0.013, LAT + 0.006)
CELL_M = 30.0
SIZE = 150
WEST, SOUTH = utm(LON - 0.015, LAT - 0.015)
CORNER = (WEST, SOUTH + SIZE * CELL_M)
BEIJING = Path(__file__).resolve().parents[3] / "shared" / "data" / "osm" / "beijing_tsinghua.osm"
EVALUATE = ("evaluate", "--pack=jinhua-2022", "--pack=dali-2022", "--as-of=2025-06-01")
FILES = (
    "--districts=districts.geojson",
    "--facilities=facilities.geojson",
    "--network=streets.parquet",
)


def ramp(share: float, *, size: int = SIZE, cell_m: float = CELL_M) -> NDArray[np.float32]:
    """Ground that rises eastwards."""
    rise = 50 + share * (np.arange(size) + 0.5) * cell_m
    return np.broadcast_to(rise, (size, size)).astype(np.float32)


def written(folder: Path, heights: NDArray[Any], **options: Any) -> Path:
    return write_tiff(folder / "dem.tif", heights, **{"corner": CORNER, "cell": CELL_M, **options})


def up(folder: Path, path: Path) -> float:
    """What the steepest street of the town costs."""
    sloped = add_slope(read_network(folder / "streets.parquet"), path).network.traits
    return float(max(sloped.slope_forward.max(), sloped.slope_backward.max()))


# --- reading --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"},
        {"driver": "COG"},
    ],
)
def test_a_ramp_is_read_from_plain_tiled_and_cloud_optimised_files(
    town: Path, options: dict[str, Any]
) -> None:
    assert up(town, written(town, ramp(0.1), **options)) == pytest.approx(math.exp(0.35), rel=2e-3)


def test_whole_metres_give_about_what_fractions_give(town: Path) -> None:
    whole = written(town, np.rint(ramp(0.1)).astype(np.int16), nodata=-32768)
    assert up(town, whole) == pytest.approx(math.exp(0.35), rel=0.02)


def test_a_raster_in_degrees_gives_what_one_in_metres_gives(town: Path) -> None:
    cell = 1 / 3600
    rise = 0.1 * (np.arange(200) + 0.5) * cell * 111_320 * math.cos(math.radians(LAT))
    heights = np.broadcast_to(rise, (200, 200)).astype(np.float32)
    path = written(town, heights, corner=(LON - 0.02, LAT + 0.03), cell=cell, crs="EPSG:4326")
    assert up(town, path) == pytest.approx(math.exp(0.35), rel=5e-3)


@pytest.mark.parametrize("units", ["ft", "US survey foot"])
def test_feet_become_metres_and_it_is_said(town: Path, units: str) -> None:
    path = written(town, ramp(0.1) / np.float32(0.3048), units=units)
    read = add_slope(read_network(town / "streets.parquet"), path)
    assert up(town, path) == pytest.approx(math.exp(0.35), rel=2e-3)
    assert f"{path}: heights in feet, converted to metres" in read.warnings


def test_fine_cells_are_averaged_and_only_what_lies_around_is_read(tmp_path: Path) -> None:
    fine = written(tmp_path, ramp(0.1, size=2250, cell_m=2.0), cell=2.0)

    read = read_elevation(fine, around=AROUND).elevation

    assert read.cell_m == pytest.approx((10.0, 10.0), rel=0.02)
    rows, columns = read.heights_m.shape
    assert 80 < rows < 180
    assert 150 < columns < 250
    lon, lat = LON + 0.005, LAT
    x, _ = utm(lon, lat)
    assert read.sample(np.array([[lon, lat]]))[0] == pytest.approx(50 + 0.1 * (x - WEST), abs=0.05)


def test_impossible_heights_and_declared_gaps_are_not_known(town: Path) -> None:
    heights = ramp(0.1)
    heights[:, 100:] = -9999
    heights[:, 120:] = -1
    path = written(town, heights, nodata=-1)

    read = read_elevation(path, around=(LON - 0.014, LAT, LON + 0.02, LAT + 0.01))

    known = np.isfinite(read.elevation.heights_m)
    assert known[:, :95].all()
    assert not known[:, 101:].any()
    assert [line for line in read.warnings if "of no possible height" in line]


def cut(folder: Path, share: float) -> None:
    whole = written(folder, ramp(0.1)).read_bytes()
    (folder / "dem.tif").write_bytes(whole[: int(len(whole) * share)])


GOOD = ramp(0.1)
SPOILT: dict[str, Callable[[Path], object]] = {
    "text": lambda folder: (folder / "dem.tif").write_text("ncols 4\nnrows 4\n"),
    "another format": lambda folder: written(folder, GOOD.astype(np.uint8), driver="PNG"),
    "header only": lambda folder: cut(folder, 6e-5),
    "cut short": lambda folder: cut(folder, 0.3),
    "no system": lambda folder: written(folder, GOOD, crs=None),
    "three bands": lambda folder: written(folder, np.stack([GOOD] * 3)),
    "complex": lambda folder: written(folder, GOOD.astype(np.complex64)),
    "fathoms": lambda folder: written(folder, GOOD, units="fathom"),
    "another city": lambda folder: written(folder, GOOD, corner=(CORNER[0] + 3e5, CORNER[1])),
    "another continent": lambda folder: written(
        folder, GOOD, corner=(-60.0, 10.0), cell=1 / 3600, crs="EPSG:4326"
    ),
    "all nodata": lambda folder: written(folder, np.full_like(GOOD, -1), nodata=-1),
    "half": lambda folder: written(folder, GOOD[:, :80]),
    "coarse": lambda folder: written(
        folder, GOOD[:20, :20], cell=1000.0, corner=(WEST - 5000, SOUTH + 9000)
    ),
}


@pytest.mark.parametrize(
    ("case", "error"),
    [
        ("text", "is no GeoTIFF"),
        ("another format", "is no GeoTIFF"),
        ("header only", "cannot be read, damaged or cut short"),
        ("cut short", "cannot be read, damaged or cut short"),
        ("no system", "declares no coordinate reference system"),
        ("three bands", "has 3 bands; heights are a single one"),
        ("complex", "which are no heights"),
        ("fathoms", "heights in 'fathom'"),
        ("another city", "does not cover the network: 100 % of the street length lies outside"),
        ("another continent", "100 % of the street length lies outside"),
        ("all nodata", "has no height anywhere around the network"),
        ("half", r"\d\d % of the street length lies outside"),
        ("coarse", "cells of 1000 m"),
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_what_is_wrong_with_a_raster_is_said_in_one_line(town: Path, case: str, error: str) -> None:
    SPOILT[case](town)
    path = town / "dem.tif"
    network = read_network(town / "streets.parquet")

    with pytest.raises(InputError, match=error) as raised:
        add_slope(network, path)

    assert str(raised.value).startswith(f"{path}: ")
    assert "\n" not in str(raised.value)
    assert isinstance(raised.value, UnknownCRSError) == (case == "no system")


@pytest.mark.parametrize(
    ("limit", "error"),
    [
        ("MAX_BLOCK_BYTES", "too large to read in parts"),
        ("MAX_CELLS", "give a coarser raster"),
        ("MAX_CELLS_READ", "give a coarser raster"),
    ],
)
def test_what_is_too_large_is_refused_before_it_is_read(
    town: Path, monkeypatch: pytest.MonkeyPatch, limit: str, error: str
) -> None:
    path = written(town, ramp(0.1))
    monkeypatch.setattr(reading, limit, 100)
    with pytest.raises(InputError, match=error):
        read_elevation(path, around=AROUND)


@pytest.mark.parametrize(
    "path", ["none.tif", "/vsicurl/http://127.0.0.1:1/dem.tif", "http://h/d.tif"]
)
def test_only_files_are_read(path: str) -> None:
    with pytest.raises(InputError, match=r"no such file|addresses are not read"):
        read_elevation(Path(path), around=AROUND)


# --- evaluating -----------------------------------------------------------------------------


def put_up(town: Path) -> None:
    """Districts along the slope, 100 m apart, with a hundred households and more each."""
    rows = [
        {
            "id": f"E{at:02}",
            "stage": "existing",
            "households": 100 + at,
            "geometry": square(at, 0).centroid,
        }
        for at in range(12)
    ]
    write_geojson(town / "districts.geojson", rows)


def evaluated(
    town: Path, yike: Run, *options: str
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    done = yike(*EVALUATE, *FILES, *options, "--json", "--out=r.geojson")
    assert done.returncode == 0, done.stderr
    features = json.loads((town / "r.geojson").read_text(encoding="utf-8"))["features"]
    return json.loads(done.stdout), {f["properties"]["id"]: f["properties"] for f in features}


def outside(properties: dict[str, Any]) -> dict[str, int]:
    """Households outside each circle of a district."""
    return {
        finding["rule"]: finding["households_outside"] or 0
        for finding in properties["findings"]
        if finding["kind"] == "service_circle_time"
    }


def test_the_effect_is_the_difference_of_two_evaluations(town: Path, yike: Run) -> None:
    put_up(town)
    written(town, ramp(0.25))

    level_summary, level = evaluated(town, yike)
    summary, sloped = evaluated(town, yike, "--elevation=dem.tif")

    assert "slope" not in level_summary
    effect = summary["slope"]
    worst = [sum(max(outside(row).values()) for row in rows.values()) for rows in (sloped, level)]
    assert effect["households_outside_more"] == worst[0] - worst[1] > 0
    assert effect["districts_changed"] == sum(
        sloped[one]["flag"] != level[one]["flag"] for one in level
    )
    assert effect["rules"] == {
        rule: sum(outside(sloped[one])[rule] - outside(level[one])[rule] for one in level)
        for rule in outside(level["E00"])
    }
    # Nothing is nearer for going downhill.
    for one in level:
        for before, after in zip(level[one]["findings"], sloped[one]["findings"], strict=True):
            if before["kind"] == "service_circle_time" and before["walking_m"] is not None:
                assert after["walking_m"] is None or after["walking_m"] >= before["walking_m"]


@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", "With slope: {} more households outside"), ("zh", "计入坡度：圈外多 {} 户")],
)
def test_the_effect_is_one_line_of_the_report(town: Path, yike: Run, lang: str, words: str) -> None:
    put_up(town)
    written(town, ramp(0.25))
    summary, _ = evaluated(town, yike, "--elevation=dem.tif")

    done = yike(*EVALUATE, *FILES, "--elevation=dem.tif", f"--lang={lang}", "--out=r.xlsx")

    assert words.format(summary["slope"]["households_outside_more"]) in done.stdout


def test_noise_on_level_ground_changes_nothing(town: Path, yike: Run) -> None:
    put_up(town)
    noise = np.random.default_rng(7).normal(size=(SIZE, SIZE))
    written(town, (20 + noise).astype(np.float32))

    _, level = evaluated(town, yike)
    summary, sloped = evaluated(town, yike, "--elevation=dem.tif")

    assert sloped == level
    assert summary["slope"] == {
        "households_outside_more": 0,
        "districts_changed": 0,
        "findings_changed": 0,
        "rules": dict.fromkeys(summary["slope"]["rules"], 0),
    }


def test_a_raster_of_elsewhere_is_one_line_and_no_result(town: Path, yike: Run) -> None:
    written(town, ramp(0.1), corner=(CORNER[0] + 300_000, CORNER[1]))
    done = yike(*EVALUATE, *FILES, "--elevation=dem.tif", "--out=r.geojson")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith(
        "dem.tif: the raster does not cover the network: 100 % of the street length lies outside"
    )
    assert not (town / "r.geojson").exists()


def test_heights_without_streets_are_refused(town: Path, yike: Run) -> None:
    written(town, ramp(0.1))
    done = yike(*EVALUATE, *FILES[:2], "--elevation=dem.tif", "--json")
    assert done.returncode == 2
    assert "--elevation: is for street lines" in done.stderr
    done = yike("import", "districts", "districts.geojson", "--elevation=dem.tif")
    assert done.returncode == 2
    assert "--elevation: is for a network" in done.stderr


class Database(Protocol):
    owner_url: str
    app_url: str


def test_a_stored_network_keeps_its_slope_and_its_evaluation_says_what_it_changes(
    town: Path, yike: Run, database: Database
) -> None:
    put_up(town)
    written(town, ramp(0.25))
    summary, sloped = evaluated(town, yike, "--elevation=dem.tif")
    stored = {"YIKE_DATABASE__URL": database.app_url, "YIKE_CACHE_DIR": str(town / "cache")}
    for kind, *files in (
        ("districts", "districts.geojson"),
        ("facilities", "facilities.geojson"),
        ("network", "streets.parquet", "--elevation=dem.tif"),
    ):
        done = yike("import", kind, *files, **stored)
        assert done.returncode == 0, done.stderr
    assert "% of the street edges are not flat" in done.stderr

    done = yike(*EVALUATE, "--json", "--verbose", "--out=stored.geojson", **stored)

    assert done.returncode == 0, done.stderr
    rows = json.loads((town / "stored.geojson").read_text(encoding="utf-8"))["features"]
    found = {f["properties"]["id"]: f["properties"] for f in rows}
    assert {one: outside(row) for one, row in found.items()} == {
        one: outside(row) for one, row in sloped.items()
    }
    more = summary["slope"]["households_outside_more"]
    assert f"with slope: {more} more households outside, " in done.stderr


@pytest.mark.shared
def test_heights_under_the_streets_of_an_openstreetmap_file(yike: Run) -> None:
    done = yike(
        "evaluate", "--pack=dali-2022", f"--osm={BEIJING}", "--elevation=none.tif", "--json"
    )

    # The heights are asked for: without them, not for want of streets, it ends.
    assert done.returncode == 2
    assert "none.tif" in done.stderr
