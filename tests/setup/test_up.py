"""``yike up`` on a database of one's own: the demo city evaluated, found again, and served."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import psycopg
import pytest
from pooled import alive, descendants, until
from sqlalchemy.engine import make_url

YIKE = Path(sys.executable).parent / "yike"
COMMAND = [YIKE, "up", "--as-of", "2025-06-30"]
KEY = re.compile(r"yike_[0-9a-f]{12}_[0-9a-f]{64}")

LINK = re.compile(r"http://127\.0\.0\.1:\d+/sign-in\?token=[0-9a-f]{64}$", re.MULTILINE)


@pytest.fixture(scope="module")
def environment(module_database, tmp_path_factory):
    return {
        **os.environ,
        "YIKE_DATABASE__URL": module_database.app_url,
        "YIKE_DATABASE__OWNER_URL": module_database.owner_url,
        "YIKE_STATE_DIR": str(tmp_path_factory.mktemp("state")),
    }


@pytest.fixture(scope="module")
def first(environment):
    return subprocess.run(
        [*COMMAND, "--no-serve"], env=environment, capture_output=True, text=True, check=True
    )


def test_the_ten_worst_are_printed_with_reasons_totals_and_times(first):
    lines = first.stdout.splitlines()
    assert lines[0].startswith("金华市规则套用武汉路网，仅为演示，并非对武汉的评估")
    assert "评估日期 2025-06-30；规则集 jinhua-2022（适用地区外，仅为演示）" in lines
    ranks = [int(line.split(".")[0]) for line in lines if re.match(r" +\d+\. WH-", line)]
    assert ranks == list(range(1, 11))
    reasons = [line for line in lines if "〔金政发〔2022〕29号" in line and line[:6].isspace()]
    assert len(reasons) >= 10
    districts = int(re.search(r"居住区 (\d+) 个", first.stdout)[1])
    totals = re.findall(r"^ +(\d+)  .*\((?:\w+)\)$", first.stdout, re.MULTILINE)
    assert len(totals) == 5
    assert sum(map(int, totals)) == districts >= 3000
    times = next(line for line in lines if line.startswith("各步用时"))
    for stage in ("database", "migrate", "packs", "demo", "network", "store", "evaluate.judge"):
        assert re.search(rf"\b{stage} \d+\.\d\d", times)


def test_a_second_run_finds_the_same_evaluation_and_makes_no_second_key(first, environment):
    again = subprocess.run(
        [*COMMAND, "--no-serve"], env=environment, capture_output=True, text=True, check=True
    )
    identifier = re.search(r"评估编号 ([0-9a-f]{32})$", first.stdout, re.MULTILINE)[1]
    assert f"评估编号 {identifier}（数据未变，沿用已有评估）" in again.stdout
    assert KEY.search(first.stdout)
    assert not KEY.search(again.stdout)


def test_what_a_user_changed_of_the_demo_stays(first, environment):
    assert first.returncode == 0
    url = make_url(environment["YIKE_DATABASE__OWNER_URL"]).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as session:
        session.execute("UPDATE district SET name = '改名' WHERE id = 'WH-0001'")
        subprocess.run([*COMMAND, "--no-serve"], env=environment, capture_output=True, check=True)
        assert session.execute("SELECT name FROM district WHERE id = 'WH-0001'").fetchall() == [
            ("改名",)
        ]


def test_it_serves_until_it_is_told_to_stop(first, environment):
    assert first.returncode == 0
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [*COMMAND, "--new-key", "--port", str(port)],
        env={**environment, "PYTHONUNBUFFERED": "1", "YIKE_REVIEWS__PROCESSES": "2"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    others: set[int] = set()
    try:
        printed = iter(process.stdout.readline, "")
        key = next(found[0] for line in printed if (found := KEY.search(line)))
        address = f"http://127.0.0.1:{port}/v1/packs"
        link = next(found[0] for line in printed if (found := LINK.search(line)))
        assert status(address, {"X-API-Key": key}) == 200
        assert status(address, {}) == 401
        with httpx2.Client() as browser:
            assert "<form" in browser.get(link).text
            address, _, token = link.partition("/sign-in?token=")
            form = {"data": {"token": token}, "headers": {"Origin": address}}
            assert browser.post(f"{address}/sign-in", **form).headers["location"] == "/"
            session = browser.get(f"http://127.0.0.1:{port}/v1/session").json()
            assert (session["actor"], session["role"]) == (key.split("_")[1], "admin")
        # The process that is copied, and its two copies.
        asyncio.run(until(lambda: len(descendants(process.pid)) == 3, why="no workers"))
        others = descendants(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    asyncio.run(until(lambda: not any(map(alive, others)), why="processes are left"))


def status(address, headers):
    for _ in range(300):
        try:
            return httpx2.get(address, headers=headers).status_code
        except httpx2.ConnectError:
            time.sleep(0.1)
    raise TimeoutError(address)
