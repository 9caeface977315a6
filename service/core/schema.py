"""Every table of the database: importing this module completes `METADATA`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import Table

from service.areas.tables import AREA
from service.buildings.tables import BUILDING
from service.core.database import METADATA
from service.core.tables import API_KEY, AUDIT, BROWSER_SESSION, DATA_STATE, SIGN_IN_LINK
from service.districts.tables import DISTRICT
from service.evaluations.tables import (
    EVALUATION,
    EVALUATION_AREA,
    EVALUATION_DISTRICT,
    FINDING,
)
from service.facilities.tables import FACILITY
from service.indicators.tables import INDICATOR
from service.networks.tables import NETWORK, NETWORK_EDGE
from service.packs.tables import PACK
from service.parks.tables import PARK
from service.projects.tables import PROJECT
from service.reviews.tables import REVIEW, REVIEW_OVERRIDE, REVIEW_SIGNATURE
from service.scenarios.tables import SCENARIO
from service.uploads.tables import DATA_IMPORT

# The version table of each layer of `spatial.fields.LAYERS`, and of the projects.
VERSIONED: Final[Mapping[str, Table]] = MappingProxyType(
    {
        "areas": AREA,
        "districts": DISTRICT,
        "buildings": BUILDING,
        "facilities": FACILITY,
        "parks": PARK,
        "projects": PROJECT,
    }
)

__all__ = [
    "API_KEY",
    "AUDIT",
    "BROWSER_SESSION",
    "DATA_IMPORT",
    "DATA_STATE",
    "EVALUATION",
    "EVALUATION_AREA",
    "EVALUATION_DISTRICT",
    "FINDING",
    "INDICATOR",
    "METADATA",
    "NETWORK",
    "NETWORK_EDGE",
    "PACK",
    "REVIEW",
    "REVIEW_OVERRIDE",
    "REVIEW_SIGNATURE",
    "SCENARIO",
    "SIGN_IN_LINK",
    "VERSIONED",
]
