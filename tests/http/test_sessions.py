"""A browser signs in by link or key; its cookie is a key that other sites cannot use."""

from __future__ import annotations

import base64
import concurrent.futures
import hashlib
import html
import json
from datetime import timedelta

import httpx2
import pytest
from served_town import serving
from sqlalchemy import func, select, update
from typer.testing import CliRunner

from service.cli import build_app
from service.core import audit
from service.core.database import create_database_engine
from service.core.keys import create_key, key_id_of, revoke_key
from service.core.sessions import create_link
from service.core.tables import AUDIT, BROWSER_SESSION, SIGN_IN_LINK
from service.core.usage import UsageFault

DISTRICT = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [114.301, 30.601]},
    "properties": {"id": "by-browser"},
}


@pytest.fixture
def owner(bare_town):
    engine = create_database_engine(bare_town.settings.database.owner_url.get_secret_value())
    yield engine
    engine.dispose()


@pytest.fixture
def make_key(owner):
    def make(role="editor", areas=(), person=None):
        with owner.begin() as connection:
            name = f"{role} of a test"
            return create_key(connection, role=role, name=name, areas=areas, person=person)

    return make


@pytest.fixture
def link(owner):
    def make(key, *, seconds=60):
        with owner.begin() as connection:
            token = create_link(connection, key_id=key_id_of(key), seconds=seconds)
        return f"/sign-in?token={token}"

    return make


@pytest.fixture
def browser(bare_town):
    with httpx2.Client(base_url=bare_town.address, timeout=60) as client:
        yield client


def change(browser, method="POST", path="/v1/districts", **headers):
    sent = {"Origin": str(browser.base_url).rstrip("/"), "If-Match": "*", **headers}
    sent = {name.replace("_", "-"): value for name, value in sent.items() if value is not None}
    options = {} if method == "DELETE" else {"json": DISTRICT}
    return browser.request(method, path, headers=sent, **options)


def enter(client, address, **headers):
    """Press the button of the page a link opens."""
    token = address.partition("token=")[2]
    sent = {"Origin": str(client.base_url).rstrip("/"), **headers}
    sent = {name: value for name, value in sent.items() if value is not None}
    return client.post("/sign-in", data={"token": token}, headers=sent)


def test_looking_at_a_link_changes_nothing(browser, make_key, link, owner):
    key = make_key("reviewer", person="<王工>", areas=["420101"])
    address = link(key)
    for language, words in (("zh", ["“<王工>”", "审查"]), ("en", ["“<王工>”", "reviewer"])):
        page = browser.get(address, headers={"Accept-Language": language})
        assert page.status_code == 200
        told = html.unescape(page.text)
        assert all(word in told for word in [*words, "420101"])
        assert "<王工>" not in page.text
        assert "<script" not in page.text
        assert page.headers["content-language"] == language
    assert "set-cookie" not in page.headers
    assert page.headers["cache-control"] == "no-store"
    # A form is sent with its origin only where some referrer is allowed.
    assert page.headers["referrer-policy"] == "strict-origin"
    policy = page.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert not any(part.startswith("script-src") for part in policy)
    style = page.text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    with owner.connect() as connection:
        used = select(SIGN_IN_LINK.c.used_at).where(SIGN_IN_LINK.c.key_id == key_id_of(key))
        assert connection.execute(used).scalar_one() is None
    assert enter(browser, address).status_code == 303


def test_a_page_of_somebody_else_signs_nobody_in(browser, make_key, link, check_problem):
    mine, theirs = make_key("reviewer"), link(make_key())
    enter(browser, link(mine))
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": None},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        check_problem(enter(browser, theirs, **headers), 403, "cross-site")
    origin = {"Origin": str(browser.base_url).rstrip("/")}
    form = {**origin, "Content-Type": "application/x-www-form-urlencoded"}
    for body in (b"", b"token=", b"token=a&token=b", b"t=a", b"\xff", b"a" * 500):
        check_problem(browser.post("/sign-in", content=body, headers=form), 400, "invalid-body")
    check_problem(browser.post("/sign-in", json={"token": "a"}, headers=origin), 415)
    assert browser.get("/v1/session").json()["actor"] == key_id_of(mine)
    # None of that used the link up.
    assert enter(browser, theirs).status_code == 303


def test_signing_in_again_ends_the_session_before(browser, make_key, link, owner):
    def ended():
        with owner.connect() as connection:
            return [
                one.ended_at is not None
                for one in connection.execute(
                    select(BROWSER_SESSION)
                    .where(BROWSER_SESSION.c.key_id.in_(map(key_id_of, keys)))
                    .order_by(BROWSER_SESSION.c.created_at)
                )
            ]

    keys = [make_key("viewer"), make_key("reviewer"), make_key("editor")]
    enter(browser, link(keys[0]))
    assert ended() == [False]
    enter(browser, link(keys[1]))
    assert ended() == [True, False]
    origin = str(browser.base_url).rstrip("/")
    body = {"key": keys[2]}
    assert browser.post("/v1/session", json=body, headers={"Origin": origin}).status_code == 201
    assert ended() == [True, True, False]
    assert browser.get("/v1/session").json()["role"] == "editor"


