"""Which encoding text is in, and why."""

from __future__ import annotations

import pytest

from service.imports.encoding import decode_cells, decode_text
from service.imports.encoding_names import encoding_name
from spatial.errors import InputError

CHINESE = "幸福里小区,托位数 60 个"


@pytest.mark.parametrize(
    ("data", "declared", "name", "rule"),
    [
        (b"plain", None, "utf-8", "ascii"),
        (CHINESE.encode(), None, "utf-8", "utf-8"),
        (CHINESE.encode("utf-8-sig"), "GBK", "utf-8-sig", "mark"),
        (CHINESE.encode("utf-16"), None, "utf-16", "mark"),
        (b"\xfe\xff" + CHINESE.encode("utf-16-be"), None, "utf-16", "mark"),
        (CHINESE.encode("gbk"), None, "gb18030", "gb18030"),
        (CHINESE.encode("gbk"), "GB2312", "gb18030", "declared"),
        (CHINESE.encode("gbk"), "UTF-8", "gb18030", "gb18030"),
        (CHINESE.encode("gbk"), "no such thing", "gb18030", "gb18030"),
        (CHINESE.encode("big5", "ignore"), "big5", "big5", "declared"),
        ("𠮷㙍".encode("gb18030"), None, "gb18030", "gb18030"),
        # Valid UTF-8 by chance: it would be Cyrillic.
        ("一".encode("gbk"), None, "gb18030", "chinese"),
        ("联通".encode("gbk"), None, "gb18030", "gb18030"),
        # A declaration of ISO-8859-1 says nothing, as any bytes are valid in it.
        (CHINESE.encode("gbk"), "ISO-8859-1", "gb18030", "gb18030"),
        ("Straße café 1".encode("latin-1"), "ISO-8859-1", "iso8859-1", "declared"),
    ],
)
def test_the_rule_that_decides(data: bytes, declared: str | None, name: str, rule: str) -> None:
    decoded = decode_text(data, source="f", declared=declared)

    assert (decoded.evidence.name, decoded.evidence.rule) == (name, rule)
    assert decoded.text == data.decode(name)


def test_what_the_user_says_counts_alone() -> None:
    assert (
        decode_text(CHINESE.encode("big5", "ignore"), source="f", option="Big5").evidence.rule
        == "option"
    )
    with pytest.raises(
        InputError, match=r"f: its text is not in UTF-8, as --encoding says \(line 2\)"
    ):
        decode_text(b"a\n" + CHINESE.encode("gbk"), source="f", option="utf8")
    with pytest.raises(InputError, match="there is no encoding 'klingon'"):
        decode_text(b"a", source="f", option="klingon")
    with pytest.raises(InputError, match="there is no encoding 'base64'"):
        decode_text(b"a", source="f", option="base64")


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "gb18030"])
@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_character_cut_at_the_end_is_dropped_and_counted(encoding: str, lost: int) -> None:
    names = ["幸福里小区", "𠮷祥里" if encoding != "gbk" else "吉祥里"]
    cells = [name.encode(encoding) for name in names] + [b"", b"A1"]
    cut = names[0].encode(encoding)[:-lost]

    decoded = decode_cells([cut, *cells], source="f")

    whole = len(names[0]) - -(-lost // (3 if encoding == "utf-8" else 2))
    assert decoded.texts == (names[0][:whole], *names, "", "A1")
    assert decoded.evidence.cut == (0 if lost % (3 if encoding == "utf-8" else 2) == 0 else 1)


def test_a_file_that_ends_within_a_character_is_refused() -> None:
    with pytest.raises(InputError, match=r"f: its text is in neither UTF-8 nor GB18030 \(line 2: "):
        decode_text(b"a\n" + CHINESE.encode("gbk") + b"\xd0", source="f")


def test_the_sample_is_of_texts_that_show_something() -> None:
    evidence = decode_text("id\n甲\nb\n乙\n甲\n".encode("gbk"), source="f").evidence

    assert evidence.sample == ("甲", "乙")
    assert evidence.doubtful
    assert evidence.note() == "text read as GB18030, as its bytes are not valid UTF-8: 甲 · 乙"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("65001", "utf-8"), ("UTF8", "utf-8"), ("936", "gb18030"), ("ANSI 936", "gb18030"),
        ("GB2312", "gb18030"), ("ANSI_1252", "cp1252"), ("", None), ("rot13", None),
    ],
)  # fmt: skip
def test_names_of_encodings(said: str, name: str | None) -> None:
    assert encoding_name(said) == name
