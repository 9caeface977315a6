"""Stored reviews, the overrides of their findings and the signatures under them.

Nothing here is ever changed: the role that serves may insert and read. A review is a draft until
a signature stands under it, and after that nothing more is added.
"""

from __future__ import annotations

from typing import Final

from geoalchemy2 import Geometry
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from service.core.database import METADATA
from spatial.policy.review.effective import OVERRIDES
from spatial.policy.review.stages import STAGES
from spatial.policy.review.verdict import REVIEW_VERDICTS


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


REVIEW: Final = Table(
    "review",
    METADATA,
    # Begins with the instant it was made at, so that the order of ids is that of making.
    Column("id", Text(collation="C"), primary_key=True),
    Column("project_id", Text(collation="C"), nullable=False),
    Column("project_name", Text),
    # The stored version reviewed; missing where the project came with the question.
    Column("project_version", Integer),
    Column("stage", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("illustration", Boolean, nullable=False),
    # What was reviewed, and by what; and what was found, by language. Both stand under the hash.
    Column("inputs", JSONB, nullable=False),
    Column("result", JSONB, nullable=False),
    Column("code_version", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("data_instant", DateTime(timezone=True), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("made_by", Text, nullable=False),
    Column("made_by_name", Text, nullable=False),
    Column("site", Geometry("GEOMETRY", srid=4326, spatial_index=False), nullable=False),
    CheckConstraint("id ~ '^[0-9a-f]{32}$'", name="id_is_hexadecimal"),
    CheckConstraint("hash ~ '^[0-9a-f]{64}$'", name="hash_is_sha256"),
    CheckConstraint(_one_of("stage", tuple(STAGES)), name="stage_known"),
    CheckConstraint(_one_of("verdict", REVIEW_VERDICTS), name="verdict_known"),
    Index("ix_review_project_id", "project_id", "id"),
)

REVIEW_OVERRIDE: Final = Table(
    "review_override",
    METADATA,
    Column("review_id", Text(collation="C"), ForeignKey("review.id"), nullable=False),
    # From 1, in the order given.
    Column("number", Integer, nullable=False, autoincrement=False),
    # Place of the finding in the review, from 0.
    Column("finding", Integer, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("name", Text, nullable=False),
    # What the whole review comes to from here on.
    Column("effective_verdict", Text, nullable=False),
    Column("given_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("given_by", Text, nullable=False),
    PrimaryKeyConstraint("review_id", "number"),
    CheckConstraint("number >= 1", name="number_from_1"),
    CheckConstraint("finding >= 0", name="finding_from_0"),
    CheckConstraint("reason <> '' AND name <> ''", name="reason_and_name_given"),
    CheckConstraint(_one_of("verdict", OVERRIDES), name="verdict_known"),
    CheckConstraint(_one_of("effective_verdict", REVIEW_VERDICTS), name="effective_verdict_known"),
)

REVIEW_SIGNATURE: Final = Table(
    "review_signature",
    METADATA,
    Column("review_id", Text(collation="C"), ForeignKey("review.id"), primary_key=True),
    Column("name", Text, nullable=False),
    # Of the overrides the signer has seen: how many there were.
    Column("overrides", Integer, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("signed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("signed_by", Text, nullable=False),
    CheckConstraint("name <> ''", name="name_given"),
    CheckConstraint("overrides >= 0", name="overrides_from_0"),
    CheckConstraint(_one_of("verdict", REVIEW_VERDICTS), name="verdict_known"),
)