def test_a_link_signs_one_browser_in_once(bare_town, browser, make_key, link, owner):
    key = make_key("reviewer")
    address = link(key)
    answer = enter(browser, address)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    assert "secure" not in cookie  # on plain HTTP a browser would drop it
    secret = browser.cookies["yike_session"]
    session = browser.get("/v1/session").json()
    assert session["actor"] == key_id_of(key)
    assert (session["role"], session["areas"]) == ("reviewer", [])
    assert len(session["csrf_token"]) == 64
    assert session["csrf_token"] != secret
    # Again in the same browser does no harm; in another one it is no use.
    assert browser.get(address).status_code == enter(browser, address).status_code == 303
    assert browser.cookies["yike_session"] == secret
    used = bare_town.client.get(address, headers={"Accept-Language": "en"})
    assert used.status_code == enter(bare_town.client, address).status_code == 401
    assert "sign-in link cannot be used" in used.text
    assert "default-src 'none'" in used.headers["content-security-policy"]
    assert "set-cookie" not in used.headers
    # Neither secret is in the database.
    with owner.connect() as connection:
        hashes = connection.execute(select(BROWSER_SESSION.c.hash)).scalars().all()
        hashes += connection.execute(select(SIGN_IN_LINK.c.hash)).scalars().all()
        assert bytes.fromhex(secret) not in hashes
        assert bytes.fromhex(address.partition("=")[2]) not in hashes
        actions = connection.execute(
            select(AUDIT.c.action, AUDIT.c.target).where(AUDIT.c.actor == key_id_of(key))
        ).all()
        assert actions == [("sign_in", "link")]
        assert audit.verify(connection) is None


def test_of_many_at_once_one_gets_in(bare_town, make_key, link):
    address = link(make_key())

    def one_enters():
        with httpx2.Client(base_url=bare_town.address, timeout=60) as client:
            return enter(client, address)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(one_enters) for _ in range(8)]
        statuses = sorted(one.result().status_code for one in asked)
    assert statuses == [303, *[401] * 7]


def test_a_link_that_is_unknown_old_or_of_a_revoked_key_is_none(browser, make_key, link, owner):
    old, revoked = link(make_key()), make_key()
    with owner.begin() as connection:
        newest = select(func.max(SIGN_IN_LINK.c.created_at)).scalar_subquery()
        connection.execute(
            update(SIGN_IN_LINK)
            .where(SIGN_IN_LINK.c.created_at == newest)
            .values(expires_at=func.now())
        )
    of_revoked = link(revoked)
    with owner.begin() as connection:
        assert revoke_key(connection, key_id_of(revoked))
    for address in (
        old,
        of_revoked,
        "/sign-in",
        "/sign-in?token=",
        f"/sign-in?token={'0' * 64}",
        "/sign-in?token=%00",
    ):
        answer = browser.get(address)
        assert answer.status_code in {400, 401}, address
        assert "set-cookie" not in answer.headers
        assert enter(browser, address).status_code in {400, 401}, address
        assert browser.get("/v1/session").status_code == 401


def test_a_browser_signs_in_and_out_by_key(browser, make_key, check_problem, owner):
    key, origin = make_key("editor"), str(browser.base_url).rstrip("/")
    nobody = browser.get("/v1/session", headers={"Sec-Fetch-Mode": "cors"})
    check_problem(nobody, 401, "unauthorized")
    # A script that asks gets no dialogue of the browser's own.
    assert "Basic" not in nobody.headers["www-authenticate"]
    for body, status in (
        ({"key": key[:-1] + ("0" if key[-1] != "0" else "1")}, 401),
        ({"key": "\x7f" * 500}, 401),
        ({"key": 5}, 400),
        ({}, 400),
        ({"key": key, "more": 1}, 400),
        ([], 400),
    ):
        answer = browser.post("/v1/session", json=body, headers={"Origin": origin})
        check_problem(answer, status)
        assert key not in answer.text
        assert "Basic" not in answer.headers.get("www-authenticate", "")
    check_problem(browser.post("/v1/session", json={"key": key}), 403, "cross-site")
    elsewhere = {"Origin": "http://evil.example"}
    answer = browser.post("/v1/session", json={"key": key}, headers=elsewhere)
    check_problem(answer, 403, "cross-site")
    answer = browser.post("/v1/session", content=b"key=1", headers={"Origin": origin})
    check_problem(answer, 415)
    signed_in = browser.post("/v1/session", json={"key": key}, headers={"Origin": origin})
    assert signed_in.status_code == 201
    assert signed_in.json() == browser.get("/v1/session").json()
    secret, token = browser.cookies["yike_session"], signed_in.json()["csrf_token"]
    # Signing out is a change like any other.
    check_problem(change(browser, "DELETE", "/v1/session"), 403, "cross-site")
    answer = change(browser, "DELETE", "/v1/session", X_CSRF_Token=token)
    assert answer.status_code == 204
    assert "yike_session" not in browser.cookies
    # The cookie itself is worth nothing any more.
    browser.cookies.set("yike_session", secret)
    over = browser.get("/v1/districts")
    check_problem(over, 401)
    assert "over" in over.json()["detail"]
    assert "Basic" not in over.headers["www-authenticate"]
    assert change(browser, "DELETE", "/v1/session").status_code == 204
    with owner.connect() as connection:
        actions = connection.execute(
            select(AUDIT.c.action).where(AUDIT.c.actor == key_id_of(key)).order_by(AUDIT.c.sequence)
        ).scalars()
        assert list(actions) == ["sign_in", "sign_out"]


