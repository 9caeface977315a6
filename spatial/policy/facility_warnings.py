"""What is odd about the facilities of an evaluation, in lines a person should read."""

from __future__ import annotations

import numpy as np

from spatial.policy.facts import City


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
        for facility in facilities.loc[standing.conflict, "id"].astype(str)
    ]
    named = facilities["district_id"].notna() & ~facilities["district_id"].isin(
        city.districts["id"]
    )
    warnings += [
        f"facility {row.id}: its district {row.district_id} is not among the districts"
        for row in facilities.loc[named, ["id", "district_id"]].itertuples()
    ]
    if city.network is not None:
        _, snaps = city.snaps()
        island = snaps.on_network & city.graph().island[snaps.edge]
        for where, mask in (
            ("is off the street network", ~snaps.on_network),
            ("joins a street that hangs together with no other", island),
        ):
            lost = city.facilities["id"].to_numpy()[np.unique(city.doors[1][mask])]
            warnings += [f"facility {facility}: an entrance {where}" for facility in lost]
    return warnings
