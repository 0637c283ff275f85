"""The reviews as files, the way the platforms' exports arrive, dirt included."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random

import xlsxwriter
from voc.corpora.sample.chain import MONTHS, NO_SKU, NO_STORE, SOURCES, Chain, Sku
from voc.corpora.sample.reviews import Review
from voc.corpora.sample.rows import clock, month_seconds

TMALL = (
    "tid", "oid", "role", "nick", "result", "created", "rated_nick", "item_title", "item_price", "content", "reply",
    "valid_score", "num_iid", "append_content", "append_time",
)  # fmt: skip
JD = (
    "commentId", "skuid", "skuName", "content", "creationTime", "score", "replyCount",
    "nickName", "pin", "orderId", "afterDays", "afterUserComment",
)  # fmt: skip
MEITUAN = ("评论店铺", "评论用户姓名", "评论用户id", "评论用户星级", "评论用户菜品", "评论用户内容", "评论时间")
QUESTIONS = (
    "1、您光临的门店",
    "2、您本次购买了哪些品类（多选）",
    "3、您对本次购物的总体满意度",
    "4、您有多大可能把我们推荐给朋友或同事（0-10分）",
    "5、您是从哪里知道我们的（多选）", "6、本次购物有哪些不满意的地方（选填）", "7、您还有什么想对我们说的（选填）",
)  # fmt: skip
WJX = ("序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP", *QUESTIONS)
CATEGORIES = (
    "坚果炒货",
    "果干蜜饯",
    "肉类零食",
    "糕点饼干",
    "膨化食品",
    "糖果巧克力",
    "果冻布丁",
    "海味零食",
    "豆制品",
    "礼盒",
)
CHANNELS = ("路过门店", "朋友推荐", "抖音", "小红书", "美团/大众点评", "社区群", "其他")
SATISFACTION = ("非常不满意", "不满意", "一般", "满意", "非常满意")
REPLIES = ("感谢您的支持，欢迎再次光临！", "亲，给您带来不好的体验非常抱歉，我们会尽快核实处理。", "谢谢亲的认可～")
BROKEN, REPEATED, OVERLAP = 0.006, 0.006, 0.6
"""Shares of a file's records: broken rows, rows written twice; share of the month's last day that comes again."""

Record = list[str]
Count = dict[str, int]


def write_all(chain: Chain, reviews: Sequence[Review], out: Path, *, seed: int) -> tuple[list[str], dict[str, Count]]:
    """Writes out/inbox; returns the native id of each review ('' where the layout has none) and counts by file."""
    native: list[str] = [""] * len(reviews)
    counts: dict[str, Count] = {}
    orders: list[Record] = []
    by_file: dict[tuple[str, int], list[int]] = {}
    for i, review in enumerate(reviews):
        by_file.setdefault((SOURCES[review.source], review.month), []).append(i)
    record_of: dict[str, Callable[[Review, int, Random], Record]] = {
        "tmall": lambda r, n, random: tmall_record(chain, r, n, random, orders),
        "jd": lambda r, n, random: jd_record(chain, r, n, random),
        "meituan": lambda r, n, random: meituan_record(chain, r, n, random),
        "wjx": lambda r, n, random: wjx_record(chain, r, n, random),
    }
    ids = {"tmall": 1, "jd": 0, "meituan": None, "wjx": 0}
    for s, source in enumerate(SOURCES):
        random, number = Random(seed * 31 + s), 0
        again: list[tuple[int, Record]] = []
        at = ids[source]
        for m, month in enumerate(MONTHS):
            mine = by_file.get((source, m))
            if not mine:
                again = []
                continue
            rows: list[tuple[int, Record]] = list(again)
            count = {"overlap": len(again), "repeated": 0, "broken": 0}
            again, last_day = [], month_seconds(month) - 86_400
            for i in mine:
                number += 1 + int(random.random() * 3)
                full = record_of[source](reviews[i], number, random)
                native[i] = "" if at is None else full[at]
                record = full if not reviews[i].late_follow else _without_follow(source, full)
                rows.append((reviews[i].second, record))
                if at is not None and source != "wjx" and random.random() < REPEATED:
                    rows.append((reviews[i].second, record))
                    count["repeated"] += 1
                if reviews[i].late_follow or (reviews[i].second >= last_day and random.random() < OVERLAP):
                    again.append((-1, full))
            writer, suffix = WRITERS[source]
            path = out / "inbox" / source / f"{month}.{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            plain = [record for _, record in rows]
            count["broken"] = writer(path, plain, int(BROKEN * len(plain)), random)
            count["reviews"] = len(mine)
            count["records"] = len(plain) + count["broken"]
            counts[f"inbox/{source}/{path.name}"] = count
    dimension_files(chain, orders, out)
    return native, counts


def _without_follow(source: str, record: Record) -> Record:
    return [*record[:-2], "", ""] if source in ("tmall", "jd") else record


def _stamp(review: Review, second: int, pattern: str = "%Y-%m-%d %H:%M:%S") -> str:
    stamp: str = (clock(review.month, 0) + dt.timedelta(seconds=second)).strftime(pattern)
    return stamp


def _nick(random: Random) -> str:
    return random.choice("小阿大晓云雨风青木子月天") + "***" + random.choice("鱼猫e糖喵8风子琪w轩雪")


def _sku(chain: Chain, review: Review) -> Sku | None:
    return None if review.sku == NO_SKU and review.kind == "review" else chain.skus[review.sku]


def tmall_record(chain: Chain, review: Review, number: int, random: Random, orders: list[Record]) -> Record:
    tid = str(2_600_000_000_000_000_000 + number * 100_003 + int(random.random() * 100_000))
    oid = str(int(tid) + 1)
    sku = chain.own[review.sku]
    if review.seen_sku != NO_SKU:
        store = "" if review.seen_store == NO_STORE else chain.stores[review.seen_store].store_id
        way = "pick_up" if store and random.random() < 0.05 else "courier"
        orders.append([tid, store, sku.sku_id, way])
    result = "good" if review.stars >= 4 else "neutral" if review.stars == 3 else "bad"
    follow = _stamp(review, review.follow_second) if review.follow else ""
    reply = REPLIES[0 if review.stars >= 4 else 1] if random.random() < 0.08 else ""
    return [
        tid, oid, "buyer", _nick(random), result, _stamp(review, review.second), "禾小满食品旗舰店",
        f"{sku.brand}旗舰店 {sku.noun} 休闲零食 {sku.category}", f"{15 + len(sku.name) % 20}.90", review.text, reply,
        "true", str(6_800_000_000_00 + int(sku.sku_id) * 7_919), review.follow, follow,
    ]  # fmt: skip


def jd_record(chain: Chain, review: Review, number: int, random: Random) -> Record:
    sku = chain.skus[review.sku]
    reply = random.random() < 0.05
    days = str((review.follow_second - review.second) // 86_400) if review.follow else ""
    text = review.text if random.random() > 0.002 else review.text + "&hellip;"
    return [
        str(21_400_000_000 + number * 37 + int(random.random() * 30)), sku.sku_id, sku.name, text,
        _stamp(review, review.second), str(int(review.stars)), str(int(reply)), 
        _nick(random), f"jd_{random.getrandbits(44):011x}", str(290_000_000_000 + number * 1_003), days,
        review.follow,
    ]  # fmt: skip


def meituan_record(chain: Chain, review: Review, number: int, random: Random) -> Record:
    stars = int(review.stars * 10) - (
        5 if random.random() < 0.08 and review.stars > 1 and review.kind == "review" else 0
    )
    moment = int(clock(review.month, review.second).timestamp() * 1000) + int(random.random() * 1000)
    return [
        chain.stores[review.store].store_id, _nick(random), str(1_000_000_000 + number * 7 + random.getrandbits(20)),
        str(stars), chain.own[review.sku].name, review.text, str(moment),
    ]  # fmt: skip


def wjx_record(chain: Chain, review: Review, number: int, random: Random) -> Record:
    store = chain.stores[review.store]
    stars = int(review.stars)
    nps = min(10, max(0, 2 * stars + random.choice((-1, 0, 0, 1)) - (1 if stars < 3 else 0)))
    bought = sorted(set(random.choices(range(len(CATEGORIES)), k=1 + int(random.random() * 3))))
    known = sorted(set(random.choices(range(len(CHANNELS)), k=1 + int(random.random() * 2))))
    return [
        str(number), _stamp(review, review.second, "%Y/%m/%d %H:%M:%S"), f"{35 + int(random.random() * 240)}秒",
        random.choice(("微信", "手机提交", "链接")), "N/A", f"203.0.113.{number % 250 + 1}({store.region}-{store.city})",
        store.name, "┋".join(CATEGORIES[i] for i in bought), SATISFACTION[stars - 1], str(nps),
        "┋".join(CHANNELS[i] for i in known), review.text, review.second_answer,
    ]  # fmt: skip


def _spread(rows: list[Record], broken: int, random: Random) -> dict[int, int]:
    """Where a broken row follows, and which kind it is."""
    return {int(random.random() * len(rows)): k for k in range(broken)} if rows else {}


def _csv_line(record: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(record)
    return buffer.getvalue()


def write_tmall(path: Path, rows: list[Record], broken: int, random: Random) -> int:
    """GB18030. Broken: a field too many, a day that does not exist, the header again, bytes of no encoding."""
    places = _spread(rows, broken, random)
    month = path.stem
    with path.open("wb") as file:
        file.write(_csv_line(TMALL).encode("gb18030"))
        for i, record in enumerate(rows):
            file.write(_csv_line(record).encode("gb18030"))
            if i in places:
                file.write(_broken_csv(record, places[i] % 4, month, TMALL, 5, "gb18030"))
    return len(places)


def write_wjx(path: Path, rows: list[Record], broken: int, random: Random) -> int:
    """UTF-8 with a byte order mark, as the survey site writes it."""
    places = _spread(rows, broken, random)
    with path.open("wb") as file:
        file.write(b"\xef\xbb\xbf" + _csv_line(WJX).encode())
        for i, record in enumerate(rows):
            file.write(_csv_line(record).encode())
            if i in places:
                file.write(_broken_csv(record, places[i] % 2, path.stem, WJX, 1, "utf-8"))
    return len(places)


def _broken_csv(record: Record, kind: int, month: str, header: Sequence[str], date: int, encoding: str) -> bytes:
    wrong = list(record)
    wrong[0] = "9" + record[0][1:]
    if header is TMALL:
        wrong[1] = "9" + record[1][1:]
    if kind == 0:
        return _csv_line([*wrong, "", "多出的一栏"]).encode(encoding)
    if kind == 1:
        wrong[date] = f"{month}-32 25:61:00"
        return _csv_line(wrong).encode(encoding)
    if kind == 2:
        return _csv_line(header).encode(encoding)
    wrong[9] = "包装@@破了"
    return _csv_line(wrong).encode(encoding).replace(b"@@", b"\xff\xfe")


def write_jd(path: Path, rows: list[Record], broken: int, random: Random) -> int:
    """Strings throughout; created at a fixed moment. Broken: a date of zeros, the header again."""
    places = _spread(rows, broken, random)
    book = xlsxwriter.Workbook(
        str(path),
        {"constant_memory": True, "strings_to_urls": False, "strings_to_formulas": False, "strings_to_numbers": False},
    )
    book.set_properties({"created": dt.datetime(2026, 11, 1)})
    sheet = book.add_worksheet("评价列表")
    line = 0

    def put(record: Iterable[str]) -> None:
        nonlocal line
        for column, value in enumerate(record):
            if value:
                sheet.write_string(line, column, value)
        line += 1

    put(JD)
    for i, record in enumerate(rows):
        put(record)
        if i in places:
            wrong = list(record)
            wrong[0], wrong[4] = "9" + record[0], "0000-00-00 00:00:00"
            put(wrong if places[i] % 2 == 0 else JD)
    book.close()
    return len(places)


def write_meituan(path: Path, rows: list[Record], broken: int, random: Random) -> int:
    """Stars and milliseconds are numbers. Broken: a line cut short, a time that is a word."""
    places = _spread(rows, broken, random)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for i, record in enumerate(rows):
            value: dict[str, str | int] = dict(zip(MEITUAN, record, strict=True))
            value |= {MEITUAN[3]: int(record[3]), MEITUAN[6]: int(record[6])}
            line = json.dumps(value, ensure_ascii=False)
            file.write(line + "\n")
            if i in places:
                wrong = json.dumps(value | {MEITUAN[6]: "昨天", MEITUAN[5]: "x"}, ensure_ascii=False)
                file.write((line[: len(line) // 2] if places[i] % 2 == 0 else wrong) + "\n")
    return len(places)


WRITERS: dict[str, tuple[Callable[[Path, list[Record], int, Random], int], str]] = {
    "tmall": (write_tmall, "csv"), "jd": (write_jd, "xlsx"), "meituan": (write_meituan, "jsonl"), "wjx": (write_wjx, "csv"),
}  # fmt: skip


def dimension_files(chain: Chain, orders: list[Record], out: Path) -> None:
    """stores.csv, skus.csv and orders.csv, UTF-8."""
    stores = ("store_id", "name", "format", "region", "city", "trade_area", "dealer", "ownership", "opened", "closed")
    skus = ("sku_id", "name", "parent_sku", "category", "brand", "own", "supplier", "factory", "components", "launched")
    tables = {
        "stores": (stores, [[str(getattr(s, c)) for c in stores] for s in chain.stores]),
        "skus": (skus, [[str(getattr(s, c)) for c in skus] for s in chain.skus]),
        "orders": (("order_id", "store_id", "sku_id", "fulfilment"), orders),
    }
    for name, (header, rows) in tables.items():
        path = out / "inbox" / name / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(_csv_line(r) for r in [header, *rows]), encoding="utf-8", newline="")
