"""Administrative areas and planning units, every version of them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Index, Table

from service.core.versions import versioned_table
from spatial.fields import AREAS

AREA: Final[Table] = versioned_table("area", AREAS)
Index("ix_area_parent", AREA.c.parent, postgresql_where=AREA.c.superseded_at.is_(None))
