"""CQL2 against SQL written by hand, in both encodings; and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import cql2
import pytest
import yaml
from cql_rows import PROPERTIES, ROWS, THING
from sqlalchemy import insert, select, text
from sqlalchemy.dialects import postgresql

from service.core.database import create_database_engine
from service.ogc.cql.errors import FilterError
from service.ogc.cql.reading import MAX_DEPTH, MAX_LENGTH, read_filter
from service.ogc.cql.values import Values
from service.ogc.cql.walker import Walker
from service.ogc.crs import CRS84, reference_systems
from service.ogc.filtering import CONFORMANCE

CASES = yaml.safe_load(Path(__file__).with_name("cql2_cases.yaml").read_text(encoding="utf-8"))
SYSTEMS = reference_systems()
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


def condition(filter_text, language="cql2-text", *, system=CRS84):
    found = SYSTEMS[system]
    walker = Walker(Values(PROPERTIES, to_storage=found.to_storage, read_box=found.read_box))
    return walker.condition(read_filter(filter_text, language))


@pytest.fixture(scope="module")
def things(module_database):
    engine = create_database_engine(module_database.owner_url)
    with engine.connect() as connection:
        transaction = connection.begin()
        THING.create(connection)
        connection.execute(insert(THING), ROWS)
        yield connection
        transaction.rollback()
    engine.dispose()


def found(things, wanted):
    return set(things.scalars(select(THING.c.id).where(wanted)))


@pytest.mark.parametrize(
    ("class_", "filter_text"), [(name, one) for name, cases in CASES.items() for one in cases]
)
def test_a_filter_finds_what_sql_finds(things, class_, filter_text):
    expected = found(things, text(CASES[class_][filter_text]))
    as_json = json.dumps(cql2.parse_text(filter_text).to_json())
    assert found(things, condition(filter_text)) == expected
    assert found(things, condition(as_json, "cql2-json")) == expected


def test_the_cases_tell_filters_apart(things):
    """A case that finds all rows or none proves little; few of them may."""
    sizes = [len(found(things, text(sql))) for cases in CASES.values() for sql in cases.values()]
    assert sum(size in {0, len(ROWS)} for size in sizes) <= 8


def test_only_classes_with_cases_are_claimed():
    claimed = {uri.rsplit("/", 1)[1] for uri in CONFORMANCE if "/cql2/" in uri}
    assert claimed == {"cql2-text", "cql2-json", *CASES}


@pytest.mark.parametrize(
    ("tree", "sql"),
    [
        ({"op": "=", "args": [{"property": "m"}, 1234567890.5]}, "m = 1234567890.5"),
        ({"op": "isNull", "args": [{"property": "m"}]}, "m IS NULL"),
        (
            {"op": "t_intersects",
             "args": [{"property": "day"}, {"interval": ["2022-01-01", ".."]}]},
            "day >= '2022-01-01'",
        ),
        (
            {"op": "s_within", "args": [{"property": "geometry"}, {"bbox": [0, 0, 10, 10]}]},
            "ST_Within(geometry, ST_MakeEnvelope(0, 0, 10, 10, 4326))",
        ),
        (
            {"op": "=", "args": [{"op": "casei", "args": [{"property": "name"}]},
                                 {"op": "casei", "args": ["SCHOOL"]}]},
            "id IN (2, 3, 4)",
        ),
        ({"op": "in", "args": [{"property": "n"}, [2, 7]]}, "n IN (2, 7)"),
        ({"op": "<", "args": [{"property": "day"}, {"date": "2020-01-01"}]}, "day < '2020-01-01'"),
    ],
)  # fmt: skip
def test_json_written_by_hand(things, tree, sql):
    assert found(things, condition(json.dumps(tree), "cql2-json")) == found(things, text(sql))


def test_json_numbers_are_exact(things):
    exact = '{"op": "=", "args": [{"property": "m"}, 1234567890.123456789]}'
    assert found(things, condition(exact, "cql2-json")) == {9}
    near = exact.replace("789]", "788]")
    assert found(things, condition(near, "cql2-json")) == set()


def test_calculations_are_exact(things):
    """Both would differ if a number had passed through a float."""

    def calculated(operator, first, second, result):
        inner = f'{{"op": "{operator}", "args": [{first}, {second}]}}'
        return found(things, condition(f'{{"op": "=", "args": [{inner}, {result}]}}', "cql2-json"))

    everything = {row["id"] for row in ROWS}
    assert calculated("+", "0.1", "0.2", "0.3") == everything
    assert calculated("+", '{"property": "m"}', "0.000000001", "1234567890.123456790") == {9}
    assert calculated("*", "123456789012345678", "10", "1234567890123456780") == everything
    assert calculated("^", "3", "40", "12157665459056928801") == everything


@pytest.mark.parametrize(
    "filter_text",
    ["n / 0 = 1", "n % 0 = 1", "n div 0 = 1", "0 ^ -1 = 1", "(0 - 8) ^ 0.5 = 1", "10 ^ 101 > 0",
     "NOT (1 / 0 = 1)", "(9 ^ 99) ^ 99 > 0", "n / (n - n) IN (1, 2)"],
)  # fmt: skip
def test_what_has_no_result_selects_no_row_and_breaks_nothing(things, filter_text):
    assert found(things, condition(filter_text)) == set()


@pytest.mark.parametrize(
    ("system", "box"),
    [
        (EPSG + "4326", "0,4,6,6"),  # latitude first
        (EPSG + "4490", "0,4,6,6"),
        (EPSG + "3857", "445278,0,667917,669141"),
        (CRS84, "4,0,6,6"),
    ],
)
def test_a_literal_is_read_in_its_crs(things, system, box):
    expected = found(things, text("ST_Within(geometry, ST_MakeEnvelope(4, 0, 6, 6, 4326))"))
    assert expected == {2}
    assert found(things, condition(f"S_WITHIN(geometry, BBOX({box}))", system=system)) == expected


def test_the_literal_is_transformed_and_not_the_column():
    wanted = condition("S_INTERSECTS(geometry, BBOX(0,0,1,1))", system=EPSG + "3857")
    sql = str(wanted.compile(dialect=postgresql.dialect()))
    assert "ST_Intersects(thing.geometry, " in sql
    assert "ST_Transform" not in sql


def test_a_spatial_filter_uses_the_index(things):
    wanted = condition("S_INTERSECTS(geometry, BBOX(0,0,1,1)) AND n > 0", system=EPSG + "3857")
    statement = select(THING.c.id).where(wanted)
    compiled = statement.compile(things)
    with things.begin_nested() as savepoint:
        things.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = things.exec_driver_sql(f"EXPLAIN {compiled}", compiled.params).scalars().all()
        savepoint.rollback()
    assert any("idx_thing_geometry" in line for line in plan), plan


def test_values_are_bound_and_never_sql(things):
    attack = "x'') OR true --"
    wanted = condition(f"name = '{attack}'")
    assert "OR true" not in str(wanted.compile(dialect=postgresql.dialect()))
    assert found(things, wanted) == set()


DEEP = MAX_DEPTH * 5


@pytest.mark.parametrize(
    "filter_text",
    [
        "",
        " ",
        "name =",
        "name",
        "n",
        "geometry",
        "'x'",
        "pg_sleep(10) = 1",
        "pg_sleep(10)",
        "length(pg_read_file('/etc/passwd')) > 10",
        "version() = 'x'",
        "current_setting('x') = 'x'",
        "name = version()",
        "CASEI(version()) = CASEI('x')",
        "secret = 1",
        '"name; DROP TABLE thing" = 1',
        "S_INTERSECTS(secret, POINT(1 2))",
        "S_INTERSECTS(name, POINT(1 2))",
        "S_INTERSECTS(geometry, 'x')",
        "S_INTERSECTS(geometry)",
        "ST_Buffer(geometry, 1) = 1",
        "S_INTERSECTS(geometry, POINT(500 2))",
        "S_INTERSECTS(geometry, POINT(1 91))",
        "S_INTERSECTS(geometry, BBOX(1, 2))",
        "S_INTERSECTS(geometry, BBOX(0, 5, 1, 1))",
        "S_INTERSECTS(geometry, POLYGON((0 0, 2 2, 2 0, 0 2, 0 0)))",
        "S_WITHIN(geometry, GEOMETRYCOLLECTION(POINT(0 0), LINESTRING(20 1, 20 2)))",
        "geometry = 1",
        "name = 1",
        "n = 'x'",
        "day = '2020-01-01'",
        "day = TIMESTAMP('2020-01-01T00:00:00Z')",
        "day = DATE('2020-02-30')",
        "day = DATE('yesterday')",
        "at = TIMESTAMP('2020-01-01')",
        "at = TIMESTAMP('2020-01-01T25:00:00Z')",
        "at = TIMESTAMP('0001-01-01T00:00:00+14:00')",
        "T_AFTER(day, TIMESTAMP('2020-01-01T00:00:00Z'))",
        "T_AFTER(name, DATE('2020-01-01'))",
        "T_INTERSECTS(day, INTERVAL('2021-01-01', '2020-01-01'))",
        "T_INTERSECTS(day, INTERVAL('2021-01-01', '2021-01-01T00:00:00Z'))",
        "ok < true",
        "name LIKE 1",
        "n LIKE '1%'",
        "name LIKE alias",
        "name LIKE 'x\\'",
        "name BETWEEN 'a' AND 'b'",
        "n IN ()",
        "n IN (1, 'x')",
        "CASEI(n) = CASEI('x')",
        "CASEI(name) = 'x'",
        "ACCENTI(name) = ACCENTI('x')",
        "A_CONTAINS(name, ('x'))",
        "n + 1",
        "n + name = 2",
        "n + day = 2",
        "n + ok = 2",
        "n + (n = 1) = 2",
        "n ^ n ^ n ^ n = 1",
        "n = 2 AND",
        "n = 1e999",
        "NOT name",
        "(" * DEEP + "n = 1" + ")" * DEEP,
        "NOT " * DEEP + "n = 1",
        "NOT (" * DEEP + "n = 1" + ")" * DEEP,
        "n = " + "-" * DEEP + "1",
        "casei(" * DEEP + "name" + ")" * DEEP + " = 'x'",
        "n = 1 OR " * 20_000 + "n = 2",
        "name = '" + "x" * 100_000 + "'",
        "n IN (" + ",".join(["1"] * 5000) + ")",
        "name = '" + "(" * 50 + "",
    ],
)
def test_text_that_is_refused(filter_text):
    with pytest.raises(FilterError):
        condition(filter_text)


def nested(depth):
    return '{"op":"not","args":[' * depth + "true" + "]}" * depth


@pytest.mark.parametrize(
    "filter_text",
    [
        "",
        "null",
        "1",
        "[]",
        "{}",
        '"x"',
        '{"op": "and"}',
        '{"op": "and", "args": []}',
        '{"op": "and", "args": [true]}',
        '{"op": "and", "args": {"a": 1}}',
        '{"op": 1, "args": []}',
        '{"op": "=", "args": [{"property": "n"}]}',
        '{"op": "=", "args": [{"property": "n"}, NaN]}',
        '{"op": "=", "args": [{"property": "n"}, 1e9999]}',
        '{"op": "=", "args": [{"property": "n"}, null]}',
        '{"op": "=", "args": [{"property": ["n"]}, 1]}',
        '{"op": "=", "args": [{"property": "name"}, "\\u0000"]}',
        '{"op": "=", "args": [{"property": "name"}, "\\ud800"]}',
        '{"op": "=", "args": [{"property": "\\ud800"}, 1]}',
        '{"op": "\\ud800", "args": [1]}',
        '{"op": "like", "args": [{"property": "name"}, {"op": "casei", "args": []}]}',
        '{"op": "in", "args": [{"property": "n"}, []]}',
        '{"op": "=", "args": [{"op": "+", "args": [{"property": "n"}]}, 1]}',
        '{"op": "=", "args": [{"op": "+", "args": [1, 2, 3]}, 6]}',
        '{"op": "=", "args": [{"op": "**", "args": [2, 3]}, 8]}',
        '{"op": "+", "args": [1, 2]}',
        *(
            f'{{"op": "s_intersects", "args": [{{"property": "geometry"}}, {literal}]}}'
            for literal in (
                '{"type": "Point"}',
                '{"type": "Point", "coordinates": ["1", 2]}',
                '{"type": "Point", "coordinates": [1e400, 2]}',
                '{"type": "LineString", "coordinates": [[1, 2]]}',
                '{"type": "Polygon", "coordinates": []}',
                '{"type": "GeometryCollection", "geometries": []}',
                '{"type": "GeometryCollection", "geometries": [1]}',
                '{"type": ["x"]}',
                '{"type": "Circle"}',
                '{"bbox": ["1", 2, 3, 4]}',
                '{"bbox": [1e400, 2, 3, 4]}',
            )
        ),
        '{"op": "t_after", "args": [{"property": "day"}, {"interval": [1, 2]}]}',
        '{"op": "t_after", "args": [{"property": "day"}, {"interval": "x"}]}',
        '{"op": "t_after", "args": [{"property": "day"}, {"date": 5}]}',
        nested(200),
        nested(100_000 // 25),
        "[" * 100_000,
    ],
)
def test_json_that_is_refused(filter_text):
    with pytest.raises(FilterError):
        condition(filter_text, "cql2-json")


def test_the_largest_filter_allowed_is_read(things):
    names = ", ".join(f"'name {number}'" for number in range(1000))
    assert len(names) < MAX_LENGTH
    assert found(things, condition(f"name IN ({names})")) == set()
    assert found(things, condition("(" * MAX_DEPTH + "n = 1" + ")" * MAX_DEPTH)) == {1}
