"""What every output format writes, put together once."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from service.exports.areas import output_areas
from spatial.network import Network
from spatial.policy.evaluation import Evaluation
from spatial.policy.findings import LIST_COLUMNS, NUMBER_COLUMNS, OUTPUT_COLUMNS
from spatial.policy.output import output_districts, output_findings
from spatial.policy.pack import Pack
from spatial.policy.summary import summarise

Language = Literal["zh", "en"]

# Design, section 6: other people's scripts read these names.
DISTRICT_COLUMNS: Final = (
    "id",
    "name",
    "stage",
    "households",
    "flag",
    "rank",
    "households_concerned",
    "reasons",
)


@dataclass(frozen=True, eq=False)
class Content:
    """An evaluation in the words of one language.

    Parameters
    ----------
    districts
        `DISTRICT_COLUMNS` and geometry, EPSG:4326, one row a district in rank order.
    findings
        ``district_id`` and `OUTPUT_COLUMNS`, districts in rank order.
    areas
        `service.exports.areas.AREA_OUTPUT_COLUMNS` and geometry, EPSG:4326: one row an area, rule
        and part.
    summary
        The object ``--json`` prints.
    notices
        What must be said of the data wherever they are shown.
    lang
        Language of the texts and headings; identifiers are English in both.
    facilities, network
        What was evaluated, for a map; None without.
    """

    districts: gpd.GeoDataFrame
    findings: pd.DataFrame
    areas: gpd.GeoDataFrame
    summary: Mapping[str, Any]
    notices: tuple[str, ...]
    lang: Language
    facilities: gpd.GeoDataFrame | None = None
    network: Network | None = None

    @property
    def of_areas(self) -> bool:
        """True where only areas were evaluated: a file of one table then holds their rows."""
        return len(self.districts) == 0


def collect(
    evaluation: Evaluation,
    *,
    packs: Sequence[Pack],
    lang: Language,
    notices: Sequence[str],
    facilities: gpd.GeoDataFrame | None = None,
    network: Network | None = None,
) -> Content:
    """Word an evaluation in one language.

    Parameters
    ----------
    packs
        Those evaluated, for clauses and quotes.
    notices
        What must be said of the data wherever they are shown.
    facilities, network
        What was evaluated, shown on a map; None where no map will be drawn.
    """
    districts = output_districts(
        evaluation.districts, evaluation.findings, packs=packs, lang=lang
    ).reset_index(drop=True)
    stage = dict(zip(districts["id"], districts["stage"], strict=True))
    findings = output_findings(evaluation.findings, packs=packs, lang=lang, stage=stage)
    number = {key: position for position, key in enumerate(districts["id"].tolist())}
    # A stable sort: within a district the rules stay in the order of the pack.
    order = np.argsort(findings["district_id"].map(number).to_numpy(), kind="stable")
    return Content(
        districts=districts[[*DISTRICT_COLUMNS, "geometry"]],
        findings=findings[["district_id", *OUTPUT_COLUMNS]].iloc[order].reset_index(drop=True),
        areas=output_areas(evaluation.areas, packs=packs, lang=lang),
        summary=summarise(evaluation),
        notices=tuple(notices),
        lang=lang,
        facilities=facilities,
        network=network,
    )


def plain(value: object) -> Any:  # noqa: ANN401  # JSON is any of many types
    """Return a cell as plain JSON data: missing as None, whole floats as integers.

    A float keeps its shortest decimal form, so that a threshold of 0.45 reads 0.45.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (Real, Decimal)):
        return _plain_number(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    return None if value is pd.NA or value is pd.NaT else str(value)


def _plain_number(value: Real | Decimal) -> int | float | None:
    number = float(value)
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def compact_json(value: object) -> str:
    """Return JSON on one line, Chinese as it is."""
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def finding_objects(findings: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Return the findings of each district as JSON objects with every member, absent ones null."""
    names = list(OUTPUT_COLUMNS)
    columns = [[plain(cell) for cell in findings[name].astype(object).tolist()] for name in names]
    by_district: dict[str, list[dict[str, Any]]] = {}
    for district, *cells in zip(findings["district_id"].tolist(), *columns, strict=True):
        by_district.setdefault(district, []).append(dict(zip(names, cells, strict=True)))
    return by_district


def as_table(frame: pd.DataFrame, *, keep: Collection[str] = ()) -> pd.DataFrame:
    """Return a frame a table can hold.

    Lists become JSON text, numbers float64 or integers, and texts text even where all are
    missing, so that the columns of a file do not depend on what is in them.

    Parameters
    ----------
    keep
        Columns to leave as they are.
    """
    table = frame.copy()
    for name in table.columns:
        column = table[name]
        if column.dtype != object or name in keep:
            continue
        if name in NUMBER_COLUMNS:
            table[name] = column.astype("float64")
        elif name in LIST_COLUMNS or name == "reasons":
            table[name] = _texts([None if c is None else compact_json(c) for c in column], column)
        else:
            table[name] = _texts([plain(cell) for cell in column], column)
    return table


def _texts(cells: list[str | None], like: pd.Series[Any]) -> pd.Series[Any]:
    texts: pd.Series[Any] = pd.Series(cells, index=like.index, dtype="str")
    return texts
