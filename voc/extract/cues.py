"""What turns a clause's meaning: doubt, hearsay, questions, and what customers announce.

All patterns are bounded and see one clause of normal text (at most `LONGEST` code points).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 400

# --- doubt ------------------------------------------------------------------------------------------------------
_SUPPOSED = re.compile(
    r"如果|只要|若是|要是|假如|倘若|但愿|^.{1,10}的话(?!术)|万一|以防|免得|避免|防止|生怕|(?:本来|原本|起初|一开始|之前|还)怕是?|(?<!恐)(?<!不)怕(?!是)|(?<!不用)(?<!不必)担心|"
    r"顾虑|以为|原以为|会不会|是否|是不是会|做好(?:了)?.{0,14}(?:准备|打算|心理建设)|做足.{0,8}准备|(?:预|准)备(?:着|好)|"
    r"本想着|还想着|寻思着?|还当是?|只当|揣测|料想|琢磨着|提心吊胆|捏(?:着|了)?(?:一?把)?汗|忐忑|半信半疑|抱着.{0,8}(?:心态|心理|态度|想法)|"
    r"冲着|奔着|(?:还|就)盼着|指望(?:着|它)?|(?:本|原)?来?想(?:夸|吐槽|说)|犯嘀咕|心里没底|生恐|唯恐|害怕会|恐怕会|惟恐|"
    r"害怕|恐惧|预防|谨防|就算|哪怕|除非|\b(?:if|unless|in case|afraid|worried|worry|fear|"
    r"thought it would|expected it to be)\b"
)
_FEARS = re.compile(
    r"(?:本来|原本|起初|一开始|之前|还)怕是?|(?<!恐)(?<!不)怕(?!是|的|了)|(?<!不用)(?<!不必)(?<!没)担心|"
    r"害怕|提心吊胆|忐忑|生恐|唯恐|没底|犯嘀咕|捏.{0,3}汗"
)
_HEARSAY = re.compile(
    r"谣传|风言风语|(?:群里|圈里|坊间|江湖|街坊|外面|都|有人|到处)(?:在)?(?:传|盛传|疯传|流传)|传(?:(?<!没有传)(?<!没传)(?<!像传)说中?|得沸沸|得神)|道听途说|"
    r"(?:小红书|抖音|微博|朋友圈|贴吧|论坛|群里|博主|主播|热搜|帖子|视频|短视频).{0,6}(?:说|讲|称|爆|曝|写|看到|刷到|吐槽)|刷到.{0,8}(?:说|帖|视频)|"
    r"听说|听(?![不得起上见到着清完了]).{1,4}[说讲]|据说|传闻|网传|传言|网上.{0,4}[说讲传]|网友.{0,3}说|(?:评论|评价|[差好]评).{0,4}[说写讲]|有人.{0,3}(?:说|讲|反映|反馈|吐槽|抱怨|称)|"
    r"看(?:到|了)?.{0,5}(?:评论|评价|差评)|"
    r"(?:别人|人家)(?:都)?说|新闻.{0,4}(?:说|报)|\b(?:i heard|heard that|people say|reviews? sa(?:y|"
    r"id)|supposedly|rumou?r)\b"
)
# What one other says: it counts unless the writer sets an own experience against it in the next clause.
_TOLD = re.compile(
    r"评论区|一片差评|清一色差评|差评如潮|(?:(?:我|俺|咱)?(?:[表堂大小]?[姐妹妈爸哥弟爷奶舅姨嫂姑叔]){1,2}|老[公婆妈爸师板]|对象|男友|女友|男朋友|女朋友|孩子他?[爸妈]|隔壁|发小|群友|姐妹们|店员|导购|主播|博主|客服|婆婆|嫂子|邻居|同事|朋友|闺蜜|室友|亲戚|同学|网友|别的顾客|其他人|有的人|有些人|好多人|很多人|大家|人家|她|他们?|都)(?:们|都)?(?:推荐|安利|介绍|种草)?(?:时|的时候|我)?(?:说|讲|反映|吐槽|抱怨|嫌)|"
    r"\b(?:some(?:one|body| people)|others?|people|friends?|neighbou?rs?|everyone) "
    r"(?:said|say|says|told|mentioned|complained?)\b"
)
_MINE = re.compile(
    r"^(?:但是?|不过|可是?|而|倒是|其实|反正|结果|谁知道?|哪知道?|没想到|谁料到?|岂料|然而|事实上|到头来|亲测|实测|亲身)?(?:实际|吃着|用着|吃起来|用起来|到手|收到|我|咱|俺|本人|自己|"
    r"i\b|my\b|mine\b|ours?\b|but (?:i|my|mine)\b)"
)
_CONFIRMED = re.compile(r"果然|确实|真的是|还真|名不虚传|所言不虚|没骗人|真有|indeed|sure enough|true")
_PAST = re.compile(
    r"(?:春|夏|秋|冬)天(?:买|吃|来|拍)|(?:去|前|大前|往)年|年初|月初|上(?:个)?月|上半年|早几年|前些年|前阵子|前段时间|头几[次回]|开业(?:那会|时|初)|刚开(?:业|店)|买的时候还|那(?:会儿?|时候?|阵子)|(?:第[一1]|头)(?:箱|包|盒|批|瓶|袋)|"
    r"第一次|首次|首单|首购|第一单|刚开袋|头[一两几]次|头[一两几]回|前[两几]次|前[两几]回|上次|上回|之前|以前|刚开始|一开始|最开始|起初|首评|以往|"
    r"前面买|当初|早先|从前|刚(?:收到|到手|买来|拿到|打开|开封|拆开|用)(?:的?时|时候|那会|那几天|的时候)?|"
    r"last time|first time|used to|at first"
)
_NOW = re.compile(
    r"第[三四五六七八2-9]次|二次(?:购买|回购|下单)|第二天|隔天|过后|复购|再次回购|放了?[一两二三几]?[天周]|过了[一两几][天周]|[几两三]天后|[一两]周后|用了[一两几].?[天周月]|追加|再次(?:买|购|下单)|"
    r"(?:入|开)(?:春|夏|秋|冬)|(?:这|新)(?:阵子|两天|几天|个月|季|箱|包|盒|瓶|袋|趟|单)|今年|本月|眼下|近来|如今|(?:第[二2三3])(?:箱|包|盒|批|瓶|袋)|越到后面|到后来|"
    r"这次|这回|现在|今天|最近|后来|追评|第二次|如今|这一?批|结果|没想到|谁知|再买|回购后|this time|"
    r"but now|now it|second time|lately"
)
_OTHERS = re.compile(
    r"^(?:而|但是|但|不像|虽然|原来)?(?:别家|其他家|其它家|别人家|隔壁|别的.{0,3}(?:店|牌子|家|品牌|地方|馆|厂|超市|平台|商家)|人家(?!都?说)|"
    r"其他(?:店|牌子|品牌|地方|商家)|其它(?:店|牌子|品牌)|other (?:brands?|stores?|shops?))"
)
_UNLIKE_OTHERS = re.compile(
    r"^(?:但是?|而|可|不过|只有)?(?:这家|你家|他家|本店|这里|这款|它家|他们家|我们家|我买的|这个|"
    r"这)?(?:的)?(?:从来|从|就|却|倒|都|完全|根本|一点)?(?:没有?|不会|不|没)(?:这种|这样|这个|过|这|"
    r"问题|的|情况|的情况|遇到){0,3}$"
)
_NOT_MET = re.compile(r"(?:我|我的|我家|自己|本人).{0,6}(?:没有?|未)(?:遇到|碰到|发现|看到|吃到|出现|这种|这个)")

# --- questions, requests, announcements ----------------------------------------------------------------------------
_ASKS = re.compile(
    r"吗$|(?:能|可以|会|有)[^不,]{1,6}不$|吗[?？]|请问|还是.{1,6}(?:呀|呢)$|能不能|可不可以|是否|(?<![但可只就])是不是(?!很|太|特别|那么)|有没有|会不会|"
    r"有(?:啥|什么|何)(?:区别|不同|不一样|差别|讲究)|几点(?:开|关|营业|打烊|下班|上班|到)|营业到几点|多久|怎么(?:吃|用|保存|做|弄|煮|联系|退|换|领|操作|打开|选|买)|多少|多长时间|(?:要|得|等|需要?|能[放用吃])几天|几天(?:能|可以|才?能|到货|发货|熟)|哪里(?:有|能|可以|买)|"
    r"什么时候|行不行|好不好|要紧(?:不|吗|么)|碍事(?:不|吗)|(?:成|中|得行|要得|可以|行)不(?:啊|呀|咯)?$|有冇|係咪|得唔得|点样|几多|邊度|乜嘢|咋个|啷个|几时|"
    r"求(?:问|解|科普|告知)|想(?:问|请教|了解|知道)(?:一?下)?|有(?:没)?人知道|有懂的|有知道的|谁知道|哪位知道|问(?:一?下|问)(?!店|客服|题)|咨询(?:一?下)|(?:哪|几|多)(?:种|个|款|天|度|毫升|克|寸|岁|层|人)(?:的|才|比较|更|最)?(?:好|合适|适合|够|能)|"
    r"\b(?:is it|are they|does it|can i|can you|how long|how do|do you|"
    r"where can)\b"
)
# What makes a clause before a question mark a question; exports also turn emoji into question marks.
_WONDERS = re.compile(
    r"还是|[吗嘛呢么不没]$|几|哪|什么|啥|怎|咋|多[少大长久高重远]|谁|[点咁]样|邊|乜|么子|"
    r"\b(?:is|are|do|does|did|can|could|will|which|what|when|where|how|who)\b"
)
_RHETORICAL = re.compile(
    r"就不(?:能|会|可以).{1,12}[吗么]?$|是不会.{1,8}[吗么]$|是(?:打算|准备|想|要|存心|故意|成心|不打算|怕我).{0,12}[吗么]$|长着.{0,4}是|(?:眼睛|脑子|耳朵|良心|手|嘴).{0,6}(?:呢|吗)$|"
    r"是不是.{0,6}(?:放假|睡|聋|瞎|哑|死|失忆|梦游|倒闭|跑路|下班|傻|疯|有病|没长|欺负|针对|看不起)|"
    r"这也|这就是|所谓|也能叫|也配|也敢|难道|好意思|怎么(?:敢|能|可能|会|这么|那么|卖|没|不|还|回事|就)|还能(?:吃|"
    r"信|买|再|要)|谁(?:敢|还|会|受得了|吃得下|买得起)|凭什么|凭啥|搞什么|"
    r"有没有搞错|是人(?:吃|干)的|何必|至于|什么(?:意思|态度|玩意|东西|鬼|破)|几个意思|当(?:我|顾客|"
    r"消费者|人)|算什么|干嘛|干什么吃|就这|不觉得|良心(?:不会)?痛|"
    r"玩我|逗我|耍我|骗鬼|糊弄谁|忽悠谁|打发谁|打发叫花子|喂(?:猪|狗)|智商|为什么|为啥|咋(?:这么|那么|"
    r"回事|还|就)|居然|竟然|还要脸|要不要脸|who would|seriously|are you kidding|how is this|how can|"
    r"why (?:is|are|does|did|do)"
)
_ADMIRING = re.compile(
    r"(?:怎么|干嘛|为什么|为啥|咋)(?:不|没)早|哪能不(?:夸|爱|赞|服)|还有比.{1,4}更|谁能?(?:忍住|忍得住|拒绝|抵挡|不爱|不喜欢)|怎么会?有(?:这么|如此)(?:懂|好|香|棒)|(?:怎么|咋)(?:能|会|可以)?(?:这么|那么|如此)(?:好|香|甜|脆|嫩|鲜|便宜|划算|贴心|"
    r"可爱|软|润|快|热情|漂亮|舒服)|哪有不.{1,5}的?(?:道理|理)|有什么(?:可|好)?挑|"
    r"who (?:can|could) resist|what(?:'s| is) not to (?:like|love)"
)
_REQUEST = re.compile(
    r"希望|拜托(?!了?你们?别)|(?:提|给)(?:个|一个|点|条)?(?:小)?(?:建议|意见)|(?:能|可以|要是能|若能|如能).{1,14}就(?:更)?(?:好|完美|棒|圆满|妥)|(?<![不能可])(?:下次|以后|下回|之后|回头|往后)(?:能|可以)?(?:多|少|早|别|请|给|把|加|换|改).{1,10}(?:吧|呗|呀|哈|点|些|行不|好吗)|"
    r"(?:多给|多放|少放|多送|加个|加点|换个|换成|改成|出点|做个|配个|附个|送个|给个|搞个|整个|弄个).{0,10}(?:吧|呗|行不|可好|好吗|好不|嘛)$|呼吁|跪求|蹲(?:一?个|蹲)?(?:补货|新|活动|链接)|催(?:更|补货|上新)|许愿|盼着|巴望|"
    r"(?<!不)建议(?!大家|购买|买|入手|别买|不要买|慎|你们别|避|各位|千万)|能不能|可不可以|能否|"
    r"可否|(?<![要需追寻请])求(?!助|婚|人|证)|期待|盼(?:望|着)?|最好(?:能|可以|是|再|把|给|改)|要是能|"
    r"如果能|"
    r"(?<![太很真好么添嫌怕不])麻烦(?:把|给|帮|您|你|尽快|改)|下次(?:记得|请)|记得(?:放|加|给|写|带|多)|"
    r"(?:要是|如果|若是).{1,12}(?:就好了?|就完美|就更好)|(?:再|更).{1,6}(?:就|那就)(?:更)?(?:好|完美|棒|满分|赞)|麻烦(?:商家|卖家|你们|店家|店里|客服|"
    r"以后|下次)|请(?:商家|卖家|店家|改进|注意|务必|尽快|加强|多|把|给|下次|以后|不要|别|贵|你们|"
    r"一定)|"
    r"(?:应该|该).{0,6}(?:加|改|出|增加|改进|注意|提高)|多(?:出|上|搞|开|做)(?:点|些|几)|"
    r"什么时候(?:能|再|出|上|补|有|才)|出个|出一(?:款|个)|别下架|不要下架|"
    r"\b(?:please|hope|wish|would be (?:nice|great|better)|could you|can you|suggest|should (?:add|"
    r"make|offer|bring|have|fix|improve)|bring back)\b"
)
_PRAISING_WISH = re.compile(
    r"求?(?:别|不要|千万别|千万不要)(?:下架|停产|涨价|断货|换配方|改配方)|希望.{0,6}(?:继续|保持|"
    r"越做越|越来越|一直|不要变|生意|长期|永远)|继续(?:保持|努力|加油)|期待(?:下次|新品|再次|更多)|"
    r"(?:怎么|干嘛|为什么|为啥|咋)(?:不|没)早|早点?(?:开|来|遇|知道|发现).{0,6}就好|(?:多|再)开(?:几|些|一)|开(?:到|在)(?:我|咱)们?(?:家|小区|楼下|公司|这)|(?:千万|求|请|可)?别(?:关门|关店|倒闭|停产|涨价|下架|改配方|换配方|变味|停售|换厂|搬走|搬家)|"
    r"再接再厉|bring (?:it )?back"
)
_REPURCHASE = re.compile(
    r"(?:又|再|继续|已经?)(?:安排|来|下|囤|拿)(?:上|了)?第?[一二两三四五六七八九十几]+(?:箱|单|份|包|打|袋|盒|斤)|回购|复购|还会(?:再)?(?:买|来|购|点|回|光顾|继续)|(?:下次|以后|下回)(?:还|再|会|继续|依然|一定|"
    r"肯定|也会)+(?:会)?(?:买|来|购|点|回|囤|光顾|再)|会(?:再|继续|一直|经常|常)(?:次)?(?:买|来|购|点|"
    r"吃|光顾|回|关注|支持)|"
    r"又(?:来)?(?:买了|拍了|拍下|下了[一二两三四五几]|囤了|下单|回购|来买|入手)|(?:买|吃|喝|用)了(?:好)?(?:多|几|"
    r"[二三四五六七八九十\d]+)(?:年|次|回|箱|包|盒)了?(?!才|还|都没|就坏)|第(?:二|三|四|五|六|七|八|"
    r"九|十|n|\d|好几)+[次回](?:买|购|来|回|下单|点)|"
    r"常驻|断(?:了|货)?就(?:补|买|囤)|吃完(?:了)?(?:就|再|又|接着)(?:买|补|囤|来|下单)|(?:用|吃|喝)(?:到)?铁皮|铁皮了|空(?:了|瓶)(?:.{0,3})(?:瓶|罐|盒|袋|回购|再)|无缝(?:衔接|对接|续)|续(?:上|杯|单|购|了)|接着(?:买|囤|下单)|(?:马上|立刻|立马|转头|扭头|反手|果断|当场|当即|随即)(?:又)?(?:下单|补|囤|买了|再来|加购|来一)|"
    r"(?:下回|下次|下趟|改天|明天|周末|明年|过年|改日)(?:还|再|又|接着|继续|照样|依旧|必|铁定|准|肯定|一定)(?:上|来|去|买|找|点|吃|约|光顾|选|到|下单|带|奔|囤)|还(?:上|找|奔|去|到|选|认)(?:你|这|他)们?家|(?:认准|锁定|就认|只认|只买|只吃|非.{1,5}不买)(?:这|你|它|他|了)?|"
    r"(?:家里|冰箱|办公室|抽屉|零食柜|包里)(?:常年|永远|一直|总|常|必)(?:备|有|囤|放|存)|常备|必备|(?:月|周|季|年)(?:月|周|季|年)(?:都)?(?:买|囤|来|下单|回购)|(?:每|隔)(?:个)?(?:月|周|季|几天|阵子|段时间)(?:都|就|必)?(?:得|要|会)?(?:买|囤|来|下单|回购|补|点)|"
    r"(?:买|囤|入|来|吃)(?:到)?(?:第)?(?:n|\d|[三四五六七八九十好几])+(?:箱|回|次|瓶|轮|单|趟|年)了?(?!才|还|都没|就坏)|老(?:熟人|回头客)|回头客|"
    r"一直(?:在)?(?:买|吃|喝|回购)(?:这|你|他|它|的)?|囤货|囤了|再囤|无限(?:次)?回|多囤|老(?:顾客|"
    r"客户|粉|主顾)|常客|\b(?:buy(?:ing)? (?:it |this |these |them |more )?again|will buy|"
    r"order(?:ing)? again|reorder|repurchase|come back|be back|coming back|regular customer|"
    r"keep buying)\b"
)
_REGULAR = re.compile(r"老(?:顾客|客户|粉|主顾|熟人|回头客)|常客|回头客|\bregular customer")
_NEVER = re.compile(
    r"\b(?:can'?t|cannot|won'?t|not|never|wouldn'?t|don'?t|no way)\b.{0,16}$|"
    r"(?:不会|不再|再也不|没有?|不想|绝不|不可能|别想|打死不|谁会|不敢|不打算|拒绝|不值得|不考虑|"
    r"不准备|没法|不|别)(?:会|再|想|考虑|有)?(?:次|一次)?$"
)
_SURELY = re.compile(r"(?:怎么可能|怎么会|怎么能|怎能|怎会|哪能|哪会|岂能|岂会|不可能|没有?理由)$")
_LEAVE = re.compile(
    r"(?:不会|不想|绝不会?|不会在|坚决不|不打算|不敢|不可能|不准备|没有?勇气|"
    r"决定不)[再在]?(?:次)?(?:买|来|回购|复购|光顾|点|购买|去|吃|喝|入手|下单|碰|考虑|踏进)|"
    r"[再在]也不(?:会|想|敢|要)?(?:买|来|点|去|光顾|购买|吃|喝|踏|信|碰)|(?:以后|今后|下次|往后|"
    r"从此)(?:都|再也|就|肯定|绝对|坚决|是)?(?:不|不会|不再|不敢|不想)(?:会|再|想)?(?:买|来|点|去|"
    r"光顾|购买|吃|喝|信|考虑|了)|"
    r"不(?:会)?再(?:买|来|点|去|光顾|购买|吃|喝|信|考虑|回购)|不会?回购|不回购|不复购|最后一次(?:买|"
    r"来|光顾|点|购|吃|去)?|没有?下次|不会有下[次回]|取关|拉黑(?:这|你|该|店|此)|永久?(?:拉黑|不来|"
    r"不买)|永远不(?:会)?(?:再)?(?:来|买|去)|"
    r"从此路人|路人了|各自安好|一别两宽|缘尽|好聚好散|相忘(?:于)?江湖|恕不奉陪|不奉陪|溜了溜了|有缘(?:也)?(?:不|别)再?见|(?:另|再)?(?:寻|找)(?:别家|下家|他家|别处|替代)|换(?:一)?家(?:买|店|吧|了)?$|不会(?:再)?有第二次|一生(?:只|就)(?:买|来)一次|(?:首|头)(?:单|次|回)(?:也是|即|就是|亦是)?(?:最后|末)(?:一)?(?:单|次|回)|(?:到此|就此)(?:为止|别过|打住)|"
    r"再(?:买|来|点|吃|信|进|碰).{0,4}(?:我|就){0,2}(?:是|当)(?:小?狗|猪|孙子|傻子?|sb)|不复相见|后会无期|再无瓜葛|江湖不见|再也不见|有多远.{1,3}多远|劝退(?:了)?(?:一个)?(?:老)?(?:顾客|客户|客人)|(?:流失|失去)(?:了)?(?:一[个位])?(?:老)?(?:顾客|客户)|不伺候|绕道走|绕着走|"
    r"一次就够|不想有第二次|这辈子就(?:来|买|点)这一次|拜拜了?您|"
    r"打死(?:我)?(?:也|都)?不|粉转黑|路转黑|一生黑|弃了|弃坑|脱粉|果断(?:放弃|拉黑|弃)|仅此一次|"
    r"一次性(?:买卖|生意)|再见不送|告辞|(?:你|您|这|该|贵)?(?:家)?(?:已|正式)?(?:拉入|列入|进)黑名单|"
    r"不买了|不来了|"
    r"\b(?:never (?:again|buy|order|com|go|shop|return|eat)\w*|won'?t (?:be )?(?:buy|order|come|back|"
    r"return|go|shop|eat)\w*|will not (?:be )?(?:buy|order|come|back|return|go)\w*|last time i|"
    r"not (?:going|coming) back|lost (?:a|my) (?:customer|business)|done with)\b"
)
_MOCKED = re.compile(
    r"^(?:下辈子|下下辈子|做梦|想多了|才怪|不存在|算了|呵呵|别想|没门|免了|拉倒|哈哈哈?|怎么可能|不可能|得了|"
    r"还是算|想都别想|你想多|吹|也不看|那是不可能)"
)
_MOCK_WARNING = re.compile(
    r"抢不到|抢光|都归我|是我的|留给我|给我留|不够我|我(?:还|怎么|就).{0,3}(?:买|抢|囤)|"
    r"让我(?:一个人)?(?:买|吃|独享)|我一个人"
)
# What a whole clause says to take back the praise before it (新鲜？不存在的).
_DENIES = re.compile(
    r"^(?:其实|可惜|然而|根本|完全|才|那)?(?:其实不然|并非如此|不存在的?|才怪呢?|我看未必|未必吧?|想多了|你想多了|骗人的?|骗鬼呢?|扯淡|假的|不是的?|没有的事|"
    r"并没有|并不是?|不然|哪有|做梦|想得美|想太多|就是个?笑话|都是假的|一点(?:也|都)不|没感觉到?|没觉得|没看出来|没吃出来|怎么可能|不可能的?|鬼才信|我信了你的邪|就这|骗谁呢?|我怎么没觉得|(?:被|惨遭)?打脸|白准备|都是假象|假象|"
    r"想想还是算|黄花菜都凉|败兴而归|大失所望|上当|白期待|白高兴一场|空欢喜一场|不过如此|也就那样|露馅|名不副实|(?:是)?我错怪(?:了|你们|它|他们)?|多虑|骗子|别信)[啊呀吧呢了的]?$"
)
_UNTRIED = re.compile(
    r"还没(?:来得及|拆|吃|试|用|打开|开封|收到|到)|没来得及|等(?:收到|到货|试过|吃了|用了|我).{0,6}(?:再|评|说)|先(?:下单|买来|收藏|囤)|在路上|拿不准|"
    r"不知(?:道)?真假|再来(?:追评|评价|说)|试(?:过|了)再说|有待(?:验证|观察)|先看看|待我"
)
_UNDOES = re.compile(r"不存在|没有的事|并没有|想多了|想太多|打脸|白准备|错怪|多虑|假象|一点(?:也|都)不")
_AMBIVALENT = re.compile(
    r"绝了|绝绝子|绝|牛|6{2,}|厉害|可以的|真行|好家伙|笑死|哈+|yyds|永远的神|天花板|棒棒哒|开眼|"
    r"长见识|刷新|服|没谁了|👍|🙂|😊|😄|😂|🤣|👏|💯"
)
# Thanks, congratulations and wonder that turn to mockery beside a complaint.
_CHEERS = (
    r"(?:great|nice|lovely|wow|perfect|brilliant|fantastic|wonderful|yum(?:my)?|delicious|congrat\w*|bravo|well done|"
    r"(?:good|great|nice) (?:job|work)|thanks?(?: a lot| so much)?)"
)
_JUST_RIGHT = re.compile(r"(?:刚刚?好|正好|恰到好处|正合适|正合口味|刚刚好)[的啊呀了呢]?$")
_REPROACHES = re.compile(r"就不(?:能|会|可以).{1,12}[吗么]?$")
_MOCK_PRAISE = re.compile(
    r"我可太(?:谢|感谢|爱)|我谢谢|不愧[是为]|^(?:恭喜|祝贺|谢谢|感谢|多谢|鸣谢)(?:你们|贵|你家|商家|卖家|店家|老板|让|教)|真会(?!员)|真有(?:你们?的|一套)|可真(?:是)?(?:行|会|贴心|准时|快|有|大方|"
    r"结实|新鲜|热情|专业|厉害|好)|真是(?:太)?(?:贴心|大方|专业|会)|佩服|颁(?:个|你)?奖|好样的|多么|好一[个家]|厉害了|太贴心了|太会了|"
    rf"^(?:(?:oh|wow|well|yay|yeah|how),? )?{_CHEERS}$"
)
_CHEERED = re.compile(rf"(?:(?:oh|wow|well|yay|yeah|how),? )?{_CHEERS}")
_TURNED = re.compile(r"^(?:但|不过|可是|可惜|只是|就是|然而|唯一|除了|but\b|however\b|although\b|though\b|except\b)")
_SNEER = re.compile(r"呵+呵*|好家伙|真行|可真行|笑死|醉了|我谢谢你|谢谢你?啊?|厉害了|好样的|就这")
_SWITCH = re.compile(
    r"(?:转战|倒戈|换|改|转|去|回|还是|以后|宁愿|宁可|不如|选择|投奔|转投|买回|重新)(?:成|到|买|吃|去|喝|选|了|"
    r"投|向|用|回|是|会|就|都|在|的|老老实实|直接|乖乖){0,4}$|\b(?:switch(?:ed|ing)? (?:back )?to|"
    r"go(?:ing)? (?:back )?to|buy(?:ing)?|stick(?:ing)? (?:to|with)|back to)\s+$"
)


# --- the readings that other modules use ----------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Cues:
    """What a clause as a whole is: each flag as its name says; `supposed` is where a supposition begins, or None."""

    supposed: int | None
    hearsay: bool
    past: bool
    now: bool
    others: bool
    unlike_others: bool
    not_met: bool
    question: bool
    doubted: bool
    rhetorical: bool
    request: bool
    praising_wish: bool
    repurchase: bool
    leave: bool
    mocked: bool
    mock_warning: bool
    told: bool
    mock_praise: bool
    denies: bool

    @property
    def acts(self) -> bool:
        """Whether the cues say something of their own clause; the others only matter to clauses that do."""
        return (
            self.supposed is not None or self.hearsay or self.others or self.unlike_others or self.not_met or self.question
            or self.doubted or self.rhetorical or self.request or self.repurchase or self.leave or self.mock_warning
            or self.told or self.mock_praise
        )  # fmt: skip


_CUES = (
    _SUPPOSED, _HEARSAY, _PAST, _NOW, _OTHERS, _UNLIKE_OTHERS, _NOT_MET, _ASKS, _RHETORICAL, _REQUEST, _PRAISING_WISH,
    _REPURCHASE, _LEAVE, _MOCKED, _MOCK_WARNING, _TOLD, _MOCK_PRAISE, _DENIES,
)  # fmt: skip
CUES = tuple(pattern.pattern for pattern in _CUES)
_ANY = re.compile("|".join(CUES))
_EVERY = (1 << len(CUES)) - 1
SNEERS = (_SNEER.pattern,)
NO_CUES = Cues(None, *(False,) * 18)


def cues(clause: str, mark: str, may: int | None = None) -> Cues:
    """The cues of a clause; `mark` is the character that follows it.

    `may` has a bit for each pattern of CUES that can match (voc.extract.scan); without it all of them are tried.
    """
    clause = clause[:LONGEST]
    asks = mark == "?"
    if may is None:
        may = _EVERY if _ANY.search(clause) else 0
    found: list[re.Match[str] | None] = [None] * len(_CUES)
    while may:
        number = may.bit_length() - 1
        found[number] = _CUES[number].search(clause)
        may ^= 1 << number
    if not asks and not any(found):
        return NO_CUES
    (
        supposed, hearsay, past, now, others, unlike_others, not_met, asked, rhetorical, request, praising_wish, repurchase,
        leave, mocked, mock_warning, told, mock_praise, denies,
    ) = found  # fmt: skip
    admiring = bool((asks or asked or rhetorical) and _ADMIRING.search(clause))
    wish = bool(request or praising_wish)
    surely = bool(leave and _SURELY.search(clause[: leave.start()]))  # 怎么可能不回购
    if surely:
        leave = None
    never = bool(not surely and repurchase and _NEVER.search(clause[: repurchase.start()]))
    return Cues(
        supposed=supposed.start() if supposed else None,
        hearsay=bool(hearsay and not _CONFIRMED.search(clause)),
        past=bool(past),
        now=bool(now),
        others=bool(others),
        unlike_others=bool(unlike_others),
        not_met=bool(not_met),
        question=bool((asked or (asks and _WONDERS.search(clause))) and not rhetorical and not wish and not admiring),
        doubted=asks and not admiring,
        rhetorical=bool(rhetorical and not admiring),
        request=wish,
        praising_wish=bool(praising_wish),
        repurchase=surely or bool(repurchase and not leave and not never),
        leave=bool(leave) or never,
        mocked=bool(mocked),
        mock_warning=bool(mock_warning),
        told=bool(told),
        mock_praise=bool(mock_praise),
        denies=bool(denies),
    )


def switches(clause: str, rivals: list[tuple[int, int]]) -> tuple[int, int] | None:
    """The span of the rival that the clause turns to (以后还是买三只松鼠), if it does."""
    return next(((s, e) for s, e in rivals if _SWITCH.search(clause[:s])), None)


def believed(clause: str) -> bool:
    """Whether the clause tells what the writer had believed (还以为)."""
    return "以为" in clause


def untried(clause: str) -> bool:
    """Whether the clause says that the writer has not tried it yet (还没来得及试)."""
    return bool(_UNTRIED.search(clause))


def undoes(clause: str) -> bool:
    """Whether a clause that denies what was said before also denies blame (坏果？不存在的)."""
    return bool(_UNDOES.search(clause))


def of_oneself(clause: str) -> bool:
    """Whether the clause sets the writer's own experience against what was said before it."""
    return bool(_MINE.search(clause))