def test_a_key_is_told_of_too_and_needs_no_token(bare_town):
    session = bare_town.get("/v1/session", role="west viewer").json()
    assert session["role"] == "viewer"
    assert session["areas"] == ["420101001001"]
    assert session["csrf_token"] is None


def test_the_cookie_opens_what_a_key_opens_and_other_sites_cannot_use_it(
    browser, make_key, link, check_problem, owner
):
    key = make_key("editor")
    enter(browser, link(key))
    for path in ("/v1/districts", "/v1/packs", "/ogc/collections", "/ogc/"):
        assert browser.get(path).status_code == 200, path
    token = browser.get("/v1/session").json()["csrf_token"]
    host = str(browser.base_url).rstrip("/")
    for headers in (
        {},
        {"X_CSRF_Token": "0" * 64},
        {"X_CSRF_Token": ""},
        {"X_CSRF_Token": token, "Origin": None},
        {"X_CSRF_Token": token, "Origin": "null"},
        {"X_CSRF_Token": token, "Origin": "http://evil.example"},
        {"X_CSRF_Token": token, "Origin": "http://["},
        {"X_CSRF_Token": token, "Origin": "http://127.0.0.1"},  # another port
        {"X_CSRF_Token": token, "Origin": f"{host}.evil.example"},
        {"X_CSRF_Token": token, "Sec_Fetch_Site": "cross-site"},
        {"X_CSRF_Token": token, "Sec_Fetch_Site": "same-site"},
        {"X_CSRF_Token": token, "Sec_Fetch_Site": "none"},
        {"X_CSRF_Token": token, "Origin": None, "Sec_Fetch_Site": "cross-site"},
    ):
        check_problem(change(browser, **headers), 403, "cross-site")
    # What the role may not do it may not do by cookie either.
    assert browser.get("/v1/districts?id=by-browser").json()["numberMatched"] == 0
    answer = change(browser, X_CSRF_Token=token)
    assert answer.status_code == 201, answer.text
    answer = change(
        browser,
        "PUT",
        "/v1/districts/by-browser",
        X_CSRF_Token=token,
        Origin=None,
        Sec_Fetch_Site="same-origin",
    )
    assert answer.status_code == 200, answer.text
    with owner.connect() as connection:
        actors = connection.execute(
            select(AUDIT.c.actor).order_by(AUDIT.c.sequence.desc()).limit(2)
        ).scalars()
        assert set(actors) == {key_id_of(key)}


def test_a_password_kept_by_the_browser_is_no_use_to_other_sites(bare_town, check_problem):
    headers = {"X-API-Key": bare_town.keys["editor"], "Sec-Fetch-Site": "cross-site"}
    answer = bare_town.post("/v1/districts", role=None, headers=headers, json=DISTRICT)
    check_problem(answer, 403, "cross-site")


def test_the_cookie_of_a_scoped_viewer_stays_scoped(browser, make_key, link, check_problem):
    enter(browser, link(make_key("viewer", ["420101001001"])))
    session = browser.get("/v1/session").json()
    assert session["areas"] == ["420101001001"]
    check_problem(change(browser, X_CSRF_Token=session["csrf_token"]), 403, "forbidden")


