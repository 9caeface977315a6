"""The fields of every layer Yike reads, as data (design, section 3).

Files, HTTP requests, database columns and documentation all follow this table: a new field is
one line here and one column in a migration.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from spatial.facility_kinds import FACILITY_KINDS, SERVICES

# 三(一)1(1)¶2 of 金政发〔2022〕29号: 服务半径可适当扩大至500—800米.
MAX_APPROVED_RADIUS_M: Final = Decimal(800)

LEVELS: Final = ("province", "prefecture", "county", "township", "community")
AREA_KINDS: Final = (
    "province",
    "prefecture",
    "county",
    "subdistrict",  # 街道
    "town",  # 镇
    "township",  # 乡
    "urban_community",  # 城市社区
    "rural_community",  # 村, 农村社区
    "planning_unit",  # 规划单元, outside the hierarchy
)
STAGES: Final = ("planned", "new", "existing")
# Stages of the review of a housing project, in order; what each asks is in
# `spatial.policy.review.stages`.
REVIEW_STAGES: Final = (
    "plan",  # 规划编制, 控规
    "land_grant",  # 土地出让
    "design",  # 方案审查
    "verification",  # 规划核实
    "completion",  # 竣工验收
    "handover",  # 移交
)
STATUSES: Final = (
    "planned",
    "approved",
    "under_construction",
    "built",
    "accepted",
    "handed_over",
    "operating",
    "closed",
)
OPERATORS: Final = ("public", "private", "public_built_private_run")


class FieldType(StrEnum):
    """How a field is held in a validated frame.

    ``text`` str, ``texts`` tuple of str, ``integer`` pandas ``Int64``, ``decimal``
    `decimal.Decimal` objects, ``boolean`` pandas ``boolean``, ``date`` `datetime.date`,
    ``points`` shapely ``MultiPoint``, ``geometry`` the frame's active geometry, ``document`` a
    JSON object as plain data, its numbers int or `decimal.Decimal`. A missing value is ``None``
    (``pd.NA`` in the two pandas types).
    """

    TEXT = "text"
    TEXTS = "texts"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    POINTS = "points"
    GEOMETRY = "geometry"
    DOCUMENT = "document"


@dataclass(frozen=True)
class Field:
    """One field of a layer.

    Parameters
    ----------
    name
        Column name in files, requests and the database.
    type
        How it is held.
    required
        True where a row without it is refused; elsewhere its absence is `undetermined`.
    choices
        The words allowed; empty means any.
    minimum, maximum
        Inclusive bounds of a number; None means unbounded.
    """

    name: str
    type: FieldType
    required: bool = False
    choices: tuple[str, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None


@dataclass(frozen=True)
class Layer:
    """A table of features: its identifier field, its fields and the geometry types it takes."""

    name: str
    key: str
    fields: tuple[Field, ...]
    geometry_types: tuple[str, ...]

    def field(self, name: str) -> Field:
        """Return the field called `name`; KeyError when the layer has none."""
        return {field.name: field for field in self.fields}[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Field names in the order of the table."""
        return tuple(field.name for field in self.fields)


_POLYGONS = ("Polygon", "MultiPolygon")
_PLACES = ("Point", "Polygon", "MultiPolygon")


def _text(name: str, *, required: bool = False, choices: tuple[str, ...] = ()) -> Field:
    return Field(name, FieldType.TEXT, required=required, choices=choices)


def _count(name: str) -> Field:
    return Field(name, FieldType.INTEGER, minimum=Decimal(0))


def _measure(name: str, *, maximum: Decimal | None = None) -> Field:
    return Field(name, FieldType.DECIMAL, minimum=Decimal(0), maximum=maximum)


def _flag(name: str) -> Field:
    return Field(name, FieldType.BOOLEAN)


def _date(name: str) -> Field:
    return Field(name, FieldType.DATE)


_GEOMETRY = Field("geometry", FieldType.GEOMETRY, required=True)

AREAS: Final = Layer(
    "areas",
    "code",
    (
        _text("code", required=True),
        _text("name", required=True),
        _text("level", choices=LEVELS),
        _text("kind", required=True, choices=AREA_KINDS),
        _text("parent"),
        _count("population"),
        _count("households"),
        _count("population_60_plus"),
        _count("population_0_3"),
        _count("employees"),
        _text("source"),
        _GEOMETRY,
    ),
    _POLYGONS,
)

DISTRICTS: Final = Layer(
    "districts",
    "id",
    (
        _text("id", required=True),
        _text("name"),
        _text("stage", choices=STAGES),
        _date("permitted_on"),
        _count("households"),
        _count("population"),
        _count("population_60_plus"),
        _count("population_0_3"),
        _text("community"),
        _text("pool"),
        _text("land_grant"),
        _flag("siting_difficult"),
        _flag("low_demand"),
        _flag("conditions_available"),
        _text("justified_by"),
        _date("justified_on"),
        _text("justified_body"),
        _measure("approved_radius_m", maximum=MAX_APPROVED_RADIUS_M),
        _text("source"),
        Field("entrances", FieldType.POINTS),
        _GEOMETRY,
    ),
    _PLACES,
)

BUILDINGS: Final = Layer(
    "buildings",
    "id",
    (
        _text("id", required=True),
        _text("district_id", required=True),
        _count("households"),
        _text("source"),
        _GEOMETRY,
    ),
    _PLACES,
)

FACILITIES: Final = Layer(
    "facilities",
    "id",
    (
        _text("id", required=True),
        _text("name"),
        _text("service", choices=SERVICES),
        _text("kind", required=True, choices=tuple(FACILITY_KINDS)),
        _measure("floor_area_m2"),
        _measure("childcare_floor_area_m2"),
        _measure("site_area_m2"),
        _count("places"),
        _count("inclusive_places"),
        _count("beds"),
        _count("nursing_beds"),
        _count("dementia_beds"),
        _text("operator", choices=OPERATORS),
        _flag("open_to_residents"),
        _flag("takes_outside_children"),
        _flag("registered"),
        Field("service_area", FieldType.TEXTS),
        Field("floor_level", FieldType.INTEGER),
        _flag("own_entrance"),
        _flag("lift"),
        _text("status", choices=STATUSES),
        _date("approved_on"),
        _date("built_on"),
        _date("accepted_on"),
        _date("handed_over_on"),
        _date("opened_on"),
        _date("closed_on"),
        _text("district_id"),
        _text("project_id"),
        _text("pool"),
        _text("source"),
        Field("entrances", FieldType.POINTS),
        _GEOMETRY,
    ),
    _PLACES,
)

PARKS: Final = Layer(
    "parks",
    "id",
    (
        _text("id", required=True),
        _text("name"),
        _count("employees"),
        _text("source"),
        _GEOMETRY,
    ),
    _POLYGONS,
)

# Housing projects handed in for review: no layer of an evaluation, so not one of `LAYERS`.
PROJECTS: Final = Layer(
    "projects",
    "id",
    (
        _text("id", required=True),
        _text("name"),
        _text("stage", choices=REVIEW_STAGES),
        _text("area"),
        _count("units"),
        Field("document", FieldType.DOCUMENT, required=True),
        _text("source"),
        _GEOMETRY,
    ),
    _PLACES,
)

# The layers an evaluation reads, from files too.
LAYERS: Final = MappingProxyType(
    {layer.name: layer for layer in (AREAS, DISTRICTS, BUILDINGS, FACILITIES, PARKS)}
)
