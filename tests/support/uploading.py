"""Uploads of the tests: sent to a served town, waited for, decided on."""

from __future__ import annotations

import json
import time

import pytest
from served_town import block, collection, feature, place, point
from sqlalchemy import text

from service.core.database import create_database_engine

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


def done(town, answer, role="editor"):
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


def nursery(number, column=5, row=5, **values):
    base = {"kind": "nursery", "status": "operating", "places": 60, "name": f"园{number}"}
    return feature(point(column, row), id=f"n{number}", **{**base, **values})


def remove(town, *keys):
    """Take facilities out of the tests' way, history and all."""
    owner = create_database_engine(town.settings.database.owner_url.get_secret_value())
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM facility WHERE id = ANY(:keys)"), {"keys": list(keys)})
    owner.dispose()


MIXED = collection(
    nursery(1, name="甲园", floor_area_m2=400.5),
    nursery(2, places=-3),
    nursery(3, places="many"),
    nursery(1, 6, 6),
    feature(
        {**block(6, 6), "coordinates": [block(6, 6)["coordinates"][0][:-1]]},
        id="n5",
        kind="nursery",
        status="operating",
        name="五",
    ),
    feature(
        {
            "type": "Polygon",
            "coordinates": [[place(8, 8), place(9, 9), place(9, 8), place(8, 9), place(8, 8)]],
        },
        id="n6",
        kind="nursery",
        status="operating",
        name="六",
    ),
    nursery(7, name="甲园"),
    feature(point(4, 2), id="n8", kind="nursery", status="operating", name="托育园"),
    feature(
        point(4, 2),
        id="nursery-1",
        kind="nursery",
        status="operating",
        name="托育园",
        floor_area_m2=400,
        places=99,
    ),
    feature(point(3, 3), id="day-1", kind="day_care", status="operating", name="日间照料"),
)
