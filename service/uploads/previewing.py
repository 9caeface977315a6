"""What was read of a file, held against what is stored, whatever it brings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from service.core.geojson import encode_json
from service.core.keys import Principal
from service.uploads.figure_reading import figures_from_stream
from service.uploads.figures import preview_figures
from service.uploads.frames import from_stream
from service.uploads.reading import Tell
from service.uploads.request import ImportRequest
from service.uploads.sandbox import SandboxResult
from service.uploads.service import preview
from service.uploads.street_stream import network_from_stream
from service.uploads.streets import preview_network


def compared_values(
    connection: Connection,
    result: SandboxResult,
    request: ImportRequest,
    told: Mapping[str, Any],
    *,
    label: str,
    principal: Principal,
    tell: Tell,
) -> dict[str, Any]:
    """Return the report of an upload and the digest that stands for it, as they are kept.

    Parameters
    ----------
    told
        What there is to say of the file alone.
    tell
        Called with the stage and the rows.

    Raises
    ------
    InputError
        As `service.uploads.service.preview`.
    """
    if request.is_network:
        network = network_from_stream(result.accepted)
        tell("comparing", len(network.u))
        report = preview_network(connection, network, request, told)
        return {"report": encode_json(report), "digest": network.version}
    if request.is_figures:
        figures = figures_from_stream(result.accepted)
        tell("comparing", len(figures))
        compared, report = preview_figures(
            connection, figures, told, label=label, principal=principal
        )
        return {"report": encode_json(report), "digest": compared.difference.digest}
    frame = from_stream(result.accepted, request.layer)
    tell("comparing", len(frame))
    compared, report = preview(connection, request, frame, told, principal=principal)
    aside = result.quarantine
    return {
        "report": encode_json(report),
        "digest": compared.difference.digest,
        "quarantine": None if aside is None else aside.read_bytes(),
        "quarantine_suffix": None if aside is None else aside.suffix,
    }
