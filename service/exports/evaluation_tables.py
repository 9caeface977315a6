"""The tables of an evaluation: districts, findings and areas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Final

import pandas as pd

from service.exports.areas import AREA_OUTPUT_COLUMNS
from service.exports.columns import Column, ColumnKind
from service.exports.content import DISTRICT_COLUMNS, Content, finding_objects
from service.exports.field_headings import TITLES
from service.exports.headings import AREA_HEADINGS, AREA_MORE_HEADINGS, HEADINGS, Heading
from service.exports.layer_tables import FLAG_STYLE
from service.exports.package import Package, Table, slices
from service.exports.systems import LONLAT, OutputSystem
from spatial.policy import findings as found
from spatial.policy.findings import (
    AREA_COUNTS,
    AREA_LISTS,
    AREA_NUMBERS,
    AREA_YEARS,
    OUTPUT_COLUMNS,
)

Frames = Callable[[], Iterator[pd.DataFrame]]

_INTEGERS: Final = ("households", "rank", "households_concerned")


def _district_column(name: str) -> Column:
    kind = ColumnKind.INTEGER if name in _INTEGERS else ColumnKind.TEXT
    return Column(name, ColumnKind.TEXTS if name == "reasons" else kind, HEADINGS[name])


def _finding_column(name: str) -> Column:
    kind = ColumnKind.TEXT
    if name in found.NUMBER_COLUMNS:
        kind = ColumnKind.NUMBER
    elif name in found.LIST_COLUMNS:
        kind = ColumnKind.JSON
    elif name == "near_threshold":
        kind = ColumnKind.BOOLEAN
    return Column(name, kind, HEADINGS[name])


def _area_column(name: str) -> Column:
    kind = ColumnKind.TEXT
    if name in AREA_NUMBERS:
        kind = ColumnKind.NUMBER
    elif name in (*AREA_COUNTS, *AREA_YEARS):
        kind = ColumnKind.INTEGER
    elif name in AREA_LISTS:
        kind = ColumnKind.JSON
    return Column(name, kind, AREA_HEADINGS.get(name) or AREA_MORE_HEADINGS[name])


_DISTRICTS: Final = tuple(_district_column(name) for name in DISTRICT_COLUMNS)
_FINDINGS_WITHIN: Final = Column("findings", ColumnKind.JSON, Heading("规则结果", "Findings", 60))
_FINDINGS: Final = tuple(_finding_column(name) for name in ("district_id", *OUTPUT_COLUMNS))
_AREAS: Final = tuple(_area_column(name) for name in AREA_OUTPUT_COLUMNS)


def districts_table(frames: Frames, *, rows: int | None, within: bool = False) -> Table:
    """Return the table of districts, in rank order.

    Parameters
    ----------
    frames
        `DISTRICT_COLUMNS` and geometry.
    within
        True where the frames also have ``findings``, a list of objects a district.
    """
    return Table(
        "districts",
        TITLES["districts"],
        (*_DISTRICTS, _FINDINGS_WITHIN) if within else _DISTRICTS,
        frames,
        key="id",
        rows=rows,
        style=FLAG_STYLE,
    )


def findings_table(frames: Frames, *, rows: int | None, placed: bool = False) -> Table:
    """Return the table of findings.

    Parameters
    ----------
    placed
        True where the frames have the geometries of the districts.
    """
    return Table("findings", TITLES["findings"], _FINDINGS, frames, placed=placed, rows=rows)


def areas_table(frames: Frames, *, rows: int | None) -> Table:
    """Return the table of areas: a row an area, rule and part."""
    return Table("areas", TITLES["areas"], _AREAS, frames, missing_places=True, rows=rows)


def content_package(content: Content, *, system: OutputSystem = LONLAT) -> Package:
    """Return the tables of an evaluation in memory; the areas first where only they were judged."""
    districts = districts_table(slices(content.districts), rows=len(content.districts))
    findings = findings_table(slices(content.findings), rows=len(content.findings))
    areas = areas_table(slices(content.areas), rows=len(content.areas))
    nested = districts_table(_within(content), rows=len(content.districts), within=True)
    return Package(
        tables=(areas, districts, findings) if content.of_areas else (districts, findings, areas),
        notices=content.notices,
        lang=content.lang,
        system=system,
        members=MappingProxyType({"evaluation": content.summary}),
        nested=None if content.of_areas else nested,
        content=content,
    )


def _within(content: Content) -> Frames:
    def frames() -> Iterator[pd.DataFrame]:
        objects = finding_objects(content.findings)
        for frame in slices(content.districts)():
            lists = [objects.get(key, []) for key in frame["id"]]
            yield frame.assign(findings=pd.Series(lists, index=frame.index, dtype=object))

    return frames
