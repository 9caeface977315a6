"""The street networks over HTTP."""

from __future__ import annotations

from served_town import street_lines

from service.core.database import create_database_engine
from service.networks.service import store_network
from spatial.diagnosing import diagnose
from spatial.network_building import build_network


def test_networks_are_listed_with_what_is_odd_about_them(bare_town, module_database):
    (grid,) = bare_town.get("/v1/networks", role="viewer").json()["networks"]
    assert grid["name"] == "grid"
    assert grid["in_use"] is True
    assert grid["edges"] > 0
    # Nobody looked when it was stored.
    assert grid["diagnosis"] is None
    network = build_network(street_lines())
    found = diagnose(network)
    engine = create_database_engine(module_database.app_url)
    with engine.begin() as connection:
        store_network(connection, network, name="grid", source="a test", diagnosis=found)
        other = build_network(street_lines().iloc[:2])
        store_network(connection, other, name="two", source="a test")
    networks = bare_town.get("/v1/networks", role="viewer").json()["networks"]
    assert [(one["name"], one["in_use"]) for one in networks] == [("two", True), ("grid", False)]
    assert networks[1]["diagnosis"] == found.as_json()
    assert networks[1]["version"] == grid["version"]
    with engine.begin() as connection:
        store_network(connection, network, name="grid", source="a test")
    back = bare_town.get("/v1/networks", role="viewer").json()["networks"][0]
    assert (back["name"], back["in_use"]) == ("grid", True)
    assert back["diagnosis"] == found.as_json(), "what was known stays known"
    engine.dispose()


def test_a_key_is_needed_and_parameters_are_known(bare_town, check_problem):
    check_problem(bare_town.get("/v1/networks", role=None), 401)
    check_problem(bare_town.get("/v1/networks?page=2", role="viewer"), 400)
