"""A lazy table: nothing is read until a method asks for it."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import duckdb
import pyarrow as pa


class Relation:
    """Rows of one table, read on demand. `.arrow()`, `.df()` (alias `.to_pandas()`), `.pl()`, `.sql("... from this")`."""

    def __init__(self, name: str, read: Callable[[], pa.Table]) -> None:
        self.name = name
        self._read = read
        self._table: pa.Table | None = None

    def arrow(self) -> pa.Table:
        """The rows as an Arrow table, in the table's own order."""
        if self._table is None:
            self._table = self._read()
        return self._table

    def df(self) -> Any:
        """The rows as a pandas DataFrame (pandas comes with the extra [notebook])."""
        return self.arrow().to_pandas()

    to_pandas = df

    def pl(self) -> Any:
        """The rows as a Polars DataFrame (Polars is not among voc's own dependencies)."""
        import polars

        return polars.from_arrow(self.arrow())

    def sql(self, query: str) -> Relation:
        """`query` over this relation, which it names `this`: `.sql("select aspect, count(*) from this group by 1")`."""
        return Relation(f"sql over {self.name}", lambda: _query(query, self.arrow()))

    def __len__(self) -> int:
        return len(self.arrow())

    def __repr__(self) -> str:
        return f"<{self.name}: {len(self):,} rows; {', '.join(self.arrow().column_names)}>"

    def _repr_html_(self, rows: int = 10) -> str:
        table = self.arrow()
        head = "".join(f"<th>{html.escape(name)}</th>" for name in table.column_names)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(_short(value))}</td>" for value in row.values()) + "</tr>"
            for row in table.slice(0, rows).to_pylist()
        )
        more = f"<p>{len(table):,} rows, the first {rows} shown</p>" if len(table) > rows else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _query(query: str, this: pa.Table) -> pa.Table:
    with duckdb.connect() as connection:
        connection.register("this", this)
        return connection.sql(query).to_arrow_table()


def _short(value: object) -> str:
    text = "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 80 else text[:79] + "…"
