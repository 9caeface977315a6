"""Tables that keep every version of a row, built from the fields of a layer.

A row is never changed and never deleted: a new version is inserted and the former one gets its
`superseded_at`. `recorded_at` and `superseded_at` say when the database knew it; `valid_from`
and `valid_to` say from which day on, and up to but without which day, it was so in the world.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from service.core.database import METADATA
from spatial.fields import Field, FieldType, Layer


def column_type(type_: FieldType) -> TypeEngine[Any]:
    """Return the column type that holds a field of this type; geometries are in EPSG:4326."""
    types: dict[FieldType, TypeEngine[Any]] = {
        FieldType.TEXT: Text(),
        FieldType.TEXTS: ARRAY(Text()),
        # A validated frame holds Int64; a narrower column would refuse what it accepted.
        FieldType.INTEGER: BigInteger(),
        FieldType.DECIMAL: Numeric(),
        FieldType.BOOLEAN: Boolean(),
        FieldType.DATE: Date(),
        FieldType.POINTS: Geometry("MULTIPOINT", srid=4326, spatial_index=False),
        FieldType.GEOMETRY: Geometry("GEOMETRY", srid=4326, spatial_index=False),
        FieldType.DOCUMENT: JSONB(),
    }
    return types[type_]


def versioned_table(name: str, layer: Layer, *constraints: CheckConstraint) -> Table:
    """Return the version table of `layer`.

    Parameters
    ----------
    name
        Table name, singular.
    layer
        Gives the columns and, through its choices, bounds and geometry types, their checks.
    *constraints
        Checks over several columns.

    Returns
    -------
    A table with primary key (key, version), at most one current version a key, and a GiST index
    over the current geometries.
    """
    key, *others = sorted(layer.fields, key=lambda field: field.name != layer.key)
    table = Table(
        name,
        METADATA,
        # Byte order, whatever the database's locale: paging follows the order Python sorts in.
        Column(key.name, Text(collation="C"), nullable=False),
        Column("version", Integer, nullable=False, autoincrement=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        Column("superseded_at", DateTime(timezone=True)),
        Column("valid_from", Date),
        Column("valid_to", Date),
        *(_field_column(field) for field in others),
        Column("source_file", Text, nullable=False),
        Column("source_row", BigInteger),
        Column("source_crs", Text, nullable=False),
        Column("transformation", Text),
        Column("recorded_by", Text, nullable=False),
        PrimaryKeyConstraint(key.name, "version"),
        CheckConstraint(f"{key.name} <> ''", name=f"{key.name}_given"),
        CheckConstraint("version >= 1", name="version_from_1"),
        CheckConstraint("superseded_at > recorded_at", name="superseded_after_recorded"),
        CheckConstraint("valid_to >= valid_from", name="valid_to_not_before_from"),
        *(check for field in layer.fields for check in _checks(field, layer)),
        *constraints,
    )
    current = table.c.superseded_at.is_(None)
    Index(f"uq_{name}_current", table.c[key.name], unique=True, postgresql_where=current)
    Index(
        f"ix_{name}_geometry_current",
        table.c.geometry,
        postgresql_using="gist",
        postgresql_where=current,
    )
    return table


def _field_column(field: Field) -> Column[Any]:
    return Column(field.name, column_type(field.type), nullable=not field.required)


def _checks(field: Field, layer: Layer) -> Iterator[CheckConstraint]:
    """Yield what must hold of one field, named by the field."""
    name = field.name
    if field.choices:
        words = ", ".join(f"'{word}'" for word in field.choices)
        yield CheckConstraint(f"{name} IN ({words})", name=f"{name}_known")
    if field.minimum is not None:
        yield CheckConstraint(f"{name} >= {field.minimum}", name=f"{name}_minimum")
    if field.type is FieldType.DECIMAL:
        # PostgreSQL sorts NaN above Infinity, so this refuses both.
        bound = "'Infinity'" if field.maximum is None else str(field.maximum)
        sign = "<" if field.maximum is None else "<="
        yield CheckConstraint(f"{name} {sign} {bound}", name=f"{name}_maximum")
    if field.type in {FieldType.GEOMETRY, FieldType.POINTS}:
        yield CheckConstraint(f"ST_IsValid({name})", name=f"{name}_valid")
        yield CheckConstraint(f"NOT ST_IsEmpty({name})", name=f"{name}_not_empty")
        yield CheckConstraint(
            f"ST_XMin({name}) >= -180 AND ST_XMax({name}) <= 180 "
            f"AND ST_YMin({name}) >= -90 AND ST_YMax({name}) <= 90",
            name=f"{name}_in_range",
        )
    if field.type is FieldType.GEOMETRY:
        types = ", ".join(f"'{kind.upper()}'" for kind in layer.geometry_types)
        yield CheckConstraint(f"GeometryType({name}) IN ({types})", name=f"{name}_type")
