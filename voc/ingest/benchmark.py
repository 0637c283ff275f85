"""What an ingest costs on this machine: rows a second, processor time and peak memory, each measured in a process of its own.

The files are made up: reviews of a year in twelve months, written with the phrases below, a few with telephone numbers, names
of staff or default texts, so that masking and flags have something to do.
"""

from __future__ import annotations

import csv
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from voc.errors import VocError

HEADER = ("review_id", "text", "created_at", "rating", "store_id", "sku_id", "order_id", "member_id", "channel")
CHANNELS = ("tmall", "jd", "meituan", "store")
_SAID = (
    "这次买的{food}味道不错",
    "{food}有点受潮，不脆了",
    "物流很快，第{n}天就到了",
    "包装破了一个口子，联系以后没人理",
    "家里老人孩子都爱吃",
    "性价比一般，{n}元买了一袋{food}",
    "比上次买的{food}咸了一些",
    "门店服务态度好，下次还会再来",
    "保质期只剩{n}天了，有点失望",
    "分量足，够吃{n}天",
    "排队等了{n}分钟才结账",
    "{food}口感酥脆，甜度刚好",
    "打开{food}有一股哈喇味，不敢吃",
    "回购第{n}次了，品质稳定",
    "颜色看起来和图片不一样",
    "说好补发的{food}一直没有收到",
    "活动力度大，囤了{n}袋{food}",
    "盒子里少了{n}包{food}",
    "停车不方便，找了{n}圈",
    "试吃的{food}和买回来的不一样",
    "{food}颗粒饱满，坏果很少",
    "价签和收银台对不上，差了{n}块",
)
_FOOD = (
    "坚果",
    "芒果干",
    "猪肉脯",
    "瓜子",
    "山核桃",
    "蛋黄酥",
    "薯片",
    "巧克力",
    "海苔",
    "豆干",
    "无花果",
    "牛肉干",
    "开心果",
)
_RARE = ("，电话139{phone}", "，店员小李态度很差", "，订单号26{phone}{phone}一直没发货")
_CHILD = """
import json, sys, time
from pathlib import Path
from voc.config import Config
from voc.ingest import ingest
from voc.ingest.benchmark import peak_mb
from voc.lake import Lake
path, lake, copies = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "True"
start, spent = time.monotonic(), time.process_time()
config = Config.model_validate({"hygiene": {"copies": copies}})
(done,) = ingest(Lake(lake), [path], source="table", config=config, key=b"k" * 32)
print(json.dumps([done.records, time.monotonic() - start, time.process_time() - spent, peak_mb()]))
"""


@dataclass(frozen=True)
class Cost:
    """`seconds` on the wall, `cpu_seconds` of all threads, `peak_mb` of resident memory; of one ingest of `rows` rows."""

    rows: int
    copies: bool
    seconds: float
    cpu_seconds: float
    peak_mb: int

    @property
    def rows_a_second(self) -> float:
        return self.rows / self.seconds

    @property
    def rows_a_cpu_second(self) -> float:
        return self.rows / self.cpu_seconds


def measure(sizes: Sequence[int] = (100_000, 1_000_000), *, copies: Sequence[bool] = (False, True)) -> Iterator[Cost]:
    """An ingest of each size, with and without the search for near copies. Raises VocError when one fails."""
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / f"{size}.csv"
            write_reviews(path, size)
            for search in copies:
                command = [
                    sys.executable,
                    "-c",
                    _CHILD,
                    str(path),
                    str(Path(folder) / f"lake-{size}-{search}"),
                    str(search),
                ]
                child = subprocess.run(command, capture_output=True, text=True)
                if child.returncode:
                    raise VocError(f"the ingest of {size} rows failed: {child.stderr[-500:]}")
                records, seconds, cpu, peak = json.loads(child.stdout)
                yield Cost(records, search, seconds, cpu, peak)
            path.unlink()


def peak_mb() -> int:
    """The most memory that this process held, in MB.

    Linux hands the peak of a parent on to the programs that it starts (getrusage), so the process's own is read where it is
    kept apart.
    """
    status = Path("/proc/self/status")
    own = (
        [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        if status.exists()
        else []
    )
    return int(own[0]) // 1024 if own else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def rows(costs: Sequence[Cost]) -> list[dict[str, object]]:
    """For a table: the figures of each cost, rates included."""
    rates = [{"rows/s": round(c.rows_a_second), "rows/cpu s": round(c.rows_a_cpu_second)} for c in costs]
    return [asdict(cost) | rate for cost, rate in zip(costs, rates, strict=True)]


def write_reviews(path: Path, count: int, *, seed: int = 1) -> None:
    """`count` made-up reviews of 2026 as a CSV in UTF-8; the same for the same seed."""
    draw = Random(seed)
    with open(path, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(_review(draw, i, count) for i in range(count))


def _review(draw: Random, i: int, count: int) -> list[str]:
    said = "，".join(
        draw.choice(_SAID).format(food=draw.choice(_FOOD), n=draw.randint(2, 99))
        for _ in range(draw.choice((1, 1, 2, 2, 3, 5)))
    )
    chance = draw.random()
    if chance < 0.012:
        said += draw.choice(_RARE).format(phone=draw.randint(10_000_000, 99_999_999))
    elif chance < 0.03:
        said = "此用户没有填写评价。"
    day = f"2026-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}"
    clock = f"{draw.randint(8, 23):02d}:{draw.randint(0, 59):02d}:{draw.randint(0, 59):02d}"
    return [
        f"r{i:09d}", said, f"{day} {clock}", draw.choice("5555543321"), f"S{draw.randint(1, 300):04d}",
        f"{draw.randint(1, 400):05d}", str(26 * 10**17 + draw.randrange(10**16)), f"u{draw.randrange(count)}",
        draw.choice(CHANNELS),
    ]  # fmt: skip
