"""Who gains and who loses coverage by a project, without it and with it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from housing import AS_OF, PACKS, RADIUS, nursery, of, project, street
from planning import districts, facilities, point

from spatial.errors import InputError
from spatial.policy.review.document import review_document
from spatial.policy.review.placing import Surroundings
from spatial.policy.review.report import report_text
from spatial.policy.review.review import Review, review

CIRCLE = "jinhua.childcare.circle15"
JINHUA = PACKS["jinhua-2022"]


def around(*places: tuple[str, float]):
    return districts(
        *[
            {"id": name, "stage": "existing", "households": 100, "geometry": point(east_m)}
            for name, east_m in places
        ]
    )


def changed(submitted, homes, *stock: dict) -> Review:
    surroundings = Surroundings(facilities(*stock), street(), homes)
    return review(submitted, packs=[JINHUA], stage="design", as_of=AS_OF, surroundings=surroundings)


def test_who_comes_to_live_within_the_radius_gains() -> None:
    """A nursery at 0 m; the old one at 1,000 m; homes at 250, 400, 900 and 6,000 m."""
    homes = around(("a", 250), ("b", 400), ("c", 900), ("far", 6000))
    found = changed(project(nursery(200)), homes, {"id": "old", "geometry": point(1000)})
    radius = {one.district: one for one in found.neighbours if one.rule == RADIUS}
    assert set(radius) == {"a", "b"}, "c is nearer to the old one, far is beyond 5,000 m"
    a, b = radius["a"], radius["b"]
    assert (a.change, a.before, a.after) == ("gains", "advise", "met")
    assert (a.before_m, a.after_m) == (750, 250)
    assert (a.before_outside, a.after_outside) == (100, 0)
    assert (b.change, b.before, b.after) == ("gains", "advise", "advise"), "nearer, yet outside"
    assert (b.before_m, b.after_m) == (600, 400)


def test_who_loses_a_facility_that_is_taken_down() -> None:
    homes = around(("a", 1100))
    submitted = project(nursery(200), removes=["old"])
    found = changed(submitted, homes, {"id": "old", "geometry": point(1000)})
    lost = {one.rule: one for one in found.neighbours}
    assert lost[RADIUS].change == "loses"
    assert (lost[RADIUS].before, lost[RADIUS].after) == ("met", "not_met")
    assert (lost[RADIUS].before_m, lost[RADIUS].after_m) == (100, 1100)
    assert (lost[CIRCLE].before, lost[CIRCLE].after_outside) == ("met", 100)
    with pytest.raises(InputError, match="no facility 'old'"):
        changed(submitted, homes, {"id": "other", "geometry": point(1000)})


def test_what_is_taken_down_serves_the_project_no_more() -> None:
    stock = {"id": "old", "geometry": point(50)}
    bare = changed(project(), around(), stock)
    assert of(bare, RADIUS).verdict == "met"
    assert of(changed(project(removes=["old"]), around(), stock), RADIUS).verdict == "not_met"


def test_no_neighbours_no_change_and_not_asked_are_three_things() -> None:
    stock = {"id": "old", "geometry": point(0)}
    near = changed(project(nursery(200)), around(("a", 100)), stock)
    assert near.neighbours == (), "an old nursery is as near"
    assert changed(project(nursery(200)), around(), stock).neighbours == ()
    asked = Surroundings(facilities(stock), street())
    silent = review(
        project(nursery(200)), packs=[JINHUA], stage="design", as_of=AS_OF, surroundings=asked
    )
    assert silent.neighbours is None
    assert review_document(silent, lang="zh")["neighbours"] is None


def test_the_report_names_them() -> None:
    found = changed(
        project(nursery(200)), around(("甲", 250)), {"id": "o", "geometry": point(1000)}
    )
    chinese = report_text(found, packs=[JINHUA], lang="zh")
    assert f"[改善] 甲, {RADIUS}: 建议 750 m → 符合 250 m" in chinese
    english = report_text(found, packs=[JINHUA], lang="en")
    assert f"[gains] 甲, {RADIUS}: advice 750 m → met 250 m" in english


def held(**members) -> dict:
    """Make a nursery allotted to the district a, with the places it has."""
    return {
        "id": "old",
        "kind": "nursery",
        "floor_area_m2": Decimal(250),
        "places": 60,
        "district_id": "a",
        "geometry": point(1000),
        **members,
    }


def test_who_loses_floor_area_and_places_with_what_is_taken_down() -> None:
    """100 households need 150 m² (the minimum for existing ones): 250 are there, then none."""
    homes = around(("a", 1100), ("b", 400))
    found = changed(project(nursery(200), removes=["old"]), homes, held())
    (lost,) = [one for one in found.capacity if one.unit == "m2"]
    assert (lost.district, lost.change, lost.threshold) == ("a", "loses", 150)
    assert (lost.capacity_of, lost.unit) == ("places", "m2")
    assert (lost.before.verdict, lost.before.value, lost.before.deficit) == ("met", 250, None)
    assert (lost.after.verdict, lost.after.value, lost.after.deficit) == ("not_met", 0, 150)
    assert (lost.baseline, lost.before.capacity, lost.after.capacity) == (lost.before, 60, 0)
    chinese = report_text(found, packs=[JINHUA], lang="zh")
    assert "[变差] a, jinhua.childcare.area.existing: 符合 250㎡ → 不符合 0㎡" in chinese
    silent = changed(project(nursery(200)), homes, held(places=None))
    assert silent.capacity == (), "who keeps what he has changes nothing"
    assert changed(project(), around(), held()).capacity == ()


def test_what_is_stored_of_the_project_already_is_in_the_baseline() -> None:
    """The project's own nursery is stored at 0 m; without the project it is not there."""
    homes = around(("a", 250))
    own = {"id": "n1", "geometry": point(0), "project_id": "p"}
    found = changed(project(nursery(200)), homes, own, {"id": "old", "geometry": point(1000)})
    (radius,) = [one for one in found.neighbours if one.rule == RADIUS]
    assert (radius.baseline, radius.before, radius.after) == ("met", "advise", "met")
    assert (radius.baseline_m, radius.before_m, radius.after_m) == (250, 750, 250)
