"""A small city as OpenStreetMap has it: every walk equals NetworkX's on the same streets."""

from fractions import Fraction
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from split_graph import split_graph

from service.imports.street_reader import read_network
from spatial.barriers import with_barriers
from spatial.network import Network
from spatial.profiles import PROFILES, Penalties, Profile, profile_at
from spatial.reach import Direction, nearest_walk
from spatial.snapping import snap

LAS_PALMAS = (
    Path(__file__).resolve().parents[3] / "shared" / "data" / "osm" / "las_palmas_20230221.osm.pbf"
)
SITES, PLACES = 20, 100

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def streets() -> Network:
    return read_network(LAS_PALMAS).network


@pytest.fixture(scope="module")
def barred(streets: Network) -> Network:
    """Cut the city by a wall of some 3 km, and close two squares of some 400 m."""
    lon, lat = np.median(streets.node_lonlat, axis=0)
    wall = shapely.LineString([(lon - 0.012, lat - 0.011), (lon + 0.003, lat + 0.012)])
    closed = [shapely.box(x, y, x + 0.004, y + 0.004) for x, y in ((lon, lat), (lon - 0.01, lat))]
    return with_barriers(streets, GeoDataFrame(geometry=[wall, *closed], crs="EPSG:4326"))


def some_places(network: Network, *, count: int, seed: int) -> NDArray[np.object_]:
    """Draw places about the middle of the city, up to some 60 m off the junctions."""
    random = np.random.default_rng(seed)
    nodes = network.node_lonlat
    near = nodes[np.linalg.norm(nodes - np.median(nodes, axis=0), axis=1) < 0.05]
    at = near[random.integers(0, len(near), count)] + random.uniform(-5e-4, 5e-4, (count, 2))
    return np.asarray(shapely.points(at), dtype=object)


@pytest.mark.parametrize("walled", [False, True], ids=["open", "barriers"])
@pytest.mark.parametrize(
    "profile",
    [
        PROFILES["adult"],
        profile_at("wheelchair", penalties=Penalties(crossing_seconds=Fraction(20))),
    ],
    ids=lambda profile: profile.id,
)
def test_2000_pairs_equal_networkx(
    streets: Network, barred: Network, profile: Profile, *, walled: bool
) -> None:
    network = barred if walled else streets
    graph = network.graph_for(profile.impedance)
    homes = snap(graph, some_places(streets, count=PLACES, seed=1), limit_m=200.0)
    doors = snap(graph, some_places(streets, count=SITES, seed=2), limit_m=200.0)
    expected = by_networkx(split_graph(graph, place=homes, site=doors))
    expected[~homes.on_network] = np.nan
    expected[:, ~doors.on_network] = np.where(homes.on_network, np.inf, np.nan)[:, np.newaxis]
    found = np.column_stack(
        [
            nearest_walk(
                graph,
                places=homes,
                sites=doors[np.array([site])],
                site_of=np.array([0]),
                limit_m=1e9,
                direction=Direction.TOWARD,
            ).metres
            for site in range(SITES)
        ]
    )
    assert found.shape == (PLACES, SITES)
    assert found == pytest.approx(expected, abs=0.01, nan_ok=True)
    # The test says something: most pairs have a way, and it is a walk through a city.
    walks = found[np.isfinite(found)]
    assert len(walks) > 0.6 * found.size
    assert np.median(walks) > 1000


def by_networkx(walked: "nx.DiGraph[object]") -> NDArray[np.float64]:
    """Cost from every place to every site: one search a site, against the direction of walking."""
    backwards = walked.reverse(copy=False)
    cost = np.full((PLACES, SITES), np.inf)
    for site in range(SITES):
        if ("site", site) not in backwards:
            continue
        found = nx.single_source_dijkstra_path_length(backwards, ("site", site), weight="cost")
        cost[:, site] = [found.get(("place", place), np.inf) for place in range(PLACES)]
    return cost


def test_stairs_closed_make_walks_longer_and_never_shorter(streets: Network) -> None:
    places, sites = (some_places(streets, count=n, seed=s) for n, s in ((PLACES, 1), (SITES, 2)))
    adult, wheels = (
        nearest_walk(
            streets.graph_for(PROFILES[name].impedance),
            # Joined as the adult joins, so that the ways alone are compared.
            places=snap(streets.graph, places, limit_m=200.0),
            sites=snap(streets.graph, sites, limit_m=200.0),
            site_of=np.arange(SITES),
            limit_m=1e9,
        ).metres
        for name in ("adult", "wheelchair")
    )
    both = np.isfinite(adult) & np.isfinite(wheels)
    assert both.sum() > PLACES / 2
    assert (wheels[both] >= adult[both] - 1e-6).all()
    assert (wheels[both] > adult[both] + 1).any()
