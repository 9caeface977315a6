"""Street networks: immutable versions and their edges."""

from __future__ import annotations

from typing import Final

from geoalchemy2 import Geometry
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from service.core.database import METADATA

NETWORK: Final = Table(
    "network",
    METADATA,
    Column("version", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("crs", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # Storing a former version again puts it back into use; one whose import was taken back is as
    # if it had never been in use. But for this and the diagnosis nothing ever changes.
    Column("used_since", DateTime(timezone=True)),
    Column("nodes", Integer, nullable=False),
    Column("edges", Integer, nullable=False),
    Column("length_m", Double, nullable=False),
    # As of the last time it was stored with one; it says of the network, and is no part of it.
    Column("diagnosis", JSONB),
    CheckConstraint("version ~ '^[0-9a-f]{64}$'", name="version_is_sha256"),
    CheckConstraint("nodes >= 0 AND edges >= 0 AND length_m >= 0", name="not_negative"),
)

NETWORK_EDGE: Final = Table(
    "network_edge",
    METADATA,
    Column("network_version", Text, ForeignKey("network.version"), nullable=False),
    Column("number", Integer, nullable=False, autoincrement=False),
    Column("u", Integer, nullable=False),
    Column("v", Integer, nullable=False),
    Column("length_m", Double, nullable=False),
    Column("highway", Text),
    *(
        Column(name, kind, nullable=False)
        for name, kind in (
            ("forward", Boolean),
            ("backward", Boolean),
            ("steps", Boolean),
            ("crossings", Double),
            ("lifts", Double),
            ("structure", SmallInteger),
            ("slope_forward", Double),
            ("slope_backward", Double),
        )
    ),
    Column("geometry", Geometry("LINESTRING", srid=4326, spatial_index=False), nullable=False),
    PrimaryKeyConstraint("network_version", "number"),
    CheckConstraint("length_m > 0 AND length_m < 'Infinity'", name="length_m_positive"),
    CheckConstraint("number >= 0 AND u >= 0 AND v >= 0", name="not_negative"),
    CheckConstraint("forward OR backward", name="open"),
    CheckConstraint("crossings >= 0 AND lifts >= 0", name="waits_not_negative"),
    CheckConstraint("slope_forward >= 1 AND slope_backward >= 1", name="slope_from_1"),
)
Index("ix_network_edge_geometry", NETWORK_EDGE.c.geometry, postgresql_using="gist")
