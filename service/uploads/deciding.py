"""Storing an import that was looked at, whatever it brings."""

from __future__ import annotations

from sqlalchemy import Connection

from service.core.keys import Principal
from service.uploads import records, service
from service.uploads.request import NETWORK
from service.uploads.streets import commit_network


def commit(connection: Connection, import_id: str, *, principal: Principal) -> None:
    """Store an import as it was shown; one that is stored already is left as it is.

    Raises
    ------
    NotFoundError, ForbiddenError, ConflictError
        As `service.uploads.service.commit` and `service.uploads.streets.commit_network`.
    """
    if records.find(connection, import_id, principal=principal).kind == NETWORK:
        commit_network(connection, import_id, principal=principal)
    else:
        service.commit(connection, import_id, principal=principal)
