"""Policy packs: every version ever stored, with clause, quote and reading."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from service.core.database import METADATA

PACK: Final = Table(
    "pack",
    METADATA,
    Column("id", Text(collation="C"), nullable=False),
    Column("version", Text, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("document_no", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("effective_from", Date, nullable=False),
    Column("effective_to", Date),
    Column("stored_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # Storing a former version again puts it back into use; nothing else ever changes.
    Column("used_since", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("id", "version"),
    CheckConstraint("version ~ '^[0-9a-f]{64}$'", name="version_is_sha256"),
    CheckConstraint("effective_to >= effective_from", name="effective_to_not_before_from"),
)
