"""`voc audit`: how well complaints are tagged, judged by people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voc.actions import audit
from voc.commands import Month, ProjectFolder, say
from voc.errors import UnknownName
from voc.lake import locked
from voc.workspace import Workspace, check_month


def sample(
    *,
    month: Month,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="The workbook (default: audit-MONTH.xlsx).")] = None,
    mentions: Annotated[
        int, typer.Option(min=1, help="Tagged complaints to judge, of each aspect.")
    ] = audit.PER_ASPECT,
    reviews: Annotated[int, typer.Option(min=1, help="Reviews to read whole.")] = audit.WHOLE,
    project: ProjectFolder = Path("."),
) -> None:
    """A workbook of tagged complaints and whole reviews to judge; the answers correct the rates (`voc audit load`)."""
    work = Workspace.open(project)
    available = work.lake.months("mentions")
    if check_month(month) not in available:
        raise UnknownName("month", month, available)
    drawn = audit.sample(
        month,
        mentions=work.lake.read("mentions", months=[month]),
        reviews=work.lake.read("reviews", months=[month]),
        skus=work.lake.read("skus"),
        confidence=work.config.nlp.min_confidence,
        per_aspect=mentions,
        whole=reviews,
    )
    lang = work.config.project.language
    names = {code: issue.zh if lang == "zh" else issue.en for code, issue in work.taxonomy().issues.items()}
    path = out or Path(f"audit-{month}.xlsx")
    audit.write(path, drawn, names=names, lang=lang)
    say(
        f"{len(drawn.mentions)} tagged complaints and {len(drawn.reviews)} reviews to judge; then: voc audit load {path}"
    )
    print(path)


def load(
    file: Annotated[Path, typer.Argument(help="The workbook of `voc audit sample`, answered in whole or in part.")],
    *,
    project: ProjectFolder = Path("."),
) -> None:
    """Read the answers of an audit. The next `voc rank` corrects the rates with them; a new answer replaces the old one."""
    work = Workspace.open(project)
    with locked(project):
        months = work.lake.months("reviews")
        reviews = work.lake.read("reviews", columns=["review_id", "month"])
        known: dict[str, set[str]] = {month: set() for month in months}
        for review, month in zip(reviews["review_id"].to_pylist(), reviews["month"].to_pylist(), strict=True):
            known[month].add(review)
        answers = audit.load(file, aspects=work.taxonomy().issues, known=known)
        work.lake.replace("audit", audit.merged(work.lake.read("audit"), answers))
    judged = sum(kind == "mention" for kind in answers["kind"].to_pylist())
    say(f"{judged} tagged complaints and {len(answers) - judged} reviews judged")
