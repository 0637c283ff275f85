"""`voc taxonomy`: the taxonomies there are, the codes of one, and a check of its words."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from voc import single
from voc import taxonomy as taxonomies
from voc.commands import AsJson, say, show
from voc.commands.analyze import Encoding, TextColumn
from voc.errors import InputError, UnknownName, WrongUse, nearest
from voc.extract import coverage
from voc.ingest import readers
from voc.ingest.mapping import Reading, find

ACTIONS = ("check", "list", "show")
_SHOWN = 12


def taxonomy(
    action: Annotated[str, typer.Argument(metavar="ACTION", help="list, show or check.")],
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME|FILE]", help="A built-in taxonomy, or a TOML file.")
    ] = None,
    corpus: Annotated[
        Path | None, typer.Argument(metavar="[CORPUS]", help="Reviews (CSV, XLSX, JSONL, Parquet) to try its words on.")
    ] = None,
    *,
    text_column: TextColumn = None,
    encoding: Encoding = None,
    everything: Annotated[
        bool, typer.Option("--all", help="List every word that never fires, not a dozen a code.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Lists the taxonomies, shows the codes of one, or checks one.

    A check reads the file (a mistake is named with its line and the nearest valid choice), counts the words of every code,
    and says which words two codes claim. With a corpus it also says which words never fire there, and whose words took the
    place of whose.
    """
    if action not in ACTIONS:
        raise UnknownName("action", action, ACTIONS)
    if action == "list":
        loaded_all = [taxonomies.load(n) for n in taxonomies.names()]
        show([{"name": t.name, "version": t.version, "codes": len(t.issues)} for t in loaded_all], as_json=as_json)
        return
    if name is None:
        raise WrongUse(f"voc taxonomy {action} needs a name or a file; built-in: {', '.join(taxonomies.names())}")
    loaded = taxonomies.load(name)
    if action == "show":
        rows = [
            {"code": i.code, "zh": i.zh, "en": i.en, "facet": i.facet, "severity": i.severity, "owner": i.owner}
            for i in loaded.issues.values()
        ]  # fmt: skip
        show(rows, as_json=as_json)
        return
    _check(loaded, None if corpus is None else _texts(corpus, text_column, encoding), everything, as_json)


def _check(loaded: taxonomies.Taxonomy, texts: list[str | None] | None, everything: bool, as_json: bool) -> None:
    counts = coverage.words(loaded)
    used = None if texts is None else coverage.usage(loaded, texts)
    rows: list[dict[str, Any]] = []
    for count in counts:
        row: dict[str, Any] = asdict(count) if as_json else _brief(count)
        if used is not None:
            silent = used.silent(count.code)
            row["fired"] = len(used.fired[count.code]) - len(silent)
            row["never_fired"] = silent if everything else silent[:_SHOWN]
        rows.append(row)
    clashes = [asdict(c) for c in coverage.collisions(loaded)]
    overlaps = [] if used is None else [asdict(o) for o in used.overlaps]
    if as_json:
        show([{"taxonomy": loaded.name, "codes": rows, "collisions": clashes, "overlaps": overlaps}], as_json=True)
        return
    never = {row["code"]: row.pop("never_fired") for row in rows if "never_fired" in row}
    show(rows, as_json=False, title=f"{loaded.name} {loaded.version}: {len(rows)} codes")
    if clashes:
        show(clashes, as_json=False, title="one word, two codes: `code` decides by it, `other` also uses it")
    if used is not None:
        for code, words in never.items():
            if words:
                say(f"{code}: {len(used.silent(code))} words never fire in {used.texts:,} texts: {', '.join(words)}")
        if overlaps:
            show(
                overlaps[: len(overlaps) if everything else _SHOWN],
                as_json=False,
                title="whose words took the place of whose",
            )
    few = [count.code for count in counts if count.few]
    say(
        f"fewer than {coverage.ENOUGH} expressions, or none in one language: {', '.join(few)}"
        if few
        else "every code has enough words"
    )


def _brief(count: coverage.Words) -> dict[str, Any]:
    return {
        "code": count.code, "zh": count.chinese, "en": count.english, "explicit": count.explicit,
        "implicit": count.implicit, "praise": count.praise, "targets": count.targets, "name": count.name,
    }  # fmt: skip


def _texts(path: Path, column: str | None, encoding: str | None) -> list[str | None]:
    wanted = (column,) if column else single.NAMES["text"]
    texts: list[str | None] = []
    for batch in readers.read(path, reading=Reading(encoding=encoding), headers=wanted):
        own = [c for c in batch.schema.names if c not in readers.OWN]
        found = find(wanted, own)
        if found is None:
            near = nearest(wanted[0], own)
            hint = f" The nearest is {near!r}." if near else ""
            raise InputError(
                f"no column {wanted[0]!r} (name it with --text-column); there are {', '.join(own)}.{hint}", path=path
            )
        texts.extend(batch[found].to_pylist())
    return texts
