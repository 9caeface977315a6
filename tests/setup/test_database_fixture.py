import psycopg
import pytest
from sqlalchemy.engine import make_url


def connect(url: str) -> psycopg.Connection:
    plain = make_url(url).set(drivername="postgresql")
    return psycopg.connect(plain.render_as_string(hide_password=False))


def test_a_test_gets_a_database_with_postgis_and_both_roles(database):
    for url, role in ((database.owner_url, "yike_owner"), (database.app_url, "yike_app")):
        with connect(url) as session:
            row = session.execute(
                "SELECT current_user, ST_AsText(ST_Point(114, 30)), rolsuper "
                "FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
        assert row == (role, "POINT(114 30)", False)


@pytest.mark.parametrize("_time", [1, 2])
def test_nothing_is_left_from_the_test_before(database, _time):
    with connect(database.owner_url) as session:
        session.execute("CREATE TABLE trace (id integer)")


def test_a_wrong_password_is_refused(database):
    url = make_url(database.app_url).set(password="guess").render_as_string(hide_password=False)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(url)
