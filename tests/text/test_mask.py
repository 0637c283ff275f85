# ruff: noqa: E501 (the lists of cases)
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.text.mask import MASK, mask, masked_spans, staff_spans

# (text, what must not be readable afterwards)
SECRET = [
    ("我的电话是13812345678", "13812345678"),
    ("打 138 1234 5678 找我", "1234"),
    ("打138-1234-5678", "1234"),
    ("打１３８１２３４５６７８", "１３８"),
    ("电话一三八一二三四五六七八", "一三八"),
    ("幺三八零零一二三四五六", "零零一二"),
    ("1-3-8-1-2-3-4-5-6-7-8 打给我", "3-8-1"),
    ("1️⃣3️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣", "8️⃣1"),
    ("+86 13812345678", "138"),
    ("座机021-62345678转12", "62345678"),
    ("(010)62345678 没人接", "6234"),
    ("电话：8765 4321", "8765"),
    ("客服400-820-8820打不通", "820"),
    ("call me at 415-555-1234", "555"),
    ("my phone is (415) 555-1234", "555"),
    ("邮箱wang.xiao+a@mail.example.com谢谢", "wang"),
    ("mail me: jo_an (at) example.org", "jo_an"),
    ("身份证110101199003071234", "19900307"),
    ("证件号11010119900307123X", "123X"),
    ("护照E12345678被登记", "12345678"),
    ("卡号6222 0212 3456 7890 123", "6222"),
    ("车牌京A12345的司机", "A12345"),
    ("沪AD12345", "12345"),
    ("微信号abc_12345", "abc_"),
    ("加V：xiaoli88", "xiaoli88"),
    ("＋VX xiaoli_88 返现", "xiaoli_88"),
    ("加我微信 kk12345", "kk12345"),
    ("QQ：123456789", "123456789"),
    ("订单号123456789012345678901", "12345678"),
    ("快递单号SF1234567890123丢了", "SF1234567890123"),
    ("取件码 8-2-3301", "3301"),
    ("order number 88-77123 never came", "77123"),
    ("收货地址：上海市浦东新区张江路12号3栋502室", "张江路"),
    ("送到中山路12号就走了", "中山路12"),
    ("我住阳光花园3栋2单元501", "501"),
    ("送错到6号楼2单元301", "301"),
    ("deliver to 221 Baker Street please", "Baker"),
    ("姓名：张三丰", "三丰"),
    ("收件人李雷，电话没写", "李雷"),
    ("联系人：欧阳先生", "欧阳"),
    ("店员小李态度很好", "小李"),
    ("收银王姐人很好", "王姐"),
    ("工号1234的店员翻白眼", "1234"),
    ("工号：Ａ００８８", "００８８"),
    ("服务员张丽很热情", "张丽"),
    ("服务员张丽华推荐的", "丽华"),
    ("张丽华服务员很热情", "丽华"),
    ("8号技师手法好", "8号"),
    ("王姐服务很好", "王姐"),
    ("导购叫陈伟", "陈伟"),
    ("李店长道歉了", "李"),
    ("快递小哥王强送上楼", "王强"),
    ("小王很热情", "小王"),
    ("Our cashier named Amy was rude", "Amy"),
    ("the manager, Jessica, laughed at us", "Jessica"),
    ("收银员Lucy很耐心", "Lucy"),
]
PLAIN = [
    "王小卤的虎皮凤爪好吃", "李子柒的螺蛳粉", "张君雅小妹妹的面", "老干妈配馒头", "康师傅涨价了", "徐福记的糖", "周黑鸭太辣", "李锦记生抽",
    "价格128元", "净重500g", "2024年12月买的", "2024-12-31 12:30 到的", "5星好评", "买了3包15.5 16.8 17.9 12.50", "3.5折",
    "100ml*24瓶", "满199减100", "第3次购买", "一二三四五六七", "三四十块钱", "2021 2022 2023 都买过", "保质期20241231到20250630", "A4 20*30",
    "店员小姐姐很好", "店员小声说", "客服马上回复", "收银方便", "店员翻白眼", "员工严重不足", "服务员高高在上", "客服文明用语", "店员成天玩手机",
    "服务员一直玩手机", "快递平安到达", "快递明天到", "导购很专业", "店员都很好", "师傅来了", "阿姨包的饺子", "打扫卫生阿姨很好", "谢谢师傅",
    "新mate60手机", "新iPhone15", "地铁10号线", "3号收银台", "12号收到货", "12315投诉", "v我50", "微信支付失败", "加微信群", "wechat payment failed",
    "小王子饼干", "小龙虾很入味", "收件人不在家", "收货人信息写错", "我叫了外卖", "这条路很堵", "地址写错了", "这条街第2家",
    "the manager I spoke to", "Manager Was rude", "waited 15 minutes in the drive thru", "24 hour drive thru", "room 12 was fine",
    "v2.0.1 版本", "0.333333333333", "高乐高好喝", "李宁的鞋", "江小白", "杨国福麻辣烫",
]  # fmt: skip


@pytest.mark.parametrize(("text", "secret"), SECRET)
def test_secrets_are_covered_and_the_rest_stays_in_place(text, secret):
    masked = mask(text)
    assert secret in text and secret not in masked
    assert len(masked) == len(text)
    assert all(m in (t, MASK) for m, t in zip(masked, text, strict=True))
    assert mask(masked) == masked


@pytest.mark.parametrize("text", PLAIN)
def test_ordinary_text_is_untouched(text):
    assert mask(text) == text


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("店员小李态度很好", ["店员小李"]),
        ("店员＊＊态度很好", ["店员＊＊"]),
        ("工号＊＊＊＊太凶", ["工号＊＊＊＊"]),
        ("收银王姐和店员小张都好", ["收银王姐", "店员小张"]),
        ("姓名：张三丰，王小卤好吃", []),
        ("电话＊＊＊＊＊＊＊＊＊＊＊", []),
        ("坚果很脆", []),
    ],
)
def test_staff_spans_before_and_after_masking(text, spoken):
    assert [text[a:b] for a, b in staff_spans(text)] == spoken


@given(st.text(alphabet=st.sampled_from("138 -＊店员小李王姐工号0a@.路号栋Ｖ微信：张"), max_size=80))
def test_length_order_and_idempotence(text):
    spans = masked_spans(text)
    assert all(0 <= a < b <= len(text) for a, b in spans)
    assert all(x[1] < y[0] for x, y in pairwise(spans))
    masked = mask(text)
    assert len(masked) == len(text)
    assert all(masked[i] == MASK for a, b in spans for i in range(a, b))


def test_beyond_the_window():
    text = "很好吃。" * 12_000 + "电话13812345678" + "很好吃。" * 5_000
    assert "13812345678" not in mask(text)
    edge = "好" * 19_994 + "13812345678" + "好" * 30
    assert "138" not in mask(edge) and len(mask(edge)) == len(edge)


@pytest.mark.parametrize(
    "unit", ["1", "1 ", "一", "a@", "路", "路1号", "店员小", "微信", "13-", "中", "a.", "0-", "张丽", "号楼1", "（1"]
)
def test_hostile_repetition_stays_quick(unit):
    text = (unit * 20_000)[:20_000]
    start = time.perf_counter()
    mask(text)
    assert time.perf_counter() - start < 5
