"""Storing an import that was looked at, whatever it brings."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from service.core.keys import Principal
from service.uploads import records, service
from service.uploads.figures import commit_figures
from service.uploads.request import FIGURES, NETWORK
from service.uploads.streets import commit_network

# What brings no rows of a layer.
_OTHERS: Final = {NETWORK: commit_network, FIGURES: commit_figures}


def commit(connection: Connection, import_id: str, *, principal: Principal) -> None:
    """Store an import as it was shown; one that is stored already is left as it is.

    Raises
    ------
    NotFoundError, ForbiddenError, ConflictError
        As `service.uploads.service.commit`, `service.uploads.streets.commit_network` and
        `service.uploads.figures.commit_figures`.
    """
    kind = records.find(connection, import_id, principal=principal).kind
    store = _OTHERS.get(kind, service.commit)
    store(connection, import_id, principal=principal)
