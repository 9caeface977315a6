"""The street networks that are stored."""

from __future__ import annotations

from fastapi import APIRouter

from service.core.openapi import problems
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency
from service.networks.schemas import NetworkList, NetworkSummary
from service.networks.service import list_networks


def build_router() -> APIRouter:
    """Return the routes of networks: /v1/networks."""
    router = APIRouter(prefix="/networks", tags=["networks"])

    @router.get(
        "",
        operation_id="list_networks",
        summary="List the street networks with what is odd about them",
        responses=problems(400, 401),
    )
    def list_all(resources: ResourcesDependency, _principal: ViewerDependency) -> NetworkList:
        with resources.reading() as connection:
            networks = list_networks(connection)
        return NetworkList(
            networks=[
                NetworkSummary.of(network, in_use=place == 0 and network.used_since is not None)
                for place, network in enumerate(networks)
            ]
        )

    return router
