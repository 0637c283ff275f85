"""Short clauses of our own that teach the polarity models what star-labelled reviews do not.

They are kinds rather than examples: a frame and its fillers, so that a model learns the frame (没有 + fault is good,
不会太 + excess is good, 一点都不 + virtue is bad) and meets slang in more than one sentence. Nothing here is taken
from a review or a test set.
"""

# ruff: noqa: E501 (the kinds read best as a table, one frame beside the next)
from __future__ import annotations

from collections.abc import Iterator

_NEUTRAL = 1
_STRIDES = ((7, 3), (11, 5))  # which clauses are joined: every one with others from all over the list

# (label, frame, fillers); `{}` in the frame is the place of the filler. 0 negative, 1 neutral, 2 positive.
Kind = tuple[int, str, str]

_FAULTS = "异味 怪味 异物 破损 色差 腥味 毛病 问题 缺点 漏气 漏液 碎的 坏的 霉味 杂质 虫子 头发 划痕 瑕疵 油耗味 哈喇味 添加剂 副作用 卡顿"
_EXCESSES = "甜 腻 咸 油 辣 硬 干 酸 吵 贵 挤 黏 重 烫 闷 厚"
_VIRTUES = "好吃 新鲜 脆 香 入味 划算 便宜 干净 好用 舒服 热情 耐心 值 甜 实惠 快 方便 满意 专业 结实 清晰 好看 酥"
_VICES = "难吃 贵 差 慢 难用 难看 失望 后悔 麻烦 脏 吵 敷衍 腻 油腻 粗糙 累赘 心疼 踩坑"
_THINGS = "味道 口感 质量 服务 物流 包装 效果 做工 态度 环境 价格 分量 手感 外观 体验 性价比 音质 面料"

