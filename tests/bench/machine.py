"""On what the figures were measured."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyproj
import shapely

LIBRARIES = (
    "yike",
    "numpy",
    "scipy",
    "pandas",
    "shapely",
    "pyproj",
    "geopandas",
    "networkx",
    "osmnx",
    "pandana",
    "pyrosm",
    "osmium",
    "psycopg",
    "tipg",
    "sqlalchemy",
)


def describe() -> dict[str, Any]:
    """Return cores, processor, load, system and the versions of everything that was measured."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load_1_min": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in LIBRARIES}
        | {"geos": shapely.geos_version_string, "proj": pyproj.proj_version_str},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
