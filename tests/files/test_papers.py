"""Opinions of reviews as people get them: opened again, measured, rendered and read."""

from __future__ import annotations

import datetime as dt
import io
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from docx import Document
from docx.oxml.ns import qn
from housing import (
    AS_OF,
    FOUR,
    PACKS,
    at,
    conditions,
    item,
    nursery,
    plain,
    project,
    station,
    street,
)
from planning import facilities, point
from printed import (
    A4_PT,
    fonts,
    not_in_noto,
    page_sizes,
    pages_text,
    save_pages,
    squeezed,
    word_texts,
)
from town import Run

from service.reports.opinion import DataBasis, Opinion, Override, Signature
from service.reports.opinion_paper import opinion_docx, opinion_paper, opinion_pdf
from service.reports.paper import Cell, Grid, Paper, Paragraph, texts
from service.reports.paper_docx import paper_docx
from service.reports.paper_pdf import paper_pdf
from service.reports.review_opinion import review_opinion
from service.reports.worksheet import worksheet_xlsx
from spatial.policy.review.placing import Surroundings
from spatial.policy.review.review import review

WALL = "长长的引文没有空格也要折行，" * 40


def submitted():
    """A project that fails in several ways, with every part an opinion shows."""
    return project(
        nursery(600, name="一期托育园", floor_level=1, own_entrance=True, geometry=at(-40, 40)),
        station(
            floor_area_m2=280, as_built={}, dates={"planned_on": "2024-01-02"}, status="approved"
        ),
        units=[2600, 2734],
        area="330702",
        entrances={"type": "MultiPoint", "coordinates": [at(-100)["coordinates"]]},
        household_size={"persons": 2.62, "source": "第七次全国人口普查"},
        planning_conditions={**conditions(item(max_floor_level=1)), "quote": '=HYPERLINK("x")'},
        stage="design",
    )


@pytest.fixture(scope="module")
def opinion() -> Opinion:
    asked = submitted()
    around = Surroundings(
        facilities(
            {"id": "old", "geometry": point(150), "source": "OpenStreetMap"},
            {"id": "day", "kind": "day_care", "service": "elderly", "geometry": point(-300)},
        ).assign(service=["childcare", "elderly"]),
        street(),
    )
    packs = [PACKS[name] for name in FOUR]
    found = review(asked, packs=packs, as_of=AS_OF, surroundings=around)
    return review_opinion(
        found,
        project=asked,
        packs=packs,
        surroundings=around,
        sources=["OpenStreetMap"],
        lang="zh",
    )


@pytest.fixture(scope="module")
def printed(opinion) -> bytes:
    return opinion_pdf(opinion)


def test_a_draft_as_pdf_is_a4_with_its_fonts_and_every_text(opinion, printed) -> None:
    assert all(
        abs(side - wanted) < 0.5
        for size in page_sizes(printed)
        for side, wanted in zip(size, A4_PT, strict=True)
    )
    embedded = fonts(printed)
    assert all(embedded.values()), embedded
    for family in ("NotoSerifCJK", "NotoSansCJK"):
        assert any(family in name.replace("-", "") for name in embedded), embedded
    said = texts(opinion_paper(opinion).blocks)
    assert not_in_noto(said) == set()
    pages = pages_text(printed)
    whole = "".join(pages)
    for page, text in enumerate(pages, start=1):
        assert "草案" in text, "every page says that it is a draft"
        assert f"第{page}页共{len(pages)}页" in text
    for finding in opinion.review["findings"]:
        for member in ("quote", "clause", "rule"):
            assert squeezed(finding[member]) in whole, finding["rule"]
    pictures = save_pages(printed, "opinion-draft")
    assert len(pictures) == len(pages) >= 4
    for picture in pictures:
        assert picture.width / picture.height == pytest.approx(210 / 297, abs=0.002)
        assert len(picture.convert("L").getcolors(256)) > 20, "an empty page"


