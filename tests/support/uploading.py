"""Uploads of the tests: sent to a served town, waited for, decided on."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

GEOJSON = "application/geo+json"


def upload(town, document, *, kind="facilities", role="editor", **params):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return town.post(
        "/v1/imports",
        params={"kind": kind, **params},
        content=body,
        headers={"Content-Type": GEOJSON},
        role=role,
    )


def done(town, answer, role="editor") -> dict[str, Any]:
    """The import once its file is read, however busy the machine is."""
    assert answer.status_code in (201, 202), answer.text
    document = answer.json()
    assert answer.headers["location"] == f"/v1/imports/{document['id']}"
    for _ in range(1200):
        if document["state"] != "reading":
            return document
        time.sleep(0.1)
        document = town.get(answer.headers["location"], role=role).json()
    pytest.fail("the file is still being read")


def ask(town, what, found, role="editor"):
    return town.post(f"/v1/imports/{found['id']}/{what}", role=role)
