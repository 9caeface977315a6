"""An OSM extract read into a walking network by each engine.

OSMnx reads no PBF: it gets the walkable ways of the extract, and their nodes alone, as XML that
osmium wrote beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import networkx as nx  # type: ignore[import-untyped]  # publishes no types
import osmium
import osmnx
import pyrosm

from service.imports.street_reader import read_network
from spatial.network import Network

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "osm"
EXTRACTS = ("Helsinki.osm.pbf", "las_palmas_20230221.osm.pbf")

# What OSMnx's own walking network leaves out when it asks a server.
_NOT_WALKED = frozenset(
    {
        *("abandoned", "construction", "no", "planned", "proposed", "razed"),
        *("bus_guideway", "motor", "motorway", "motorway_link", "raceway", "rest_area", "services"),
        *("corridor", "elevator", "escalator", "platform"),
    }
)
_REFUSED = {"access": "private", "area": "yes", "foot": "no", "service": "private"}


@dataclass(frozen=True)
class Size:
    """What an engine read.

    Parameters
    ----------
    kilometres
        Of streets, each counted once.
    nodes, edges
        Of the network.
    components
        Parts of the network that hang together.
    """

    kilometres: float
    nodes: int
    edges: int
    components: int


def with_yike(extract: Path) -> Network:
    """Read the streets and build their network, ready to be stored or walked on."""
    return read_network(extract).network


def size_of_network(network: Network) -> Size:
    """Say what Yike read; of its edges each is one street, walked both ways."""
    component = network.graph.component
    return Size(
        kilometres=float(network.length_m.sum()) / 1000,
        nodes=len(network.node_lonlat),
        edges=len(network.u),
        components=int(component.max()) + 1,
    )


def write_walkable_xml(extract: Path, xml: Path) -> None:
    """Write the walkable ways of an extract, and the nodes they need, as OSM XML.

    OSMnx gives up at a way cut by the edge of the extract: nodes that are not there are left out.
    """
    present = {node.id for node in osmium.FileProcessor(extract, osmium.osm.NODE)}
    with osmium.BackReferenceWriter(xml, ref_src=extract, overwrite=True) as writer:
        for way in osmium.FileProcessor(extract, osmium.osm.WAY):
            nodes = [node.ref for node in way.nodes if node.ref in present]
            if _walkable(way.tags) and len(nodes) > 1:
                writer.add(way.replace(nodes=nodes))


def with_osmnx(xml: Path) -> nx.MultiDiGraph:
    """Read a walking network: both directions, simplified to junctions, every component."""
    return osmnx.graph_from_xml(xml, bidirectional=True, retain_all=True)


def with_pyrosm(extract: Path) -> nx.MultiDiGraph:
    """Read a walking network as pyrosm's manual does: nodes and edges, then a graph of them."""
    osm = pyrosm.OSM(str(extract), progress=False)
    nodes, edges = osm.get_network(network_type="walking", nodes=True)
    return osm.to_graph(nodes, edges, graph_type="networkx", retain_all=True, progress=False)


def pyrosm_lines(extract: Path) -> object:
    """Read nodes and edges alone, without making a graph of them."""
    osm = pyrosm.OSM(str(extract), progress=False)
    return osm.get_network(network_type="walking", nodes=True)


def size_of(graph: nx.MultiDiGraph) -> Size:
    """Measure a graph that holds every street in both directions."""
    return Size(
        kilometres=float(sum(metres for _, _, metres in graph.edges(data="length"))) / 2000,
        nodes=graph.number_of_nodes(),
        edges=graph.number_of_edges() // 2,
        components=nx.number_weakly_connected_components(graph),
    )


def _walkable(tags: osmium.osm.TagList) -> bool:
    return (
        "highway" in tags
        and tags["highway"] not in _NOT_WALKED
        and all(tags.get(name) != value for name, value in _REFUSED.items())
    )
