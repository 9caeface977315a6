"""Searches for the nearest facility, brought up to date where facilities come and go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.entering import first_steps
from spatial.policy.city import City
from spatial.policy.facility_edits import Change
from spatial.policy.rule import Counts
from spatial.profiles import Impedance
from spatial.reach import node_distances
from spatial.relaxing import forget, relax

# A projected distance differs from the geodesic by less than this share inside a zone.
_SCALE_MARGIN: Final = 1.002
_ROUNDING_M: Final = 0.02

Nodes = tuple[NDArray[np.float64], NDArray[np.int64]]


@dataclass(frozen=True)
class Question:
    """What is searched for.

    Parameters
    ----------
    counts
        Conditions of a rule.
    unknown
        Facilities that would count if more were known of them, in the place of those that do.
    walking
        What a walk pays for; None in a straight line.
    limit_mm
        Search limit, whole millimetres, inclusive.
    """

    counts: Counts
    unknown: bool
    walking: Impedance | None
    limit_mm: float


@dataclass(frozen=True, eq=False)
class Answer:
    """The nearest facility of every demand point; shape (p,) each.

    Parameters
    ----------
    mm, facility
        Whole millimetres and number, as in `spatial.policy.facts.Reach`.
    snap_m, astray
        Likewise; of no meaning in a straight line.
    nodes
        Metres and facility at the nodes of the streets; None in a straight line.
    """

    mm: NDArray[np.float64]
    facility: NDArray[np.int64]
    snap_m: NDArray[np.float64]
    astray: NDArray[np.bool_]
    nodes: Nodes | None

    def same(self, other: Answer, points: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell at which of the points both say the same."""
        equal: NDArray[np.bool_] = self.facility[points] == other.facility[points]
        equal &= self.astray[points] == other.astray[points]
        for one, two in ((self.mm, other.mm), (self.snap_m, other.snap_m)):
            equal &= (one[points] == two[points]) | (np.isnan(one[points]) & np.isnan(two[points]))
        return equal


def search(city: City, question: Question, chosen: NDArray[np.bool_]) -> Answer:
    """Search for the chosen facilities (k,) from every demand point."""
    limit_m = question.limit_mm / 1000
    points = len(city.demand.district)
    if question.walking is None:
        mm, facility = city.straight(chosen, limit_m=limit_m)
        return Answer(mm, facility, np.zeros(points), np.zeros(points, dtype=bool), None)
    nodes = None
    if city.network is not None:
        graph, (_, doors) = city.graph(question.walking), city.snaps(question.walking)
        used = chosen[city.doors[1]] & doors.on_network
        size = graph.adjacency.shape[0]
        nodes = (np.full(size, np.inf), np.full(size, -1, dtype=np.int64))
        if used.any():
            nodes = node_distances(
                graph, sites=doors[used], site_of=city.doors[1][used], limit_m=limit_m
            )
    return _walked(city, question, chosen, None, nodes)


def search_again(
    answer: Answer,
    question: Question,
    chosen: NDArray[np.bool_],
    *,
    before: City,
    city: City,
    change: Change,
) -> tuple[Answer, NDArray[np.int64]]:
    """Bring an answer up to date after edits.

    Parameters
    ----------
    answer
        To the question, before the edits.
    question
        What is searched for.
    chosen
        Which facilities are searched for now, shape (k,).
    before, city, change
        The city before and after the edits, and what they touch.

    Returns
    -------
    The answer of `search`, and the demand points at which it differs or rests on a facility that
    was edited.
    """
    renumbered = change.now(answer.facility)
    if question.walking is None:
        points, nodes = _straight_doubts(answer, question, chosen, city, change), None
        mm, facility = city.straight(chosen, points=points, limit_m=question.limit_mm / 1000)
        again = Answer(mm, facility, np.zeros(len(points)), np.zeros(len(points), bool), None)
    elif answer.nodes is None:
        return answer, np.zeros(0, dtype=np.int64)
    else:
        nodes, changed = _nodes_again(answer.nodes, question, chosen, city, change)
        points = _walking_doubts(changed, question.walking, before=before, city=city, change=change)
        again = _walked(city, question, chosen, points, nodes)
    now = Answer(answer.mm.copy(), renumbered, answer.snap_m.copy(), answer.astray.copy(), nodes)
    now.mm[points], now.facility[points] = again.mm, again.facility
    now.snap_m[points], now.astray[points] = again.snap_m, again.astray
    old = replace(answer, facility=change.now(answer.facility))
    touched = ~now.same(old, points) | np.isin(again.facility, change.came)
    return now, points[touched]