_ZH: tuple[Kind, ...] = (
    # absence of a fault, presence of a fault
    (2, "没有{}", _FAULTS), (2, "没{}", _FAULTS), (2, "完全没有{}", _FAULTS), (2, "没发现{}", _FAULTS),
    (2, "一点{}都没有", _FAULTS), (2, "没有任何{}", _FAULTS), (2, "零{}", "踩雷 差评 失误 添加 负担 瑕疵 卡顿"),
    (0, "有{}", _FAULTS), (0, "有股{}", "异味 怪味 霉味 腥味 油耗味 哈喇味 塑料味 药味"), (0, "里面有{}", "虫子 头发 异物 杂质 霉点 石子"),
    (0, "全是{}", "碎的 坏的 渣 毛病 划痕 添加剂"), (0, "好多{}", "碎的 坏的 毛病 划痕 虫子 瑕疵"),
    # excess denied, virtue denied, vice denied
    (2, "不会太{}", _EXCESSES), (2, "不{}", "腻 油 齁 卡 黏手 刺鼻 掉毛 起球 后悔 失望 踩雷 挤脚"), (2, "一点都不{}", "腻 油 贵 齁 卡 吵 后悔 失望 麻烦"),
    (2, "一点也不{}", "腻 油 贵 齁 卡 吵 后悔 失望 麻烦"), (2, "也不{}", "腻 油腻 贵 吵 麻烦"), (2, "{}而不腻", "甜 香 肥 油"),
    (0, "不{}", _VIRTUES), (0, "不太{}", _VIRTUES), (0, "不怎么{}", _VIRTUES), (0, "一点都不{}", _VIRTUES), (0, "一点也不{}", _VIRTUES),
    (0, "不是很{}", _VIRTUES), (0, "没那么{}", _VIRTUES), (0, "算不上{}", _VIRTUES), (0, "谈不上{}", _VIRTUES), (0, "不够{}", _VIRTUES),
    (2, "不{}", "难吃 难用 难看 错 赖 粗糙 敷衍"), (2, "并不{}", "难吃 难用 贵 差 慢 麻烦"), (2, "不算{}", "贵 差 慢 难吃 吵"),
    (2, "不是不{}", _VIRTUES), (2, "没有不{}的", "好 满意 喜欢"), (2, "不得不说{}", _VIRTUES), (2, "不能说不{}", _VIRTUES),
    (1, "不能说{}", "难吃 难用 差 多好"), (1, "不算{}", "好也不算差 难吃 惊艳 太好"),
    (0, "太{}了", _EXCESSES + " 慢 差 少 小 难吃 难用 坑 假 脏 离谱 敷衍 失望"), (0, "有点{}", _EXCESSES + " 慢 少 小 差 失望 敷衍 坑 脏 碎"),
    (0, "{}死了", "甜 咸 腻 油 辣 硬 干 酸 吵 贵 挤 慢 难吃"), (0, "偏{}", "甜 咸 油 硬 干 酸 贵 小 少 慢"),
    (2, "太{}了", "好吃 香 赞 棒 值 好用 舒服 划算 喜欢 贴心 惊艳 绝 好看 实惠"), (2, "{}到哭", "好吃 感动 好喝 好用"), (2, "{}极了", "好吃 满意 舒服 好用 新鲜 喜欢"),
    (0, "{}到哭", "难吃 慢 贵 失望"), (0, "{}极了", "难吃 失望 差 恶心 难用"), (2, "{}", _VIRTUES), (0, "{}", _VICES),
    (2, "很{}", _VIRTUES), (0, "很{}", _VICES), (2, "挺{}的", _VIRTUES), (0, "挺{}的", _VICES), (2, "真{}", _VIRTUES), (0, "真{}", _VICES),
    (2, "{}", "没毛病 没得说 没话说 没挑的 没失望 没翻车 没踩雷 不踩坑 不踩雷 不后悔 不亏 不虚此行 不负期待 没有智商税 不是智商税 没有让人失望 从没失望过 值得信赖 挑不出毛病"),
    (0, "{}", "没味道 没意思 没效果 没有效果 没用 没法吃 没法用 没人理 没人管 没诚意 没下次 没回复 没有香味 没有嚼劲 没有肉 没有售后 没记忆点 没有回复 没有质感"),
    # neither good nor bad
    (1, "{}", "一般 一般般 很一般 一般般吧 还行 还行吧 马马虎虎 凑合 凑合吧 凑合吃 凑合用 将就 中规中矩 中等 普普通通 平平无奇 无功无过 不好不坏 不功不过 就那样 就那样吧 马马虎虎吧 普通 一般水平 没什么特别 没啥特别 没有想象中那么好 说不上好坏 五五开 见仁见智 因人而异"),
    (1, "{}一般", _THINGS), (1, "{}还行", _THINGS), (1, "{}一般般", _THINGS), (1, "{}中规中矩", _THINGS), (1, "{}凑合", _THINGS), (1, "{}马马虎虎", _THINGS), (1, "{}普普通通", _THINGS),
    (1, "{}一般般吧", _THINGS), (1, "{}说得过去", _THINGS), (1, "{}中等", _THINGS), (1, "{}没什么特别", _THINGS), (1, "{}不好不坏", _THINGS), (1, "{}就那样", _THINGS),
    (1, "{}", "说不上好也说不上坏 谈不上好坏 没什么感觉 没有惊喜也没有失望 不功不过吧 可有可无 不温不火 没有特别的感觉 没有想象的好也不算差 过得去 能吃 能用 可以接受 还能接受 也就一般"),
    (1, "{}", "昨天收到货 今天刚到 已收到 东西收到了 刚拿到手 还没打开 保质期到明年 保质期半年 一共三包 一盒十包 每包五十克 买了两箱 买了一斤 产地山东 红色的 尺码偏标准 拍了两件 换了一个口味 这次买的是原味 老妈让买的 公司团购的 中秋节买的 放冰箱里了 开封后要冷藏 多少钱一斤 这个怎么用 哪个口味好 能放几天"),
    (1, "{}", "还没吃 还没用 还没拆 暂时没用 刚收到 用一段时间再评 先评价后吃 送人的 给朋友买的 帮同事买的 凑单 凑字数 凑够十五字 凑够字数 不知道怎么样 不清楚 待观察 有待观察 家里人在吃 等过年再吃 第一次买 吃完再来评 v我50 双十一买的 朋友推荐来的 孕妇能吃吗 保质期多久 怎么吃 有没有小包装"),
    (0, "{}", "也就那样 不过如此 不值这个价 不推荐 不会再来 不会再买 不会回购 没有下次 再也不来 再也不买 下辈子吧 拉黑了 退了 已退货 踩雷 踩雷了 踩坑 踩坑了 翻车 翻车了 大型翻车现场 避雷 避雷这家 千万别买 别买 快跑 劝退 拔草了不推荐 智商税 妥妥智商税 交了智商税 割韭菜 韭菜收割机 坑爹 坑人 套路 都是套路 无语 无语子 大无语 栓Q 我真的会谢 下头 破防了 裂开 拉胯 翻白眼 鸡肋 货不对板 照骗 图片仅供参考 挂羊头卖狗肉 糊弄 糊弄人 敷衍了事 一言难尽 一言难尽的味道 狗都不吃 喂狗 吃了个寂寞 等了个寂寞 花钱买罪受 花钱找罪受 一分钱一分货 就这 就这水平 就这还敢卖 这也敢卖 这也能叫新品 呵呵 呵呵哒 什么玩意 什么东西 踩雷绝绝子 难吃绝绝子 绝了也敢卖 一如既往地慢 一如既往的差 越来越差 大不如前 不如以前 味道变了 差评 必须差评 给个差评 负分 零分 一星都不想给 说好的赠品呢 说好的优惠呢 承诺的呢 客服已读不回 真是长见识了 服了 我服了 真服了这家店 气死 气笑了 欲哭无泪 🤮 👎 😡 💩 😤"),
    (2, "{}", "yyds 永远的神 绝绝子 绝了 好吃绝绝子 真香 真香了 真香警告 真香定律 种草 种草了 被种草 终于拔草 拔草成功 宝藏 宝藏店铺 宝藏小店 神仙零食 神仙水 天花板 天花板级别 封神 无敌 巨好吃 炒鸡好吃 爆好吃 贼好吃 老好吃了 好吃到跺脚 好吃到停不下来 停不下来 根本停不下来 上头 上瘾 一口气吃完 一口爱上 爱了 爱了爱了 爱住了 狠狠爱住 狠狠回购 无限回购 会回购 必回购 还会回购 已经回购 回购无数次 囤货 囤起来 冲 冲就完了 闭眼入 闭眼买 放心入 无脑入 值得 值得拥有 值得入手 物超所值 良心 良心卖家 良心店 业界良心 惊艳 惊艳到我 惊喜 出乎意料的好 超出预期 真不戳 赞 点赞 大赞 赞赞赞 好评 五星好评 给个好评 必须好评 推荐 强烈推荐 按头安利 安利 安利给大家 打脸了居然很好 以为会踩雷结果很好 真的绝 巴适 巴适得板 得劲 美滋滋 吃嘛嘛香 老少皆宜 全家都爱 孩子爱吃 老人也喜欢 一如既往好吃 一如既往的好 始终如一 国货之光 六边形战士 一百分 满分 👍 👍👍👍 ❤ 😋 🥰 😍 💯"),
    # contrast, comparison, worry that did not come true
    (2, "比{}好", "想象中 预期 上次 超市 实体店 别家 图片"), (0, "不如{}", "想象中 上次 以前 超市 别家 图片 宣传"), (0, "没有{}好", "想象中 以前 别家 上次 图片 实体店"), (0, "没有{}说的那么好", "网上 广告 别人 评论"),
    (2, "本来担心{}结果很好", "不新鲜 会碎 会坏 质量 过期 不合适"), (2, "还以为{}没想到很好", "会难吃 是智商税 会碎 质量差"), (2, "以为是智商税{}", "结果真香 结果打脸了 没想到真有用"),
    (0, "第一次好吃{}", "这次发霉了 这次不行 这次味道变了"), (0, "看着不错{}", "吃着不行 实际很差 其实一般"), (0, "除了{}一无是处", "便宜 包装 快"), (2, "除了{}没毛病", "贵 慢 小 远"),
    (2, "{}在线", "颜值 品质 质量 服务 口味 味道"), (0, "{}堪忧", "质量 品控 服务 卫生 味道"), (0, "{}感人", "速度 服务态度 网速 品控"), (2, "{}没的说", _THINGS), (2, "{}不错", _THINGS), (2, "{}可以", _THINGS), (2, "{}很好", _THINGS), (0, "{}不行", _THINGS), (0, "{}很差", _THINGS), (0, "{}差劲", _THINGS), (0, "{}有待提高", _THINGS), (0, "{}不咋地", _THINGS), (0, "{}拉胯", _THINGS), (0, "{}翻车", _THINGS),
)  # fmt: skip

