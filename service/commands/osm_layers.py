"""The layers of an OpenStreetMap file, as commands take them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

from service.commands.progress import Progress
from service.imports.osm.reader import ORIGIN_CRS, PLACE_LAYERS, read_osm_places
from service.imports.reader import ReadLayer
from service.imports.street_reader import ReadNetwork, read_network

NETWORK: Final = "network"
OSM_KINDS: Final = (*PLACE_LAYERS, NETWORK)


def read_osm_layers(
    path: Path, *, kinds: Collection[str] = OSM_KINDS, progress: Progress
) -> dict[str, ReadLayer | ReadNetwork]:
    """Read what is wanted of an OpenStreetMap file.

    Parameters
    ----------
    path
        OpenStreetMap PBF or XML.
    kinds
        Which of `OSM_KINDS`.

    Returns
    -------
    By kind, in the order of `OSM_KINDS`.

    Raises
    ------
    InputError
        When the file cannot be read, or has no street where streets are wanted, or nothing
        residential where districts are.
    """
    read: dict[str, ReadLayer | ReadNetwork] = {}
    wanted = [kind for kind in PLACE_LAYERS if kind in kinds]
    if wanted:
        with progress.stage("read osm places", f"reading places of {path}"):
            for kind, layer in read_osm_places(path, layers=wanted).items():
                read[kind] = ReadLayer(layer.frame, ORIGIN_CRS, None, layer.warnings)
    if NETWORK in kinds:
        with progress.stage("read osm network", f"reading streets of {path}"):
            read[NETWORK] = read_network(path)
    return read
