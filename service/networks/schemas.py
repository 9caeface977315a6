"""How street networks are shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from service.networks.service import StoredNetwork


class NetworkSummary(BaseModel):
    """One street network, without its edges."""

    version: str
    name: str
    source: str
    crs: str = Field(description="System the streets were given in")
    in_use: bool = Field(description="True for the one that evaluations walk on")
    created_at: datetime
    used_since: datetime | None = Field(
        description="null where the import that put it into use was taken back"
    )
    nodes: int
    edges: int
    length_m: float
    diagnosis: dict[str, Any] | None = Field(
        description="Parts that do not touch, ends that just miss a street, length by class, "
        "districts and facilities near a street, as of the import; null where nobody looked"
    )

    @classmethod
    def of(cls, network: StoredNetwork, *, in_use: bool) -> NetworkSummary:
        """Return the summary of a network."""
        return cls(**vars(network), in_use=in_use)


class NetworkList(BaseModel):
    """All networks stored, the one in use first."""

    networks: list[NetworkSummary]
