"""What is odd about the facilities of an evaluation, in lines a person should read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from spatial.policy.city import City
from spatial.policy.facts import Facts
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.missing_wording import MOST_NAMED
from spatial.policy.pack import Pack


def unallotted_warnings(judged: Sequence[tuple[Pack, Facts]]) -> list[str]:
    """List the facilities that count for a rule of floor area or number, and belong to no unit.

    One line a pack that has such rules, with the first few ids.
    """
    lines: list[str] = []
    for pack, facts in judged:
        counting = np.zeros(len(facts.city.facilities), dtype=bool)
        for rule in pack.rules:
            if rule.kind in DISTRICT_KINDS and not DISTRICT_KINDS[rule.kind].reach:
                counted = facts.counted(rule.counts)
                counting |= counted.operating | counted.approved
        if not counting.any():
            continue
        lost = facts.city.facilities["id"].to_numpy(dtype=object)[
            counting & (facts.allotment.unit < 0)
        ]
        if len(lost):
            named = ", ".join(lost[:MOST_NAMED])
            more = f" and {len(lost) - MOST_NAMED} more" if len(lost) > MOST_NAMED else ""
            lines.append(
                f"{len(lost)} facilities that count are allotted to none of the districts: they "
                "are in no sum of floor area or number, and count for reach and area ratios "
                f"({pack.id}): {named}{more}"
            )
    return lines


def facility_warnings(city: City) -> list[str]:
    """Name what a person should know of the facilities an evaluation rests on.

    Parameters
    ----------
    city
        What is evaluated; without districts nothing is said.

    Returns
    -------
    One line each: none given, standing unknown, status against dates, a district that does not
    exist, an entrance off the streets.
    """
    warnings: list[str] = []
    facilities, standing = city.facilities, city.standing
    ids = facilities["id"].to_numpy(dtype=object)
    if len(city.districts) == 0:
        return warnings
    if len(facilities) == 0:
        warnings.append("no facilities were given: nothing is covered")
    if standing.unknown.any():
        warnings.append(
            f"{int(standing.unknown.sum())} of {len(facilities)} facilities have neither a status "
            "nor an opening date: they do not count"
        )
    warnings += [
        f"facility {facility}: its status contradicts its dates; the dates were followed"
        for facility in ids[standing.conflict]
    ]
    named = np.flatnonzero(facilities["district_id"].notna().to_numpy())
    wanted = facilities["district_id"].to_numpy(dtype=object)[named]
    lost = city.district_ids.get_indexer(pd.Index(wanted)) < 0
    warnings += [
        f"facility {facility}: its district {district} is not among the districts"
        for facility, district in zip(ids[named[lost]], wanted[lost], strict=True)
    ]
    if city.network is not None:
        _, snaps = city.snaps()
        island = snaps.on_network & city.graph().island[snaps.edge]
        for where, mask in (
            ("is off the street network", ~snaps.on_network),
            ("joins a street that hangs together with no other", island),
        ):
            off = ids[np.unique(city.doors[1][mask])]
            warnings += [f"facility {facility}: an entrance {where}" for facility in off]
    return warnings
