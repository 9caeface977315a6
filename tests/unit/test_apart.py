"""Districts the streets do not simply lead to: islands, rivers, far off, gates on the far side."""

import numpy as np
import pandas as pd
import pytest
from planning import (
    districts,
    facilities,
    finding,
    gates_at,
    judge,
    line,
    pack,
    point,
    rule,
    square,
    street,
)

from spatial.graph import ISLAND_M
from spatial.network import Network

CIRCLE = pack(rule("service_circle_time"))


def mainland(*more: object) -> Network:
    return street(*[line((a, 0), (a + 500, 0)) for a in range(-2000, 2000, 500)], *more)


def verdict(network: Network, district: dict[str, object], *sites: object) -> pd.Series:
    evaluation = judge(
        districts({"id": "d", "households": 100, **district}),
        facilities(*[{"id": f"f{i}", "geometry": site} for i, site in enumerate(sites)]),
        CIRCLE,
        network=network,
    )
    return finding(evaluation, "d")


def test_on_an_island_of_streets_nobody_knows_the_walk() -> None:
    # 300 m of path across the water, 400 m from the facility as the crow flies.
    network = mainland(line((-150, 400), (150, 400)))
    found = verdict(network, {"geometry": point(0, 405)}, point(0))
    assert found["verdict"] == "undetermined"
    assert found["reason_code"] == "street_island"
    assert found["missing"] == [{"field": "street_connected"}]
    assert np.isnan(found["walking_m"])
    assert found["straight_m"] == pytest.approx(405, abs=0.1)
    assert found["snap_m"] == pytest.approx(5, abs=0.01)


def test_on_an_island_with_a_facility_of_its_own_it_is_met() -> None:
    network = mainland(line((-150, 400), (150, 400)))
    found = verdict(network, {"geometry": point(-100, 405)}, point(0), point(100, 405))
    assert found["verdict"] == "met"
    assert found["facilities"] == ["f1"]
    assert found["value"] == pytest.approx(210, abs=0.01)


def test_across_a_river_without_a_bridge_it_is_not_met() -> None:
    # The far bank has streets enough to be no island; 400 m in a straight line, no way to walk.
    far = ISLAND_M / 2 + 500
    network = mainland(line((-far, 400), (far, 400)))
    near = verdict(network, {"geometry": point(0, 405)}, point(0))
    assert near["verdict"] == "advise"  # inside the straight-line screen of 1,000 m alone
    assert near["reason_code"] == "beyond_5000_m"
    assert np.isnan(near["walking_m"])
    assert near["households_outside"] == 100
    beyond = verdict(network, {"geometry": point(0, 405)}, point(1500))
    assert beyond["verdict"] == "not_met"


def test_across_a_river_with_a_bridge_it_walks_round_by_the_bridge() -> None:
    far = ISLAND_M / 2 + 500
    network = mainland(
        *[line((a, 400), (a + 500, 400)) for a in range(-2000, 2000, 500)],
        line((500, 0), (500, 400)),
    )
    assert far > 0
    found = verdict(network, {"geometry": point(0, 405)}, point(0))
    assert found["value"] == pytest.approx(5 + 500 + 400 + 500, abs=0.05)
    assert found["verdict"] == "advise"


@pytest.mark.parametrize(("away_m", "expected"), [(199.0, "met"), (256.0, "undetermined")])
def test_256_m_off_the_network_takes_no_time_zero(away_m: float, expected: str) -> None:
    found = verdict(mainland(), {"geometry": point(0, away_m)}, point(0))
    assert found["verdict"] == expected
    if expected == "met":
        assert found["value"] == pytest.approx(away_m, abs=0.01)  # the connector counts
    else:
        assert found["reason_code"] == "off_network"
        assert np.isnan(found["value"])


def test_a_district_is_left_by_its_gate_alone_even_on_the_far_side() -> None:
    # The southern street passes the wall, the only gate opens on the northern one.
    network = street(
        *[line((a, 0), (a + 500, 0)) for a in range(-2000, 2000, 500)],
        *[line((a, 200), (a + 500, 200)) for a in range(-2000, 2000, 500)],
        line((1000, 0), (1000, 200)),
    )
    home = {"geometry": square(0, 100, 180)}
    site = point(0)
    # Without a declared gate its homes walk to whichever street is nearest to each.
    unwalled = verdict(network, home, site)
    assert unwalled["verdict"] == "advise"
    assert unwalled["nearest_m"] < 100
    walled = verdict(network, {**home, "entrances": gates_at(point(0, 190))}, site)
    # Every home is outside on foot; only the straight-line screen of 1,000 m still holds.
    assert (walled["verdict"], walled["reason_code"]) == ("advise", "circle_screen")
    assert walled["households_outside"] == 100
    # From the farthest point through the gate, out to 1,000 m east and back along the south.
    assert walled["nearest_m"] > 10 + 1000 + 200 + 1000


def test_the_nearest_street_across_a_wall_does_not_win_over_one_that_leads_somewhere() -> None:
    # 12 m to a garden path that leads nowhere, 30 m to the street.
    network = mainland(line((-40, 42), (40, 42)))
    found = verdict(network, {"geometry": point(0, 30)}, point(300))
    assert found["verdict"] == "met"
    assert found["value"] == pytest.approx(330, abs=0.01)
    assert found["snap_m"] == pytest.approx(30, abs=0.01)


def test_a_facility_on_an_island_is_told_of() -> None:
    network = mainland(line((-150, 400), (150, 400)))
    evaluation = judge(
        districts({"id": "d", "households": 100, "geometry": point(0)}),
        facilities({"id": "f", "geometry": point(0, 400)}),
        CIRCLE,
        network=network,
    )
    told = "facility f: an entrance joins a street that hangs together with no other"
    assert told in evaluation.warnings
