"""Runs of the demo city, as the role that serves."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geoseries_equal
from pandas.testing import assert_frame_equal
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from seed.wuhan.city import DemoCity, demo_city
from service.core import audit, history
from service.core.database import create_database_engine
from service.core.history import Origin
from service.core.network_cache import NetworkCache
from service.evaluations import service as evaluations
from service.evaluations.identity import code_version
from service.evaluations.planning import read_planning_data
from service.evaluations.service import EvaluationRequest
from service.imports.validation import validate
from service.indicators import service as indicators
from service.networks import service as networks
from service.packs import service as packs
from spatial.errors import InputError
from spatial.fields import AREAS, DISTRICTS, FACILITIES, PARKS
from spatial.network import Network
from spatial.network_building import build_network
from spatial.policy.evaluation import Evaluation, evaluate
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.findings import AREA_COLUMNS, FINDING_COLUMNS, FLAGS, VERDICTS
from spatial.policy.pack import Pack
from spatial.policy.pack_file import load_packs
from spatial.policy.planning_data import PlanningData
from spatial.policy.summary import summarise

SEED = Path(__file__).parents[2] / "seed" / "policies"
ORIGIN = Origin(file="demo", crs="EPSG:4326", transformation=None, actor="a test")
REQUEST = EvaluationRequest(
    pack_ids=("jinhua-2022", "dali-2022"),
    as_of=dt.date(2026, 11, 22),
    parameters=EvaluationParameters(target_year=2025),
)
NOBODY = "0" * 32


@dataclass(frozen=True)
class Stored:
    """The demo city in a database, and a run of it."""

    engine: Engine
    owner: Engine
    cache: Path
    city: DemoCity
    network: Network
    packs: tuple[Pack, ...]
    id: str
    parks: gpd.GeoDataFrame
    indicators: pd.DataFrame

    def run(self, request: EvaluationRequest) -> evaluations.EvaluationRun:
        return evaluations.run(
            self.engine, request, network_cache=NetworkCache(self.cache), actor="a test"
        )

    def load(self, run_id: str) -> Evaluation:
        with self.engine.connect() as connection:
            return evaluations.load_evaluation(connection, run_id)


def make_parks(city: DemoCity) -> gpd.GeoDataFrame:
    """A park around a facility of each county, one without a name and some of unknown size."""
    points = shapely.point_on_surface(city.facilities.geometry.to_numpy())
    counties = city.areas[city.areas["level"] == "county"]
    rows = []
    for number, county in enumerate(counties.itertuples()):
        inside = points[shapely.contains_properly(county.geometry, points)]
        rows.append(
            {
                "id": f"park-{number}",
                "name": None if number == 0 else f"示范园区{number}",
                "employees": [25_000, None, 9_999][number % 3],
                "geometry": shapely.box(*inside[0].buffer(0.02).bounds),
                "source": "synthetic (a test)",
            }
        )
    return validate(pd.DataFrame(rows), PARKS, source="parks")


def make_indicators(city: DemoCity) -> pd.DataFrame:
    """Figures of every level, some of years that do not count, one of an unknown area."""
    codes = {
        level: city.areas.loc[city.areas["level"] == level, "code"].tolist()
        for level in ("prefecture", "county", "community")
    }
    rows = [
        *((code, "dementia_beds_in_institutions", 2025, 10 + i)
          for i, code in enumerate(codes["county"])),
        *((code, "social_workers", 2024, 3) for code in codes["county"]),
        *((code, "social_workers", 2030, 99) for code in codes["county"]),
        *((code, "complete_community_childcare_standard_met", 2025, i % 2)
          for i, code in enumerate(codes["community"])),
        (codes["prefecture"][0], "childcare_places", 2025, Decimal("26207.5")),
        ("nowhere", "childcare_places", 2025, 7),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["area", "indicator", "year", "value"])
    return frame.assign(value=frame["value"].map(Decimal).astype(object), source="统计公报")


@pytest.fixture(scope="module")
def stored(module_database, tmp_path_factory) -> Iterator[Stored]:
    engine = create_database_engine(module_database.app_url)
    owner = create_database_engine(module_database.owner_url)
    city = demo_city()
    network = build_network(city.streets)
    parks, figures = make_parks(city), make_indicators(city)
    with engine.begin() as connection:
        for layer, frame in (
            (AREAS, city.areas),
            (DISTRICTS, city.districts),
            (FACILITIES, city.facilities),
            (PARKS, parks),
        ):
            history.store(connection, layer, frame, origin=ORIGIN)
        indicators.store(connection, figures, origin=ORIGIN)
        networks.store_network(connection, network, name="Wuhan", source="OSM")
        packs.store_packs(connection, load_packs(SEED))
        used = [packs.load_pack(connection, pack_id) for pack_id in REQUEST.pack_ids]
    cache = tmp_path_factory.mktemp("cache")
    run = evaluations.run(engine, REQUEST, network_cache=NetworkCache(cache), actor="a test")
    assert run.created
    yield Stored(engine, owner, cache, city, network, tuple(used), run.id, parks, figures)
    engine.dispose()
    owner.dispose()


@pytest.fixture(scope="module")
def expected(stored) -> Evaluation:
    """The same evaluation without any database."""
    data = PlanningData(
        districts=stored.city.districts,
        facilities=stored.city.facilities,
        areas=stored.city.areas,
        parks=stored.parks,
        indicators=stored.indicators,
        network=stored.network,
    )
    return evaluate(data, packs=stored.packs, as_of=REQUEST.as_of, parameters=REQUEST.parameters)


def comparable(frame: pd.DataFrame) -> pd.DataFrame:
    """Nulls and numbers in one form: what is compared is values, not how a frame holds them."""
    plain = pd.DataFrame(frame).drop(columns="geometry", errors="ignore").astype(object)
    return plain.where(plain.notna(), None).reset_index(drop=True)


def size_of_run(connection: Any, run_id: str) -> list[int]:
    tables = ("evaluation", "evaluation_district", "finding", "evaluation_area")
    keys = ("id", "evaluation_id", "evaluation_id", "evaluation_id")
    return [
        connection.execute(
            text(f"SELECT count(*) FROM {table} WHERE {key} = :id"), {"id": run_id}
        ).scalar_one()
        for table, key in zip(tables, keys, strict=True)
    ]


def test_the_database_and_the_files_find_the_same(stored, expected):
    found = stored.load(stored.id)
    assert list(found.findings.columns) == list(FINDING_COLUMNS)
    assert len(found.findings) > 20_000
    assert_frame_equal(comparable(found.findings), comparable(expected.findings))
    assert_frame_equal(comparable(found.districts), comparable(expected.districts))
    assert_geoseries_equal(found.districts.geometry, expected.districts.geometry)
    assert list(found.areas.columns) == [*AREA_COLUMNS, "geometry"]
    assert_frame_equal(comparable(found.areas), comparable(expected.areas))
    assert found.areas.geometry.geom_equals(expected.areas.geometry).all()
    about_areas = found.areas[found.areas["part"] == "all"]
    assert {"met", "not_met", "undetermined", "indicator"} <= set(about_areas["verdict"])
    assert set(about_areas["level"]) == {"prefecture", "county", "community", "park"}
    for name in ("threshold", "target_year", "baseline", "missing", "facilities"):
        assert about_areas[name].notna().any(), name
    assert list(found.pack_versions.items()) == list(expected.pack_versions.items())
    assert dict(found.region) == dict(expected.region)
    assert found.warnings == expected.warnings
    assert found.as_of == expected.as_of


def test_the_summary_is_the_one_of_the_evaluation(stored, expected):
    with stored.engine.connect() as connection:
        summary = evaluations.summary(connection, stored.id)
    assert summary.pop("evaluation") == stored.id
    seconds = summary.pop("seconds")
    assert list(seconds) == ["read", *expected.seconds, "store"]
    reference = summarise(expected)
    del reference["seconds"]
    assert summary == reference
    assert list(summary) == list(reference)
    assert list(summary["rules"]) == list(reference["rules"])
    assert [list(found) for found in summary["rules"].values()] == [
        list(found) for found in reference["rules"].values()
    ]


def test_the_same_request_returns_the_same_run(stored):
    with stored.engine.connect() as connection:
        before = size_of_run(connection, stored.id)
    again = stored.run(REQUEST)
    assert (again.id, again.created) == (stored.id, False)
    with stored.engine.connect() as connection:
        assert size_of_run(connection, stored.id) == before
        assert dict(again.seconds) == dict(evaluations.get(connection, stored.id).seconds)


def test_a_run_says_what_it_rests_on(stored):
    with stored.engine.connect() as connection:
        run = evaluations.get(connection, stored.id)
        assert evaluations.get(connection, NOBODY) is None
        assert evaluations.load_evaluation(connection, NOBODY) is None
        assert run.data_instant <= history.data_instant(connection)
        assert [listed.id for listed in evaluations.list_evaluations(connection)][-1] == stored.id
        entry = connection.execute(
            text("SELECT * FROM audit WHERE target = :target"),
            {"target": f"evaluation/{stored.id}"},
        ).one()
        assert audit.verify(connection) is None
    assert run.pack_versions == {pack.id: pack.version for pack in stored.packs}
    assert run.network_version == stored.network.version
    assert run.as_of == REQUEST.as_of
    assert run.area is None
    assert run.code_version == code_version()
    assert dict(run.parameters) == REQUEST.parameters.as_json()
    assert (entry.actor, entry.action, entry.detail) == ("a test", "evaluate", REQUEST.as_json())


def test_districts_are_paged_in_rank_order(stored, expected):
    pages = []
    with stored.engine.connect() as connection:
        while not pages or len(pages[-1]) == 1500:
            after = int(pages[-1]["rank"].iloc[-1]) if pages else None
            pages.append(evaluations.districts(connection, stored.id, after=after, limit=1500))
    whole = pd.concat(pages, ignore_index=True)
    assert len(pages) == 3
    assert_frame_equal(comparable(whole), comparable(expected.districts))


@pytest.mark.parametrize("flag", FLAGS)
def test_districts_are_filtered_by_flag(stored, expected, flag):
    with stored.engine.connect() as connection:
        found = evaluations.districts(connection, stored.id, flag=flag)
    wanted = expected.districts[expected.districts["flag"] == flag]
    assert_frame_equal(comparable(found), comparable(wanted))


def test_districts_are_filtered_by_place(stored, expected):
    west, south, east, north = expected.districts.total_bounds
    bbox = (west, south, (west + east) / 2, (south + north) / 2)
    with stored.engine.connect() as connection:
        found = evaluations.districts(connection, stored.id, bbox=bbox)
    shape = expected.districts.iloc[
        list(expected.districts.sindex.query(shapely.box(*bbox), "intersects"))
    ]
    assert sorted(found["id"]) == sorted(shape["id"])
    assert 0 < len(found) < len(expected.districts)


def test_an_area_holds_the_districts_its_roll_up_counts(stored, expected):
    rule = expected.areas["rule"].iloc[0]
    rows = expected.areas[expected.areas["rule"] == rule].groupby("code")["districts"].sum()
    levels = stored.city.areas.set_index("code")["level"]
    chosen = [levels[levels == level].index[0] for level in levels.dropna().unique()]
    assert len(chosen) >= 3
    with stored.engine.connect() as connection:
        for code in chosen:
            found = evaluations.districts(connection, stored.id, area=code)
            assert len(found) == rows.get(code, 0)
            assert len(found) > 0
        assert len(evaluations.districts(connection, stored.id, area="nowhere")) == 0


def test_findings_are_filtered_and_paged(stored, expected):
    flags = expected.districts.set_index("id")["flag"]
    reference = expected.findings.assign(flag=expected.findings["district_id"].map(flags))
    rule = "jinhua.childcare.circle15"
    with stored.engine.connect() as connection:

        def check(wanted: pd.Series, **filters: Any) -> None:
            found = evaluations.findings(connection, stored.id, **filters)
            assert_frame_equal(
                comparable(found).drop(columns="number"),
                comparable(expected.findings[wanted]),
            )
            assert found["number"].tolist() == wanted[wanted].index.tolist()
            assert found.crs == "EPSG:4326"
            assert len(found) > 0

        check(reference["rule"] == rule, rule=rule)
        not_met = reference["verdict"] == "not_met"
        check(not_met & (reference["flag"] == "underserved"), verdict="not_met", flag="underserved")
        page = evaluations.findings(connection, stored.id, verdict="not_met", after=100, limit=7)
        assert (
            page["number"].tolist()
            == not_met[not_met].index[not_met[not_met].index > 100][:7].tolist()
        )
        place = page.geometry.iloc[0]
        home = expected.districts.set_index("id").geometry[page["district_id"].iloc[0]]
        assert place.equals(home)
        ids = expected.districts["id"].head(3).tolist()
        of_three = evaluations.findings_of_districts(connection, stored.id, ids)
        wanted = expected.findings[expected.findings["district_id"].isin(ids)]
        assert_frame_equal(comparable(of_three).drop(columns="number"), comparable(wanted))


def test_areas_are_filtered_by_level(stored, expected):
    with stored.engine.connect() as connection:
        found = evaluations.areas(connection, stored.id, level="county")
    wanted = expected.areas[expected.areas["level"] == "county"]
    assert len(found) > 0
    assert_frame_equal(comparable(found), comparable(wanted))


def test_words_that_do_not_exist_are_refused(stored):
    with stored.engine.connect() as connection:
        for question in (
            lambda: evaluations.districts(connection, stored.id, flag="bad"),
            lambda: evaluations.findings(connection, stored.id, verdict="bad"),
            lambda: evaluations.findings(connection, stored.id, flag="bad"),
        ):
            with pytest.raises(InputError, match="'bad' does not exist"):
                question()
        with pytest.raises(InputError, match="no evaluation"):
            evaluations.summary(connection, NOBODY)
        with pytest.raises(InputError, match="no evaluation"):
            evaluations.areas(connection, NOBODY)
    assert set(VERDICTS) > {"met"}


@pytest.mark.parametrize("level", ["county", "township", "community"])
def test_an_area_alone_gives_what_the_whole_gives(stored, expected, level):
    """Partitioned and whole runs give identical findings (design, section 2)."""
    areas = stored.city.areas
    code = areas.loc[areas["level"] == level, "code"].iloc[-1]
    run = stored.run(replace(REQUEST, area=code))
    assert run.created
    assert run.id != stored.id
    found = stored.load(run.id)
    with stored.engine.connect() as connection:
        ids = evaluations.districts(connection, stored.id, area=code)["id"]
        assert evaluations.count_districts(
            connection, area=code, moment=evaluations.get(connection, run.id).moment
        ) >= len(ids)
    assert 0 < len(ids) < len(expected.districts)
    wanted = expected.findings[expected.findings["district_id"].isin(ids)]
    assert_frame_equal(comparable(found.findings), comparable(wanted))
    # Ranks are assigned within what was asked for; the order is the same.
    whole = expected.districts[expected.districts["id"].isin(ids)]
    assert found.districts["rank"].tolist() == list(range(1, len(ids) + 1))
    assert_frame_equal(
        comparable(found.districts).drop(columns="rank"), comparable(whole).drop(columns="rank")
    )
    # Every row of the area, of all areas under it and of the parks in it; and no other.
    parent = areas.set_index("code")["parent"]
    inside = {other for other in areas["code"] if code in lineage(other, parent)}
    shape = areas.set_index("code").geometry[code]
    parks = stored.parks.loc[
        shapely.intersects(shape, stored.parks.geometry.representative_point()), "id"
    ]
    is_park = expected.areas["level"] == "park"
    wanted = (~is_park & expected.areas["code"].isin(inside)) | (
        is_park & expected.areas["code"].isin(parks)
    )
    assert wanted.any()
    assert level != "county" or set(found.areas["level"]) >= {"park", "township", "county"}
    assert_frame_equal(comparable(found.areas), comparable(expected.areas[wanted]))


def lineage(code: str, parent: pd.Series) -> list[str]:
    codes = []
    while code is not None and not pd.isna(code):
        codes.append(code)
        code = parent.get(code)
    return codes


def test_another_day_pack_or_parameter_is_another_run(stored):
    code = stored.city.areas.loc[stored.city.areas["level"] == "community", "code"].iloc[0]
    base = replace(REQUEST, area=code)
    requests = [
        base,
        replace(base, as_of=dt.date(2020, 1, 1)),
        replace(base, pack_ids=("jinhua-2022",)),
        replace(base, pack_ids=("dali-2022", "jinhua-2022")),
        replace(base, parameters=EvaluationParameters(snap_limit_m=150.0)),
        replace(base, parameters=EvaluationParameters(target_year=2022)),
    ]
    runs = [stored.run(request) for request in requests]
    assert len({run.id for run in runs}) == len(runs)
    assert all(run.created for run in runs)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pack_ids": ()}, "no rule pack"),
        ({"pack_ids": ("jinhua-2022", "jinhua-2022")}, "named twice"),
        ({"pack_ids": ("jinhua-2022", "paris-2024")}, "no pack 'paris-2024' is stored; stored are"),
        ({"area": "nowhere"}, "no area 'nowhere'"),
        ({"area": ""}, "no area ''"),
        ({"parameters": EvaluationParameters(min_share={"no.rule": 1})}, "no rule no.rule"),
        ({"parameters": EvaluationParameters(target_year=1999)}, "target year 1999"),
    ],
)
def test_a_request_that_cannot_be_met_is_explained(stored, change, message):
    with stored.engine.connect() as connection:
        before = connection.execute(text("SELECT count(*) FROM evaluation")).scalar_one()
    with pytest.raises(InputError, match=message):
        stored.run(replace(REQUEST, **change))
    with stored.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM evaluation")).scalar_one() == before
        # Nobody is left holding the lock of a request.
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
        held += "(SELECT oid FROM pg_database WHERE datname = current_database())"
        assert connection.execute(text(held)).scalar_one() == 0


def test_without_districts_there_is_nothing_to_run(database, tmp_path):
    engine = create_database_engine(database.app_url)
    with engine.begin() as connection:
        packs.store_packs(connection, load_packs(SEED))
    with pytest.raises(InputError, match="no districts"):
        evaluations.run(engine, REQUEST, network_cache=NetworkCache(tmp_path))
    engine.dispose()


def test_the_same_request_at_once_is_computed_once(stored):
    code = stored.city.areas.loc[stored.city.areas["level"] == "township", "code"].iloc[1]
    request = replace(REQUEST, area=code)
    runs: list[evaluations.EvaluationRun] = []
    faults: list[BaseException] = []

    def ask() -> None:
        try:
            runs.append(stored.run(request))
        except BaseException as fault:  # noqa: BLE001  reported by the main thread
            faults.append(fault)

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert faults == []
    assert sorted(run.created for run in runs) == [False, False, False, True]
    assert len({run.id for run in runs}) == 1


def test_a_run_is_dropped_whole_and_only_it(stored):
    code = stored.city.areas.loc[stored.city.areas["level"] == "community", "code"].iloc[2]
    run = stored.run(replace(REQUEST, area=code))
    with stored.owner.begin() as connection:
        other = size_of_run(connection, stored.id)
        assert min(size_of_run(connection, run.id)) > 0
        assert connection.execute(text("SELECT drop_run(:id)"), {"id": run.id}).scalar_one()
        assert size_of_run(connection, run.id) == [0, 0, 0, 0]
        assert size_of_run(connection, stored.id) == other
        left = "SELECT count(*) FROM pg_class WHERE relname LIKE '%' || :id"
        assert connection.execute(text(left), {"id": run.id}).scalar_one() == 0
    again = stored.run(replace(REQUEST, area=code))
    assert (again.id, again.created) == (run.id, True)


def test_a_change_makes_a_new_run_and_the_old_one_can_be_replayed(database, tmp_path):
    """A town of one community: a nursery moves away, and comes back in the replay."""

    city = demo_city()
    community = city.districts["community"].iloc[0]
    districts = city.districts[city.districts["community"] == community]
    near = city.facilities.geometry.intersects(shapely.box(*districts.total_bounds).buffer(0.01))
    facilities = city.facilities[near]
    request = EvaluationRequest(pack_ids=("jinhua-2022",), as_of=dt.date(2026, 11, 22))
    engine = create_database_engine(database.app_url)

    def run() -> evaluations.EvaluationRun:
        return evaluations.run(engine, request, network_cache=NetworkCache(tmp_path))

    with engine.begin() as connection:
        packs.store_packs(connection, load_packs(SEED))
        history.store(connection, DISTRICTS, districts, origin=ORIGIN)
        history.store(connection, FACILITIES, facilities, origin=ORIGIN)
    first = run()
    with engine.begin() as connection:
        kept = history.current(connection, FACILITIES)
        moved = kept.set_geometry(kept.geometry.translate(0.1, 0.1)).assign(entrances=None)
        assert history.store(connection, FACILITIES, moved, origin=ORIGIN).changed == len(kept)
    second = run()
    assert second.created
    assert second.id != first.id
    with engine.connect() as connection:
        one, two = (evaluations.load_evaluation(connection, r.id) for r in (first, second))
        stored = evaluations.get(connection, first.id)
        pack = packs.load_pack(connection, "jinhua-2022")
        selection = read_planning_data(
            connection,
            area=None,
            moment=stored.moment,
            network_version=None,
            network_cache=NetworkCache(tmp_path),
        )
    replayed = evaluate(selection.data, packs=[pack], as_of=request.as_of)
    assert_frame_equal(comparable(replayed.findings), comparable(one.findings))
    assert not comparable(one.findings).equals(comparable(two.findings))
    engine.dispose()


def test_a_session_that_dies_frees_the_lock_of_its_request(stored, monkeypatch):
    """The server ends the session halfway: the fault is told, and the next asker computes."""
    code = stored.city.areas.loc[stored.city.areas["level"] == "community", "code"].iloc[3]
    request = replace(REQUEST, area=code)
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'yike' "
    end += "AND datname = current_database() AND usename = 'yike_app' AND pid <> pg_backend_pid()"

    def evaluate_and_end_sessions(*given: Any, **named: Any) -> Evaluation:
        with stored.engine.connect() as connection:
            connection.execute(text(end))
        return evaluate(*given, **named)

    monkeypatch.setattr(evaluations, "evaluate", evaluate_and_end_sessions)
    with pytest.raises(OperationalError):
        stored.run(request)
    monkeypatch.undo()
    assert stored.run(request).created
