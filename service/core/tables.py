"""The tables that belong to no domain: the state of the data, the API keys, the audit."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from service.core.database import METADATA

DATA_STATE: Final = Table(
    "data_state",
    METADATA,
    Column("singleton", Boolean, server_default=true(), nullable=False),
    Column("instant", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("singleton"),
    CheckConstraint("singleton", name="one_row"),
)

API_KEY: Final = Table(
    "api_key",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    # Whose key it is, as whoever made it says: several keys may be one person's.
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("areas", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("hash", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("revoked_at", DateTime(timezone=True)),
    CheckConstraint("role IN ('viewer', 'editor', 'reviewer', 'admin')", name="role_known"),
    CheckConstraint("octet_length(hash) = 32", name="hash_is_sha256"),
    CheckConstraint("array_position(areas, NULL) IS NULL", name="areas_given"),
    CheckConstraint("person <> ''", name="person_given"),
)

# Both are found by the hash of a secret that only the browser, or the printed link, has.
SIGN_IN_LINK: Final = Table(
    "sign_in_link",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),
    Column("key_id", Text, ForeignKey(API_KEY.c.id), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    CheckConstraint("octet_length(hash) = 32", name="hash_is_sha256"),
)

BROWSER_SESSION: Final = Table(
    "browser_session",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),
    Column("key_id", Text, ForeignKey(API_KEY.c.id), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("ended_at", DateTime(timezone=True)),
    CheckConstraint("octet_length(hash) = 32", name="hash_is_sha256"),
)

AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("sequence", BigInteger, autoincrement=False, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("sequence"),
    # Even a writer that ignored the lock could not make the chain fork.
    UniqueConstraint("previous_hash"),
    CheckConstraint("sequence >= 1", name="sequence_from_1"),
    CheckConstraint(
        "octet_length(hash) = 32 AND octet_length(previous_hash) = 32", name="hashes_are_sha256"
    ),
)
