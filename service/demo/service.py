"""Put the demo city into the database, once for each version of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final

from geopandas import GeoDataFrame
from sqlalchemy import Connection, select

import seed.wuhan
from seed.wuhan.city import DemoCity
from service.core import audit, history
from service.core.history import Origin, Stored
from service.core.schema import VERSIONED
from service.core.tables import AUDIT
from service.networks.service import store_network
from spatial.diagnosing import diagnose
from spatial.fields import AREAS, DISTRICTS, FACILITIES, Layer
from spatial.network import Network

ACTION: Final = "load demo"
TARGET: Final = "demo/wuhan"
# How the ``source`` of each row of the demo city begins; nobody else's rows are touched.
SOURCE_PREFIX: Final = "synthetic (yike demo)"
LAYERS: Final = (AREAS, DISTRICTS, FACILITIES)


def fingerprint() -> str:
    """Hash what the demo city is made from: another hash is another city."""
    digest = hashlib.sha256()
    folders = [Path(folder) for folder in seed.wuhan.__path__]
    for path in sorted(path for folder in folders for path in folder.iterdir() if path.is_file()):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_loaded(connection: Connection) -> bool:
    """Tell whether the city of this version was loaded last.

    What a user changed of it since stays changed.
    """
    last = connection.execute(
        select(AUDIT.c.detail)
        .where(AUDIT.c.action == ACTION)
        .order_by(AUDIT.c.sequence.desc())
        .limit(1)
    ).scalar_one_or_none()
    return last is not None and last.get("fingerprint") == fingerprint()


def load(
    connection: Connection, city: DemoCity, network: Network, *, today: date, actor: str
) -> Mapping[str, Stored]:
    """Store the city, network included; rows an older version had and this one lacks are closed.

    Parameters
    ----------
    city
        The frames to store.
    network
        Built from its streets.
    today
        The day rows of an older version end on.
    actor
        Who loads, for the audit.

    Returns
    -------
    What became of the rows, by layer.
    """
    origin = Origin(file="seed/wuhan", crs="EPSG:4326", transformation=None, actor=actor)
    frames: dict[Layer, GeoDataFrame] = {
        AREAS: city.areas,
        DISTRICTS: city.districts,
        FACILITIES: city.facilities,
    }
    stored = {}
    for layer, frame in frames.items():
        stored[layer.name] = history.store(connection, layer, frame, origin=origin)
        _close_others(connection, layer, frame, today=today, origin=origin)
    version = store_network(
        connection,
        network,
        name="wuhan",
        source=str(city.streets["source"].iloc[0]),
        diagnosis=diagnose(network, districts=city.districts, facilities=city.facilities),
    )
    audit.record(
        connection,
        actor=actor,
        action=ACTION,
        target=TARGET,
        detail={"fingerprint": fingerprint(), "network": version},
    )
    return MappingProxyType(stored)


def _close_others(
    connection: Connection, layer: Layer, frame: GeoDataFrame, *, today: date, origin: Origin
) -> None:
    source = VERSIONED[layer.name].c.source
    there = history.current(connection, layer, source.startswith(SOURCE_PREFIX))
    for key in sorted(set(there[layer.key]) - set(frame[layer.key])):
        history.close(connection, layer, key, on=today, origin=origin)
