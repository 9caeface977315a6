"""The tables that belong to no domain: the state of the data."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, PrimaryKeyConstraint, Table, true

from service.core.database import METADATA

DATA_STATE: Final = Table(
    "data_state",
    METADATA,
    Column("singleton", Boolean, server_default=true(), nullable=False),
    Column("instant", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("singleton"),
    CheckConstraint("singleton", name="one_row"),
)