def turns(clause: str) -> bool:
    """Whether the clause turns against the one before it (但, 可惜)."""
    return bool(_TURNED.search(clause))


def confirms(clause: str) -> bool:
    """Whether the clause says that what was expected came (果然)."""
    return bool(_CONFIRMED.search(clause))


def fears(clause: str) -> bool:
    """Whether the clause fears something (生怕)."""
    return bool(_FEARS.search(clause))


def ambivalent(word: str) -> bool:
    """Whether `word` praises or mocks, as its company decides (绝了, 666, 🙂)."""
    return bool(_AMBIVALENT.fullmatch(word))


def cheers(clause: str) -> bool:
    """Whether the whole clause is an English exclamation of praise, which mocks behind a complaint as well (Great job.)."""
    return bool(_CHEERED.fullmatch(clause))


def regular(clause: str) -> bool:
    """Whether a clause tells of an old customer and of no purchase to come: beside a complaint that announces nothing."""
    return bool(_REGULAR.search(clause)) and not _REPURCHASE.search(_REGULAR.sub("", clause))


def just_right(clause: str) -> bool:
    """Whether the clause says that a measure was met (其实刚好): what was expected too much or too little of is praised."""
    return bool(_JUST_RIGHT.search(clause))


def reproaches(clause: str) -> bool:
    """Whether a question without a word of blame reproaches (就不能先说一声吗)."""
    return bool(_REPROACHES.search(clause))


def sneers(clause: str) -> bool:
    """Whether the whole clause is a sneer that turns the praise after it (呵呵，好一个无添加)."""
    return bool(_SNEER.fullmatch(clause))
