"""Large pages: sent as they are read, and let go of when the reader is gone."""

from __future__ import annotations

import json
import socket
import time

import numpy as np
import pytest
import shapely

from service.core.database import create_database_engine

FEATURES = 2_500
PATH = "/ogc/collections/districts/items?limit=10000"


@pytest.fixture(scope="module")
def full_town(bare_town):
    """Districts of a hundred corners each: more than the buffers between the two hold."""
    centres = shapely.points(
        *np.random.default_rng(7).uniform((100, 20), (120, 40), (FEATURES, 2)).T
    )
    shapes = shapely.to_geojson(shapely.buffer(centres, 0.001, quad_segs=25))
    features = [
        {"type": "Feature", "geometry": json.loads(one), "properties": {"id": f"{number:05}"}}
        for number, one in enumerate(shapes)
    ]
    body = {"type": "FeatureCollection", "features": features}
    assert bare_town.post("/v1/districts", json=body).status_code == 201
    return bare_town


def test_a_stream_of_several_parts_holds_every_feature_once(full_town):
    page = full_town.get(PATH, role="viewer").json()
    assert [one["id"] for one in page["features"]] == [f"{number:05}" for number in range(FEATURES)]
    assert page["numberReturned"] == page["numberMatched"] == FEATURES
    cut = full_town.get(PATH.replace("10000", "2000"), role="viewer").json()
    assert cut["numberReturned"] == 2000
    assert cut["features"] == page["features"][:2000]
    following = next(one["href"] for one in cut["links"] if one["rel"] == "next")
    assert full_town.get(following, role="viewer").json()["features"] == page["features"][2000:]


def test_a_reader_that_goes_away_leaves_no_connection_behind(full_town):
    host, port = full_town.address.removeprefix("http://").split(":")
    head = f"GET {PATH} HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {full_town.keys['viewer']}\r\n\r\n"
    # More than the service keeps connections to the database.
    for _ in range(25):
        with socket.create_connection((host, int(port)), timeout=60) as reader:
            reader.sendall(head.encode())
            assert reader.recv(20).startswith(b"HTTP/1.1 200")
    # As the role that serves: another one is not told what its sessions do.
    engine = create_database_engine(full_town.settings.database.url.get_secret_value())
    deadline = time.monotonic() + 20
    busy = (
        "SELECT count(*) FROM pg_stat_activity WHERE usename = current_user AND state <> 'idle' "
        "AND pid <> pg_backend_pid()"
    )
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        while connection.exec_driver_sql(f"{busy} AND datname = current_database()").scalar_one():
            assert time.monotonic() < deadline, "a transaction is still open"
            time.sleep(0.1)
    engine.dispose()
    assert full_town.get(PATH, role="viewer").json()["numberReturned"] == FEATURES
