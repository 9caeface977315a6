"""Residential buildings, every version of them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Index, Table

from service.core.versions import versioned_table
from spatial.fields import BUILDINGS

BUILDING: Final[Table] = versioned_table("building", BUILDINGS)
Index(
    "ix_building_district_id",
    BUILDING.c.district_id,
    postgresql_where=BUILDING.c.superseded_at.is_(None),
)
