"""The evaluation: districts, facilities and streets in, findings, flags and ranks out."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.errors import InputError
from spatial.policy.area_facts import AreaFacts
from spatial.policy.area_figures import AreaFigures
from spatial.policy.area_rules import judge_areas, park_facility_counts
from spatial.policy.area_table import AreaRows, area_frame
from spatial.policy.city import City
from spatial.policy.district_rules import judge_districts
from spatial.policy.district_stage import stages
from spatial.policy.district_table import district_frame, ordered_findings
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.facility_warnings import facility_warnings, unallotted_warnings
from spatial.policy.facts import Facts
from spatial.policy.flags import flag_districts
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.pack import Pack
from spatial.policy.places import membership
from spatial.policy.planning_data import PlanningData, by_key, facilities_by_id
from spatial.policy.regions import region_of
from spatial.policy.rollup import roll_up


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
            districts=by_key(data.districts, "id"),
            facilities=facilities_by_id(data),
            areas=None if data.areas is None else by_key(data.areas, "code"),
            buildings=None if data.buildings is None else by_key(data.buildings, "id"),
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

            judged.append((pack, facts, judge_districts(pack, facts, tell_rule)))
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
        region=MappingProxyType({pack.id: region_of(pack, city.areas) for pack in packs}),
        districts=district_frame(city.districts, _earliest(judged).stage, flags),
        findings=ordered_findings(together, city.districts),
        areas=areas,
        warnings=tuple(dict.fromkeys(warnings)),
        seconds=MappingProxyType(seconds),
    )
    return WorkedOut(evaluation, city, judged)


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
    parks = None if data.parks is None else by_key(data.parks, "id")
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


def _earliest(judged: Sequence[tuple[Pack, Facts, pd.DataFrame]]) -> Facts:
    """Choose the facts of the earliest document: what is new under a later one is new there too."""
    _, facts, _ = min(judged, key=lambda one: (one[0].effective_from, one[0].id))
    return facts


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[stage] = time.perf_counter() - start
