"""A stored evaluation as tables to write, read in pages; see `service.exports.stored_layers`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

import pandas as pd
import shapely
from geopandas import GeoDataFrame
from sqlalchemy import Connection, select

from service.core import scope
from service.core.keys import Principal
from service.core.notices import notices
from service.evaluations import service as evaluations
from service.evaluations.presentation import run_sources, shown_districts, shown_findings
from service.evaluations.service import StoredEvaluation
from service.evaluations.tables import EVALUATION_AREA
from service.exports.areas import output_areas
from service.exports.content import Language
from service.exports.evaluation_tables import areas_table, districts_table, findings_table
from service.exports.package import CHUNK_ROWS, Package, Table, slices
from service.exports.region import region_notices
from service.exports.systems import LONLAT, OutputSystem
from service.packs.service import load_versions
from spatial.errors import InputError
from spatial.policy.pack import Pack

Part = Literal["districts", "findings", "areas"]
PARTS: Final[tuple[Part, ...]] = ("districts", "findings", "areas")
# A district comes with its findings, one for each rule.
_DISTRICT_ROWS: Final = 1_000


@dataclass(frozen=True)
class RunWanted:
    """Which rows of a run to write.

    Parameters
    ----------
    part
        One table of it; None means all of them.
    flag
        Only districts of this flag, and their findings.
    area
        Code of an area: only what is in it and under it.
    bbox
        Only what touches west, south, east, north, degrees in EPSG:4326.
    """

    part: Part | None = None
    flag: str | None = None
    area: str | None = None
    bbox: tuple[float, float, float, float] | None = None

    @property
    def whole(self) -> bool:
        """True where nothing is left out."""
        return self.flag is None and self.area is None and self.bbox is None


def run_package(
    connection: Connection,
    stored: StoredEvaluation,
    *,
    wanted: RunWanted,
    lang: Language,
    system: OutputSystem = LONLAT,
) -> Package:
    """Return the tables of a run in the words of one language.

    Raises
    ------
    InputError
        When the run has no such area.
    """
    _require_area(connection, stored, wanted.area)
    packs = load_versions(connection, dict(stored.pack_versions))
    summary = evaluations.summary(connection, stored.id)
    run = _Run(connection, stored, wanted, packs, lang)
    counted = wanted.whole
    count = summary["districts"] if counted else None
    within = districts_table(run.districts, rows=count, within=True)
    tables: dict[str, Callable[[], Table]] = {
        "districts": lambda: districts_table(run.districts, rows=count),
        "findings": lambda: findings_table(
            run.findings,
            rows=sum(sum(c.values()) for c in summary["rules"].values()) if counted else None,
            placed=wanted.part is not None,
        ),
        "areas": run.areas_table,
    }
    names: Sequence[str] = PARTS if wanted.part is None else (wanted.part,)
    if wanted.part is None and not summary["districts"]:
        names = ("areas", "districts", "findings")
    said = notices(run_sources(connection, stored), lang)
    said += region_notices(stored.region, packs, lang=lang)
    return Package(
        tuple(tables[name]() for name in names),
        tuple(said),
        lang,
        system,
        MappingProxyType({"evaluation": summary}),
        nested=within if names[0] == "districts" else None,
    )


@dataclass(frozen=True)
class _Run:
    """Reads the rows of a run page by page."""

    connection: Connection
    stored: StoredEvaluation
    wanted: RunWanted
    packs: tuple[Pack, ...]
    lang: Language

    def districts(self) -> Iterator[pd.DataFrame]:
        for page in self._pages(evaluations.districts, key="rank", rows=_DISTRICT_ROWS):
            yield shown_districts(
                self.connection, self.stored, page, packs=self.packs, language=self.lang
            )

    def findings(self) -> Iterator[pd.DataFrame]:
        for page in self._pages(evaluations.findings, key="number", rows=CHUNK_ROWS):
            yield shown_findings(
                self.connection, self.stored, page, packs=self.packs, language=self.lang
            )

    def _pages(
        self, read: Callable[..., GeoDataFrame], *, key: str, rows: int
    ) -> Iterator[GeoDataFrame]:
        """Read what is wanted of the run in pages of `rows`, each after the last `key`."""
        after: int | None = None
        while True:
            page = read(
                self.connection,
                self.stored.id,
                flag=self.wanted.flag,
                area=self.wanted.area,
                bbox=self.wanted.bbox,
                after=after,
                limit=rows,
            )
            if len(page):
                yield page
            if len(page) < rows:
                return
            after = int(page[key].iloc[-1])

    def areas_table(self) -> Table:
        # Areas times rules, whatever the number of districts: a county has some ten thousand.
        found = evaluations.areas(self.connection, self.stored.id)
        frame = output_areas(self._of_area(found), packs=self.packs, lang=self.lang)
        return areas_table(slices(frame), rows=len(frame))

    def _of_area(self, found: GeoDataFrame) -> GeoDataFrame:
        if self.wanted.area is not None:
            within = Principal(id="", name="", role="viewer", areas=(self.wanted.area,))
            codes: Any = scope.area_codes(self.connection, within) or ()
            found = found[found["code"].isin(list(codes))]
        if self.wanted.bbox is not None:
            found = found[found.geometry.intersects(shapely.box(*self.wanted.bbox))]
        return found.reset_index(drop=True)


def _require_area(connection: Connection, stored: StoredEvaluation, area: str | None) -> None:
    if area is None:
        return
    table = EVALUATION_AREA.c
    known = select(table.code).where(table.evaluation_id == stored.id, table.code == area)
    if connection.execute(known.limit(1)).first() is None:
        raise InputError(f"the evaluation {stored.id} has no area {area!r}")
