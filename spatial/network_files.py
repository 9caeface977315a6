"""Networks as plain files that processes map into memory and share."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError
from scipy.sparse import csr_matrix

from spatial.errors import NetworkError
from spatial.network import Kept, Network
from spatial.street_index import StreetIndex
from spatial.traits import EdgeTraits

_OWN: Final = ("u", "v", "length_m", "coordinates", "offsets", "node_lonlat")
_TRAITS: Final = tuple(f.name for f in fields(EdgeTraits) if f.name != "highway")
_ADJACENCY: Final = ("data", "indices", "indptr")
_INDEX: Final = tuple(f.name for f in fields(StreetIndex) if f.name not in ("crs", "offsets"))


def save_network(network: Network, directory: Path) -> None:
    """Write a network and its index as plain arrays that `load_network` maps into memory.

    `directory` must exist. Processes that map the same files share one copy of their pages.
    """
    classes, codes = np.unique(network.highway.astype(str), return_inverse=True)
    traits = network.traits.arrays()
    arrays: dict[str, NDArray[Any]] = {
        **{name: getattr(network, name) for name in _OWN},
        **{f"traits_{name}": traits[name] for name in _TRAITS},
        **{f"index_{name}": getattr(network.index, name) for name in _INDEX},
        **{f"adjacency_{name}": getattr(network.graph.adjacency, name) for name in _ADJACENCY},
        "highway_codes": codes.astype(np.int16),
    }
    for name, array in arrays.items():
        np.save(directory / f"{name}.npy", array, allow_pickle=False)
    facts = {
        "version": network.version,
        "classes": [None if name == "None" else name for name in classes],
        "index_crs": network.index.crs.srs,
        "barriers": [shapely.to_wkt(b, rounding_precision=-1) for b in network.barriers],
    }
    (directory / "network.json").write_text(json.dumps(facts), encoding="utf-8")


def load_network(directory: Path) -> Network:
    """Map a network that `save_network` wrote.

    Raises
    ------
    NetworkError
        When a file is missing or unreadable.
    """
    try:
        facts = json.loads((directory / "network.json").read_text(encoding="utf-8"))
        own: dict[str, Any] = {name: _mapped(directory, name) for name in _OWN}
        traits = {name: _mapped(directory, f"traits_{name}") for name in _TRAITS}
        index = {name: _mapped(directory, f"index_{name}") for name in _INDEX}
        codes = np.asarray(_mapped(directory, "highway_codes"))
        classes = np.array(facts["classes"], dtype=object)
        return Network(
            **own,
            traits=EdgeTraits(highway=classes[codes], **traits),
            version=facts["version"],
            barriers=np.array(shapely.from_wkt(facts["barriers"]), dtype=object),
            kept=Kept(
                index=StreetIndex(
                    crs=CRS.from_user_input(facts["index_crs"]), offsets=own["offsets"], **index
                ),
                adjacency=csr_matrix(
                    tuple(_mapped(directory, f"adjacency_{name}") for name in _ADJACENCY),
                    shape=(len(own["node_lonlat"]),) * 2,
                    copy=False,
                ),
            ),
        )
    except (OSError, ValueError, LookupError, TypeError, CRSError) as error:
        msg = f"{directory}: not a stored network ({error})"
        raise NetworkError(msg) from error


def _mapped(directory: Path, name: str) -> NDArray[Any]:
    mapped = np.load(directory / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    # The same pages as a plain array: every step on a `memmap` goes through Python once more.
    return np.asarray(mapped)
