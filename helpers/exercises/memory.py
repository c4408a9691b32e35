"""Remember which exercises were tried and solved, in data/progress.sqlite."""

import contextlib
import os
import sqlite3

from helpers.environment import ROOT

FILE = ROOT / "data" / "progress.sqlite"
STATES = ("open", "tried", "solved")


def remember(name, state):
    """Note that the exercise `name` was "tried" or "solved"; solved stays solved.

    Nothing is noted where ``COURSE_STRICT`` is set: tests leave the learner's file alone.
    """
    if os.environ.get("COURSE_STRICT"):
        return
    with _table() as table:
        table.execute(
            "insert into progress values (?, ?) on conflict (name) do update set state = "
            "case when state = 'solved' then state else excluded.state end",
            (name, state),
        )


def states() -> dict:
    """Return the noted states by name of exercise; one that is not in it is open."""
    if os.environ.get("COURSE_STRICT") or not FILE.exists():
        return {}
    with _table() as table:
        return dict(table.execute("select name, state from progress"))


def forget():
    """Forget all: every exercise is open again."""
    FILE.unlink(missing_ok=True)


@contextlib.contextmanager
def _table():
    """Open the file for one change or look; one that is broken is set aside, with a line."""
    try:
        connection = _connect()
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        aside = FILE.with_suffix(".broken")
        FILE.replace(aside)
        print(
            f"data/{FILE.name} cannot be read ({error}); it is now data/{aside.name}, and a new one begins."
        )
        connection = _connect()
    with contextlib.closing(connection), connection:
        yield connection


def _connect():
    connection = sqlite3.connect(FILE, timeout=10)
    connection.execute("create table if not exists progress (name text primary key, state text)")
    return connection
