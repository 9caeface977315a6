"""Papers opened again: pages as pictures, texts without the breaks of lines."""

from __future__ import annotations

import ctypes
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium
from docx import Document
from docx.oxml.ns import qn
from fontTools.ttLib import TTCollection
from PIL import Image

ARTEFACTS = Path(__file__).resolve().parents[2] / ".yike" / "artefacts"
A4_PT = (595.3, 841.9)
NOTO = Path("/usr/share/fonts/opentype/noto")
POINTS_A_MM = 72 / 25.4


@contextmanager
def opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    document = pypdfium2.PdfDocument(data)
    try:
        yield document
    finally:
        document.close()


def squeezed(text: str) -> str:
    """Leave out what a line break may add or take away."""
    return re.sub(r"[\s\x02\u00ad\ufffe]+", "", text)


def pages_text(data: bytes) -> list[str]:
    with opened(data) as document:
        found = []
        for page in document:
            text = page.get_textpage()
            found.append(squeezed(text.get_text_range()))
            text.close()
            page.close()
        return found


def page_sizes(data: bytes) -> set[tuple[float, float]]:
    with opened(data) as document:
        return {tuple(round(side, 1) for side in page.get_size()) for page in document}


def fonts(data: bytes) -> dict[str, bool]:
    """Name the fonts of a PDF, and tell of each whether it is embedded."""
    with opened(data) as document:
        found: dict[str, bool] = {}
        for page in document:
            for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
                font = pdfium.FPDFTextObj_GetFont(item.raw)
                size = pdfium.FPDFFont_GetBaseFontName(font, None, 0)
                name = ctypes.create_string_buffer(size)
                pdfium.FPDFFont_GetBaseFontName(font, name, size)
                found[name.value.decode()] = bool(pdfium.FPDFFont_GetIsEmbedded(font))
        return found


def save_pages(data: bytes, name: str, *, scale: float = 1.5) -> list[Image.Image]:
    """Render the pages, and keep the pictures for people to look at."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    with opened(data) as document:
        pictures = [page.render(scale=scale).to_pil() for page in document]
    for number, picture in enumerate(pictures, start=1):
        picture.save(ARTEFACTS / f"{name}-{number}.png")
    (ARTEFACTS / f"{name}.pdf").write_bytes(data)
    return pictures


def not_in_noto(texts: Iterable[str]) -> set[str]:
    """List the characters the Chinese fonts of the papers cannot draw."""
    asked = {char for text in texts for char in text if not char.isspace()}
    for name in ("NotoSerifCJK-Regular.ttc", "NotoSansCJK-Regular.ttc"):
        collection = TTCollection(NOTO / name, lazy=True)
        asked -= set(map(chr, collection.fonts[0].getBestCmap()))
        collection.close()
    return asked


def word_texts(data: bytes) -> str:
    document = Document(io.BytesIO(data))
    parts = [document.element, *(s.header._element for s in document.sections)]  # noqa: SLF001  # no public way
    return squeezed("".join(t.text or "" for part in parts for t in part.iter(qn("w:t"))))