def _walked(
    city: City,
    question: Question,
    chosen: NDArray[np.bool_],
    points: NDArray[np.int64] | None,
    nodes: Nodes | None,
) -> Answer:
    assert question.walking is not None  # noqa: S101 - for the type checker: asked on foot only
    walked = city.walk(
        chosen,
        points=points,
        limit_m=question.limit_mm / 1000,
        impedance=question.walking,
        nodes=nodes,
    )
    return Answer(walked.walk_mm, walked.facility, walked.snap_m, walked.astray, nodes)


def _straight_doubts(
    answer: Answer, question: Question, chosen: NDArray[np.bool_], city: City, change: Change
) -> NDArray[np.int64]:
    """Points whose nearest was touched, and those a facility that came is as near to."""
    doubtful = np.append(change.gone, np.False_)[answer.facility]
    reach_m = np.minimum(answer.mm, question.limit_mm) / 1000 * _SCALE_MARGIN + _ROUNDING_M
    came = np.zeros(change.size, dtype=bool)
    came[change.came] = chosen[change.came]
    for door in city.doors_local[came[city.doors[1]]]:
        doubtful |= _planar_m(city, door) <= reach_m
    return np.flatnonzero(doubtful)


def _planar_m(city: City, door: shapely.Geometry) -> NDArray[np.float64]:
    """Distance of every demand point from a place, both projected."""
    if city.demand_xy is None or not isinstance(door, shapely.Point):
        return np.asarray(shapely.distance(city.demand_local, door))
    east, north = (city.demand_xy - (door.x, door.y)).T
    return np.asarray(np.hypot(east, north))


def _nodes_again(
    nodes: Nodes,
    question: Question,
    chosen: NDArray[np.bool_],
    city: City,
    change: Change,
) -> tuple[Nodes, NDArray[np.int64]]:
    """Bring the nodes up to date; which of them changed."""
    assert question.walking is not None  # noqa: S101 - as above
    graph, (_, doors) = city.graph(question.walking), city.snaps(question.walking)
    node_m, node_site = nodes[0].copy(), nodes[1].copy()
    lost, node, metres, site = forget(graph.adjacency, node_m, node_site, gone=change.gone)
    node_site, site = change.now(node_site), change.now(site)
    used = chosen[city.doors[1]] & doors.on_network
    beside, steps_m, of_site = first_steps(graph, doors[used], city.doors[1][used], leaving=False)
    took = relax(
        graph.toward,
        node_m,
        node_site,
        node=np.concatenate([node, beside]),
        metres=np.concatenate([metres, steps_m]),
        site=np.concatenate([site, of_site]),
        limit_m=question.limit_mm / 1000,
    )
    return (node_m, node_site), np.concatenate([lost, took])


def _walking_doubts(
    changed: NDArray[np.int64],
    walking: Impedance,
    *,
    before: City,
    city: City,
    change: Change,
) -> NDArray[np.int64]:
    """Points whose gates lie at a node that changed, or on an edge with an edited entrance."""
    graph, (gates, doors) = city.graph(walking), city.snaps(walking)
    came = np.zeros(change.size, dtype=bool)
    came[change.came] = True
    edges = np.concatenate(
        [
            before.snaps(walking)[1].edge[change.gone[before.doors[1]]],
            doors.edge[came[city.doors[1]]],
        ]
    )
    node = np.zeros(graph.adjacency.shape[0], dtype=bool)
    node[changed] = True
    here = np.maximum(gates.edge, 0)
    hit = node[graph.u[here]] | node[graph.v[here]] | np.isin(here, edges)
    hit &= gates.on_network
    return np.unique(city.gates.point[hit[city.gates.gate]])
