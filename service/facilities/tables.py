"""Childcare and elderly care facilities, every version of them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import CheckConstraint, Table

from service.core.versions import versioned_table
from spatial.fields import FACILITIES

FACILITY: Final[Table] = versioned_table(
    "facility",
    FACILITIES,
    CheckConstraint("closed_on >= opened_on", name="closed_not_before_opened"),
)
