"""Flags that keep paid, copied, hostile and automatic rows out of the statistics; no row is ever removed.

Everything here is a function of the rows of a month and of what the months before it say, as a whole, so it does not matter
in which order the files came. The flags:

default_review   nobody's words: the platform wrote them, or nothing was written
near_duplicate   a text that an earlier row of the month has already, but for a few characters, or praise (see below) whose
                 words, blanks and signs aside, a row of the months before has; `duplicate_of` is that row, else the month's
burst            praise of one store or SKU, at least `burst_size` near copies of a text within `burst_hours`, or a day with
                 far more praise of a store than its share of the chain's day (Poisson tail below UNLIKELY)
burst_negative   the same for one star and two; here a day stands out only if besides most of it lacks an order or repeats
                 itself, because a real incident also brings many complaints on one day
incentivised     praise (four stars or five, or no stars) that says that it was paid or asked for; fewer stars, or
                 anger about it, make it a complaint, which counts
claim            the text demands multiple damages or trades silence for money
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import pdtrc

from voc.config import Hygiene
from voc.ingest.copies import Memory, Said, comparable, said
from voc.text import duplicates

#: How improbable a day must be; a chain of 500 stores has some 15,000 store days a month.
UNLIKELY = 1e-7
#: Praise and hostility by stars, and how alike texts are that belong together without being copies.
PRAISE, HOSTILE, ALIKE = 4.0, 2.0, 0.5
#: Texts that are taken out of Arrow at a time.
TEXTS = 20_000
#: What a row's flags depend on.
COLUMNS = ["review_id", "kind", "created_at", "rating", "store_id", "sku_id", "order_id", "text", "flags"]
_MICROSECONDS_AN_HOUR = 3_600_000_000
_HAN = re.compile("[\u3400-\u9fff]")
_TEXT_FLAGS = ("default_review", "incentivised", "claim")
OURS = (*_TEXT_FLAGS[1:], "near_duplicate", "burst", "burst_negative")

_WHO = r"(?:此|该|本)?(?:用户|买家|顾客|评价方|消费者)"
_WROTE_NOTHING = r"(?:没有|未|暂未)(?:及时)?(?:填写|做出|作出|发表|留下|提交)(?:任何)?(?:评价|评论|文字)?(?:内容|文字)?"
_STARS = r"(?:好评|五星|5星|打分|评价)"
_AUTHORITY = r"(?:12315|投诉|举报|曝光|起诉|市监|市场监督|工商|差评|消协|媒体|法院)"
_TIMES = r"(?:十倍|10倍|三倍|3倍)"
# RE2 knows \W for ASCII only: letters of all scripts are meant here.
_REST = r"[^\p{L}\p{N}]*"
_NOBODYS = "|".join(
    (
        rf"{_WHO}{_WROTE_NOTHING}(?:{_REST}(?:系统)?默认(?:好评|评价))?",
        r"(?:系统|平台|超时|到期)?(?:自动|默认)(?:给出|给予)?(?:五星)?(?:好评|评价)",
        r"no_message",
        r"no (?:comment|review)(?: (?:was )?(?:left|provided|given))?",
        r"(?:the )?(?:user|customer|buyer) (?:did not|didn't) (?:leave|write) (?:a |any )?(?:review|comment)s?",
    )
)
# _REST once around all of them: it is a thousand ranges, and RE2 reads the pattern anew for every month.
_DEFAULT = rf"^{_REST}(?:{_NOBODYS}){_REST}$"
# Something is given for the stars; "sent quickly", "who brings it", "my stars go to" and "exchanged" are written with the
# same characters, and cash back may be a sale's.
_GIVEN = (
    r"(?:返[现利券钱红五三两几\d]|送(?:[^货达餐得的到上来给员]|$)|换(?:一|红包|礼|优惠|积分|小)"
    r"|领(?:券|红包|奖|优惠)|减[免\d])"
)
_GIFT = r"(?:券|红包|返现|现金|积分|赠品|礼品|礼物|奖品|抽奖|免单|饮料|小零食)"
_SAME_CLAUSE = r"[^，。！？；,.!?;\s]"
_SHOWN = r"(?:好评|五星|5星|晒图|晒单|评价|评论|截图|卡片)"
_INCENTIVISED = "|".join(
    (
        r"好评返[现利券钱]|(?:好评|评价|晒图|晒单)有[礼奖]",
        rf"{_SHOWN}{_SAME_CLAUSE}{{0,12}}返(?:现|红包)|返(?:现|红包){_SAME_CLAUSE}{{0,12}}{_SHOWN}",
        rf"(?:五星|5星|好评|晒图|晒单|写评价)(?:{_SAME_CLAUSE}{{0,3}}[^配，。！？；,.!?;\s])?{_GIVEN}",
        r"(?:为了|冲着|图|拿).{0,5}(?:返现|红包|优惠券|积分|赠品|小礼品).{0,6}(?:好评|五星|评价|评论|来评|写)",
        rf"(?:{_SHOWN}|五颗星|满分){_SAME_CLAUSE}{{0,4}}(?:因为|为了|冲着|奔着|看在|图|是给|只为|换){_SAME_CLAUSE}{{0,8}}{_GIFT}",
        r"(?:店员|店家|商家|客服|老板|服务员|收银|卖家).{0,10}(?:让|叫|求|盯着|催|逼|引导|拿我手机).{0,10}" + _STARS,
        r"in exchange for (?:a |an |my |this )?(?:free|discount|gift|review|honest|refund)",
        r"(?:5|five).?stars? (?:only |just )?(?:because|for|since|as) .{0,30}(?:coupon|gift|refund|discount|free|promis)",
        r"(?:gift ?card|refund|discount|free \w+|coupon|rebate) (?:for|if|when) .{0,24}(?:review|(?:5|five).?stars?)",
        r"(?:asked|told|begged|paid) (?:me|us) (?:to|for) .{0,24}(?:(?:5|five).?stars?|(?:good|positive) review)",
    )
)
_ANNOYED = (
    r"恶心|烦人|烦死|讨厌|没完没了|拒了|拒绝|骗|[没不]返|不给返|追[了着]|annoy|spam|harass|pushy|scam"
    # "no red packets for praise here" is praise of the shop
    r"|(?:没有?|不能|不是|不要|无需?)[^，。！？；,.!?;]{0,4}(?:红包|返现|返券|返红包|好评返)"
)
_CLAIM = "|".join(
    (
        r"退一赔[一二三四五十百千\d]+|假一赔[一二三四五十百千\d]+|职业打假",
        rf"(?:赔|赔偿|索赔|要求).{{0,6}}(?:{_TIMES}|一千|1000|五百|500)|{_TIMES}的?赔偿",
        rf"不(?:赔|给钱|退一赔).{{0,16}}{_AUTHORITY}",
        r"(?:给|赔).{0,8}(?:才|就)(?:删|改)(?:差评|评价|评论)",
        r"(?:pay|compensate) me .{0,30}(?:or|otherwise) .{0,30}(?:sue|report|lawyer|court|media)",
        r"(?:ten|10|three|3) times (?:the )?(?:price|compensation|damages)",
    )
)


def is_default_text(texts: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Bool for each text: nobody's words, but a platform's sentence for an empty review. Empty and null texts are not."""
    found = pc.match_substring_regex(texts, _DEFAULT, ignore_case=True)
    return pc.fill_null(found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found, False)


