"""The evaluation: districts, facilities and streets in, findings, flags and ranks out."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.crs import WGS84
from spatial.errors import InputError
from spatial.fields import FACILITIES
from spatial.network import Network
from spatial.policy.area_facts import AreaFacts
from spatial.policy.area_rules import WHOLE, judge_areas, park_facility_counts
from spatial.policy.area_table import AreaRows, area_frame
from spatial.policy.city import City
from spatial.policy.facility_warnings import facility_warnings, unallotted_warnings
from spatial.policy.facts import Facts
from spatial.policy.findings import FLAGS, VERDICTS, blank_findings, finding_frame
from spatial.policy.flags import flag_districts
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.measures import AreaFigures
from spatial.policy.pack import Pack
from spatial.policy.places import membership
from spatial.policy.rollup import roll_up
from spatial.profiles import NO_PENALTIES, Penalties

REGION_INSIDE: Final = "inside"
REGION_OUTSIDE: Final = "outside (illustration)"
REGION_UNKNOWN: Final = "unknown (no areas given)"


@dataclass(frozen=True, eq=False)
class PlanningData:
    """One planning area and its data.

    Parameters
    ----------
    districts
        Validated frame with the columns of `spatial.fields`, EPSG:4326; may be empty where only
        areas are judged.
    facilities
        Likewise. Facilities of a halo of 5,000 m around the districts belong in it. None where
        nothing is known of facilities, which is not the same as there being none.
    areas, buildings, parks
        Likewise, or None.
    indicators
        Imported figures: columns ``area, indicator, year, value, source``, or None.
    network
        Streets, or None: then whatever needs walking is `undetermined`.
    """

    districts: GeoDataFrame
    facilities: GeoDataFrame | None
    areas: GeoDataFrame | None = None
    buildings: GeoDataFrame | None = None
    parks: GeoDataFrame | None = None
    indicators: pd.DataFrame | None = None
    network: Network | None = None


@dataclass(frozen=True)
class EvaluationParameters:
    """What the user may set.

    Parameters
    ----------
    snap_limit_m
        A place farther than this from every street is off the network, metres (≤ is on it).
    grid_spacing_m
        Spacing of demand points in polygons without buildings, metres.
    min_share
        The user's own least share by rule id, in [0, 1], for area rows; shown as the user's own.
    target_year
        Year whose targets are compared with, due or not; None for those due on the date.
    penalties
        Seconds that walks lose on stairs, at crossings and with lifts; none by default, as clauses
        name none. Walking metres are then metres on the level that take as long.
    """

    snap_limit_m: float = 200.0
    grid_spacing_m: float = 50.0
    min_share: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    target_year: int | None = None
    penalties: Penalties = NO_PENALTIES

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises
        ------
        InputError
            Naming the parameter.
        """
        for name in ("snap_limit_m", "grid_spacing_m"):
            value = getattr(self, name)
            if not 0 < value <= 1000:  # noqa: PLR2004 - a kilometre is no connector and no grid
                msg = f"parameter {name}: {value} is not between 0 and 1000 m"
                raise InputError(msg)
        for rule, share in self.min_share.items():
            if not 0 <= share <= 1:
                msg = f"parameter min_share, {rule}: {share} is not between 0 and 1"
                raise InputError(msg)

    def as_json(self) -> dict[str, Any]:
        """Return the parameters as plain data, decimals as text."""
        return {
            "snap_limit_m": self.snap_limit_m,
            "grid_spacing_m": self.grid_spacing_m,
            "min_share": {rule: str(share) for rule, share in sorted(self.min_share.items())},
            "target_year": self.target_year,
            "penalties": self.penalties.as_json(),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> EvaluationParameters:
        """Return the parameters `as_json` wrote, exactly."""
        return cls(
            snap_limit_m=float(document["snap_limit_m"]),
            grid_spacing_m=float(document["grid_spacing_m"]),
            min_share=MappingProxyType(
                {rule: Decimal(share) for rule, share in document["min_share"].items()}
            ),
            target_year=document["target_year"],
            penalties=Penalties(
                **{name: Fraction(text) for name, text in document["penalties"].items()}
            ),
        )


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What an evaluation found.

    Parameters
    ----------
    pack_versions
        Version of each pack by its id, in the order evaluated.
    as_of
        The date facilities were seen on.
    region
        For each pack whether the data lie in its region.
    districts
        ``id, name, stage, households, community, flag, rank, households_concerned`` and geometry
        in EPSG:4326, in rank order. A stage that is not given is that under the earliest document.
    findings
        `spatial.policy.findings.FINDING_COLUMNS`, by district in the order of ids, then rule.
    areas
        Roll-up: `spatial.policy.findings.AREA_COLUMNS` and geometry in EPSG:4326.
    warnings
        Lines a person should read.
    seconds
        Time of each stage.
    """

    pack_versions: Mapping[str, str]
    as_of: dt.date
    region: Mapping[str, str]
    districts: GeoDataFrame
    findings: pd.DataFrame
    areas: GeoDataFrame
    warnings: tuple[str, ...]
    seconds: Mapping[str, float]


def evaluate(
    data: PlanningData,
    *,
    packs: Sequence[Pack],
    as_of: dt.date,
    parameters: EvaluationParameters | None = None,
    report: Callable[[str, int, int], None] | None = None,
) -> Evaluation:
    """Evaluate every district against every rule of the packs.

    A pure function of its arguments; the order of rows and of packs does not change a finding.

    Parameters
    ----------
    data
        One planning area.
    packs
        At least one.
    as_of
        Facilities count as they stand on this date.
    parameters
        None for the defaults.
    report
        Told each stage as it begins, and how many of its steps are done, of how many. What it
        raises ends the evaluation.

    Raises
    ------
    InputError
        Without packs, districts or areas, when a user-set share names no rule of the packs, or
        the target year lies before every target of the packs.
    """
    worked_out = work_out(data, packs=packs, as_of=as_of, parameters=parameters, report=report)
    return worked_out.evaluation


@dataclass(frozen=True, eq=False)
class WorkedOut:
    """An evaluation and what it was worked out from.

    Parameters
    ----------
    evaluation
        The result.
    city
        Districts and facilities ordered by id, with all that was measured.
    judged
        For each pack its facts and findings.
    """

    evaluation: Evaluation
    city: City
    judged: Sequence[tuple[Pack, Facts, pd.DataFrame]]


def work_out(
    data: PlanningData,
    *,
    packs: Sequence[Pack],
    as_of: dt.date,
    parameters: EvaluationParameters | None = None,
    report: Callable[[str, int, int], None] | None = None,
) -> WorkedOut:
    """Evaluate as `evaluate` does, and keep what it took."""
    parameters = parameters or EvaluationParameters()
    tell = report or _unheard
    _check(data, packs, parameters)
    seconds: dict[str, float] = {}
    tell("prepare", 0, 1)
    with _timed(seconds, "prepare"):
        city = City(
            districts=_by_key(data.districts, "id"),
            facilities=_facilities(data),
            areas=None if data.areas is None else _by_key(data.areas, "code"),
            buildings=None if data.buildings is None else _by_key(data.buildings, "id"),
            network=data.network,
            as_of=as_of,
            snap_limit_m=parameters.snap_limit_m,
            grid_spacing_m=parameters.grid_spacing_m,
            penalties=parameters.penalties,
        )
        if len(city.districts):
            _ = city.demand, city.gates
    if city.network is not None and len(city.districts):
        tell("snap", 0, 1)
        with _timed(seconds, "snap"):
            _ = city.snaps()
    warnings = facility_warnings(city)
    judged: list[tuple[Pack, Facts, pd.DataFrame]] = []
    with _timed(seconds, "judge"):
        for number, pack in enumerate(packs):
            facts, lines = _facts(city, pack)
            warnings += lines

            def tell_rule(done: int, of: int, before: int = number) -> None:
                tell("judge", before * of + done, len(packs) * of)

            judged.append((pack, facts, _judge(pack, facts, tell_rule)))
    if len(city.districts):
        warnings += unallotted_warnings([(pack, facts) for pack, facts, _ in judged])
    tell("flag", 0, 1)
    with _timed(seconds, "flag"):
        together = pd.concat([findings for _, _, findings in judged], ignore_index=True)
        flags = flag_districts(together, districts=city.districts)
    tell("roll_up", 0, 1)
    with _timed(seconds, "roll_up"):
        rows = [
            row
            for pack, facts, findings in judged
            for row in roll_up(
                findings,
                flags,
                facts,
                pack_id=pack.id,
                rules=[rule for rule in pack.rules if rule.kind in DISTRICT_KINDS],
                min_share=parameters.min_share,
            )
        ]
        rows += _area_rows(data, city, judged, parameters)
        areas = area_frame(rows)
    evaluation = Evaluation(
        pack_versions=MappingProxyType({pack.id: pack.version for pack in packs}),
        as_of=as_of,
        region=MappingProxyType({pack.id: _region(pack, city.areas) for pack in packs}),
        districts=_district_frame(city.districts, _earliest(judged).stage, flags),
        findings=_ordered(together, city.districts),
        areas=areas,
        warnings=tuple(dict.fromkeys(warnings)),
        seconds=MappingProxyType(seconds),
    )
    return WorkedOut(evaluation, city, judged)


def summarise(evaluation: Evaluation) -> dict[str, Any]:
    """Sum an evaluation up as the object ``--json`` prints (design, section 6).

    ``rules`` counts districts by rule and verdict; ``areas`` counts areas, and parks, by rules
    about them.
    """
    flags = evaluation.districts["flag"].value_counts()
    counts = evaluation.findings.groupby(["rule", "verdict"]).size()
    rules: dict[str, dict[str, int]] = {}
    for rule in dict.fromkeys(evaluation.findings["rule"]):
        found = counts.loc[rule]
        rules[rule] = {verdict: int(found[verdict]) for verdict in VERDICTS if verdict in found}
    about_areas = evaluation.areas[evaluation.areas["part"] == WHOLE]
    counted = about_areas.groupby(["rule", "verdict"], sort=False).size()
    areas: dict[str, dict[str, int]] = {}
    for rule in dict.fromkeys(about_areas["rule"]):
        found = counted.loc[rule]
        areas[rule] = {verdict: int(found[verdict]) for verdict in VERDICTS if verdict in found}
    return {
        "pack": list(evaluation.pack_versions),
        "region": dict(evaluation.region),
        "as_of": evaluation.as_of.isoformat(),
        "districts": len(evaluation.districts),
        "flags": {flag: int(flags.get(flag, 0)) for flag in FLAGS},
        "rules": rules,
        "areas": areas,
        "seconds": {stage: round(s, 3) for stage, s in evaluation.seconds.items()},
    }


def stages(districts: pd.DataFrame, *, document_date: dt.date) -> tuple[NDArray[Any], list[str]]:
    """Tell the stage of each district under a pack.

    As given; if absent, ``new`` when ``permitted_on`` is on or after the document date, else
    ``existing``.

    Returns
    -------
    Stages of shape (n,), and the ids whose given stage contradicts their permit.
    """
    permitted = pd.to_datetime(districts["permitted_on"])
    recent = (permitted >= pd.Timestamp(document_date)).to_numpy()
    given = districts["stage"].to_numpy(dtype=object)
    missing = pd.isna(given)
    stage = np.where(missing, np.where(recent, "new", "existing"), given)
    dated = permitted.notna().to_numpy()
    against = ~missing & dated & (((given == "existing") & recent) | ((given == "new") & ~recent))
    return stage.astype(object), districts.loc[against, "id"].astype(str).tolist()


def _check(data: PlanningData, packs: Sequence[Pack], parameters: EvaluationParameters) -> None:
    if not packs:
        raise InputError("no rule pack is named")
    if len(data.districts) == 0 and (data.areas is None or len(data.areas) == 0):
        raise InputError("there are no districts to evaluate, and no areas")
    if len(data.districts) and data.facilities is None:
        raise InputError("districts cannot be evaluated without facilities")
    first = [min(r.targets_by_year) for pack in packs for r in pack.rules if r.targets_by_year]
    if parameters.target_year is not None and first and parameters.target_year < min(first):
        msg = f"target year {parameters.target_year}: the first target is of {min(first)}"
        raise InputError(msg)
    known = {rule.id for pack in packs for rule in pack.rules}
    for rule in parameters.min_share:
        if rule not in known:
            msg = f"parameter min_share: no rule {rule} in the packs evaluated"
            raise InputError(msg)


def _facts(city: City, pack: Pack) -> tuple[Facts, list[str]]:
    stage, contradictions = stages(city.districts, document_date=pack.effective_from)
    rural = np.zeros(len(city.districts), dtype=bool)
    if city.areas is not None:
        codes = city.areas.loc[city.areas["kind"] == "rural_community", "code"]
        rural = city.districts["community"].isin(codes).to_numpy(dtype=bool)
    warnings = [
        f"district {district}: its stage contradicts its permit date ({pack.id})"
        for district in contradictions
    ]
    return Facts(city=city, stage=stage, rural=rural), warnings


def _unheard(_stage: str, _done: int, _of: int) -> None:
    """Report to nobody."""


def _judge(pack: Pack, facts: Facts, tell: Callable[[int, int], None]) -> pd.DataFrame:
    """Judge all rules of a pack: `FINDING_COLUMNS` with ``repeats`` and ``share_inside``."""
    if len(facts.city.districts) == 0:
        return _no_findings()
    parts: list[pd.DataFrame] = []
    ids = facts.city.districts["id"].to_numpy(dtype=object)
    _, contradictions = stages(facts.city.districts, document_date=pack.effective_from)
    contradicted = np.isin(ids.astype(str), contradictions)
    rules = [rule for rule in pack.rules if rule.kind in DISTRICT_KINDS]
    for done, rule in enumerate(rules):
        tell(done, len(rules))
        columns = DISTRICT_KINDS[rule.kind].judge(rule, facts)
        columns["warning_code"][contradicted] = "stage_against_permit"
        frame = pd.DataFrame(
            {
                "district_id": ids,
                "pack": pack.id,
                "rule": rule.id,
                "kind": rule.kind,
                "severity": rule.severity,
                # Object columns stay so: pandas would turn texts into its own type, None into NaN.
                **{name: pd.Series(values, dtype=values.dtype) for name, values in columns.items()},
                "repeats": rule.parameters.get("role") == "relaxed",
            }
        )
        # Not by households outside: these may be unknown, or nought in a place people live in.
        frame["share_inside"] = frame["covered_share"].where(
            frame["demand"] != "point", (frame["value"] <= frame["threshold"]).astype(float)
        )
        parts.append(frame)
    return pd.concat(parts, ignore_index=True) if parts else _no_findings()


def _no_findings() -> pd.DataFrame:
    """Return the columns of findings, for packs that do not speak of districts."""
    blank = pd.DataFrame(blank_findings(0))
    texts = ("district_id", "pack", "rule", "kind", "severity")
    return blank.assign(
        **{name: pd.Series(dtype=object) for name in texts},
        repeats=pd.Series(dtype=bool),
        share_inside=pd.Series(dtype=float),
    )


def _area_rows(
    data: PlanningData,
    city: City,
    judged: Sequence[tuple[Pack, Facts, pd.DataFrame]],
    parameters: EvaluationParameters,
) -> list[AreaRows]:
    """Judge the rules about areas; none without areas."""
    if city.areas is None or len(city.areas) == 0:
        return []
    known = None if data.facilities is None else city.facilities
    figures = AreaFigures(city.areas, known, data.indicators, as_of=city.as_of)
    parks = None if data.parks is None else _by_key(data.parks, "id")
    places = membership(city.districts, city.areas)
    rows: list[AreaRows] = []
    for pack, facts, findings in judged:
        rows += judge_areas(
            pack,
            AreaFacts(
                figures=figures,
                as_of=city.as_of,
                target_year=parameters.target_year,
                stage=facts.stage,
                places=places,
                verdicts=_verdicts_of(findings),
                parks=parks,
                park_facilities=park_facility_counts(parks, figures, known),
            ),
        )
    return rows


def _verdicts_of(findings: pd.DataFrame) -> Callable[[str], NDArray[Any] | None]:
    """Return a function from a rule id to its verdicts, in the order of the districts."""

    def verdicts(rule_id: str) -> NDArray[Any] | None:
        of_rule = findings.loc[findings["rule"] == rule_id, "verdict"]
        return None if len(of_rule) == 0 else of_rule.to_numpy(dtype=object)

    return verdicts


def _region(pack: Pack, areas: GeoDataFrame | None) -> str:
    if areas is None or len(areas) == 0:
        return REGION_UNKNOWN
    # Planning units have codes of their own, and what the region lies in is there to roll up to.
    hierarchy = areas["kind"] != "planning_unit"
    codes = areas.loc[hierarchy if hierarchy.any() else slice(None), "code"].astype(str)
    around = codes.map(lambda code: any(region.startswith(code) for region in pack.region_codes))
    inside = codes.str.startswith(pack.region_codes)
    decided = inside.any() and (inside | around).all()
    return REGION_INSIDE if decided else REGION_OUTSIDE


def _earliest(judged: Sequence[tuple[Pack, Facts, pd.DataFrame]]) -> Facts:
    """Choose the facts of the earliest document: what is new under a later one is new there too."""
    _, facts, _ = min(judged, key=lambda one: (one[0].effective_from, one[0].id))
    return facts


def _district_frame(
    districts: GeoDataFrame, stage: NDArray[Any], flags: pd.DataFrame
) -> GeoDataFrame:
    order = np.argsort(flags["rank"].to_numpy())
    plain = pd.DataFrame(districts)
    columns = {name: plain[name].array.take(order) for name in ("id", "name", "households")}
    frame = pd.DataFrame(
        {
            "id": pd.Series(columns["id"], dtype=plain["id"].dtype),
            "name": pd.Series(columns["name"], dtype=plain["name"].dtype),
            "stage": stage[order],
            "households": columns["households"],
            "community": pd.Series(
                plain["community"].array.take(order), dtype=plain["community"].dtype
            ),
            "flag": flags["flag"].to_numpy()[order],
            "rank": flags["rank"].to_numpy()[order],
            "households_concerned": pd.array(
                flags["households_concerned"].to_numpy()[order], dtype="Int64"
            ),
            "geometry": plain["geometry"].array.take(order),
        }
    )
    return GeoDataFrame(frame, geometry="geometry", crs=districts.crs)


def _ordered(findings: pd.DataFrame, districts: GeoDataFrame) -> pd.DataFrame:
    """Order findings by district, keeping the order of packs and rules within each."""
    number = pd.Index(districts["id"]).get_indexer(pd.Index(findings["district_id"]))
    return finding_frame([findings.iloc[np.argsort(number, kind="stable")]])


def _facilities(data: PlanningData) -> GeoDataFrame:
    """Order the facilities; none at all where nothing is known of them."""
    if data.facilities is not None:
        return _by_key(data.facilities, "id")
    columns = {name: pd.Series(dtype=object) for name in FACILITIES.names if name != "geometry"}
    return GeoDataFrame(pd.DataFrame(columns), geometry=[], crs=WGS84)


def _by_key(frame: GeoDataFrame, key: str) -> GeoDataFrame:
    return frame.sort_values(key, kind="stable").reset_index(drop=True)


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[stage] = time.perf_counter() - start