@pytest.mark.parametrize("end", ["revoked", "idle", "old"])
def test_a_session_ends(make_settings, bare_town, make_key, link, owner, end, check_problem):
    assert bare_town.keys
    key = make_key()
    settings = make_settings(session={"idle_seconds": 600, "max_seconds": 3600})
    with serving(settings) as address, httpx2.Client(base_url=address) as browser:
        enter(browser, link(key))
        mine = BROWSER_SESSION.c.key_id == key_id_of(key)

        def back(**seconds):
            values = {name: func.now() - timedelta(seconds=n) for name, n in seconds.items()}
            with owner.begin() as connection:
                connection.execute(update(BROWSER_SESSION).where(mine).values(**values))

        # In use for long, with never ten minutes of rest.
        back(seen_at=590, created_at=3590)
        assert browser.get("/v1/session").status_code == 200
        with owner.connect() as connection:
            rest = select(func.now() - BROWSER_SESSION.c.seen_at).where(mine)
            assert connection.execute(rest).scalar_one() < timedelta(seconds=300)
        if end == "revoked":
            with owner.begin() as connection:
                revoke_key(connection, key_id_of(key))
        elif end == "idle":
            back(seen_at=601)
        else:
            back(created_at=3601)
        check_problem(browser.get("/v1/session"), 401, "unauthorized")
        check_problem(browser.get("/v1/districts"), 401, "unauthorized")


def called(*arguments):
    """What a command prints; a fault of the call is raised."""
    result = CliRunner().invoke(build_app(arguments), arguments)
    if isinstance(result.exception, UsageFault):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_keys_are_made_listed_and_revoked(town, browser, monkeypatch, owner, check_problem):
    monkeypatch.setenv("YIKE_DATABASE__URL", town.settings.database.url.get_secret_value())
    said = ("--role=reviewer", "--name=审批科二号机", "--area=420101")
    key = called("key", "create", *said, "--person=王某").strip()
    headers = {"X-API-Key": key}
    session = browser.get("/v1/session", headers=headers).json()
    assert (session["name"], session["person"]) == ("审批科二号机", "王某")
    assert (session["role"], session["areas"]) == ("reviewer", ["420101"])
    (listed,) = (
        one for one in json.loads(called("key", "list", "--json")) if one["id"] == key_id_of(key)
    )
    assert (listed["person"], listed["role"], listed["revoked_at"]) == ("王某", "reviewer", None)
    assert called("key", "revoke", key_id_of(key)) == ""
    check_problem(browser.get("/v1/session", headers=headers), 401, "unauthorized")
    assert f"{key_id_of(key)}  " in called("key", "list")
    assert key not in called("key", "list") + called("key", "list", "--json")
    for arguments, told in (
        (("create", *said), "whose key it is"),
        (("create", *said, "--person= "), "--person: is blank"),
        (("create", "--role=king", "--name=a"), "no such role"),
        (("create", "--role=viewer", "--name="), "--name: is blank"),
        (("create", "--role=viewer", "--name=a", "--area=no"), "no such area"),
        (("revoke", key_id_of(key)), "it is revoked"),
        (("revoke", "x" * 5000), "there is no such key"),
    ):
        with pytest.raises(UsageFault, match=told):
            called("key", *arguments)
    with owner.connect() as connection:
        actions = connection.execute(
            select(AUDIT.c.action).where(AUDIT.c.target == f"key/{key_id_of(key)}")
        ).scalars()
        assert list(actions) == ["create_key", "revoke_key"]


def test_the_command_makes_links_for_roles_areas_and_keys(town, browser, make_key, monkeypatch):
    database = town.settings.database
    monkeypatch.setenv("YIKE_DATABASE__URL", database.url.get_secret_value())
    monkeypatch.setenv("YIKE_LANG", "en")

    def run(*options):
        return called("sign-in-link", *options).split("(the link works once): ")[1].strip()

    def signed_in(link):
        browser.cookies.clear()
        assert enter(browser, link).status_code == 303
        return browser.get("/v1/session").json()

    assert signed_in(run())["role"] == "admin"
    assert run("--port", "8123").startswith("http://127.0.0.1:8123/sign-in?token=")
    scoped = signed_in(run("--role", "viewer", "--area", "420101001001", "--name", "王工"))
    assert (scoped["role"], scoped["areas"], scoped["name"]) == ("viewer", ["420101001001"], "王工")
    page = browser.get("/v1/districts?limit=1000").json()
    assert "east-16" not in {one["id"] for one in page["features"]}
    key = make_key("reviewer")
    assert signed_in(run("--key", key_id_of(key)))["actor"] == key_id_of(key)
    for options, told in (
        (("--role", "king"), "no such role"),
        (("--role", "viewer", "--area", "no"), "no such area"),
        (("--role", "reviewer", "--name", "王工"), "whose key it is"),
        (("--area", "420101"), "name its --role"),
        (("--key", "0" * 12), "no such key"),
        (("--key", key_id_of(key), "--role", "viewer"), "give one of them"),
    ):
        with pytest.raises(UsageFault, match=told):
            run(*options)