@dataclass(frozen=True)
class Found:
    """`flags` (sorted, a list a row) and `duplicate_of` (an id or null), in the order of the rows that were given; `said`
    is what later months are compared with, None where copies are not looked for."""

    flags: pa.Array
    duplicate_of: pa.Array
    said: Said | None = None


def find(rows: pa.Table, limits: Hygiene, *, month: str = "", memory: Memory | None = None) -> Found:
    """The flags of one month's rows, made anew; needs `COLUMNS` of `reviews`. A `default_review` that is there is kept.

    `memory` knows what the months before `month` say; without it, copies are looked for among `rows` alone.
    """
    n = len(rows)
    order = pc.sort_indices(rows, sort_keys=[("created_at", "ascending"), ("review_id", "ascending")]).to_numpy()
    rows = rows.select(COLUMNS).take(pa.array(order)).combine_chunks()
    found = _kept(rows)
    praising = ~(rows["rating"].to_numpy(zero_copy_only=False) < PRAISE)
    for name, pattern in zip(_TEXT_FLAGS, (_DEFAULT, _INCENTIVISED, _CLAIM), strict=True):
        hits = np.asarray(pc.match_substring_regex(rows["text"], pattern, ignore_case=True), bool)
        if name == "incentivised" and hits.any():
            hits &= praising & ~np.asarray(pc.match_substring_regex(rows["text"], _ANNOYED, ignore_case=True), bool)
        found[name] = found.get(name, np.zeros(n, bool)) | hits
    wanted = comparable(rows, found["default_review"])
    first, ids = np.arange(n), rows["review_id"].combine_chunks()
    before, remembered = np.full(n, -1), pa.nulls(0, pa.string())
    news = None
    if limits.copies:
        forms: list[str] = []
        for some in np.array_split(wanted, max(1, len(wanted) // TEXTS)):
            forms += duplicates.bare(rows["text"].take(pa.array(some)).to_pylist())
        first[wanted] = wanted[duplicates.alike(forms, threshold=limits.near_duplicate)]
        long = np.fromiter((len(form) >= limits.near_duplicate_min_chars for form in forms), bool, len(forms))
        keys = duplicates.keys(forms)
        del forms
        news = said(keys, long, ids.take(pa.array(wanted)))
        if memory is not None:
            praise = long & praising[wanted]
            remembered = memory.before(month, keys[praise])
            before[wanted[praise]] = np.arange(len(remembered))
            before[wanted[praise][np.asarray(pc.is_null(remembered), bool)]] = -1
    repeated = (np.bincount(first[wanted], minlength=n)[first] > 1) | (before >= 0)
    telling = _telling(rows["text"], repeated, limits)
    copied = np.zeros(n, bool)
    copied[wanted] = True
    copied &= telling & ((first != np.arange(n)) | (before >= 0))
    found["near_duplicate"] = copied
    for name, members in _bursts(rows, wanted, first, telling, limits):
        found.setdefault(name, np.zeros(n, bool))[members] = True
    # The oldest row that is known: of an earlier month, of the row itself or else of the month's first one like it.
    oldest = np.where(before >= 0, before, before[first])
    source = np.where(oldest >= 0, n + oldest, first)
    duplicate_of = pa.concat_arrays([ids, remembered]).take(pa.array(source, mask=~copied))
    back = np.empty(n, np.int64)
    back[order] = np.arange(n)
    return Found(_lists(found, n).take(pa.array(back)), duplicate_of.take(pa.array(back)), news)


def _kept(rows: pa.Table) -> dict[str, NDArray[np.bool_]]:
    """The flags that rows have and that are not made here, and for each of them which rows."""
    lists = rows["flags"].combine_chunks()
    words, owner = lists.flatten(), pc.list_parent_indices(lists).to_numpy()
    out = {}
    for name in sorted(set(pc.unique(words).to_pylist()) - set(OURS)):
        out[name] = np.zeros(len(rows), bool)
        out[name][owner[np.asarray(pc.equal(words, name), bool)]] = True
    return out


def _lists(found: dict[str, NDArray[np.bool_]], n: int) -> pa.Array:
    names = sorted(found)
    there = np.column_stack([found[name] for name in names])
    _, column = np.divmod(np.flatnonzero(there.ravel()), len(names))
    offsets = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(names).take(pa.array(column)))


def _telling(texts: pa.ChunkedArray, repeated: NDArray[np.bool_], limits: Hygiene) -> NDArray[np.bool_]:
    """Which of the texts that are repeated say enough for that to mean something."""
    at = np.flatnonzero(repeated)
    encoded = texts.take(pa.array(at)).combine_chunks().dictionary_encode()
    enough = [_characters(text) >= limits.near_duplicate_min_chars for text in encoded.dictionary.to_pylist()]
    out = np.zeros(len(texts), bool)
    out[at] = np.asarray(enough, bool)[encoded.indices.to_numpy()]
    return out


def _characters(text: str) -> float:
    """How much a text says, in Han characters: three letters or digits of other scripts count as one."""
    han = len(_HAN.findall(text))
    return han + (sum(map(str.isalnum, text)) - han) / 3


def _bursts(
    rows: pa.Table,
    wanted: NDArray[np.int64],
    first: NDArray[np.int64],
    telling: NDArray[np.bool_],
    limits: Hygiene,
) -> list[tuple[str, list[int]]]:
    """(flag, rows) for every burst; rows may be in several."""
    stars = rows["rating"].to_numpy(zero_copy_only=False)
    hours = rows["created_at"].cast(pa.int64()).to_numpy() / _MICROSECONDS_AN_HOUR
    reviews = np.asarray(pc.equal(rows["kind"], "review"), bool)
    moods = {"burst": ~(stars < PRAISE), "burst_negative": stars <= HOSTILE}
    copies = np.bincount(first[wanted], minlength=len(rows))
    often = wanted[(copies[first[wanted]] >= limits.burst_size) & telling[wanted]]
    out = []
    for name, mood in moods.items():
        for unit in ("store_id", "sku_id"):
            clusters: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
            some = often[mood[often]]
            for i, place in zip(some.tolist(), rows[unit].take(pa.array(some)).to_pylist(), strict=True):
                if place is not None:
                    clusters[place, int(first[i])].append(i)
            for _, members in sorted(clusters.items()):
                out += [(name, run) for run in _runs(members, hours, limits)]
    ordered = np.asarray(pc.is_valid(rows["order_id"]), bool)
    stores = rows["store_id"].combine_chunks().dictionary_encode().indices.fill_null(-1).to_numpy()
    days = np.floor(hours / 24).astype(np.int64)
    for name, mood in {"burst": stars >= PRAISE, "burst_negative": moods["burst_negative"]}.items():
        index = np.flatnonzero(mood & reviews & (stores >= 0))
        for members in _loud_days(index, stores, days, limits):
            if name == "burst" or _suspicious(members, ordered, index, rows["text"]):
                out.append((name, members))
    return out


def _runs(members: list[int], hours: NDArray[np.float64], limits: Hygiene) -> list[list[int]]:
    """Stretches of at least `burst_size` rows, any `burst_size` neighbours of which lie within `burst_hours`. Rows by time."""
    size, hit = limits.burst_size, set()
    for k in range(len(members) - size + 1):
        if hours[members[k + size - 1]] - hours[members[k]] <= limits.burst_hours:
            hit.update(members[k : k + size])
    return [sorted(hit)] if hit else []


def _loud_days(
    index: NDArray[np.int64], stores: NDArray[np.int64], days: NDArray[np.int64], limits: Hygiene
) -> list[list[int]]:
    """Rows of the (store, day) cells that hold far more than the store's month and the chain's day would let expect.

    The expectation leaves the cell itself out; days on which the whole chain is loud (a festival) are expected to be loud.
    """
    if not len(index):
        return []
    _, cell = np.unique(np.stack([stores[index], days[index]]), axis=1, return_inverse=True)
    cell = cell.ravel()
    n = np.bincount(cell)
    one = np.empty(len(n), np.int64)
    one[cell] = index  # a row of each cell
    _, store = np.unique(stores[one], return_inverse=True)
    _, day = np.unique(days[one], return_inverse=True)
    by_store, by_day = np.bincount(store, weights=n)[store], np.bincount(day, weights=n)[day]
    share = (by_day - n + 1) / (len(index) - by_store + max(28, int(day.max()) + 1))
    expected = np.maximum((by_store - n + 0.5) * share / np.maximum(1 - share, 0.05), 0.2)
    loud = np.flatnonzero((n >= limits.burst_size) & (pdtrc(n - 1, expected) < UNLIKELY))
    return [index[cell == which].tolist() for which in loud.tolist()]


def _suspicious(
    members: list[int], ordered: NDArray[np.bool_], index: NDArray[np.int64], texts: pa.ChunkedArray
) -> bool:
    """Most of a loud day without orders where reviews usually have one, or most of its texts alike."""
    usual = ordered[index].mean()
    orderless = usual >= 0.5 and ordered[members].mean() <= 0.5 * usual
    told = [text for text in texts.take(pa.array(members)).to_pylist() if text]
    _, counts = np.unique(duplicates.near_duplicates(told, threshold=ALIKE), return_counts=True)
    return bool(orderless or counts[counts > 1].sum() >= 0.5 * len(members))