def test_heads_of_tables_repeat_and_no_row_is_cut(opinion, printed) -> None:
    pages = pages_text(printed)
    head = "序号条款与原文应有实有差额结论"
    # Where a clause of a table stands, its head stands above it on that page.
    starts = [n for n, page in enumerate(pages) if head in page]
    rows = {}
    for finding in opinion.review["findings"]:
        cell = squeezed(f"{finding['clause']}{finding['quote']}{finding['rule']}")
        on = [n for n, page in enumerate(pages) if cell in page]
        assert on, f"{finding['rule']} is cut by the end of a page"
        rows[finding["rule"]] = on[0]
    assert set(rows.values()) <= set(starts)
    assert len(set(rows.values())) > 1, "the table goes over a page"


def test_what_is_computed_is_spelt_out(opinion, printed) -> None:
    whole = "".join(pages_text(printed))
    assert "max(15×5,334÷100,200)=800.1" in whole
    assert "增加建筑面积" in whole, "what would make it pass"
    assert "审查结论：不予通过" in whole
    assert "人（假设每户2.62人，5,334户；来源：第七次全国人口普查）" in whole
    assert "编号：（签发时编列）" in whole
    for pack in opinion.review["packs"]:
        assert pack["version"] in whole


def test_signed_and_overridden(opinion) -> None:
    at_area = next(
        number
        for number, one in enumerate(opinion.review["findings"])
        if one["verdict"] == "not_met"
    )
    override = Override(
        at_area, "not_met", "met", "现场核实，另有批复。", "李审查", dt.date(2026, 11, 23)
    )
    findings = [dict(one) for one in opinion.review["findings"]]
    findings[at_area]["decided"] = "met"
    signed = replace(
        opinion,
        review={**opinion.review, "findings": findings},
        number="审〔2026〕31号",
        draft=False,
        overrides=(override,),
        effective={"": "undetermined"},
        signatures=(Signature("signed", "王签发", dt.date(2026, 11, 24)),),
        basis=DataBasis(digest="ab" * 32, known_at="2026-11-22T08:00:00+00:00"),
        map_png=None,
    )
    pages = pages_text(opinion_pdf(signed))
    whole = "".join(pages)
    assert "草案" not in whole
    assert "编号：审〔2026〕31号" in whole
    assert "审查结论：无法判断" in whole
    assert "（人工更正，原为不符合）" in whole
    for text in ("现场核实，另有批复。", "李审查", "王签发", "2026年11月24日", "ab" * 32):
        assert squeezed(text) in whole
    save_pages(opinion_pdf(signed), "opinion-signed")
    assert "草案" not in word_texts(opinion_docx(signed))


def test_english() -> None:
    asked = submitted()
    found = review(asked, packs=[PACKS["jinhua-2022"]], as_of=AS_OF, surroundings=None)
    made = review_opinion(
        found,
        project=asked,
        packs=[PACKS["jinhua-2022"]],
        surroundings=Surroundings(),
        sources=[],
        lang="en",
    )
    data = opinion_pdf(made)
    whole = "".join(pages_text(data))
    for text in ("DRAFT", "Conclusion: not passed", "What would make it pass", "Page 1 of"):
        assert squeezed(text) in whole
    assert squeezed("not known, which is not none") in whole
    save_pages(data, "opinion-english")


def test_word(opinion) -> None:
    data = opinion_docx(opinion)
    document = Document(io.BytesIO(data))
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    wanted = texts(opinion_paper(opinion).blocks)
    whole = word_texts(data)
    assert [text for text in wanted if squeezed(text) not in whole] == []
    tables = {squeezed("".join(c.text for c in t.rows[0].cells)): t for t in document.tables}
    clauses = tables["序号条款与原文应有实有差额结论"]
    assert clauses.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None  # noqa: SLF001  # no public way
    for table in document.tables[1:]:
        rows = [row._tr.trPr for row in table.rows]  # noqa: SLF001  # no public way
        assert all(row.find(qn("w:cantSplit")) is not None for row in rows)
    assert len(document.inline_shapes) == 1
    shown = document.inline_shapes[0]
    assert 160 <= shown.width.mm <= 170
    assert shown._inline.docPr.get("descr").startswith("用地")  # noqa: SLF001  # no public way
    head = section.header._element.xml  # noqa: SLF001  # likewise
    assert 'string="草案"' in head, "the mark behind the page"
    assert document.core_properties.title.startswith("住宅项目")


