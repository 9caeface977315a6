"""Imported figures of areas, every version of them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from service.core.database import METADATA
from service.indicators.fields import FIRST_YEAR, LAST_YEAR

# The year of a figure is what `valid_from` and `valid_to` are to a layer, and a number has no CRS;
# otherwise its history is that of the layers.
INDICATOR: Final = Table(
    "indicator",
    METADATA,
    Column("area", Text(collation="C"), nullable=False),
    Column("indicator", Text(collation="C"), nullable=False),
    Column("year", Integer, nullable=False, autoincrement=False),
    Column("version", Integer, nullable=False, autoincrement=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("superseded_at", DateTime(timezone=True)),
    # Without a value a figure is withdrawn: it is known that it was wrong, not what it is.
    Column("value", Numeric),
    Column("source", Text),
    Column("source_file", Text, nullable=False),
    Column("source_row", BigInteger),
    Column("recorded_by", Text, nullable=False),
    PrimaryKeyConstraint("area", "indicator", "year", "version"),
    CheckConstraint("area <> ''", name="area_given"),
    CheckConstraint("indicator <> ''", name="indicator_given"),
    CheckConstraint(f"year BETWEEN {FIRST_YEAR} AND {LAST_YEAR}", name="year_in_range"),
    CheckConstraint("version >= 1", name="version_from_1"),
    CheckConstraint("superseded_at > recorded_at", name="superseded_after_recorded"),
    CheckConstraint("value > '-Infinity' AND value < 'Infinity'", name="value_finite"),
)
Index(
    "uq_indicator_current",
    INDICATOR.c.area,
    INDICATOR.c.indicator,
    INDICATOR.c.year,
    unique=True,
    postgresql_where=INDICATOR.c.superseded_at.is_(None),
)
