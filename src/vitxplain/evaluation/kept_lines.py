"""Lines of text by keys, in a database that lies on the disk: however many there are, they take the same memory."""

import sqlite3
import weakref
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Generic, TypeVar

from vitxplain.errors import OutputError

CACHE: Final = 4096  # KiB of the database in memory; the rest is in a file that nobody else sees and that goes with it
Key = TypeVar("Key", bound=tuple[str, ...])
Value = TypeVar("Value")


class KeptLines(Generic[Key]):
    """A line for each key, which is a tuple of so many names; gone with the object.

    Raises:
        OutputError: from every method, where the folder for temporary files is full.
    """

    def __init__(self, names: int) -> None:
        # In autocommit nothing is held back for an end that never comes; any thread may be the one that collects it.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._database.close)
        self._names = [f"name{number}" for number in range(names)]
        columns, marks = ", ".join(self._names), ", ".join("?" * names)
        for statement in (
            "PRAGMA journal_mode = OFF",
            f"PRAGMA cache_size = -{CACHE}",
            f"CREATE TABLE kept ({columns}, line TEXT, UNIQUE ({columns}))",
        ):
            self._database.execute(statement).close()
        self._get = f"SELECT line FROM kept {self._that_begin(self._names)}"  # noqa: S608 - our own words
        self._put = f"INSERT INTO kept VALUES ({marks}, ?) ON CONFLICT DO UPDATE SET line = excluded.line"  # noqa: S608

    def __len__(self) -> int:
        return self._count(())

    def __getitem__(self, key: Key) -> str:
        if (line := self.get(key)) is None:
            raise KeyError(key)
        return line

    def get(self, key: Key) -> str | None:
        """The line of a key; None where there is none."""
        with _disk():
            row = self._database.execute(self._get, _encoded(key)).fetchone()
        return None if row is None else row[0]

    def put(self, key: Key, line: str) -> None:
        """Keep a line, in the place of an earlier one."""
        with _disk():
            self._database.execute(self._put, (*_encoded(key), line)).close()

    def lines(self, beginning: Sequence[str] = ()) -> Iterator[str]:
        """Those of all keys that begin so, in their order; without a beginning all in the order of coming."""
        order = ", ".join(self._names[len(beginning) :]) if beginning else "rowid"
        those = self._that_begin(beginning)
        yield from self._rows(f"SELECT line FROM kept {those} ORDER BY {order}", beginning)  # noqa: S608

    def parts(self, beginnings: Sequence[Sequence[str]], read: Callable[[str], Value]) -> "KeptValues[Value]":
        """What `read` makes of the lines of keys that begin so, one beginning after the other."""
        return KeptValues(
            lambda: (read(line) for beginning in beginnings for line in self.lines(beginning)),
            lambda: sum(map(self._count, beginnings)),
        )

    def _count(self, beginning: Sequence[str]) -> int:
        those = self._that_begin(beginning)
        (count,) = self._rows(f"SELECT count(*) FROM kept {those}", beginning)  # noqa: S608
        return int(count)

    def _that_begin(self, beginning: Sequence[str]) -> str:
        conditions = [f"{name} = ?" for name in self._names[: len(beginning)]]
        return f"WHERE {' AND '.join(conditions)}" if conditions else ""

    def _rows(self, question: str, beginning: Sequence[str]) -> Iterator[str]:
        with _disk():
            rows = self._database.execute(question, _encoded(beginning))
            for (value,) in rows:
                yield value


class KeptValues(Collection[Value]):
    """Values that are read from the disk each time somebody goes through them."""

    def __init__(self, values: Callable[[], Iterator[Value]], count: Callable[[], int]) -> None:
        self._values, self._count = values, count

    def __iter__(self) -> Iterator[Value]:
        return self._values()

    def __len__(self) -> int:
        return self._count()

    def __contains__(self, value: object) -> bool:
        return any(one == value for one in self)


def _encoded(names: Sequence[str]) -> tuple[bytes, ...]:
    """Names of files may hold half characters, which no text of a database does; bytes are in the order of the text."""
    return tuple(name.encode("utf-8", "surrogatepass") for name in names)


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise OutputError(
            f"the scores cannot be kept in the folder for temporary files: {error}. Make room there, or name another "
            "one in SQLITE_TMPDIR."
        ) from error
