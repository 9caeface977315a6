"""A served town: the real application over real HTTP, on a real database, as the serving role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from served_town import AREAS, DISTRICTS, FACILITIES, Town, assert_problem, serving, street_lines
from sqlalchemy import text
from uploading import ask

from service.core import audit
from service.core.database import create_database_engine
from service.core.keys import create_key
from service.core.settings import Settings
from service.networks.service import store_network
from service.packs.service import store_packs
from spatial.network_building import build_network
from spatial.policy.pack_file import load_packs

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def make_settings(module_database, tmp_path_factory):
    """Settings of the module's database; groups of settings may be overridden."""

    def make(**groups: Mapping[str, Any]) -> Settings:
        settings = Settings(
            state_dir=tmp_path_factory.mktemp("state"),
            log={"level": "WARNING", "format": "json"},
            **groups,
        )
        return settings.with_urls(url=module_database.app_url, owner_url=module_database.owner_url)

    return make


@pytest.fixture(scope="module")
def served_groups() -> dict[str, dict[str, Any]]:
    """Groups of settings of the town's service; a module that is about jobs has a worker."""
    return {"jobs": {"worker": False}}


@pytest.fixture(scope="module")
def bare_town(module_database, make_settings, served_groups) -> Iterator[Town]:
    """A service without any data but keys, packs and streets."""
    owner = create_database_engine(module_database.owner_url)
    with owner.begin() as connection:
        keys = {
            role: create_key(connection, role=role, name=role)
            for role in ("viewer", "editor", "reviewer", "admin")
        }
        for role in ("viewer", "editor"):
            keys[f"west {role}"] = create_key(
                connection, role=role, name=f"west {role}", areas=["420101001001"]
            )
        store_packs(connection, load_packs(ROOT / "seed" / "policies"))
        store_network(connection, build_network(street_lines()), name="grid", source="a test")
    owner.dispose()
    settings = make_settings(**served_groups)
    with serving(settings) as address, httpx2.Client(base_url=address, timeout=60) as client:
        yield Town(address=address, settings=settings, keys=keys, client=client)


@pytest.fixture(scope="module")
def town(bare_town: Town) -> Town:
    """The service with its town, which came in through the API itself."""
    for layer, features in (
        ("areas", AREAS),
        ("districts", DISTRICTS),
        ("facilities", FACILITIES),
    ):
        answer = bare_town.post(f"/v1/{layer}", json=features)
        assert answer.status_code == 201, answer.text
    return bare_town


@pytest.fixture(scope="module")
def english(town: Town) -> None:
    """Ask for English throughout a module, whose tests compare texts."""
    town.client.headers["Accept-Language"] = "en"


@pytest.fixture
def rows(town):
    """What is stored of a layer now, by identifier, without what only says who wrote it."""
    engine = create_database_engine(town.settings.database.owner_url.get_secret_value())

    def read(table="facility"):
        with engine.connect() as connection:
            found = connection.execute(
                text(f"SELECT * FROM {table} WHERE superseded_at IS NULL ORDER BY id")
            ).mappings()
            hidden = {"version", "recorded_at", "recorded_by"}
            return {
                row["id"]: {name: str(value) for name, value in row.items() if name not in hidden}
                for row in found
            }

    yield read
    with engine.connect() as connection:
        assert audit.verify(connection) is None
    engine.dispose()


@pytest.fixture
def clean(town, rows):
    """Every import of the test is taken back after it, so that the next one starts alike."""
    before = rows()
    yield
    for entry in town.get("/v1/imports").json()["imports"]:
        if entry["state"] == "committed":
            answer = ask(town, "undo", entry)
            assert answer.status_code == 200, answer.text
    assert rows() == before


@pytest.fixture
def check_problem():
    return assert_problem
