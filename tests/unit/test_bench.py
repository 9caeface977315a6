"""The benchmark compares engines that answer alike; this shows it on a small cut, untimed."""

from __future__ import annotations

import numpy as np
import pytest

from seed.wuhan.streets import GEOGRAPHIC_CRS, read_streets
from spatial.network import Network
from spatial.network_building import build_network
from tests.bench import nearest
from tests.bench.agreement import distances_agree, verdicts_agree
from tests.bench.cut import cut_network
from tests.bench.timing import Timing, at_least, at_most, compare, growth_exponent, interleave

FACILITIES = 12


@pytest.fixture(scope="module")
def network() -> Network:
    streets = read_streets().to_crs(GEOGRAPHIC_CRS).cx[114.25:114.33, 30.55:30.61]
    return cut_network(build_network(streets), share=0.5)


def test_all_engines_find_the_same_distances(network: Network):
    nodes = nearest.random_nodes(network, count=FACILITIES)
    own, site = nearest.with_yike(network.graph, nearest.snaps_at_nodes(network, nodes))
    bare = nearest.with_scipy(network.graph, nodes)
    peer = nearest.metres_of(
        nearest.with_networkx(nearest.networkx_graph(network), nodes), nodes=len(own)
    )

    for other in (bare, peer):
        agreement = distances_agree(
            "", own, other, limit_m=nearest.LIMIT_M, tolerance_m=nearest.TOLERANCE_M
        )
        assert agreement.agree == agreement.total == len(network.node_lonlat)
        assert not agreement.failed
    # The question is no empty one: some nodes are within the limit, some are not.
    assert len(nodes) < np.isfinite(own).sum() < len(own)
    assert own[nodes] == pytest.approx(0.0)
    assert site[nodes].tolist() == list(range(FACILITIES))
    assert ((site >= 0) == np.isfinite(own)).all()


def test_a_wrong_distance_is_no_agreement(network: Network):
    nodes = nearest.random_nodes(network, count=FACILITIES)
    right = nearest.with_scipy(network.graph, nodes)
    wrong = right.copy()
    wrong[nodes[0]] += 2 * nearest.TOLERANCE_M

    agreement = distances_agree(
        "", right, wrong, limit_m=nearest.LIMIT_M, tolerance_m=nearest.TOLERANCE_M
    )

    assert agreement.failed
    assert agreement.agree == agreement.total - 1
    assert agreement.largest_m == pytest.approx(2 * nearest.TOLERANCE_M)


def test_a_place_without_an_answer_agrees_with_nothing():
    agreement = distances_agree(
        "", np.array([np.nan, 5.0]), np.array([np.nan, 5.0]), limit_m=10.0, tolerance_m=0.01
    )

    assert (agreement.agree, agreement.failed) == (1, True)


def test_beyond_the_limit_is_the_same_however_it_is_written():
    agreement = distances_agree(
        "", np.array([np.inf, 9.0]), np.array([10.0, np.inf]), limit_m=10.0, tolerance_m=0.01
    )

    assert agreement.agree == 1


def test_verdicts_that_may_differ_fail_nothing():
    a, b = np.array([True, True]), np.array([True, False])

    assert verdicts_agree("", a, b).failed
    assert not verdicts_agree("", a, b, required=False).failed


def test_contenders_take_turns_after_warming_up():
    calls: list[str] = []
    contenders = {name: (lambda name=name: calls.append(name)) for name in "ab"}

    timed = interleave(contenders, repetitions=3, warm_up=1)

    assert calls == list("ab" * 4)
    assert {name: len(timing.seconds) for name, timing in timed.items()} == {"a": 3, "b": 3}


def test_ratios_are_of_neighbours_and_held_to_the_median():
    over, under = Timing("a", (1.0, 8.0, 3.0)), Timing("b", (1.0, 2.0, 1.0))

    ratio = compare(over, under, budget=at_least(3))

    assert ratio.values == (1.0, 4.0, 3.0)
    assert ratio.holds is True
    assert compare(over, under, budget=at_most(2.9)).holds is False
    assert compare(over, under).holds is None


def test_growth_is_the_exponent():
    sizes = [100, 1_000, 10_000]

    assert growth_exponent(sizes, [0.01, 0.1, 1.0]) == pytest.approx(1.0)
    assert growth_exponent(sizes, [1.0, 100.0, 10_000.0]) == pytest.approx(2.0)
