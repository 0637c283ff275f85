"""Reads one sheet of a workbook in a process of its own and prints a JSON array a row.

Run as a script (`python xlsx_worker.py PATH SHEET MEGABYTES SECONDS`) and importing nothing of voc: a hostile workbook may
end this process, by abort, memory or time, and nothing else. Cells come out as text: dates in ISO form, whole numbers
without `.0`. A number of more than 15 digits has lost its tail in the workbook already and is marked with LOST.
"""

import datetime
import json
import math
import sys
from typing import Any

LOST = "\x00lost:"


def text(cell: Any) -> str | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float | int):
        if isinstance(cell, float) and (math.isnan(cell) or math.isinf(cell)):
            return None
        if float(cell).is_integer():
            return f"{LOST}{int(cell)}" if abs(cell) >= 10**15 else str(int(cell))
        return repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ")
    return cell.encode("utf-8", "replace").decode() if isinstance(cell, str) else str(cell)


def limit(megabytes: int, seconds: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no rlimits; the parent's clock still holds
        return
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(path: str, sheet: str, megabytes: str, seconds: str) -> int:
    from python_calamine import (
        CalamineError,
        PasswordError,
        SheetVisibleEnum,
        WorksheetNotFound,
        ZipError,
        load_workbook,
    )

    limit(int(megabytes), int(seconds))
    try:
        book = load_workbook(path)
        shown = [s.name for s in book.sheets_metadata if s.visible == SheetVisibleEnum.Visible] or book.sheet_names
        found = book.get_sheet_by_name(sheet or shown[0])
    except WorksheetNotFound:
        print(f"no sheet {sheet!r}; the workbook has {', '.join(map(repr, shown))}", file=sys.stderr)
        return 3
    except PasswordError:
        print("the workbook is protected by a password", file=sys.stderr)
        return 3
    except (CalamineError, ZipError, OSError, IndexError) as error:
        print(f"not a readable workbook: {error}", file=sys.stderr)
        return 3
    out = sys.stdout
    first = (found.start or (0, 0))[0]
    out.write(json.dumps({"first": first + 1}) + "\n")
    for row in found.iter_rows():
        out.write(json.dumps([text(cell) for cell in row]) + "\n")
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
