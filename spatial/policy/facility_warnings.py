"""What is odd about the facilities of an evaluation, in lines a person should read."""

from __future__ import annotations

import numpy as np
import pandas as pd

from spatial.policy.city import City


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
