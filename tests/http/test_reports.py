"""Documents over HTTP and of the command line: opinions, briefs, the problem ledger."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from printed import fonts, page_sizes, pages_text, save_pages, squeezed, word_texts
from served_project import project
from served_town import assert_problem, feature, point
from sqlalchemy import text

from service.core.database import create_database_engine
from service.core.keys import create_key
from service.reports import brief_maps, review_opinion

PDF = "application/pdf"
DRAFT = "/v1/reviews/report{}?as_of=2026-11-22&stage=design&pack=jinhua-2022"
LEDGER = "/v1/evaluations/{}/ledger.xlsx"


@pytest.fixture(scope="module")
def runs(town):
    """Two evaluations: between them a nursery opens in the east, and one district is closed."""
    first = evaluated(town, "2026-11-01")
    opened = feature(
        point(17, 3), id="nursery-2", kind="nursery", status="operating", opened_on="2026-11-10",
        floor_area_m2=900,
    )  # fmt: skip
    answer = town.post("/v1/facilities", json={"type": "FeatureCollection", "features": [opened]})
    assert answer.status_code == 201, answer.text
    return first, evaluated(town, "2026-11-22")


def evaluated(town, as_of):
    body = {"packs": ["jinhua-2022"], "as_of": as_of}
    answer = town.post("/v1/evaluations", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def rows_of(data, sheet="问题台账"):
    book = openpyxl.load_workbook(io.BytesIO(data))
    head, *rows = book[sheet].iter_rows(values_only=True)
    assert all(cell.data_type != "f" for row in book[sheet].iter_rows() for cell in row)
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_a_draft_of_a_project_that_comes_with_the_question(town):
    asked = project(units=1334, area="330702")
    for suffix, kind in ((".pdf", PDF), (".docx", "wordprocessingml"), (".xlsx", "spreadsheetml")):
        answer = town.post(DRAFT.format(suffix), json=asked, role="reviewer")
        assert answer.status_code == 200, answer.text
        assert kind in answer.headers["content-type"]
        assert answer.headers["content-disposition"].startswith("attachment; filename=")
        if suffix == ".pdf":
            pages = pages_text(answer.content)
            assert "草案" in pages[0]
            assert "max(15×1,334÷100,200)=200.1" in "".join(pages)
            save_pages(answer.content, "http-draft")
        elif suffix == ".docx":
            assert "审查结论：不予通过" in word_texts(answer.content)
        else:
            assert any(row["规则"] == "jinhua.childcare.area.new" for row in
                       rows_of(answer.content, "条款"))  # fmt: skip
    assert town.get("/v1/reviews", role="viewer").json()["numberMatched"] == 0


def test_bad_drafts(town):
    url = DRAFT.format(".pdf")
    problem = assert_problem(town.post(url, json=project(units=0), role="reviewer"), 400)
    assert problem["errors"][0]["pointer"] == "/phases/0/units"
    problem = assert_problem(town.post(url, json={"projects": [project()]}, role="reviewer"), 400)
    assert problem["errors"][0]["pointer"] == "/projects"
    assert_problem(town.post(url, json=project(), role="viewer"), 403)
    assert_problem(town.post(DRAFT.format(".odt"), json=project(), role="reviewer"), 405)


def test_a_stored_review_is_a_draft_until_signed(town):
    owner = create_database_engine(town.settings.database.owner_url.get_secret_value())
    with owner.begin() as connection:
        for name in ("甲", "乙"):
            town.keys[name] = create_key(connection, role="reviewer", name=name)
    owner.dispose()
    query = "/v1/reviews?as_of=2026-11-22&stage=design&pack=jinhua-2022"
    stored = town.post(query, json=project(units=1334, area="330702"), role="甲").json()
    url = f"/v1/reviews/{stored['id']}"
    pages = pages_text(town.get(f"{url}/report.pdf", role="viewer").content)
    assert all("草案" in page for page in pages)
    whole = "".join(pages)
    assert stored["hash"] in whole
    assert stored["id"] in whole
    failing = next(one["number"] for one in stored["findings"] if one["verdict"] == "not_met")
    said = {"finding": failing, "verdict": "met", "reason": "另有批复，见附件。", "name": "李审查"}
    assert town.post(f"{url}/overrides", json=said, role="甲").status_code == 201
    signature = {"name": "王签发", "overrides": 1}
    signed = town.post(f"{url}/signature", json=signature, role="乙")
    assert signed.status_code == 201, signed.text
    answer = town.get(f"{url}/report.pdf", role="viewer")
    whole = "".join(pages_text(answer.content))
    assert "草案" not in whole
    for part in ("另有批复，见附件。", "李审查", "王签发", "（人工更正，原为不符合）"):
        assert squeezed(part) in whole
    assert "审查结论：不予通过" not in whole
    save_pages(answer.content, "http-signed")
    assert "王签发" in word_texts(town.get(f"{url}/report.docx", role="viewer").content)
    findings = rows_of(town.get(f"{url}/report.xlsx", role="viewer").content, "条款")
    assert [row["结论"] for row in findings if row["原结论"] == "不符合"] == ["符合"]
    english = town.get(f"{url}/report.pdf", role="viewer", headers={"Accept-Language": "en"})
    assert "What would make it pass".replace(" ", "") in "".join(pages_text(english.content))
    assert_problem(town.get("/v1/reviews/0/report.pdf", role="viewer"), 404)


def test_briefs_are_one_page(town, runs):
    _, run = runs
    base = f"/v1/evaluations/{run}"
    for place, said in (
        ("districts/east-18", ["东18", "逐条判定", "服务达标"]),
        ("districts/west-2", ["西2"]),
        ("areas/420101", ["区托育养老服务简报", "级别"]),
        ("areas/420101001002", ["东社区"]),
    ):
        for lang in ("zh", "en"):
            answer = town.get(
                f"{base}/{place}/brief.pdf", role="viewer", headers={"Accept-Language": lang}
            )
            assert answer.status_code == 200, answer.text
            pages = pages_text(answer.content)
            assert len(pages) == 1, place
            save_pages(answer.content, f"brief-{place.replace('/', '-')}-{lang}")
            if lang == "zh":
                assert all(squeezed(text) in pages[0] for text in said), (place, pages[0])
                assert run in pages[0]
        assert all(fonts(answer.content).values())
        assert len(page_sizes(answer.content)) == 1
        word = town.get(f"{base}/{place}/brief.docx", role="viewer")
        assert squeezed(said[0]) in word_texts(word.content)
    assert_problem(town.get(f"{base}/districts/nowhere/brief.pdf", role="viewer"), 404)
    assert_problem(town.get(f"{base}/areas/nowhere/brief.docx", role="viewer"), 404)
    assert_problem(town.get(f"{base}/districts/east-18/brief.pdf", role="west viewer"), 404)


def test_nothing_is_drawn_while_a_connection_is_held(town, runs, monkeypatch):
    owner = create_database_engine(town.settings.database.owner_url.get_secret_value())
    held = []

    def watch(module):
        draw = module.draw_site_map

        def drawing(*given, **named):
            with owner.connect() as connection:
                held.append(
                    connection.execute(
                        text("""
                        SELECT count(*) FROM pg_stat_activity WHERE usename = 'yike_app'
                        AND datname = current_database() AND state LIKE 'idle in transaction%'""")
                    ).scalar_one()
                )
            return draw(*given, **named)

        monkeypatch.setattr(module, "draw_site_map", drawing)

    watch(brief_maps)
    watch(review_opinion)
    base = f"/v1/evaluations/{runs[0]}"
    for path in ("districts/east-18", "areas/420101"):
        assert town.get(f"{base}/{path}/brief.docx", role="viewer").status_code == 200
    drafted = town.post(DRAFT.format(".docx"), json=project(area="330702"), role="reviewer")
    assert drafted.status_code == 200
    query = "/v1/reviews?as_of=2026-11-22&stage=design&pack=jinhua-2022"
    stored = town.post(query, json=project("drawn", area="330702"), role="reviewer").json()
    assert town.get(f"/v1/reviews/{stored['id']}/report.docx", role="viewer").status_code == 200
    owner.dispose()
    assert held == [0, 0, 0, 0]


def test_the_ledger_carries_on(town, runs):
    first, second = runs
    before = rows_of(town.get(LEDGER.format(first), role="viewer").content)
    assert {row["状态"] for row in before} == {"新增"}
    open_before = {row["问题标识"] for row in before}
    answer = town.get(LEDGER.format(second), params={"previous": first}, role="viewer")
    rows = {row["问题标识"]: row for row in rows_of(answer.content)}
    assert open_before <= set(rows), "nothing is lost"
    radius = rows["district|east-18||jinhua-2022|jinhua.childcare.radius"]
    assert (radius["状态"], radius["判定"]) == ("已解决", "符合")
    assert (str(radius["首次发现"])[:10], str(radius["解决日期"])[:10]) == (
        "2026-11-01",
        "2026-11-22",
    )
    persisting = [row for row in rows.values() if row["状态"] == "持续"]
    assert persisting
    assert {str(row["首次发现"])[:10] for row in persisting} == {"2026-11-01"}
    alone = rows_of(town.get(LEDGER.format(second), role="viewer").content)
    assert radius["问题标识"] not in {row["问题标识"] for row in alone}
    for wrong in ("nowhere", second, second[:-1] + "x"):
        problem = assert_problem(
            town.get(LEDGER.format(second), params={"previous": wrong}, role="viewer"), 400
        )
        assert problem["errors"][0]["parameter"] == "previous"
    assert_problem(town.get(LEDGER.format(first), params={"previous": second}), 400)


def test_the_command_line_writes_the_same(town, runs, commands, tmp_path: Path):
    first, second = runs
    environment = {
        "YIKE_DATABASE__URL": town.settings.database.url.get_secret_value(),
        "YIKE_CACHE_DIR": str(tmp_path / "cache"),
    }

    def yike(*arguments):
        return commands.run(arguments, cwd=tmp_path, environment=environment, timeout_seconds=120)

    done = yike("ledger", first, "--out", "one.xlsx")
    assert done.returncode == 0, done.stderr
    done = yike("ledger", "--previous", "one.xlsx", "--out", "two.xlsx", "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert "solved:" in done.stdout
    written = rows_of((tmp_path / "two.xlsx").read_bytes(), "Problems")
    served = rows_of(
        town.get(
            LEDGER.format(second),
            params={"previous": first},
            role="viewer",
            headers={"Accept-Language": "en"},
        ).content,
        "Problems",
    )
    assert written == served
    stored = town.get("/v1/reviews", role="viewer").json()["reviews"][0]["id"]
    done = yike("review", "show", stored, "--json", "--out", "r.docx")
    assert done.returncode == 0, done.stderr
    assert stored in word_texts((tmp_path / "r.docx").read_bytes())
    done = yike("report", "district", "east-18", "--out", "b.pdf", "--out", "b.docx")
    assert done.returncode == 0, done.stderr
    assert len(pages_text((tmp_path / "b.pdf").read_bytes())) == 1
    for arguments, said in (
        (("report", "district", "nowhere", "--out", "x.pdf"), "nowhere"),
        (("report", "street", "x", "--out", "x.pdf"), "district or area"),
        (("report", "area", "420101", "--out", "x.xlsx"), ".pdf, .docx"),
        (("report", "area", "420101"), "--out"),
        (("ledger", "--previous", "b.docx", "--out", "x.xlsx"), "b.docx"),
        (("ledger", "--previous", "none.xlsx", "--out", "x.xlsx"), "none.xlsx"),
        (("ledger", first, "--previous", second, "--out", "x.xlsx"), "later than"),
    ):
        done = yike(*arguments)
        assert done.returncode == 2, arguments
        assert said in done.stderr.replace(", ", " or ").replace(".pdf or .docx", ".pdf, .docx"), (
            done.stderr
        )
        assert "Traceback" not in done.stderr
