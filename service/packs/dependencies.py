"""Loading the pack an address names."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from service.core.errors.state import NotFoundError
from service.core.parameters import known_id
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency
from service.packs.service import versions_in_use
from spatial.policy.pack import Pack


def read_pack(pack_id: str, resources: ResourcesDependency, _principal: ViewerDependency) -> Pack:
    """Return the version in use of a pack.

    Raises
    ------
    NotFoundError
        If no such pack is stored.
    """
    name = known_id(pack_id)
    with resources.reading() as connection:
        versions = versions_in_use(connection)
        if name not in versions:
            raise NotFoundError("There is no such rule pack.")
        return resources.pack_cache.of(connection, {name: versions[name]})[0]


PackDependency = Annotated[Pack, Depends(read_pack)]
