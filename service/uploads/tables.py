"""The imports: what was read of a file, until it is stored, and what storing it changed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    LargeBinary,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from service.core.database import METADATA

READING: Final = "reading"
PREVIEWED: Final = "previewed"
REFUSED: Final = "refused"
FAILED: Final = "failed"
COMMITTED: Final = "committed"
UNDONE: Final = "undone"
DISCARDED: Final = "discarded"
EXPIRED: Final = "expired"
STATES: Final = (READING, PREVIEWED, REFUSED, FAILED, COMMITTED, UNDONE, DISCARDED, EXPIRED)

_WORDS = ", ".join(f"'{state}'" for state in STATES)

DATA_IMPORT: Final = Table(
    "data_import",
    METADATA,
    Column("id", Text(collation="C"), primary_key=True),
    Column("kind", Text, nullable=False),
    # What the file was called: a label, never a path that is opened.
    Column("file", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("stage", Text),
    Column("rows_done", BigInteger),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("created_by", Text, nullable=False),
    Column("request", JSONB, nullable=False),
    # As text: JSONB would give its exact numbers back as floats.
    Column("report", Text),
    # Over all that storing would change; another one means that the stored data moved.
    Column("digest", Text),
    Column("origin_crs", Text),
    Column("transformation", Text),
    # The rows as they will be stored, an Arrow stream; None once stored or discarded.
    Column("accepted", LargeBinary),
    # The rows set aside, a file, and what format it is in.
    Column("quarantine", LargeBinary),
    Column("quarantine_suffix", Text),
    # Every version recorded after the first and up to the second instant is of this import.
    Column("committed_at", DateTime(timezone=True)),
    Column("committed_by", Text),
    Column("after_instant", DateTime(timezone=True)),
    Column("until_instant", DateTime(timezone=True)),
    Column("undone_at", DateTime(timezone=True)),
    Column("undone_by", Text),
    CheckConstraint(f"state IN ({_WORDS})", name="state_known"),
    CheckConstraint("id <> ''", name="id_given"),
    CheckConstraint(
        "(state IN ('committed', 'undone')) = (committed_at IS NOT NULL)", name="committed_is_dated"
    ),
    CheckConstraint(
        "(committed_at IS NULL) = (until_instant IS NULL) "
        "AND (committed_at IS NULL) = (after_instant IS NULL) "
        "AND (committed_at IS NULL) = (committed_by IS NULL)",
        name="committed_is_whole",
    ),
    CheckConstraint("after_instant <= until_instant", name="instants_in_order"),
    CheckConstraint("(state = 'undone') = (undone_at IS NOT NULL)", name="undone_is_dated"),
)
Index("ix_data_import_created_at", DATA_IMPORT.c.created_at, DATA_IMPORT.c.id)
