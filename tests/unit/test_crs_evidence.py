"""Which system is proposed or refused, for a whole city and for parts of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from seed.wuhan.city import DemoCity
from spatial.coordinate_systems import NORTHING_FIRST, CoordinateSystem, possible_systems
from spatial.crs_evidence import sample_places, weigh_systems
from spatial.network import Network
from spatial.network_building import build_network
from spatial.webmap_crs import WebMap

SYSTEMS = [
    "EPSG:4326",
    "GCJ-02",
    "BD-09",
    "EPSG:3857",
    "EPSG:4547",  # 3-degree zone of 114 E
    "EPSG:4526",  # the same with its number, 38, before the easting
    "EPSG:4498",  # 6-degree zone 20, of 117 E
    "EPSG:4548",  # the same plane without the number
    "EPSG:32650",
]
SWAPPED = [f"{name},yx" for name in ("EPSG:4326", "GCJ-02", "BD-09", "EPSG:4547", "EPSG:4526")]
DEGREES = ["EPSG:4326", "GCJ-02", "BD-09"]


def system(name: str) -> CoordinateSystem:
    plain = name.removesuffix(NORTHING_FIRST)
    base = WebMap(plain) if plain in {m.value for m in WebMap} else CRS(plain)
    return CoordinateSystem(base, northing_first=plain != name)


def written(shapes: Sequence[Any], name: str) -> NDArray[Any]:
    """Return EPSG:4326 geometries as a file in another system has them."""
    how = system(name)

    def move(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        if isinstance(how.base, WebMap):
            xy = how.base.from_wgs84(lonlat)
        else:
            turn = Transformer.from_crs("EPSG:4326", how.base, always_xy=True)
            xy = np.column_stack(turn.transform(lonlat[:, 0], lonlat[:, 1]))
        return xy[:, ::-1] if how.northing_first else xy

    return np.asarray(shapely.transform(np.asarray(shapes, dtype=object), move), dtype=object)


@pytest.fixture(scope="module")
def network(city: DemoCity) -> Network:
    return build_network(city.streets)


@pytest.fixture(scope="module")
def areas(city: DemoCity) -> NDArray[Any]:
    return np.asarray(city.areas.geometry.to_numpy(), dtype=object)


@pytest.mark.parametrize("name", [*SYSTEMS, *SWAPPED])
@pytest.mark.parametrize("layer", ["districts", "facilities"])
def test_the_right_system_is_proposed(
    city: DemoCity, network: Network, areas: NDArray[Any], layer: str, name: str
) -> None:
    shapes = getattr(city, layer).geometry.to_numpy()

    found = weigh_systems(written(shapes, name), areas=areas, network=network)

    assert found.confident, found.reason
    assert found.proposed is not None
    assert found.proposed.name == name
    assert found.hypotheses[0].share_in_areas == 1.0
    assert found.hypotheses[0].system == found.proposed


@pytest.mark.parametrize("declared", [*DEGREES, "EPSG:4490"])
@pytest.mark.parametrize("true", DEGREES)
@pytest.mark.parametrize("layer", ["districts", "facilities"])
def test_only_the_wrong_declaration_is_contradicted(
    city: DemoCity, network: Network, areas: NDArray[Any], layer: str, true: str, declared: str
) -> None:
    shapes = getattr(city, layer).geometry.to_numpy()

    found = weigh_systems(
        written(shapes, true), areas=areas, network=network, named=system(declared)
    )

    # CGCS2000 and WGS 84 are one.
    right = declared == true or (declared == "EPSG:4490" and true == "EPSG:4326")
    assert found.contradicts == (not right)
    assert found.proposed is not None
    assert found.proposed.name == (declared if right else true)


@pytest.mark.parametrize("count", [25, 100, 400])
@pytest.mark.parametrize("layer", ["districts", "facilities"])
def test_parts_of_the_city_are_never_refused_wrongly(
    city: DemoCity, network: Network, areas: NDArray[Any], layer: str, count: int
) -> None:
    random = np.random.default_rng(20260612)
    shapes = np.asarray(getattr(city, layer).geometry.to_numpy(), dtype=object)
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    for true in DEGREES:
        around = middles[random.integers(len(middles))]
        part = shapes[np.argsort(((middles - around) ** 2).sum(axis=1))[:count]]
        found = weigh_systems(written(part, true), areas=areas, network=network, named=system(true))
        assert not found.contradicts
        if found.confident:
            assert found.proposed == system(true)
        wrong = DEGREES[(DEGREES.index(true) + 1) % 3]
        missed = weigh_systems(
            written(part, true), areas=areas, network=network, named=system(wrong)
        )
        # So many districts always tell, as 400 facilities do.
        if count == 400 or (layer == "districts" and count == 100):
            assert missed.contradicts
            assert missed.proposed == system(true)


def test_places_that_lie_anywhere_say_nothing(
    city: DemoCity, network: Network, areas: NDArray[Any]
) -> None:
    random = np.random.default_rng(1)
    west, south, east, north = city.districts.total_bounds
    anywhere = shapely.points(random.uniform(west, east, 500), random.uniform(south, north, 500))

    found = weigh_systems(anywhere, areas=areas, network=network, named=system("GCJ-02"))

    assert (found.confident, found.contradicts, found.proposed) == (False, False, None)
    assert "none stands out" in found.reason


def test_too_few_places_are_not_judged_by_streets(
    city: DemoCity, network: Network, areas: NDArray[Any]
) -> None:
    few = city.districts.geometry.to_numpy()[:19]

    found = weigh_systems(
        written(few, "BD-09"), areas=areas, network=network, named=system("EPSG:4326")
    )

    assert (found.confident, found.contradicts, found.places) == (False, False, 19)
    assert "fewer than 20 places" in found.reason


@pytest.mark.parametrize("count", [4, 5])
def test_a_zone_is_told_by_five_places_in_areas_alone(
    city: DemoCity, areas: NDArray[Any], count: int
) -> None:
    confident = count == 5
    few = written(city.facilities.geometry.to_numpy()[:count], "EPSG:4547")

    silent = weigh_systems(few, areas=areas)
    named = weigh_systems(few, areas=areas, named=system("EPSG:4548"))

    assert silent.proposed is not None
    assert (silent.proposed.name, silent.confident) == ("EPSG:4547", confident)
    assert named.contradicts == confident
    # An old datum of the same meridian is some 100 m off: not told apart.
    assert not weigh_systems(few, areas=areas, named=system("EPSG:2435")).contradicts


def test_areas_alone_do_not_tell_web_maps_apart(city: DemoCity, areas: NDArray[Any]) -> None:
    shapes = city.facilities.geometry.to_numpy()

    found = weigh_systems(written(shapes, "BD-09"), areas=areas, named=system("EPSG:4326"))

    assert (found.confident, found.contradicts, found.proposed) == (False, False, None)
    assert found.hypotheses[0].name == "BD-09"
    assert "the areas alone do not tell" in found.reason


def test_without_anything_at_hand_numbers_still_tell_a_zone() -> None:
    numbered = np.array([shapely.Point(38_514_652.1, 3_375_373.1)])
    degrees = np.array([shapely.Point(114.3, 30.5)])

    zone, open_ = weigh_systems(numbered), weigh_systems(degrees)

    assert zone.proposed is not None
    assert (zone.proposed.name, zone.confident) == ("EPSG:4526", False)
    assert open_.proposed is None
    assert [fit.name for fit in open_.hypotheses] == DEGREES
    assert "neither areas nor streets" in zone.reason


@pytest.mark.parametrize(
    ("shapes", "reason"),
    [
        ([], "no places"),
        ([None, shapely.Point(), shapely.Point(np.nan, 1.0)], "no places"),
        ([shapely.Point(1e9, 1e9)], "no system known here"),
    ],
)
def test_nothing_to_judge_by(areas: NDArray[Any], shapes: list[Any], reason: str) -> None:
    found = weigh_systems(np.array(shapes, dtype=object), areas=areas)

    assert reason in found.reason
    assert (found.proposed, found.confident, found.hypotheses) == (None, False, ())


def test_places_elsewhere_are_no_contradiction(areas: NDArray[Any], network: Network) -> None:
    jinhua = np.array([shapely.Point(119.6 + i / 1000, 29.1) for i in range(30)])

    found = weigh_systems(jinhua, areas=areas, network=network, named=system("EPSG:4326"))

    assert (found.contradicts, found.confident) == (False, False)
    assert "no system puts any of the places where the areas are" in found.reason


@pytest.mark.parametrize(
    ("x", "y", "names"),
    [
        (114.3, 30.5, DEGREES),
        (30.5, 114.3, [f"{name},yx" for name in DEGREES]),
        (43.8, 87.6, [f"{name},yx" for name in DEGREES]),  # Urumqi, latitude first
        (24.94, 60.17, ["EPSG:4326"]),
        (3_375_373, 38_514_652, ["EPSG:4526,yx"]),
        (20_226_000, 3_380_000, ["EPSG:4498"]),
        (12_726_000, 3_570_000, ["EPSG:3857"]),
        (3_375_373, 514_652, ["EPSG:4546,yx", "EPSG:4547,yx", "EPSG:4548,yx"]),
    ],
)
def test_systems_that_numbers_may_be_in(x: float, y: float, names: list[str]) -> None:
    found = [s.name for s in possible_systems(np.array([[x, y]]), lon_range=(113.9, 114.6))]

    assert [name for name in found if not name.startswith("EPSG:326")] == names


def test_zones_and_their_twins_are_as_the_register_has_them() -> None:
    """Codes worked out by counting are those whose name says the zone."""
    for code, name in (
        (4513, "CGCS2000 / 3-degree Gauss-Kruger zone 25"),
        (4533, "CGCS2000 / 3-degree Gauss-Kruger zone 45"),
        (4491, "CGCS2000 / Gauss-Kruger zone 13"),
        (4501, "CGCS2000 / Gauss-Kruger zone 23"),
        (4534, "CGCS2000 / 3-degree Gauss-Kruger CM 75E"),
        (4554, "CGCS2000 / 3-degree Gauss-Kruger CM 135E"),
    ):
        assert CRS.from_epsg(code).name == name
    numbered = possible_systems(np.array([[45_500_000.0, 3_000_000.0]]), lon_range=None)
    assert [s.name for s in numbered] == ["EPSG:4533"]


def test_a_vertex_too_far_for_arithmetic_is_passed_over_in_silence():
    far = shapely.Polygon([(0, 0), (1.7e308, 0), (1.7e308, 1.7e308), (-1.7e308, 1.7e308)])
    near = shapely.box(114, 30, 115, 31)
    shapes, points = sample_places(np.array([near, far], dtype=object))
    assert near in shapes
    assert np.isfinite(points).all()
