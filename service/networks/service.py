"""Storing and loading street networks."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from sqlalchemy import ColumnElement, Connection, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert

from service.core.copying import copy_rows
from service.core.ewkb import hex_ewkb
from service.core.rows import object_array
from service.networks.tables import NETWORK, NETWORK_EDGE
from spatial.canonical_edges import network_from_edges
from spatial.diagnosis import Diagnosis
from spatial.errors import InputError, NetworkError
from spatial.network import Network
from spatial.network_files import load_network, save_network
from spatial.traits import EdgeTraits, plain_traits


@dataclass(frozen=True)
class StoredNetwork:
    """What is known of a stored network without its edges; `length_m` in metres.

    `used_since` is None where the import that put it into use was taken back; `diagnosis` is that
    of `spatial.diagnosis` as JSON, None where nobody looked.
    """

    version: str
    name: str
    source: str
    crs: str
    created_at: datetime
    used_since: datetime | None
    nodes: int
    edges: int
    length_m: float
    diagnosis: Mapping[str, Any] | None


def store_network(
    connection: Connection,
    network: Network,
    *,
    name: str,
    source: str,
    crs: str = "EPSG:4326",
    diagnosis: Diagnosis | None = None,
) -> str:
    """Store a network and make it the one in use; return its version.

    Parameters
    ----------
    name, source
        What it is called, and where it comes from.
    crs
        CRS the streets were given in; the edges are in EPSG:4326.
    diagnosis
        What is odd about it; None leaves what was known.

    Notes
    -----
    Edges stored before are not stored again; `name` and `source` stay as first given.
    """
    now = func.clock_timestamp()
    added = connection.execute(
        insert(NETWORK)
        .values(
            version=network.version,
            name=name,
            source=source,
            crs=crs,
            used_since=now,
            nodes=len(network.node_lonlat),
            edges=len(network.u),
            length_m=float(network.length_m.sum()),
        )
        .on_conflict_do_nothing()
        .returning(NETWORK.c.version)
    ).first()
    if added is not None:
        _copy_edges(connection, network)
    elif latest(connection) != network.version:
        connection.execute(
            update(NETWORK).where(NETWORK.c.version == network.version).values(used_since=now)
        )
    if diagnosis is not None:
        connection.execute(
            update(NETWORK)
            .where(NETWORK.c.version == network.version)
            .values(diagnosis=diagnosis.as_json())
        )
    return network.version


def latest(connection: Connection) -> str | None:
    """Return the version of the network in use, the last one stored; None when there is none."""
    return connection.execute(newest(NETWORK.c.version)).scalar_one_or_none()


def newest(*columns: ColumnElement[Any]) -> Select[Any]:
    """Return the query for columns of the network in use; no row when there is none."""
    return (
        select(*columns)
        .where(NETWORK.c.used_since.is_not(None))
        .order_by(NETWORK.c.used_since.desc(), NETWORK.c.version)
        .limit(1)
    )


def used_since(connection: Connection, version: str) -> datetime | None:
    """Return since when a version has been in use; None where it is not stored, or never was."""
    statement = select(NETWORK.c.used_since).where(NETWORK.c.version == version)
    return connection.execute(statement).scalar_one_or_none()


def withdraw(connection: Connection, version: str, *, used_before: datetime | None) -> None:
    """Take a version out of use: the one that was in use before it is so again.

    The version itself stays, for the evaluations that walked on it.

    Parameters
    ----------
    used_before
        Since when it had been in use before it was last put into use; None if it never was.
    """
    connection.execute(
        update(NETWORK).where(NETWORK.c.version == version).values(used_since=used_before)
    )


def sources_of(connection: Connection, version: str) -> list[object]:
    """Return what a network says of its origin."""
    statement = select(NETWORK.c.source).where(NETWORK.c.version == version)
    return list(connection.scalars(statement).all())


def list_networks(connection: Connection) -> tuple[StoredNetwork, ...]:
    """Return every network stored, the one in use first."""
    columns = [NETWORK.c[name] for name in StoredNetwork.__dataclass_fields__]
    rows = connection.execute(
        select(*columns).order_by(NETWORK.c.used_since.desc().nulls_last(), NETWORK.c.version)
    )
    return tuple(StoredNetwork(**row) for row in rows.mappings())


def load(connection: Connection, version: str, *, cache_dir: Path) -> Network:
    """Load a network, from memory-mapped files in `cache_dir` where they exist.

    Missing or damaged files are made anew from the database. Several processes may do so at
    once: each writes a folder of its own and renames it.

    Raises
    ------
    InputError
        When no such network is stored.
    """
    known = select(NETWORK.c.version).where(NETWORK.c.version == version)
    if connection.execute(known).scalar_one_or_none() is None:
        raise InputError(f"no network {version!r} is stored")
    folder = cache_dir / "networks" / version
    cached = _cached(folder, version)
    if cached is not None:
        return cached
    network = _from_database(connection, version)
    _cache(network, folder)
    return _cached(folder, version) or network


def _cached(folder: Path, version: str) -> Network | None:
    try:
        network = load_network(folder)
    except NetworkError:
        return None
    return network if network.version == version else None


def _cache(network: Network, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        save_network(network, made)
        for path in made.iterdir():
            _to_disk(path)
        _replace(made, folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _replace(made: Path, folder: Path) -> None:
    """Put `made` in the place of `folder`; where another process was first, keep its work."""
    try:
        made.rename(folder)
    except OSError:
        if _cached(folder, folder.name) is not None:
            return
        damaged = made.with_name(f"{made.name}-damaged")
        folder.rename(damaged)
        made.rename(folder)
        shutil.rmtree(damaged, ignore_errors=True)


def _to_disk(path: Path) -> None:
    """Force a file to disk, so that no crash leaves a renamed folder of empty files."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _copy_edges(connection: Connection, network: Network) -> None:
    traits = network.traits.arrays()
    columns = ["network_version", "number", "u", "v", "length_m", *traits, "geometry"]
    rows = zip(
        [network.version] * len(network.u),
        range(len(network.u)),
        network.u.tolist(),
        network.v.tolist(),
        network.length_m.tolist(),
        *(array.tolist() for array in traits.values()),
        hex_ewkb(network.geometry),
        strict=True,
    )
    copy_rows(connection, NETWORK_EDGE, columns, rows)


def _from_database(connection: Connection, version: str) -> Network:
    edge = NETWORK_EDGE.c
    names = [field.name for field in fields(EdgeTraits)]
    rows = connection.execute(
        select(
            edge.u,
            edge.v,
            edge.length_m,
            func.ST_AsBinary(edge.geometry),
            *(edge[name] for name in names),
        )
        .where(edge.network_version == version)
        .order_by(edge.number)
    ).all()
    u, v, length_m, geometry, *traits = zip(*rows, strict=True)
    plain = plain_traits(object_array(traits[names.index("highway")]))
    network = network_from_edges(
        u=np.array(u, dtype=np.int32),
        v=np.array(v, dtype=np.int32),
        length_m=np.array(length_m, dtype=np.float64),
        geometry=shapely.from_wkb(object_array(geometry)),
        traits=EdgeTraits(
            **{
                name: plain.highway
                if name == "highway"
                else np.array(values, dtype=getattr(plain, name).dtype)
                for name, values in zip(names, traits, strict=True)
            }
        ),
    )
    # A version stored before edges had traits keeps the name it was given.
    return replace(network, version=version)
