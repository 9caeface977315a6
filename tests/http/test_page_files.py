"""The built page at ``/``: how long files are kept, what guards them, and what is not there."""

from __future__ import annotations

import httpx2
import pytest
from served_town import serving

MAP = {
    "url": "https://t{s}.map.example/vec/wmts?x={x}&y={y}&z={z}&tk=SECRET",
    "labels_url": "https://names.map.example/{z}/{x}/{y}.png",
    "subdomains": [],
}


@pytest.fixture(scope="module")
def page(make_settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    (folder / "assets").mkdir()
    (folder / "index.html").write_text("<!DOCTYPE html><title>Yike</title>")
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / "assets" / "index-BkX9_a3Q.js").write_text("export {}")
    (folder / "assets" / "plain.css").write_text("p{}")
    (folder.parent / "secret.txt").write_text("secret")
    with (
        serving(make_settings(), page_folder=folder) as address,
        httpx2.Client(base_url=address) as client,
    ):
        yield client


def test_the_page_and_its_files(page):
    for path, kind, caching in (
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/?evaluation=x&district=%00", "text/html; charset=utf-8", "no-cache"),
        ("/favicon.svg", "image/svg+xml", "no-cache"),
        ("/assets/index-BkX9_a3Q.js", "text/javascript; charset=utf-8", "immutable"),
        ("/assets/plain.css", "text/css; charset=utf-8", "no-cache"),
    ):
        answer = page.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["content-type"] == kind
        assert caching in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        policy = dict(
            part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; ")
        )
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        assert "unsafe" not in str(policy)
        again = page.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
        assert again.headers["content-security-policy"]
        assert page.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/index.html",
        "/nothing",
        "/assets",
        "/assets/",
        "/assets/nothing.js",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/%2fetc%2fpasswd",
        "/assets/..%5c..%5csecret.txt",
        "/assets/%00",
        "/assets/" + "x" * 5000,
        "/v1/nothing",
        "/page/nothing",
    ],
)
def test_what_is_not_there_is_a_problem(page, check_problem, path):
    check_problem(page.get(path), 404, "not-found")


def test_what_was_there_before_still_is(page):
    for path, status in (("/docs", 200), ("/openapi.json", 200), ("/ogc/", 401), ("/v1/x", 404)):
        assert page.get(path).status_code == status, path


def test_a_page_that_is_not_built_says_how(make_settings, tmp_path):
    settings = make_settings()
    with (
        serving(settings, page_folder=tmp_path / "none") as address,
        httpx2.Client(base_url=address) as client,
    ):
        for language in ("zh", "en"):
            answer = client.get("/", headers={"Accept-Language": language})
            assert answer.status_code == 200
            assert "./yike up" in answer.text
            assert answer.headers["content-language"] == language
            assert "default-src 'none'" in answer.headers["content-security-policy"]
        # Built while the service runs.
        (tmp_path / "none").mkdir()
        (tmp_path / "none" / "index.html").write_text("built")
        assert client.get("/").text == "built"


def test_a_base_map_of_the_bureaus_own_may_be_loaded(make_settings, tmp_path):
    settings = make_settings(page_map={**MAP, "subdomains": ["0", "1"], "labels_url": None})
    with (
        serving(settings, page_folder=tmp_path) as address,
        httpx2.Client(base_url=address) as client,
    ):
        (tmp_path / "index.html").write_text("built")
        answer = client.get("/")
    policy = answer.headers["content-security-policy"]
    both = "https://t0.map.example https://t1.map.example"
    assert f"img-src 'self' data: blob: {both};" in policy
    assert f"connect-src 'self' {both};" in policy
    assert "SECRET" not in policy
    # The key of a map is often bound to the origin that asks.
    assert answer.headers["referrer-policy"] == "strict-origin"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"url": "ftp://x/{z}/{x}/{y}"}, "expected an address"),
        ({"url": "https://x/{z}/{x}"}, "{y} is missing"),
        ({"url": "https://x; script-src */{z}/{x}/{y}"}, "expected an address"),
        ({}, "subdomains go together"),
        ({"url": None}, "labels_url is set without url"),
        ({"subdomains": ["a b"]}, "pattern"),
    ],
)
def test_a_base_map_that_cannot_be_is_refused(make_settings, change, told):
    with pytest.raises(ValueError, match=told.replace("{", r"\{")):
        make_settings(page_map=MAP | change)
