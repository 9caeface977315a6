"""The four packs on the real census: counties and prefectures, and made-up parts below them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import census
import pytest
import shapely
from census import DALI, GUIZHOU, JINHUA, PANZHIHUA, SYNTHETIC, Region, parts_of, region_areas
from geopandas import GeoDataFrame
from planning import districts, facilities

from spatial.errors import InputError
from spatial.policy.age import U3_SHARE_OF_1_TO_4, under_threes
from spatial.policy.evaluation import Evaluation, evaluate
from spatial.policy.pack import Pack
from spatial.policy.pack_file import load_packs
from spatial.policy.planning_data import PlanningData

ROOT = Path(__file__).resolve().parents[2]
PACKS = {pack.id: pack for pack in load_packs(ROOT / "seed" / "policies")}
LATER = dt.date(2026, 6, 30)
DIVIDED = 2


class Place:
    """A region, its pack, and what the census says of it."""

    def __init__(self, region: Region, pack_id: str, counties: int, people: int, old: int) -> None:
        self.region, self.pack = region, PACKS[pack_id]
        self.counties, self.people, self.old = counties, people, old
        self.top = f"{region.prefix:0<6}"


# People and people of 60 and over, as the census prints them for the whole region.
PLACES = {
    "Jinhua": Place(JINHUA, "jinhua-2022", 9, 7_050_683, 1_129_238),
    "Dali": Place(DALI, "dali-2022", 12, 3_337_559, 567_828),
    "Guizhou": Place(GUIZHOU, "guizhou-2022", 88, 38_562_148, 5_931_357),
    "Panzhihua": Place(PANZHIHUA, "panzhihua-2020", 5, 1_212_203, 239_574),
}


@pytest.fixture(scope="module", params=PLACES)
def place(request: pytest.FixtureRequest) -> Place:
    return PLACES[request.param]


@pytest.fixture(scope="module")
def divided(place: Place) -> GeoDataFrame:
    """Areas of every level; townships and communities are made up."""
    return region_areas(place.region, divided=DIVIDED)


@pytest.fixture(scope="module")
def unknown(place: Place, divided: GeoDataFrame) -> Evaluation:
    """Nothing is known of facilities or registers."""
    data = PlanningData(districts=districts(), facilities=None, areas=divided)
    return evaluate(data, packs=[place.pack], as_of=LATER)


def measures(part: Any) -> Iterator[Mapping[str, Any]]:
    """Find the measures in the parameters of a rule."""
    if isinstance(part, Mapping):
        if "of" in part:
            yield part
        for inner in part.values():
            yield from measures(inner)
    elif isinstance(part, list | tuple):
        for inner in part:
            yield from measures(inner)


def resting_on(pack: Pack, *kinds: str) -> set[str]:
    return {
        rule.id
        for rule in pack.rules
        if any(measure["of"] in kinds for measure in measures(rule.parameters))
    }


# --- children under three ---------------------------------------------------------------------


def test_children_under_three_rest_on_a_named_share() -> None:
    """Yiwu, 2020: 15,278 of age 0 and 84,152 of 1 to 4."""
    ages: dict[str, Any] = {"age_0": 15_278, "age_1_to_4": 84_152}
    assert Fraction(1, 2) == U3_SHARE_OF_1_TO_4
    assert under_threes(**ages) == 57_354
    assert under_threes(**ages, u3_share_of_1_to_4=Fraction(3, 4)) == 78_392
    assert under_threes(**ages, u3_share_of_1_to_4=Fraction(0)) == 15_278
    assert under_threes(age_0=1, age_1_to_4=3) == Fraction(5, 2)  # not rounded


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"age_0": -1, "age_1_to_4": 0}, "age_0: -1"),
        ({"age_0": 0, "age_1_to_4": -2}, "age_1_to_4: -2"),
        ({"age_0": 0, "age_1_to_4": 1, "u3_share_of_1_to_4": Fraction(3, 2)}, "u3_share_of_1_to_4"),
        ({"age_0": 0, "age_1_to_4": 1, "u3_share_of_1_to_4": Fraction(-1)}, "u3_share_of_1_to_4"),
    ],
)
def test_children_under_three_of_nonsense_are_refused(given: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        under_threes(**given)


@pytest.mark.shared
def test_the_census_gives_the_same_children_under_three() -> None:
    rows = census.census()
    for code, row in rows.items():
        if code[:4] in ("3307", "5329", "5104") or code[:2] == "52":
            given = census.figures(row)
            assert given["population_0_3"] == math.floor(float(row["u3≈"])), code
            assert "u3_share_of_1_to_4: 1/2" in given["source"]
    yiwu = census.figures(rows["330782"], u3_share_of_1_to_4=Fraction(3, 4))
    assert yiwu["population_0_3"] == 78_392
    assert "u3_share_of_1_to_4: 3/4" in yiwu["source"]


# --- areas ------------------------------------------------------------------------------------


@pytest.mark.shared
def test_areas_of_every_level_are_sound(place: Place, divided: GeoDataFrame) -> None:
    counts = divided["level"].value_counts()
    assert counts["county"] == place.counties
    assert counts["township"] == 4 * DIVIDED
    assert counts["community"] == 8 * DIVIDED
    assert counts["prefecture"] == (9 if place.top == "520000" else 1)
    assert divided.geometry.is_valid.all()
    assert (shapely.area(list(divided.geometry)) > 0).all()
    made = divided["level"].isin(["township", "community"])
    assert set(divided.loc[made, "source"]) == {SYNTHETIC}
    assert divided.loc[made, "name"].str.startswith("合成").all()
    assert not divided.loc[~made, "source"].eq(SYNTHETIC).any()
    assert divided["code"].is_unique


@pytest.mark.shared
def test_counties_add_up_to_the_census(place: Place, divided: GeoDataFrame) -> None:
    for field, printed in (("population", place.people), ("population_60_plus", place.old)):
        known = dict(zip(divided["code"], divided[field], strict=True))
        assert known[place.top] == printed
        for below in ("county", "township", "community"):
            rows = divided[(divided["level"] == below) & divided["parent"].notna()]
            sums: dict[str, int] = {}
            for code, people in zip(rows["parent"], rows[field], strict=True):
                sums[code] = sums.get(code, 0) + people
            assert sums == {code: known[code] for code in sums}, (below, field)
            assert len(sums) == rows["parent"].nunique() > 0


def test_parts_add_up() -> None:
    assert parts_of(10, 4) == [1, 2, 3, 4]
    assert parts_of(11, 4) == [1, 2, 3, 5]
    assert sum(parts_of(1_859_390, 4)) == 1_859_390


@pytest.mark.shared
def test_shui_cheng_is_joined_by_either_code() -> None:
    """水城区 is 520221 in the polygons and 520204 in the census."""
    shapes = census.polygons(GUIZHOU)
    assert "520204" in shapes
    assert "520221" not in shapes
    assert len(shapes) == 88


# --- nothing known of facilities --------------------------------------------------------------


@pytest.mark.shared
def test_rules_about_facilities_are_undetermined_without_any(
    place: Place, unknown: Evaluation
) -> None:
    resting = resting_on(place.pack, "facilities")
    rows = unknown.areas[unknown.areas["rule"].isin(resting)]
    assert resting - set(rows["rule"]) <= {"jinhua.childcare.park"}  # no parks were given
    statements = {"jinhua.childcare.small_venue", "dali.elderly.basic_bed_share"}
    rows = rows[~rows["rule"].isin(statements)]
    small = rows["verdict"] == "not_applicable"
    assert set(rows.loc[small, "rule"]) <= {
        "jinhua.childcare.community_1000", "guizhou.childcare.places_90"
    }  # fmt: skip
    assert set(rows.loc[~small, "verdict"]) == {"undetermined"}
    assert rows.loc[~small, "missing"].map(bool).all()
    assert rows.loc[~small, "value"].isna().all()


@pytest.mark.shared
def test_nothing_is_met_or_failed_of_which_nothing_is_known(unknown: Evaluation) -> None:
    assert set(unknown.areas["verdict"]) <= {"undetermined", "indicator", "not_applicable"}
    assert unknown.areas["value"].isna().all()
    assert len(unknown.findings) == 0


@pytest.mark.shared
def test_every_rule_about_areas_is_shown_at_its_levels(place: Place, unknown: Evaluation) -> None:
    found = unknown.areas.groupby("rule")["level"].agg(set)
    levels = ("province", "prefecture", "county", "township", "community")
    for rule in place.pack.rules:
        asked = {level for level in rule.applies_to if level in levels}
        if asked and rule.kind != "review_gate":
            assert found[rule.id] == asked, rule.id
    assert set(unknown.region.values()) == {"inside"}


@pytest.mark.shared
def test_before_the_targets_they_are_not_due(place: Place, divided: GeoDataFrame) -> None:
    data = PlanningData(districts=districts(), facilities=None, areas=divided)
    rows = evaluate(data, packs=[place.pack], as_of=place.pack.effective_from).areas
    dated = {rule.id for rule in place.pack.rules if any(rule.targets_by_year.values())}
    early = rows[rows["rule"].isin(dated) & rows["verdict"].eq("not_due")]
    assert len(early) > 0
    assert (early["target_year"] >= place.pack.effective_from.year).all()
    assert set(rows["verdict"]) <= {"not_due", "undetermined", "indicator", "not_applicable"}


# --- facilities made up -----------------------------------------------------------------------

# For every pack a ratio of the region, its per, the field under the line, and the sum above it.
RATIOS = {
    "jinhua-2022": ("jinhua.elderly.dementia_beds", 10_000, "old", "dementia_beds"),
    "dali-2022": ("dali.elderly.beds_per_1000", 1000, "old", "beds"),
    "guizhou-2022": ("guizhou.childcare.places_per_1000", 1000, "people", "places"),
}


def one_in_each(areas: GeoDataFrame, level: str, **more: Any) -> list[dict[str, Any]]:
    """A facility in every area of a level, larger from one to the next."""
    chosen = areas[areas["level"] == level].sort_values("code")
    return [
        {
            "id": f"{more['kind']}-{code}",
            "geometry": shapely.point_on_surface(shape),
            "beds": 100 + n,
            "nursing_beds": 50,
            "dementia_beds": 10 + n,
            "places": 200 + n,
            "source": SYNTHETIC,
            **more,
        }
        for n, (code, shape) in enumerate(zip(chosen["code"], chosen.geometry, strict=True))
    ]


@pytest.fixture(scope="module")
def served(place: Place) -> Evaluation:
    """A care home and a nursery in every county; figures only of counties and what is below."""
    bare = region_areas(place.region, divided=DIVIDED, bare=("province", "prefecture"))
    sites = one_in_each(bare, "county", kind="care_home", operator="private")
    sites += one_in_each(bare, "county", kind="nursery")
    data = PlanningData(districts=districts(), facilities=facilities(*sites), areas=bare)
    return evaluate(data, packs=[place.pack], as_of=LATER)


@pytest.mark.shared
def test_figures_of_the_whole_are_those_of_its_counties(place: Place, served: Evaluation) -> None:
    if place.pack.id not in RATIOS:  # Panzhihua asks for shares of beds only
        share = served.areas[served.areas["rule"] == "panzhihua.elderly.nursing_share"].iloc[0]
        assert (share["numerator"], share["denominator"]) == (250, 100 + 101 + 102 + 103 + 104)
        return
    rule_id, per, field, total = RATIOS[place.pack.id]
    row = served.areas[(served.areas["rule"] == rule_id) & (served.areas["code"] == place.top)]
    first = {"beds": 100, "places": 200, "dementia_beds": 10}[total]
    expected = sum(first + n for n in range(place.counties))
    people = getattr(place, field)
    assert row["numerator"].tolist() == [expected]
    assert row["denominator"].tolist() == [people]
    assert row["value"].tolist() == [float(Fraction(expected * per, people))]
    assert [len(ids) for ids in row["facilities"]] == [place.counties]


@pytest.mark.shared
def test_prefectures_add_up_to_their_province(served: Evaluation, place: Place) -> None:
    if place.top != "520000":
        assert set(served.areas["level"]) >= {"prefecture", "county"}
        return
    rows = served.areas[served.areas["rule"] == "guizhou.childcare.places_per_1000"]
    for name in ("numerator", "denominator"):
        sums = dict(rows.groupby("level")[name].sum())
        assert sums["prefecture"] == sums["province"]
    assert sums["province"] == place.people


@pytest.mark.shared
def test_units_are_counted_as_they_are(place: Place, served: Evaluation) -> None:
    """Counties of the real region; townships and communities as the test divided two counties."""
    expected = {
        "jinhua-2022": {"jinhua.elderly.plan_all_counties": 9,
                        "jinhua.childcare.township_coverage": 8},
        "dali-2022": {"dali.elderly.street_centre": 2, "dali.elderly.township_institution": 6,
                      "dali.elderly.homecare_coverage": 16, "dali.elderly.daycare_coverage": 4},
        "guizhou-2022": {"guizhou.elderly.adaptation_counties": 88,
                         "guizhou.elderly.township_centre": 8,
                         "guizhou.childcare.community_one": 4},
        "panzhihua-2020": {"panzhihua.plan.special": 5, "panzhihua.elderly.complex": 2},
    }[place.pack.id]  # fmt: skip
    at_top = served.areas[served.areas["code"] == place.top].set_index("rule")
    assert {rule: at_top.loc[rule, "denominator"] for rule in expected} == expected
    counties = {
        "jinhua-2022": ("jinhua.elderly.county_fallback", 9),
        "dali-2022": ("dali.elderly.county_centre", 12),
        "guizhou-2022": ("guizhou.childcare.demo_prefecture", 9),
        "panzhihua-2020": ("panzhihua.elderly.county_tekun", 5),
    }[place.pack.id]
    assert (served.areas["rule"] == counties[0]).sum() == counties[1]


@pytest.mark.shared
def test_a_made_up_community_of_1000_has_a_nursery_or_lacks_one(served: Evaluation) -> None:
    rows = served.areas[served.areas["rule"] == "jinhua.childcare.community_1000"]
    if len(rows):
        assert len(rows) == 8 * DIVIDED
        assert rows["verdict"].value_counts().to_dict() == {"not_met": 14, "met": DIVIDED}
        assert set(rows.loc[rows["verdict"] == "met", "deficit"].isna()) == {True}
