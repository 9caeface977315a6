"""The drawing and the engine say the same of real streets, within the stated tolerance."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from agreement_of_ground import agreements, random_origins
from planning import lonlat

from service.imports.osm.reader import read_osm_lines
from spatial.barriers import with_barriers
from spatial.isochrone import isochrones
from spatial.limits import limits_of
from spatial.network import Network
from spatial.network_building import build_network
from spatial.outline import TOLERANCE_M
from spatial.place_status import PlaceStatus
from spatial.profiles import PROFILES, Profile
from spatial.reach import Direction

ROOT = Path(__file__).resolve().parents[2]
LAS_PALMAS = ROOT.parent / "shared" / "data" / "osm" / "las_palmas_20230221.osm.pbf"
ADULT, WHEELCHAIR = PROFILES["adult"], PROFILES["wheelchair"]


@pytest.fixture(scope="module")
def wuhan() -> Network:
    streets = gpd.read_parquet(ROOT / "seed" / "wuhan" / "streets.parquet")
    return build_network(streets.set_crs("EPSG:32650", allow_override=True))


@pytest.fixture(scope="module")
def las_palmas() -> Network:
    """The streets of the extract as they are imported: with stairs and one-way footways."""
    return build_network(read_osm_lines(LAS_PALMAS).frame)


def check(
    network: Network, profile: Profile, *, origins: int, each: int, seed: int
) -> tuple[int, float, float]:
    """Count the places asked and measure the worst of them, over both directions."""
    limits = [float(each.metres) for each in limits_of(minutes=[5, 10, 15], profile=profile)]
    places, outside, inside = 0, 0.0, 0.0
    chosen = random_origins(network, count=origins, seed=seed)
    for number, direction in enumerate(Direction):
        some = chosen[number::2]
        results = isochrones(network, some, profile=profile, limits_m=limits, direction=direction)
        for at, (origin, found) in enumerate(zip(some, results, strict=True)):
            assert found.status is PlaceStatus.OK
            assert all(extent.polygon.is_valid for extent in found.extents)
            for answer in agreements(
                network,
                origin,
                found,
                profile=profile,
                direction=direction,
                slack_m=TOLERANCE_M,
                each=each,
                seed=seed + at,
            ):
                places += answer.places
                outside = max(outside, answer.outside_m)
                inside = max(inside, answer.inside_m)
    return places, outside, inside


def test_wuhan_agrees(wuhan: Network) -> None:
    places, outside_m, inside_m = check(wuhan, ADULT, origins=16, each=100, seed=1)
    assert places == 16 * 3 * 500
    assert outside_m <= TOLERANCE_M
    assert inside_m <= TOLERANCE_M


@pytest.mark.shared
@pytest.mark.parametrize("profile", [ADULT, WHEELCHAIR], ids=lambda profile: profile.id)
def test_las_palmas_agrees(las_palmas: Network, profile: Profile) -> None:
    places, outside_m, inside_m = check(las_palmas, profile, origins=12, each=100, seed=2)
    assert places == 12 * 3 * 500
    assert outside_m <= TOLERANCE_M
    assert inside_m <= TOLERANCE_M


def test_wuhan_agrees_along_barriers(wuhan: Network) -> None:
    low, high = np.array([114.29, 30.57]), np.array([114.31, 30.59])
    random = np.random.default_rng(4)
    ends = random.uniform(low, high, (12, 2, 2))
    walls = [shapely.LineString(end) for end in ends]
    walls.append(shapely.Point(lonlat(0, 0)).buffer(0.002))
    network = with_barriers(wuhan, gpd.GeoDataFrame(geometry=walls, crs="EPSG:4326"))
    origins = np.array([shapely.Point(*place) for place in random.uniform(low, high, (8, 2))])
    limits = [float(each.metres) for each in limits_of(minutes=[5, 10], profile=ADULT)]
    results = isochrones(network, origins, profile=ADULT, limits_m=limits)
    asked = 0
    for origin, found in zip(origins, results, strict=True):
        for answer in agreements(
            network,
            origin,
            found,
            profile=ADULT,
            direction=Direction.AWAY,
            slack_m=TOLERANCE_M,
            each=100,
            seed=5,
        ):
            asked += 1
            assert max(answer.outside_m, answer.inside_m) <= TOLERANCE_M
    assert asked >= 8


@pytest.mark.full
def test_200_origins_of_wuhan_agree(wuhan: Network) -> None:
    places, outside_m, inside_m = check(wuhan, ADULT, origins=200, each=200, seed=3)
    assert places == 200 * 3 * 1000
    assert outside_m <= TOLERANCE_M
    assert inside_m <= TOLERANCE_M


@pytest.mark.full
@pytest.mark.shared
def test_200_origins_of_las_palmas_agree(las_palmas: Network) -> None:
    places, outside_m, inside_m = check(las_palmas, ADULT, origins=200, each=200, seed=3)
    assert places == 200 * 3 * 1000
    assert outside_m <= TOLERANCE_M
    assert inside_m <= TOLERANCE_M