_FAULTS_EN = "smell|smells|problems|complaints|issues|defects|damage|leaks|scratches|regrets|side effects"
_VIRTUES_EN = "good|great|fresh|tasty|clean|friendly|worth it|comfortable|reliable|easy to use|helpful|crispy|sturdy"
_VICES_EN = "bad|terrible|stale|dirty|rude|slow|overpriced|broken|useless|disappointing|bland|soggy|awful|greasy"
_THINGS_EN = "taste|quality|service|delivery|packaging|food|staff|price|sound|battery|coffee|portion"
_EN: tuple[Kind, ...] = (
    (2, "no {}", _FAULTS_EN), (2, "no {} at all", _FAULTS_EN), (2, "without any {}", _FAULTS_EN), (0, "lots of {}", _FAULTS_EN),
    (2, "{}", _VIRTUES_EN), (0, "{}", _VICES_EN), (0, "not {}", _VIRTUES_EN), (0, "not very {}", _VIRTUES_EN), (0, "isn't {}", _VIRTUES_EN), (0, "wasn't {}", _VIRTUES_EN), (0, "not {} at all", _VIRTUES_EN), (0, "never {}", _VIRTUES_EN), (0, "hardly {}", _VIRTUES_EN),
    (2, "not {}", "bad|bad at all|disappointed|too sweet|too salty|too expensive|greasy|overpriced"), (2, "not too {}", "sweet|salty|oily|spicy|loud|heavy"), (0, "too {}", "sweet|salty|oily|spicy|loud|heavy|expensive|small|slow|hard|dry"),
    (2, "the {} is great", _THINGS_EN), (0, "the {} is terrible", _THINGS_EN), (1, "the {} is okay", _THINGS_EN), (1, "the {} is average", _THINGS_EN), (1, "the {} is fine", _THINGS_EN), (1, "the {} was so so", _THINGS_EN), (1, "nothing special about the {}", _THINGS_EN), (2, "love the {}", _THINGS_EN), (0, "hate the {}", _THINGS_EN), (0, "disappointed with the {}", _THINGS_EN), (2, "happy with the {}", _THINGS_EN), (0, "the {} could be better", _THINGS_EN),
    (1, "{}", "it's okay|it is ok|just okay|average|nothing special|so so|meh|not good not bad|not bad not great|it does the job|does what it says|as expected|middle of the road|run of the mill|could go either way|it was fine i guess|acceptable|passable|mixed feelings|hit or miss|arrived yesterday|have not used it yet|it comes in three colors|the box has ten pieces|my mother asked for it|second one i bought|ask for the small size|decent i guess|it's fine|neither good nor bad|haven't tried it yet|bought it for a friend|ordered on monday|mediocre at best but edible"),
    (0, "{}", "never again|won't be back|will not buy again|waste of money|don't bother|do not buy|avoid|stay away|save your money|rip off|scam|want my money back|zero stars|what a joke|gross|disgusting|made me sick|cold and stale|one star|still waiting for a refund|nobody answered|fell apart|stopped working|broke after a week|underwhelming|not worth the money|not what i ordered|worst ever"),
    (2, "{}", "will buy again|will be back|highly recommend|love it|loved it|a must try|worth every penny|best ever|can't get enough|so good|exceeded my expectations|works perfectly|five stars|10/10|thumbs up|a hidden gem|delicious|hooked|addictive|blown away|can't complain|no complaints|couldn't be happier|never disappoints|better than expected|game changer"),
)  # fmt: skip


def reviews_of(lang: str) -> Iterator[tuple[str, int]]:
    """Short neutral reviews: each neutral clause of `clauses_of` joined with another one, and some with two."""
    plain = [clause for clause, label in clauses_of(lang) if label == _NEUTRAL]
    comma = "，" if lang == "zh" else ", "
    for at, clause in enumerate(plain):
        second, third = (plain[(at * step + shift) % len(plain)] for step, shift in _STRIDES)
        yield comma.join((clause, second)), _NEUTRAL
        if at % 3 == 0:
            yield comma.join((second, third, clause)), _NEUTRAL


def clauses_of(lang: str) -> Iterator[tuple[str, int]]:
    """(clause, label) of every kind; `lang` is 'zh' or 'en'."""
    kinds = _ZH if lang == "zh" else _EN
    for label, frame, fillers in kinds:
        parts = fillers.split() if lang == "zh" else fillers.split("|")
        for filler in parts:
            yield frame.format(filler), label
