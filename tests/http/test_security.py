"""Keys, roles, scopes, hosts, request ids, size limits and what gets into the log."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import socket

import httpx2
import pytest
from served_town import place, serving
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from service.core.database import create_database_engine
from service.core.keys import create_key, revoke_key
from service.core.logging import build_logger, redact_query
from service.core.resources import build_resources

POINT = {"type": "Point", "coordinates": [114.5, 30.7]}


def basic(user, password):
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {token}"}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/areas",
        "/v1/districts",
        "/v1/buildings",
        "/v1/facilities",
        "/v1/districts/x",
        "/v1/evaluations/x",
        "/v1/evaluations/x/districts",
        "/v1/coverage?lon=114.3&lat=30.6&service=childcare",
        "/v1/networks",
        "/v1/packs",
        "/v1/packs/jinhua-2022/rules",
        "/v1/districts?no=such&bbox=x",
    ],
)
def test_nothing_is_served_without_a_key(bare_town, check_problem, path):
    answer = bare_town.get(path, role=None)
    check_problem(answer, 401, "unauthorized")
    assert "Basic" in answer.headers["www-authenticate"]
    assert "Bearer" in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/openapi.json", "/docs", "/problems/conflict"]
)
def test_what_holds_no_data_is_open(bare_town, path):
    assert bare_town.get(path, role=None).status_code == 200


def test_a_key_comes_in_four_places(bare_town):
    key = bare_town.keys["viewer"]
    for options in (
        {"headers": {"X-API-Key": key}},
        {"headers": {"Authorization": f"Bearer {key}"}},
        {"headers": {"Authorization": f"bearer {key}"}},
        {"headers": basic("qgis", key)},
        {"headers": basic("", key)},
        {"params": {"api_key": key}},
        {"headers": {"X-API-Key": key}, "params": {"api_key": key}},
    ):
        assert bare_town.get("/v1/districts", role=None, **options).status_code == 200


@pytest.mark.parametrize("role", ["editor", "reviewer", "admin"])
def test_only_viewers_keys_work_in_the_query(bare_town, check_problem, role):
    answer = bare_town.get("/v1/districts", role=None, params={"api_key": bare_town.keys[role]})
    check_problem(answer, 403, "forbidden")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": "yike_000000000000_" + "0" * 64},
        {"X-API-Key": "nonsense"},
        {"X-API-Key": "x" * 10_000},
        {"X-API-Key": b"\xff\xfe"},
        {"Authorization": "Bearer"},
        {"Authorization": "Digest x"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + base64.b64encode(b"\xff:\xfe").decode()},
        {"Authorization": "Basic " + base64.b64encode(b"no colon").decode()},
        basic("x", "wrong"),
        {"Authorization": ""},
    ],
)
def test_a_wrong_key_is_no_key(bare_town, check_problem, headers):
    check_problem(bare_town.get("/v1/districts", role=None, headers=headers), 401)


def test_a_wrong_key_beside_a_right_one_is_refused(bare_town, check_problem):
    headers = {"Authorization": "Bearer nonsense"}
    check_problem(bare_town.get("/v1/districts", headers=headers), 401)


def test_a_revoked_key_is_no_key(bare_town, check_problem):
    engine = create_database_engine(bare_town.settings.database.owner_url.get_secret_value())
    with engine.begin() as connection:
        key = create_key(connection, role="viewer", name="short-lived")
    headers = {"X-API-Key": key}
    assert bare_town.get("/v1/districts", role=None, headers=headers).status_code == 200
    with engine.begin() as connection:
        assert revoke_key(connection, key.split("_")[1])
    engine.dispose()
    check_problem(bare_town.get("/v1/districts", role=None, headers=headers), 401)


@pytest.mark.parametrize("role", ["viewer", "reviewer"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/areas"),
        ("POST", "/v1/districts"),
        ("PUT", "/v1/buildings/x"),
        ("PATCH", "/v1/facilities/x"),
        ("DELETE", "/v1/districts/x"),
        ("POST", "/v1/evaluations"),
    ],
)
def test_who_may_only_look_changes_nothing(bare_town, check_problem, role, method, path):
    options = {} if method == "DELETE" else {"json": {}}
    headers = {"If-Match": "*"}
    answer = bare_town.ask(method, path, role=role, headers=headers, **options)
    check_problem(answer, 403, "forbidden")


def test_administrators_edit(bare_town):
    body = {"type": "Feature", "geometry": POINT, "properties": {"id": "by-admin"}}
    assert bare_town.post("/v1/districts", role="admin", json=body).status_code == 201


# --- keys scoped to areas -------------------------------------------------------------------


def at(column, north):
    return {"type": "Point", "coordinates": place(column, north)}


def row(identifier, geometry, **properties):
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {"id": identifier, **properties},
    }


def test_a_scoped_key_sees_its_areas_only(town, check_problem):
    page = town.get("/v1/districts", role="west viewer").json()
    # "unknown" names no community: it is where it lies.
    assert {f["id"] for f in page["features"]} == {"west-2", "west-4", "west-6", "unknown"}
    assert page["numberMatched"] == 4
    check_problem(town.get("/v1/districts/east-16", role="west viewer"), 404)
    assert town.get("/v1/districts/west-2", role="west viewer").status_code == 200
    areas = town.get("/v1/areas", role="west viewer").json()
    assert [f["id"] for f in areas["features"]] == ["420101001001"]
    facilities = town.get("/v1/facilities", role="west viewer").json()
    assert {f["id"] for f in facilities["features"]} == {"nursery-1", "day-1"}


def test_a_scoped_key_writes_into_its_areas_only(town, check_problem):
    inside = row("scoped-in", at(2, 7))
    outside = row("scoped-out", at(12, 7))
    lying = row("scoped-lie", at(2, 7), community="420101001002")
    answer = town.post("/v1/districts", role="west editor", json=inside)
    assert answer.status_code == 201
    check_problem(town.post("/v1/districts", role="west editor", json=outside), 403)
    check_problem(town.post("/v1/districts", role="west editor", json=lying), 403)
    assert town.get("/v1/districts?id=scoped-out").json()["numberMatched"] == 0

    batch = {"type": "FeatureCollection", "features": [outside, row("scoped-2", at(3, 7)), lying]}
    check_problem(town.post("/v1/districts", role="west editor", json=batch), 403)
    partly = town.post("/v1/districts?partial=true", role="west editor", json=batch).json()
    assert [item["status"] for item in partly["items"]] == [403, 201, 403]
    assert town.get("/v1/districts/scoped-2").status_code == 200

    moved = {"geometry": at(12, 7)}
    answer = town.ask(
        "PATCH",
        "/v1/districts/scoped-in",
        role="west editor",
        json=moved,
        headers={"If-Match": "*"},
    )
    check_problem(answer, 403)
    assert town.get("/v1/districts/scoped-in").headers["etag"] == '"1"'
    for method in ("PUT", "PATCH", "DELETE"):
        options = {} if method == "DELETE" else {"json": row("east-16", at(2, 7))}
        answer = town.ask(
            method,
            "/v1/districts/east-16",
            role="west editor",
            headers={"If-Match": "*"},
            **options,
        )
        check_problem(answer, 404)
    # Somebody else's identifier cannot be taken over either.
    answer = town.post("/v1/districts", role="west editor", json=row("east-16", at(2, 7)))
    check_problem(answer, 409)


def test_a_scoped_key_redraws_no_area(town, check_problem):
    wide = {"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 0]]]}}
    answer = town.ask(
        "PATCH",
        "/v1/areas/420101001001",
        role="west editor",
        json=wide,
        headers={"If-Match": "*"},
    )
    check_problem(answer, 403)


def test_a_scoped_key_asks_about_places_of_its_areas(town):
    for column, status in ((2, 200), (12, 403)):
        lon, lat = at(column, 5)["coordinates"]
        answer = town.get(
            "/v1/coverage",
            role="west viewer",
            params={"lon": lon, "lat": lat, "service": "childcare"},
        )
        assert answer.status_code == status


# --- hosts, request ids, sizes --------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("[::1]:8000", 200),
        ("evil.example", 400),
        ("localhost.evil.example", 400),
        ("127.0.0.1@evil.example", 400),
        ("127.0.0.1:80:80", 400),
        ("a b", 400),
        ("", 400),
    ],
)
def test_only_known_hosts_are_answered_for(bare_town, check_problem, host, status):
    answer = bare_town.get("/healthz", role=None, headers={"Host": host})
    if status == 200:
        assert answer.status_code == 200
    else:
        check_problem(answer, 400, "unknown-host")


def test_hosts_are_a_setting(make_settings):
    settings = make_settings(server={"allowed_hosts": ["*.example.org"]})
    with serving(settings) as address, httpx2.Client(base_url=address, timeout=60) as client:
        for host, status in (("yike.example.org", 200), ("example.org.evil", 400)):
            assert client.get("/healthz", headers={"Host": host}).status_code == status


@pytest.mark.parametrize("given", ["abc-123_4.5", "x" * 64])
def test_a_sane_request_id_is_kept(bare_town, given):
    answer = bare_town.get("/healthz", role=None, headers={"X-Request-ID": given})
    assert answer.headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["x" * 65, "a b", "a;b", "é".encode(), "", "{}", "a=1"])
def test_any_other_request_id_is_replaced(bare_town, given):
    answer = bare_town.get("/healthz", role=None, headers={"X-Request-ID": given})
    assert len(answer.headers["x-request-id"]) == 32


def test_a_large_body_is_refused(make_settings, bare_town, check_problem):
    settings = make_settings(server={"max_body_bytes": 2000})
    headers = {"X-API-Key": bare_town.keys["editor"], "Content-Type": "application/json"}
    with serving(settings) as address, httpx2.Client(base_url=address, timeout=60) as client:
        announced = client.post("/v1/districts", content=b" " * 2001, headers=headers)
        check_problem(announced, 413, "too-large")
        # Without a length announced it is the bytes that count.
        chunks = (b" " * 500 for _ in range(5))
        check_problem(client.post("/v1/districts", content=chunks, headers=headers), 413)
        small = client.post("/v1/districts", content=b" " * 2000, headers=headers)
        check_problem(small, 400, "invalid-body")


def test_a_length_that_is_none_does_no_harm(bare_town):
    host, port = bare_town.address.removeprefix("http://").split(":")
    for length in (b"9" * 30, b"-1", b"x"):
        with socket.create_connection((host, int(port)), timeout=10) as plain:
            plain.sendall(
                b"POST /v1/districts HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                + length
                + b"\r\nConnection: close\r\n\r\n"
            )
            status = plain.recv(100).split()[1]
        assert status in {b"400", b"413"}


def test_too_many_districts_for_a_request_are_a_job(town, make_settings, check_problem):
    settings = make_settings(evaluation={"max_districts": 3}, jobs={"worker": False})
    headers = {"X-API-Key": town.keys["editor"]}
    with serving(settings) as address, httpx2.Client(base_url=address, timeout=60) as client:
        body = {"packs": ["jinhua-2022"], "as_of": "2026-11-22"}
        answer = client.post("/v1/evaluations", json=body, headers=headers)
        assert answer.status_code == 202, answer.text
        now = client.post(
            "/ogc/processes/evaluate/execution", json={"inputs": body}, headers=headers
        )
        problem = check_problem(now, 422, "too-many-districts")
        assert "Prefer: respond-async" in problem["detail"]
        counted = client.post("/v1/catchments", json={"facilities": ["day-1"]}, headers=headers)
        problem = check_problem(counted, 422, "too-many-districts")
        assert "yike catchments" in problem["detail"]
        small = client.post(
            "/v1/evaluations", json={**body, "area": "420101001002"}, headers=headers
        )
        assert small.status_code in {200, 201}, small.text


def test_who_gets_no_connection_is_told_to_come_again(make_settings, monkeypatch, check_problem):
    built = []

    def build(settings):
        built.append(build_resources(settings))
        return built[-1]

    monkeypatch.setattr("service.app.build_resources", build)
    settings = make_settings(database={"pool_size": 1, "wait_seconds": 0.1}, jobs={"worker": False})
    with (
        serving(settings) as address,
        httpx2.Client(base_url=address, timeout=60) as client,
        contextlib.ExitStack() as held,
    ):
        with contextlib.suppress(PoolTimeoutError):
            while True:
                held.enter_context(built[0].engine.connect())
        answer = client.get("/v1/packs", headers={"X-API-Key": "yike_0_0"})
        check_problem(answer, 503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0


# --- readiness and logs ---------------------------------------------------------------------


def test_readiness_tells_a_database_that_cannot_be_reached(make_settings, check_problem):
    settings = make_settings()
    nowhere = "postgresql+psycopg://nobody:secret-word@127.0.0.1:1/none"
    settings = settings.with_urls(url=nowhere, owner_url=nowhere)
    with serving(settings) as address, httpx2.Client(base_url=address, timeout=60) as client:
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")
        check_problem(answer, 503, "unavailable")
        asked = client.get("/v1/districts", headers={"X-API-Key": "yike_x"})
        check_problem(asked, 503, "unavailable")
        assert asked.headers["retry-after"] == "5"
        for one in (answer, asked):
            assert "secret-word" not in one.text
            assert "127.0.0.1" not in one.text


def test_readiness_tells_a_database_that_is_not_migrated(bare_town, make_settings, check_problem):
    engine = create_database_engine(bare_town.settings.database.owner_url.get_secret_value())
    with serving(make_settings()) as address, httpx2.Client(base_url=address, timeout=60) as client:
        assert client.get("/readyz").status_code == 200
        with engine.begin() as connection:
            change = "UPDATE alembic_version SET version_num = 'an older one' RETURNING %s"
            before = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
            connection.exec_driver_sql(change, (before,))
        try:
            problem = check_problem(client.get("/readyz"), 503, "unavailable")
            assert "yike migrate" in problem["detail"]
        finally:
            with engine.begin() as connection:
                connection.exec_driver_sql("UPDATE alembic_version SET version_num = %s", (before,))
    engine.dispose()


def test_no_key_reaches_the_log(make_settings, bare_town, capfd):
    settings = make_settings()
    settings = settings.model_copy(
        update={"log": settings.log.model_copy(update={"level": "DEBUG"})}
    )
    secret = bare_town.keys["viewer"]
    with serving(settings) as address, httpx2.Client(base_url=address, timeout=60) as client:
        client.get("/v1/districts", params={"api_key": secret, "limit": "7"})
        client.get(f"/v1/districts?%61pi_key={secret}")
        client.get(f"/v1/districts?API_KEY={secret}")
        client.get("/v1/districts", headers={"X-API-Key": secret})
        client.get("/v1/districts", headers={"X-API-Key": bare_town.keys["editor"]})
    written = capfd.readouterr()
    lines = [json.loads(ln) for ln in written.err.splitlines() if ln.startswith("{")]
    requests = [line for line in lines if line["event"] == "request"]
    assert [line["status"] for line in requests] == [200, 200, 401, 200, 200]
    assert requests[0]["query"] == "api_key=REDACTED&limit=7"
    assert requests[0]["actor"] == secret.split("_")[1]
    assert all(line["path"] == "/v1/districts" for line in requests)
    assert all(line["request_id"] for line in requests)
    everything = written.err + written.out
    assert secret.split("_")[2] not in everything
    assert bare_town.keys["editor"].split("_")[2] not in everything


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        (b"", ""),
        (b"a=1&api_key=s3cret", "a=1&api_key=REDACTED"),
        (b"%61%70i_key=s3cret", "api_key=REDACTED"),
        (b"Token=s3cret&password=s3cret", "Token=REDACTED&password=REDACTED"),
        (b"s3cret", "UNREADABLE"),
        (b"\xffs3cret=1", "UNREADABLE"),
        (b"a=%0d%0aforged", "a=%0D%0Aforged"),
    ],
)
def test_queries_are_redacted(query, shown):
    assert redact_query(query) == shown


def test_a_console_log_shows_no_locals():
    stream = io.StringIO()
    logger = build_logger(level="INFO", form="console", stream=stream)
    try:
        password = "".join(["s3", "cret"])  # noqa: F841, FLY002  its value must not be printed
        raise ValueError("boom")  # noqa: TRY301
    except ValueError:
        logger.exception("defect")
    assert "boom" in stream.getvalue()
    assert "s3cret" not in stream.getvalue()