@pytest.mark.office
def test_libreoffice_opens_the_document(opinion, tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    path = tmp_path / "opinion.docx"
    path.write_bytes(opinion_docx(opinion))
    done = subprocess.run(
        [
            str(office),
            f"-env:UserInstallation=file://{tmp_path / 'profile'}",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            str(tmp_path),
            str(path),
        ],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    made = tmp_path / "opinion.pdf"
    if not made.exists():
        assert "source file could not be loaded" in done.stdout + done.stderr
        pytest.skip("LibreOffice Writer is not installed")
    data = made.read_bytes()
    assert all(
        abs(side - wanted) < 1
        for size in page_sizes(data)
        for side, wanted in zip(size, A4_PT, strict=True)
    )
    pages = pages_text(data)
    whole = "".join(pages)
    for finding in opinion.review["findings"]:
        assert squeezed(finding["quote"]) in whole
        cell = squeezed(f"{finding['clause']}{finding['quote']}{finding['rule']}")
        assert any(cell in page for page in pages), "a row is cut, or lost"
    assert all(fonts(data).values())
    save_pages(data, "opinion-word")


def test_the_worksheet_computes_nothing_it_was_handed(opinion) -> None:
    nasty = replace(opinion.project, name="=1+1", id="@SUM(A1)", land_grant="+cmd|' /C calc'!A0")
    data = worksheet_xlsx(replace(opinion, project=nasty))
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["项目", "条款", "核算", "邻近小区", "数据依据"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    values = {cell.value for cell in cells}
    assert {"=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0"} <= values
    sheet = book["条款"]
    head = [cell.value for cell in sheet[1]]
    rows = [dict(zip(head, row, strict=True)) for row in sheet.iter_rows(2, values_only=True)]
    assert len(rows) == len(opinion.review["findings"])
    area = next(row for row in rows if row["规则"] == "jinhua.childcare.area.new")
    assert (area["应有"], area["实有"], area["差额"], area["单位"]) == (800.1, 600, 200.1, "m2")
    assert "max(15 × 5,334 ÷ 100, 200) = 800.1" in area["核算过程"]


def test_long_and_strange_texts_are_set() -> None:
    strange = "<script>alert(1)</script> & \x00\x0b ]]> {{ 7*7 }} $x$ 𠮷"
    paper = Paper(
        "题目",
        None,
        strange,
        None,
        "zh",
        (
            Paragraph(strange),
            Grid(
                ("甲", "乙"),
                tuple((Cell("a" * 300), Cell(WALL)) for _ in range(6)),
                (30, 140),
            ),
        ),
    )
    data = paper_pdf(paper)
    pages = pages_text(data)
    assert len(pages) > 1
    assert "<script>alert(1)</script>&" in pages[0]
    assert "{{7*7}}" in pages[0]
    assert sum(page.count(squeezed(WALL)) for page in pages) == 6
    assert squeezed(WALL)[:60] in word_texts(paper_docx(paper))


def test_review_writes_them(tmp_path: Path, yike: Run) -> None:
    (tmp_path / "project.json").write_text(
        json.dumps(plain(nursery(199)), ensure_ascii=False), encoding="utf-8"
    )
    none = {"YIKE_DATABASE__URL": "postgresql://nobody@127.0.0.1:1/none"}
    call = ("review", "project.json", "--stage=plan", "--pack=jinhua-2022", "--alone")
    done = yike(*call, "--out=o.docx", "--out=o.pdf", "--out=w.xlsx", **none)
    assert done.returncode == 3, done.stderr
    assert [line for line in done.stderr.splitlines() if "wrote" in line] == [
        "yike: wrote o.docx",
        "yike: wrote o.pdf",
        "yike: wrote w.xlsx",
    ]
    assert (tmp_path / "o.pdf").read_bytes().startswith(b"%PDF-")
    assert "试验小区" in word_texts((tmp_path / "o.docx").read_bytes())
    for wrong, said in (("o.odt", ".docx, .pdf, .xlsx"), ("none/o.pdf", "there is no folder")):
        done = yike(*call, f"--out={wrong}", **none)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert said in done.stderr
