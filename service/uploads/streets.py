"""Street networks as imports: looked over, and stored as a version of their own, put into use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from sqlalchemy import Connection

from service.core import audit, history
from service.core.errors.rights import ForbiddenError
from service.core.errors.state import ConflictError
from service.core.history import Stored
from service.core.keys import Principal
from service.networks.service import StoredNetwork, latest, list_networks, store_network, used_since
from service.uploads.records import find
from service.uploads.report import parse_report
from service.uploads.request import NETWORK, ImportRequest
from service.uploads.service import Done, finish
from service.uploads.street_stream import network_from_stream
from service.uploads.tables import COMMITTED, PREVIEWED
from spatial.diagnosing import diagnose
from spatial.fields import DISTRICTS, FACILITIES
from spatial.network import Network

# The longest edges: a city's main streets, enough to see whether the network lies where it should.
MAP_EDGES: Final = 1500
_MAP_PARTS: Final = 2000


def require_network_writable(principal: Principal) -> None:
    """Refuse a scoped key: all areas walk on the one network in use.

    Raises
    ------
    ForbiddenError
        If it is one.
    """
    if principal.areas:
        raise ForbiddenError("Street networks are written with keys that are not scoped to areas.")


def preview_network(
    connection: Connection, network: Network, request: ImportRequest, told: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the whole report of a network: what is odd about it, and what it would replace."""
    stored = list_networks(connection)
    # What was left out is known to whoever read the file, and no part of the edges.
    network = replace(network, left_out=told["left_out"])
    diagnosis = diagnose(
        network,
        districts=history.current(connection, DISTRICTS),
        facilities=history.current(connection, FACILITIES),
    )
    used = latest(connection)
    before = next((one for one in stored if one.version == used), None)
    return {
        **told,
        "network": {
            "version": network.version,
            "name": request.name,
            "nodes": diagnosis.nodes,
            "edges": diagnosis.edges,
            "length_m": diagnosis.length_m,
            "known": network.version in {one.version for one in stored},
            "in_use": before is not None and before.version == network.version,
            "before": None if before is None else _summary(before),
            "diagnosis": diagnosis.as_json(),
        },
        "map": _map(network),
    }


def _summary(network: StoredNetwork) -> dict[str, Any]:
    return {
        name: getattr(network, name) for name in ("version", "name", "nodes", "edges", "length_m")
    }


def _map(network: Network) -> dict[str, Any] | None:
    """Return where the streets lie, and the longest of them as GeoJSON."""
    if not len(network.u):
        return None
    longest = np.sort(np.argsort(network.length_m, kind="stable")[-MAP_EDGES:])
    west, south = network.coordinates.min(axis=0).tolist()
    east, north = network.coordinates.max(axis=0).tolist()
    tolerance = max(east - west, north - south) / _MAP_PARTS
    shapes = shapely.simplify(network.geometry[longest], tolerance)
    return {
        "bbox": [west, south, east, north],
        "of": len(network.u),
        "features": {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "id": str(number),
                    "geometry": shape,
                    "properties": {"becomes": "added"},
                }
                for number, shape in zip(longest.tolist(), shapes, strict=True)
            ],
        },
    }


def commit_network(connection: Connection, import_id: str, *, principal: Principal) -> None:
    """Store a network that was looked at, as a version of its own, and put it into use.

    A version that is stored already is put into use again; nothing is ever overwritten.

    Raises
    ------
    NotFoundError, ForbiddenError
        As their names say.
    ConflictError
        When the import is in no state to be stored.
    """
    row = find(connection, import_id, principal=principal, lock=True)
    require_network_writable(principal)
    if row.state == COMMITTED:
        return
    if row.state != PREVIEWED:
        raise ConflictError(f"This import is {row.state}; only one that is previewed is stored.")
    history.lock(connection)
    request = ImportRequest.from_json(row.request)
    report = parse_report(row.report)
    network = replace(network_from_stream(row.accepted), left_out=report["left_out"])
    before = {one.version for one in list_networks(connection)}
    used, used_before = latest(connection), used_since(connection, network.version)
    version = store_network(
        connection,
        network,
        name=request.name or Path(row.file).stem,
        source="; ".join(report["sources"]) or row.file,
        crs=row.origin_crs,
        # Of today's districts and facilities, whatever they were when the file was looked at.
        diagnosis=diagnose(
            network,
            districts=history.current(connection, DISTRICTS),
            facilities=history.current(connection, FACILITIES),
        ),
    )
    edges = len(network.u)
    new = version not in before
    stored = Stored(added=edges if new else 0, changed=0, unchanged=0 if new else edges)
    done = Done(stored, closed=0)
    # No row of a layer is written between these two.
    instant = history.data_instant(connection)
    # As of now, whatever was in use when the file was looked at: what taking it back rests on.
    stood = {"in_use": used == version, "used_before": used_before}
    report["network"] = {**report["network"], **stood}
    finish(connection, import_id, done, report, (instant, instant), actor=principal.id)
    audit.record(
        connection,
        actor=principal.id,
        action="import",
        target=f"{NETWORK}/{version}",
        detail={
            "import": import_id,
            "file": row.file,
            "rows": int(report["rows"]["read"]),
            "edges": edges,
        },
    )
