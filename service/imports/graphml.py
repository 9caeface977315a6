"""Reading GraphML, as OSMnx or NetworkX writes it."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import ParseError

import networkx as nx
import pandas as pd

from service.imports.graphs import graph_lines
from service.imports.raw import RawTable, Reading
from spatial.errors import InputError


def read_graphml(
    path: Path,
    *,
    prefer: str,  # noqa: ARG001  # one signature for all formats
    table: str | None,  # noqa: ARG001  # likewise
    how: Reading,  # noqa: ARG001  # likewise
) -> RawTable:
    """Read the graph of a file as street lines; see `service.imports.graphs.graph_lines`.

    OSMnx's own reader insists on its attributes and on whole numbers for nodes; here any graph
    with coordinates will do.

    Raises
    ------
    InputError
        When the file is no GraphML, or its graph cannot be used.
    """
    source = str(path)
    try:
        graph = nx.read_graphml(path, force_multigraph=True)
    except (ParseError, nx.NetworkXException, ValueError, KeyError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{source}: is no GraphML that can be read: {reason}") from None
    lines = graph_lines(graph, source=source)
    declared = lines.crs if graph.graph.get("crs") is not None else None
    return RawTable(pd.DataFrame(lines), placed=True, declared_crs=declared, assumed_crs=lines.crs)
