"""Remember which exercises were tried and solved, in data/progress.sqlite.

The environment variable ``COURSE_PROGRESS`` names another file: tests leave the learner's alone. To
remember is a by-product, so nothing here raises: what goes wrong is returned as a line to show.
"""

import contextlib
import sqlite3

from helpers.environment import progress_file
from helpers.exercises.language import _

FILE = progress_file()
PATIENCE = 2  # seconds to wait for another process that has the file locked


def remember(name, state) -> str:
    """Note that the exercise `name` was "tried" or "solved"; solved stays solved. Returns a line or ""."""
    command = (
        "insert into progress values (?, ?) on conflict (name) do update set state = "
        "case when state = 'solved' then state else excluded.state end"
    )
    return _execute(command, (name, state))[1]


def states() -> tuple[dict, str]:
    """Return the noted states by name of exercise (one that is not in it is open), and a line or ""."""
    if not FILE.exists():
        return {}, ""
    rows, line = _execute("select name, state from progress")
    return dict(rows), line


def forget():
    """Forget all: every exercise is open again."""
    FILE.unlink(missing_ok=True)


def _execute(command, values=()):
    """Return the rows that a command gives, and a line that says what went wrong, or ""."""
    try:
        return _rows(command, values), ""
    except sqlite3.OperationalError as error:  # locked, read-only, no folder, no room
        return [], _could_not_be_kept(error)
    except sqlite3.DatabaseError as error:
        try:
            return _begin_anew(command, values, error)
        except (OSError, sqlite3.Error) as error:
            return [], _could_not_be_kept(error)


def _could_not_be_kept(error):
    file = _short(FILE)
    return _("Your progress could not be kept in {file}: {error}.", file=file, error=error)


def _begin_anew(command, values, error):
    """Set a broken file aside, and execute the command on a new one."""
    aside = FILE.with_suffix(".broken")
    FILE.replace(aside)
    line = _(
        "{file} cannot be read ({error}); it is now {aside}, and a new one begins.",
        file=_short(FILE),
        error=error,
        aside=_short(aside),
    )
    return _rows(command, values), line


def _rows(command, values):
    connection = sqlite3.connect(FILE, timeout=PATIENCE, isolation_level=None)
    with contextlib.closing(connection):
        connection.execute("begin immediate")  # waits for its turn; a later lock may be refused
        connection.execute(
            "create table if not exists progress (name text primary key, state text)"
        )
        rows = connection.execute(command, values).fetchall()
        connection.execute("commit")
        return rows


def _short(file):
    return f"{file.parent.name}/{file.name}"
