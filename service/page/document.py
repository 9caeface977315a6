"""What the page starts from: packs, evaluations, streets, where the data are, and its settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from importlib.metadata import version
from typing import Any, Final

from sqlalchemy import Connection, func, select

from service.core import history, scope
from service.core.history import NOW
from service.core.keys import Principal
from service.core.language import Language
from service.core.map_settings import MapSettings
from service.core.notices import notices
from service.core.schema import VERSIONED
from service.core.settings import Settings
from service.evaluations.stored_evaluation import StoredEvaluation, list_evaluations
from service.networks.service import list_networks
from service.packs.schemas import PackSummary
from service.scenarios.changes import MAX_CHANGES
from spatial.fields import AREAS, DISTRICTS, FACILITIES, Layer
from spatial.policy.pack import Pack
from spatial.policy.terms import LANGUAGES

MAX_EVALUATIONS: Final = 200


def page_document(
    connection: Connection,
    principal: Principal,
    *,
    settings: Settings,
    packs: Sequence[Pack],
    language: Language,
) -> dict[str, Any]:
    """Return all the page asks for once, when it opens.

    Parameters
    ----------
    principal
        A key scoped to areas sees the evaluations of its areas, and the extent of what it sees.
    packs
        Those in use.
    language
        Of the notices.
    """
    codes = scope.area_codes(connection, principal)
    evaluations = [
        one
        for one in list_evaluations(connection)
        if codes is None or (one.area is not None and one.area in codes)
    ]
    networks = list_networks(connection)
    network = networks[0] if networks else None
    sources: list[object] = [None if network is None else network.source]
    for layer in (DISTRICTS, FACILITIES, AREAS):
        sources += _sources(connection, principal, layer)
    return {
        "version": version("yike"),
        "packs": [
            PackSummary.of(pack).model_dump() | _latest(evaluations, pack.id) for pack in packs
        ],
        "evaluations": [_short(one) for one in evaluations[:MAX_EVALUATIONS]],
        "evaluations_total": len(evaluations),
        "network": None
        if network is None
        else {
            "version": network.version,
            "name": network.name,
            "attribution": network.source,
            "edges": network.edges,
            "length_m": network.length_m,
        },
        "notices": notices(sources, language),
        "extent": _extent(connection, principal),
        "base_map": base_map(settings.page_map),
        "languages": list(LANGUAGES),
        "language": settings.lang,
        "limits": {
            "page_rows": settings.page.max_limit,
            "evaluation_districts": settings.evaluation.max_districts,
            "upload_bytes": settings.uploads.max_bytes,
            "upload_rows": settings.uploads.max_rows,
            "export_rows": settings.export.max_rows,
            "reach_origins": settings.reach.max_origins,
            "scenario_changes": MAX_CHANGES,
        },
    }


def base_map(settings: MapSettings) -> dict[str, Any] | None:
    """Return the bureau's own base map as MapLibre takes its tiles; None for none."""
    if settings.url is None:
        return None
    labels = settings.labels_url
    return {
        "tiles": settings.tiles(settings.url),
        "labels": None if labels is None else settings.tiles(labels),
        "attribution": settings.attribution,
        "tile_size": settings.tile_size_px,
        "max_zoom": settings.max_zoom,
    }


def _latest(evaluations: Sequence[StoredEvaluation], pack_id: str) -> dict[str, Any]:
    """Name the newest evaluation by a pack: of everything, else of the newest area."""
    of_pack = [one for one in evaluations if pack_id in one.pack_versions]
    whole = [one for one in of_pack if one.area is None]
    latest = next(iter(whole or of_pack), None)
    return {
        "latest_evaluation": None
        if latest is None
        else {"id": latest.id, "as_of": latest.as_of, "area": latest.area}
    }


def _short(stored: StoredEvaluation) -> dict[str, Any]:
    return {
        "id": stored.id,
        "packs": list(stored.pack_versions),
        "as_of": stored.as_of,
        "area": stored.area,
        "target_year": stored.parameters.get("target_year"),
        "network_version": stored.network_version,
        "region": dict(stored.region),
        "created_at": stored.created_at.astimezone(UTC),
    }


def _sources(connection: Connection, principal: Principal, layer: Layer) -> list[object]:
    table = VERSIONED[layer.name]
    wanted = [*history.at_moment(table, NOW), *scope.conditions(connection, principal, layer)]
    query = select(table.c.source).where(*wanted).distinct()
    return list(connection.execute(query).scalars())


def _extent(connection: Connection, principal: Principal) -> list[float] | None:
    """Return west, south, east, north in degrees of districts and facilities; None without any."""
    boxes = []
    for layer in (DISTRICTS, FACILITIES):
        table = VERSIONED[layer.name]
        box = func.ST_Extent(table.c.geometry)
        corners = [
            getattr(func, name)(box) for name in ("ST_XMin", "ST_YMin", "ST_XMax", "ST_YMax")
        ]
        wanted = [*history.at_moment(table, NOW), *scope.conditions(connection, principal, layer)]
        row = connection.execute(select(*corners).where(*wanted)).one()
        if row[0] is not None:
            boxes.append(row)
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return [min(west), min(south), max(east), max(north)]
