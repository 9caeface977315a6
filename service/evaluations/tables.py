"""Evaluation runs and what they found.

A run is written once and never changed. Its districts, findings and area rows are partitions of
their own: filled as plain tables, indexed and attached at the end, so that storing is fast and
holds up no reader, and dropping a run drops three tables. Geometries of areas and the texts of
rules are not copied here: they are joined from the history and from the packs.
"""

from __future__ import annotations

from typing import Any, Final

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from service.core.database import METADATA
from spatial.policy.findings import (
    AREA_COUNTS,
    AREA_LISTS,
    AREA_NUMBERS,
    AREA_YEARS,
    CODE_COLUMNS,
    FLAGS,
    LIST_COLUMNS,
    NUMBER_COLUMNS,
    VERDICTS,
)

# The partitions, three a run, live in a schema of their own: the list of tables stays short.
PARTITION_SCHEMA: Final = "run"


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def _texts(*names: str) -> list[Column[Any]]:
    return [Column(name, Text, nullable=False) for name in names]


EVALUATION: Final = Table(
    "evaluation",
    METADATA,
    Column("id", Text, primary_key=True),
    # JSON, not JSONB, where the order of the members counts: the first pack decides what is new.
    Column("packs", JSON, nullable=False),
    Column("network_version", Text, ForeignKey("network.version")),
    Column("as_of", Date, nullable=False),
    Column("area", Text),
    Column("parameters", JSONB, nullable=False),
    Column("data_instant", DateTime(timezone=True), nullable=False),
    Column("code_version", Text, nullable=False),
    Column("region", JSON, nullable=False),
    Column("warnings", ARRAY(Text), nullable=False),
    Column("seconds", JSON, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("created_by", Text, nullable=False),
    CheckConstraint("id ~ '^[0-9a-f]{32}$'", name="id_is_hash"),
    Index("ix_evaluation_created_at", "created_at"),
)

EVALUATION_DISTRICT: Final = Table(
    "evaluation_district",
    METADATA,
    Column("evaluation_id", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("district_id", Text(collation="C"), nullable=False),
    Column("name", Text),
    Column("stage", Text, nullable=False),
    Column("households", BigInteger),
    Column("community", Text),
    # Codes of the areas the roll-up counts the district in, and of its planning units.
    Column("areas", ARRAY(Text), nullable=False),
    Column("flag", Text, nullable=False),
    Column("households_concerned", BigInteger),
    Column("geometry", Geometry("GEOMETRY", srid=4326, spatial_index=False), nullable=False),
    PrimaryKeyConstraint("evaluation_id", "rank"),
    CheckConstraint(_one_of("flag", FLAGS), name="flag_known"),
    CheckConstraint("rank >= 1", name="rank_from_1"),
    Index("uq_evaluation_district_district_id", "evaluation_id", "district_id", unique=True),
    Index("ix_evaluation_district_geometry", "geometry", postgresql_using="gist"),
    postgresql_partition_by="LIST (evaluation_id)",
)

FINDING: Final = Table(
    "finding",
    METADATA,
    Column("evaluation_id", Text, nullable=False),
    # Place of the finding in the evaluation: by district id, then pack and rule.
    Column("number", Integer, nullable=False),
    Column("district_id", Text(collation="C"), nullable=False),
    *_texts("pack", "rule", "kind", "severity"),
    *(Column(name, Text, nullable=name != "verdict") for name in CODE_COLUMNS),
    *(Column(name, Numeric) for name in NUMBER_COLUMNS),
    Column("near_threshold", Boolean, nullable=False),
    *(Column(name, JSONB) for name in LIST_COLUMNS),
    PrimaryKeyConstraint("evaluation_id", "number"),
    CheckConstraint(_one_of("verdict", VERDICTS), name="verdict_known"),
    Index("ix_finding_district_id", "evaluation_id", "district_id"),
    postgresql_partition_by="LIST (evaluation_id)",
)

EVALUATION_AREA: Final = Table(
    "evaluation_area",
    METADATA,
    Column("evaluation_id", Text, nullable=False),
    Column("number", Integer, nullable=False),
    # An area of the layer, or, where the level is `park`, an industrial park.
    *_texts("code"),
    Column("name", Text),
    Column("level", Text),
    Column("kind", Text, nullable=False),
    Column("parent", Text),
    *_texts("pack", "rule", "part", "verdict"),
    *(Column(name, Numeric) for name in AREA_NUMBERS),
    *(Column(name, Integer) for name in (*AREA_YEARS, *AREA_COUNTS)),
    *(Column(name, Text) for name in ("definition", "unit", "reason_code")),
    *(Column(name, JSONB) for name in AREA_LISTS),
    PrimaryKeyConstraint("evaluation_id", "number"),
    CheckConstraint(_one_of("verdict", VERDICTS), name="verdict_known"),
    postgresql_partition_by="LIST (evaluation_id)",
)

PARTITIONED: Final = (EVALUATION_DISTRICT, FINDING, EVALUATION_AREA)
