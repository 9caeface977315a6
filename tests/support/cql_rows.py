"""A small data set for CQL2: missing values, mixed case, days, instants, types of geometry."""

from __future__ import annotations

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import Boolean, Column, Date, DateTime, Integer, MetaData, Numeric, Table, Text

from service.ogc.properties import Kind, Property

THING = Table(
    "thing",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", Text),
    Column("alias", Text),
    Column("n", Integer),
    Column("m", Numeric),
    Column("ok", Boolean),
    Column("day", Date),
    Column("since", Date),
    Column("until", Date),
    Column("at", DateTime(timezone=True)),
    Column("geometry", Geometry("GEOMETRY", srid=4326)),
)
# name, alias, n, m, ok, day, since, until, at, geometry
_ROWS: tuple[tuple[Any, ...], ...] = (
    ("Élan", "élan", 1, "1.0", True, "2020-01-01", "2020-01-01", "2020-12-31",
     "2020-01-01T00:00:00Z", "POINT(0 0)"),
    ("school", "School", 2, "2.5", False, "2020-06-30", "2020-03-01", "2020-06-30",
     "2020-06-30T12:00:00Z", "POINT(5 5)"),
    ("School", "School", 3, "2", True, "2021-01-01", "2021-01-01", None,
     "2021-01-01T08:00:00+08:00", "LINESTRING(0 0, 10 10)"),
    ("SCHOOL", None, -4, "-4.25", None, "2019-12-31", "2019-01-01", "2019-12-31",
     "2019-12-31T23:59:59Z", "POLYGON((0 0, 10 0, 10 10, 0 10, 0 0))"),
    ("50% off", "a_b", 0, "0", True, "2020-02-29", "2020-01-01", "2020-01-01",
     "2020-02-29T00:00:00Z", "MULTIPOINT((5 5), (20 20))"),
    ("O'Brien", "x", 100, "99.999", False, None, None, "2020-12-31", None,
     "MULTILINESTRING((0 10, 10 0), (20 0, 20 10))"),
    (None, None, None, None, None, None, None, None, None, None),
    ("一刻", "a\\b", 7, "7", True, "2022-04-16", "2020-12-31", "2022-04-16",
     "2022-04-16T10:13:19Z", "MULTIPOLYGON(((10 0, 20 0, 20 10, 10 10, 10 0)))"),
    ("", "", 8, "1234567890.123456789", False, "2022-04-17", "2022-04-16", "2022-04-18",
     "2022-04-16T10:13:20Z", "POLYGON((2 2, 4 2, 4 4, 2 4, 2 2))"),
    ("zebra", "zebra", 2, "2.50", True, "2020-06-30", "2020-03-01", "2020-12-31",
     "2020-06-30T12:00:00.5Z", "POLYGON((5 5, 15 5, 15 15, 5 15, 5 5))"),
    ("date line", "x", 5, "5", True, "2020-06-30", "2020-06-30", "2020-06-30", None,
     "POINT(179.5 1)"),
)  # fmt: skip
ROWS = [
    dict(zip([column.name for column in THING.columns], (number, *row), strict=True))
    for number, row in enumerate(_ROWS, start=1)
]
_KINDS = {
    "id": Kind.INTEGER,
    "name": Kind.TEXT,
    "alias": Kind.TEXT,
    "n": Kind.INTEGER,
    "m": Kind.NUMBER,
    "ok": Kind.BOOLEAN,
    "day": Kind.DATE,
    "since": Kind.DATE,
    "until": Kind.DATE,
    "at": Kind.INSTANT,
    "geometry": Kind.GEOMETRY,
}
PROPERTIES = {name: Property(name, kind, THING.c[name]) for name, kind in _KINDS.items()}
