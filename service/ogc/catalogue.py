"""Which collections there are for a key, and where their rows are.

The layers as they are today, the edges of the street network in use, and each stored evaluation
a key may see, as districts with their flags and as findings; the latest of them also under a
name that stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, func, select

from service.core import history, scope
from service.core.errors.state import NotFoundError
from service.core.keys import Principal
from service.core.schema import DATA_STATE, NETWORK_EDGE, VERSIONED
from service.evaluations.dependencies import visible
from service.evaluations.service import StoredEvaluation, list_evaluations
from service.networks import service as networks
from service.ogc.collection import Collection
from service.ogc.properties import KIND_OF_FIELD, Kind, Property
from service.ogc.run_collections import PARTS
from service.ogc.table_properties import column_property, geometry_property
from spatial.fields import AREAS, LAYERS, PROJECTS, FieldType, Layer

EDGES: Final = "network-edges"
LATEST: Final = "latest"
SHOWN_LAYERS: Final[Mapping[str, Layer]] = MappingProxyType({**LAYERS, PROJECTS.name: PROJECTS})

_RUN: Final = re.compile(r"evaluation-(?P<run>[0-9a-f]{32})-(?P<part>districts|findings)")
_LATEST: Final = re.compile(rf"{LATEST}-(?P<part>districts|findings)")
_TITLES: Final = MappingProxyType(
    {
        "areas": ("行政区 Areas", "Administrative areas and planning units as they are today."),
        "districts": ("小区 Districts", "Residential districts as they are today."),
        "buildings": ("住宅楼 Buildings", "Residential buildings as they are today."),
        "facilities": (
            "设施 Facilities",
            "Childcare and elderly care facilities as they are recorded today; not all operate.",
        ),
        "parks": ("产业园区 Parks", "Industrial parks as they are today."),
        "projects": (
            "住宅项目 Projects",
            "Housing projects handed in for review. All but source follows from the document.",
        ),
    }
)


_EDGE_PROPERTIES: Final = (
    "u",
    "v",
    "length_m",
    "highway",
    "forward",
    "backward",
    "steps",
    "crossings",
    "lifts",
    "structure",
    "slope_forward",
    "slope_backward",
)


def list_collections(connection: Connection, principal: Principal) -> tuple[Collection, ...]:
    """Return every collection a key may see: layers, streets, then evaluations, newest first."""
    return tuple(_collections(connection, principal))


def find_collection(connection: Connection, principal: Principal, name: str) -> Collection:
    """Return the collection of an id.

    Raises
    ------
    NotFoundError
        If there is none, or the key may not see it.
    """
    if name in SHOWN_LAYERS:
        return _layer(connection, principal, SHOWN_LAYERS[name])
    edges = _edges(connection, principal) if name == EDGES else None
    if edges is not None:
        return edges
    latest = _LATEST.fullmatch(name)
    if latest is not None:
        run = next(_runs(connection, principal, newest=True), None)
        if run is not None:
            return PARTS[latest["part"]](run, LATEST)
    named = _RUN.fullmatch(name)
    if named is not None:
        stored = visible(connection, principal, named["run"])
        return PARTS[named["part"]](stored, f"evaluation-{stored.id}")
    raise NotFoundError("There is no such collection.")


def _collections(connection: Connection, principal: Principal) -> Iterator[Collection]:
    for layer in SHOWN_LAYERS.values():
        yield _layer(connection, principal, layer)
    edges = _edges(connection, principal)
    if edges is not None:
        yield edges
    for place, run in enumerate(_runs(connection, principal)):
        names = (LATEST, f"evaluation-{run.id}") if place == 0 else (f"evaluation-{run.id}",)
        for name in names:
            for build in PARTS.values():
                yield build(run, name)


def _runs(
    connection: Connection, principal: Principal, *, newest: bool = False
) -> Iterator[StoredEvaluation]:
    codes = scope.area_codes(connection, principal)
    # A scoped key may see none of the newest, so all of them are gone through.
    for run in list_evaluations(connection, limit=1 if newest and codes is None else None):
        if codes is None or run.area in codes:
            yield run


def _layer(connection: Connection, principal: Principal, layer: Layer) -> Collection:
    table = VERSIONED[layer.name]
    title, description = _TITLES[layer.name]
    instant, today = connection.execute(select(DATA_STATE.c.instant, func.current_date())).one()
    # The scope of a key rests on areas, which are data like all others; so the instant says all.
    state = f"{instant.isoformat()} {today.isoformat()} {','.join(principal.areas)}"
    return Collection(
        id=layer.name,
        title=title,
        description=description,
        source=table,
        conditions=(
            *history.at_moment(table, history.NOW),
            *scope.conditions(connection, principal, layer),
        ),
        key=table.c[layer.key],
        key_kind=Kind.TEXT,
        order=table.c[layer.key],
        order_kind=Kind.TEXT,
        geometry=geometry_property(table, _shape(layer)),
        properties=tuple(
            Property(
                field.name,
                KIND_OF_FIELD[field.type],
                table.c[field.name],
                choices=field.choices,
                shape="multipoint",
                role="id" if field.name == layer.key else _interval_role(field.name),
            )
            for field in layer.fields
            if field.type is not FieldType.GEOMETRY
        ),
        state=state,
        version=table.c.version,
        interval=("opened_on", "closed_on") if "opened_on" in layer.names else None,
        source_text=table.c.source,
        # Whoever redraws areas redraws the scope of keys: they are written under /v1 alone.
        layer=None if layer == AREAS else layer,
    )


def _shape(layer: Layer) -> str:
    return "any" if "Point" in layer.geometry_types else "polygon-or-multipolygon"


def _interval_role(name: str) -> str:
    return {
        "opened_on": "primary-interval-start",
        "closed_on": "primary-interval-end",
    }.get(name, "")


def _edges(connection: Connection, principal: Principal) -> Collection | None:
    version = networks.latest(connection)
    if version is None:
        return None
    table = NETWORK_EDGE
    scoped = (scope.place_inside(principal, table.c.geometry),) if principal.areas else ()
    # What lies in a key's areas changes with the areas.
    instant = f" {history.data_instant(connection).isoformat()}" if scoped else ""
    return Collection(
        id=EDGES,
        title="步行路网 Street network",
        description="Edges of the street network in use: the ways people may walk.",
        source=table,
        conditions=(table.c.network_version == version, *scoped),
        key=table.c.number,
        key_kind=Kind.INTEGER,
        order=table.c.number,
        order_kind=Kind.INTEGER,
        geometry=geometry_property(table, "linestring"),
        properties=(
            column_property(table, "number", "number", role="id"),
            *(column_property(table, name, name) for name in _EDGE_PROPERTIES),
        ),
        state=f"{version}{instant} {','.join(principal.areas)}",
        network=version,
    )
