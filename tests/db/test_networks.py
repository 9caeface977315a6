from __future__ import annotations

import threading

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from service.core.database import create_database_engine
from service.networks import service as networks
from spatial.errors import InputError
from spatial.network import Network
from spatial.network_building import build_network


def streets(shift: float = 0.0) -> Network:
    lines = [
        shapely.LineString([(114.3 + shift, 30.5), (114.31, 30.5), (114.31, 30.51)]),
        shapely.LineString([(114.31, 30.51), (114.32, 30.52)]),
        shapely.LineString([(114.3 + shift, 30.5), (114.32, 30.52)]),
    ]
    frame = gpd.GeoDataFrame(
        {"highway": ["residential", None, "步行街"]}, geometry=lines, crs="EPSG:4326"
    )
    return build_network(frame)


def assert_same(one: Network, other: Network) -> None:
    assert one.version == other.version
    for name in ("u", "v", "length_m", "node_lonlat"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.highway.tolist() == other.highway.tolist()
    assert shapely.equals_exact(one.geometry, other.geometry, tolerance=0).all()


def test_a_network_comes_back_from_the_database_and_from_files(engine, tmp_path):
    network = streets()
    with engine.begin() as connection:
        version = networks.store_network(connection, network, name="城", source="OSM")
        from_database = networks.load(connection, version, cache_dir=tmp_path)
        assert (tmp_path / "networks" / version).is_dir()
        from_files = networks.load(connection, version, cache_dir=tmp_path)
    assert version == network.version
    assert_same(from_database, network)
    assert_same(from_files, network)
    assert isinstance(from_files.length_m.base, np.memmap)
    assert [path.name for path in (tmp_path / "networks").iterdir()] == [version]


def test_files_are_read_where_they_exist(engine, tmp_path, monkeypatch):
    with engine.begin() as connection:
        version = networks.store_network(connection, streets(), name="a", source="b")
        networks.load(connection, version, cache_dir=tmp_path)
        monkeypatch.setattr(networks, "_from_database", lambda *_: pytest.fail("asked again"))
        assert networks.load(connection, version, cache_dir=tmp_path).version == version


@pytest.mark.parametrize("damage", ["truncate", "remove", "other", "empty folder"])
def test_damaged_files_are_made_anew(engine, tmp_path, damage):
    network = streets()
    with engine.begin() as connection:
        version = networks.store_network(connection, network, name="a", source="b")
        networks.load(connection, version, cache_dir=tmp_path)
        folder = tmp_path / "networks" / version
        if damage == "truncate":
            (folder / "u.npy").write_bytes((folder / "u.npy").read_bytes()[:40])
        elif damage == "remove":
            (folder / "v.npy").unlink()
        elif damage == "other":
            facts = folder / "network.json"
            facts.write_text(facts.read_text().replace(version, "0" * 64))
        else:
            for path in folder.iterdir():
                path.unlink()
        assert_same(networks.load(connection, version, cache_dir=tmp_path), network)
        assert_same(networks.load(connection, version, cache_dir=tmp_path), network)
    assert [path.name for path in (tmp_path / "networks").iterdir()] == [version]


def test_many_may_fill_the_same_files_at_once(database, tmp_path):
    engine = create_database_engine(database.app_url)
    network = streets()
    with engine.begin() as connection:
        version = networks.store_network(connection, network, name="a", source="b")
    loaded: list[Network] = []
    faults: list[BaseException] = []

    def load() -> None:
        try:
            with engine.connect() as connection:
                loaded.append(networks.load(connection, version, cache_dir=tmp_path))
        except BaseException as fault:  # noqa: BLE001  reported by the main thread
            faults.append(fault)

    readers = [threading.Thread(target=load) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    engine.dispose()
    assert faults == []
    assert len(loaded) == 8
    for one in loaded:
        assert_same(one, network)
    assert [path.name for path in (tmp_path / "networks").iterdir()] == [version]


def test_the_network_stored_last_is_in_use_even_if_it_is_an_old_one(engine):
    one, two = streets(), streets(shift=0.001)
    with engine.connect() as connection:
        assert networks.latest(connection) is None
        for network in (one, two, two):
            networks.store_network(connection, network, name="a", source="b")
            assert networks.latest(connection) == network.version
        before = connection.execute(text("SELECT count(*) FROM network_edge")).scalar_one()
        networks.store_network(connection, one, name="again", source="again")
        assert networks.latest(connection) == one.version
        assert connection.execute(text("SELECT count(*) FROM network_edge")).scalar_one() == before
        listed = networks.list_networks(connection)
    assert [network.version for network in listed] == [one.version, two.version]
    assert (listed[0].name, listed[0].edges, listed[0].nodes) == ("a", 3, 3)
    assert listed[0].length_m == pytest.approx(one.length_m.sum())


@pytest.mark.parametrize("version", ["", "x", "0" * 64, "../../etc"])
def test_an_unknown_network_is_named(engine, tmp_path, version):
    with engine.connect() as connection, pytest.raises(InputError, match="no network"):
        networks.load(connection, version, cache_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_edge_without_length_is_refused(engine):
    with engine.connect() as connection:
        version = networks.store_network(connection, streets(), name="a", source="b")
        with pytest.raises(IntegrityError, match="length_m_positive"):
            connection.execute(
                text(
                    "INSERT INTO network_edge SELECT (jsonb_populate_record(e, "
                    """'{"number": 9, "length_m": 0}'::jsonb)).* FROM network_edge AS e """
                    "WHERE network_version = :version LIMIT 1"
                ),
                {"version": version},
            )
