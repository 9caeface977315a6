"""Residential districts, every version of them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import CheckConstraint, Index, Table

from service.core.versions import versioned_table
from spatial.fields import DISTRICTS

DISTRICT: Final[Table] = versioned_table(
    "district",
    DISTRICTS,
    # A relaxation without who, when and which body is bad input (design, section 3).
    CheckConstraint(
        "NOT (coalesce(siting_difficult, false) OR coalesce(low_demand, false) "
        "OR coalesce(conditions_available, false)) "
        "OR (justified_by IS NOT NULL AND justified_on IS NOT NULL "
        "AND justified_body IS NOT NULL)",
        name="justification_complete",
    ),
)
Index(
    "ix_district_community",
    DISTRICT.c.community,
    postgresql_where=DISTRICT.c.superseded_at.is_(None),
)
