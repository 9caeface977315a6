"""The rows: nearest facility, whole evaluation, growth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.graph import WalkGraph
from spatial.network import Network
from spatial.policy.evaluation import Evaluation, evaluate
from spatial.policy.planning_data import PlanningData
from spatial.snapping import Snap
from tests.bench import nearest, pandana_peer
from tests.bench.agreement import Agreement, distances_agree, verdicts_agree
from tests.bench.city import AS_OF, BenchCity
from tests.bench.cut import cut_network
from tests.bench.four_rules import FourRules, ask, with_yike
from tests.bench.four_rules_peer import with_geopandas_and_pandana
from tests.bench.pgrouting_peer import PgRouting
from tests.bench.row import Row
from tests.bench.timing import Timing, at_least, at_most, compare, growth_exponent, interleave

YIKE = "Yike"
YIKE_AMONG_PEERS = "Yike, in turn with the following"
SCIPY = "bare SciPy dijkstra, same arrays"
PANDANA = "pandana, query"
PANDANA_PLACED = "pandana, placing facilities and query"
NETWORKX = "NetworkX multi-source Dijkstra, as OSMnx asks it"
PGROUTING = "pgRouting drivingDistance, least of all starts"
PGROUTING_EQUICOST = "pgRouting drivingDistance, equicost"

PEER_WARM = "GeoPandas + pandana, warm"
PEER_COLD = "GeoPandas + pandana, with building its graph"
FOUR_WARM = "Yike, the same four rules, warm"
FOUR_COLD = "Yike, the same four rules, with building its graph"
WHOLE = "Yike, all rules with evidence"

DISTRICTS = (200, 500, 1_000, 2_000, 5_000, 10_000, 20_000)
EDGE_SHARES = (0.01, 0.03, 0.1, 0.3, 1.0)
_GROWTH_REPETITIONS = 3
_COLD_REPETITIONS = 3
_SHORT = 10


def nearest_row(network: Network, *, routing: PgRouting | str, repetitions: int) -> Row:
    """Measure the nearest facility for every node, each engine's graph built beforehand.

    Parameters
    ----------
    routing
        pgRouting with the same edges, or why it is left out.
    """
    graph = network.graph
    nodes = nearest.random_nodes(network, count=nearest.FACILITIES)
    sites = nearest.snaps_at_nodes(network, nodes)
    peer_graph = nearest.networkx_graph(network)
    xy = pandana_peer.node_xy(network, graph)
    build = interleave(
        {
            "pandana, building its graph": lambda: pandana_peer.build(network, xy),
            "Yike, building its graph": lambda: _fresh_graph(network),
            "NetworkX, building its graph": lambda: nearest.networkx_graph(network),
        },
        repetitions=_COLD_REPETITIONS,
        warm_up=0,
    )
    peer = pandana_peer.build(network, xy)
    place = partial(pandana_peer.place_facilities, peer, xy[nodes], limit_m=nearest.LIMIT_M)
    place()

    own_m, _ = nearest.with_yike(graph, sites)
    agreements = (
        distances_agree(
            "Yike and bare SciPy",
            own_m,
            nearest.with_scipy(graph, nodes),
            limit_m=nearest.LIMIT_M,
            tolerance_m=nearest.TOLERANCE_M,
        ),
        distances_agree(
            "Yike and NetworkX",
            own_m,
            nearest.metres_of(nearest.with_networkx(peer_graph, nodes), nodes=len(own_m)),
            limit_m=nearest.LIMIT_M,
            tolerance_m=nearest.TOLERANCE_M,
        ),
        distances_agree(
            "Yike and pandana (which cuts each edge to whole millimetres)",
            own_m,
            pandana_peer.nearest(peer, limit_m=nearest.LIMIT_M).to_numpy(),
            limit_m=nearest.LIMIT_M,
            tolerance_m=pandana_peer.TOLERANCE_M,
        ),
        *_pgrouting_agrees(routing, nodes, own_m),
    )

    def place_and_ask() -> pd.Series:
        place()
        return pandana_peer.nearest(peer, limit_m=nearest.LIMIT_M)

    def own() -> object:
        return nearest.with_yike(graph, sites)

    # Hundredths of a second each: the two take turns often, and apart from what takes longer.
    kernel = interleave(
        {YIKE: own, SCIPY: lambda: nearest.with_scipy(graph, nodes)},
        repetitions=_SHORT * repetitions,
    )
    contenders: dict[str, Callable[[], object]] = {
        YIKE_AMONG_PEERS: own,
        PANDANA: lambda: pandana_peer.nearest(peer, limit_m=nearest.LIMIT_M),
        PANDANA_PLACED: place_and_ask,
        NETWORKX: lambda: nearest.with_networkx(peer_graph, nodes),
    }
    if isinstance(routing, PgRouting):
        ask = partial(routing.nearest, nodes, limit_m=nearest.LIMIT_M)
        contenders[PGROUTING] = partial(ask, equicost=False)
        contenders[PGROUTING_EQUICOST] = partial(ask, equicost=True)
    timed = interleave(contenders, repetitions=repetitions)
    return Row(
        title=(
            f"nearest of {nearest.FACILITIES} facilities within {nearest.LIMIT_M:g} m for every "
            f"node of Wuhan ({len(own_m):,} nodes, {len(network.u):,} edges), graph cached"
        ),
        timings=(*kernel.values(), *timed.values(), *build.values()),
        ratios=(
            compare(kernel[YIKE], kernel[SCIPY], budget=at_most(1.3)),
            compare(timed[PANDANA], timed[YIKE_AMONG_PEERS], budget=at_least(10)),
            compare(timed[PANDANA_PLACED], timed[YIKE_AMONG_PEERS]),
            compare(timed[NETWORKX], timed[YIKE_AMONG_PEERS]),
            *(
                compare(timed[name], timed[YIKE_AMONG_PEERS])
                for name in (PGROUTING, PGROUTING_EQUICOST)
                if name in timed
            ),
        ),
        agreements=agreements,
        facts={"nodes with a facility within the limit": int(np.isfinite(own_m).sum())}
        | ({"pgRouting": routing.version} if isinstance(routing, PgRouting) else {}),
        notes=(
            "Yike also names the facility and places the facilities anew each time.",
            "SciPy and NetworkX give metres alone. OSMnx has no kernel of its own: its graph is",
            "NetworkX's, asked with NetworkX's Dijkstra.",
            "pandana asks with as many threads as there are cores; the others use one.",
            "pgRouting reads its edges anew each time; its rows are counted in the server.",
            *([f"pgRouting is left out: {routing}"] if isinstance(routing, str) else []),
        ),
    )


def _pgrouting_agrees(
    routing: PgRouting | str, nodes: NDArray[np.int64], own_m: NDArray[np.float64]
) -> Iterator[Agreement]:
    if isinstance(routing, str):
        return
    ask = partial(routing.nearest_m, nodes, limit_m=nearest.LIMIT_M, size=len(own_m))
    for what, equicost in (("least of all starts", False), ("equicost", True)):
        yield distances_agree(
            f"Yike and pgRouting, {what}",
            own_m,
            ask(equicost=equicost),
            limit_m=nearest.LIMIT_M,
            tolerance_m=nearest.TOLERANCE_M,
            required=not equicost,
        )


def evaluation_row(city: BenchCity, *, districts: int, repetitions: int) -> Row:
    """Measure the whole evaluation against the same four rules, a row a district."""
    network, graph = city.network, city.network.graph
    data = city.planning_data(districts=districts)
    asked = ask(data, city.pack)
    peer_warm = peer_of(city, asked)

    def peer_cold() -> pd.DataFrame:
        built = pandana_peer.build(network, pandana_peer.node_xy(network, graph))
        return with_geopandas_and_pandana(asked, built, crs=graph.crs)

    def whole() -> Evaluation:
        return evaluate(data, packs=[city.pack], as_of=AS_OF)

    warm = interleave(
        {PEER_WARM: peer_warm, FOUR_WARM: lambda: with_yike(asked, graph), WHOLE: whole},
        repetitions=repetitions,
    )
    cold = interleave(
        {PEER_COLD: peer_cold, FOUR_COLD: lambda: with_yike(asked, _fresh_graph(network))},
        repetitions=_COLD_REPETITIONS,
        warm_up=0,
    )
    found = whole()
    return Row(
        title=(
            f"whole evaluation of {districts:,} point districts and {len(data.facilities):,} "
            f"facilities, {len(asked.facilities):,} of which count"
        ),
        timings=(*warm.values(), *cold.values()),
        ratios=(
            compare(warm[FOUR_WARM], warm[PEER_WARM], budget=at_most(0.5)),
            compare(cold[PEER_COLD], cold[FOUR_COLD], budget=at_least(10)),
            compare(warm[WHOLE], warm[PEER_WARM], budget=at_most(3)),
        ),
        agreements=_four_rules_agree(with_yike(asked, graph), peer_warm()),
        facts={
            "rules": len(city.pack.rules),
            "findings": len(found.findings),
            "seconds by stage": {name: round(s, 3) for name, s in found.seconds.items()},
        },
        notes=(
            "The peer walks from node to node, Yike from the nearest points of edges with their",
            "connectors counted: verdicts near the limit differ.",
        ),
    )


def peer_of(city: BenchCity, asked: FourRules) -> Callable[[], pd.DataFrame]:
    """Make the peer ready to answer the four rules: its graph is built."""
    graph = city.network.graph
    built = pandana_peer.build(city.network, pandana_peer.node_xy(city.network, graph))
    return partial(with_geopandas_and_pandana, asked, built, crs=graph.crs)


def growth_rows(city: BenchCity, *, most_districts: int) -> tuple[Row, Row]:
    """Measure how time grows with districts, and with edges."""
    return _growth_with_districts(city, most=most_districts), _growth_with_edges(city)


def _growth_with_districts(city: BenchCity, *, most: int) -> Row:
    sizes = [size for size in DISTRICTS if size <= most]
    runs: dict[str, Callable[[], object]] = {}
    for size in sizes:
        data = city.planning_data(districts=size)
        runs[f"{size:,} districts"] = partial(_evaluate, data, city)
    timed = interleave(runs, repetitions=_GROWTH_REPETITIONS, warm_up=1)
    return Row(
        title=f"growth: all rules with evidence, {sizes[0]:,} to {sizes[-1]:,} districts",
        timings=tuple(timed.values()),
        facts=_exponents(sizes, list(timed.values())),
        notes=("streets and facilities stay the same, so the beginning holds their fixed cost.",),
    )


def _growth_with_edges(city: BenchCity) -> Row:
    cuts = [cut_network(city.network, share=share) for share in EDGE_SHARES]
    runs: dict[str, Callable[[], object]] = {}
    for network in cuts:
        count = max(4, round(nearest.FACILITIES * len(network.u) / len(city.network.u)))
        nodes = nearest.random_nodes(network, count=count)
        sites = nearest.snaps_at_nodes(network, nodes)

        def build_and_ask(network: Network = network, sites: Snap = sites) -> object:
            return nearest.with_yike(_fresh_graph(network), sites)

        runs[f"{len(network.u):,} edges"] = build_and_ask
    timed = interleave(runs, repetitions=_GROWTH_REPETITIONS, warm_up=1)
    sizes = [len(network.u) for network in cuts]
    return Row(
        title=(
            f"growth: building the graph and asking every node's nearest facility, "
            f"{sizes[0]:,} to {sizes[-1]:,} edges"
        ),
        timings=tuple(timed.values()),
        facts=_exponents(sizes, list(timed.values())),
    )


def _exponents(sizes: Sequence[int], timings: Sequence[Timing]) -> dict[str, float]:
    seconds = [min(timing.seconds) for timing in timings]
    last = [i for i, size in enumerate(sizes) if size * 10 >= sizes[-1]]
    return {
        "exponent over the whole range": round(growth_exponent(sizes, seconds), 2),
        "exponent over the last decade": round(
            growth_exponent([sizes[i] for i in last], [seconds[i] for i in last]), 2
        ),
    }


def _evaluate(data: PlanningData, city: BenchCity) -> Evaluation:
    return evaluate(data, packs=[city.pack], as_of=AS_OF)


def _fresh_graph(network: Network) -> WalkGraph:
    """Build the walking graph and its index anew, as on first use."""
    return replace(network, kept=None, _graphs={}).graph


def _four_rules_agree(own: pd.DataFrame, other: pd.DataFrame) -> tuple[Agreement, ...]:
    names = {
        "straight_met": ("within 300 m in a straight line", True),
        "walking_met": ("within 15 minutes' walk", False),
        "area_met": ("floor area", True),
        "number_met": ("number of facilities", True),
    }
    return tuple(
        verdicts_agree(
            f"verdicts on {words}",
            own[name].to_numpy(),
            other[name].to_numpy(),
            required=required,
        )
        for name, (words, required) in names.items()
    )
