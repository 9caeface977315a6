"""The edges of a network as one Arrow stream and back, to the last bit."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from spatial.canonical_edges import network_from_edges
from spatial.network import Network
from spatial.traits import EdgeTraits

_EDGES: Final = ("u", "v", "length_m")


def network_to_stream(network: Network) -> bytes:
    """Return the edges of a network as an Arrow stream."""
    columns: dict[str, Any] = {name: pa.array(getattr(network, name)) for name in _EDGES}
    columns["geometry"] = pa.array(shapely.to_wkb(network.geometry).tolist(), pa.binary())
    for name, values in network.traits.arrays().items():
        columns[name] = (
            pa.array(values.tolist(), pa.string()) if name == "highway" else pa.array(values)
        )
    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def network_from_stream(content: bytes) -> Network:
    """Return the network of an Arrow stream: the same edges, and so the same version."""
    with pa.ipc.open_stream(pa.BufferReader(content)) as reader:
        table = reader.read_all()

    def array(name: str) -> NDArray[Any]:
        # Two booleans of Arrow share a byte, so they are copied.
        return np.asarray(table[name].combine_chunks().to_numpy(zero_copy_only=False))

    traits = [name for name in table.column_names if name not in {*_EDGES, "geometry", "highway"}]
    return network_from_edges(
        u=array("u"),
        v=array("v"),
        length_m=array("length_m"),
        geometry=shapely.from_wkb(array("geometry")),
        traits=EdgeTraits(
            highway=np.array(table["highway"].to_pylist(), dtype=object),
            **{name: array(name) for name in traits},
        ),
    )
