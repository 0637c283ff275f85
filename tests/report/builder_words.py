"""Issues, phrases and names of the invented month: all text is our own."""

from voc.report.data import IssueName

MONTH = "2026-10"
ISSUES = {
    i.code: i
    for i in (
        IssueName("P02", "异物、虫害", "foreign object", "product", "S1", "quality"),
        IssueName("P07", "新鲜度", "freshness", "product", "S2", "quality"),
        IssueName("P08", "分量", "weight, count", "product", "S2", "store operations"),
        IssueName("P10", "口味", "taste", "product", "S3", "product"),
        IssueName("P11", "口感", "texture", "product", "S3", "product"),
        IssueName("P13", "价格与价值", "price", "product", "S3", "marketing"),
        IssueName("V01", "物流速度", "logistics speed", "service", "S3", "supply chain"),
        IssueName("V02", "运输破损", "transit damage", "service", "S2", "supply chain"),
        IssueName("V06", "店员态度", "store staff", "service", "S3", "store operations"),
        IssueName("V07", "排队与结账", "queue", "service", "S3", "store operations"),
        IssueName("V12", "促销诚信", "promotion honesty", "service", "S2", "marketing"),
    )
}
# code: (clause, opinion within it) for complaints, praise, requests
SAYS = {
    "P02": [("咬到一小截蓝色塑料丝", "塑料丝"), ("袋底躺着一根头发", "头发")],
    "P07": [("打开就有一股陈油味", "陈油味"), ("拿到手已经不脆了", "不脆"), ("日期只剩三周", "只剩三周")],
    "P08": [("称回家少了快一两", "少了快一两"), ("一包里比标的少好几颗", "少好几颗")],
    "P10": [("甜得发腻", "发腻"), ("盐撒多了", "撒多了"), ("吃着没什么味道", "没什么味道")],
    "P11": [("硬得硌牙", "硌牙"), ("软塌塌的", "软塌塌")],
    "P13": [("比上个月贵了三块", "贵"), ("这个价不值", "不值")],
    "V01": [("等了八天才到", "等了八天"), ("两天都没揽件", "没揽件")],
    "V02": [("箱子瘪了一角，里面碎成渣", "碎成渣"), ("罐子压扁了", "压扁")],
    "V06": [("店员小陈一直看手机", "一直看手机"), ("问了两遍都没人理", "没人理")],
    "V07": [("周末只开一个收银台", "只开一个"), ("排了二十分钟才结上账", "二十分钟")],
    "V12": [("说好的赠品没有给", "没有给"), ("先涨价再打折", "先涨价再打折")],
}
LIKES = {
    "P10": [("酸甜刚刚好", "刚刚好"), ("咸香很耐吃", "耐吃")],
    "P07": [("日期很新鲜", "新鲜"), ("开袋香气扑鼻", "香气扑鼻")],
    "P11": [("又酥又脆", "又酥又脆"), ("软糯不粘牙", "软糯")],
    "V01": [("第二天就送到了", "第二天就送到")],
    "V06": [("店员耐心帮我挑", "耐心"), ("门口阿姨笑着递试吃", "笑着")],
}
WISHES = {"P10": [("能不能出一款少糖的", "少糖")], "P08": [("希望有小袋装", "小袋装")]}
FILLERS = [
    "老顾客了。",
    "给孩子买的，",
    "路过顺手带了两包，",
    "国庆前囤的货。",
    "第三次回购，",
    "送人用，",
    "办公室分着吃，",
    "",
]
SOURCES = ("tmall", "jd", "meituan", "survey")
REGIONS = {"华东": ("杭州", "宁波"), "华南": ("东莞", "佛山"), "西南": ("绵阳", "成都")}
GOODS = ["烘烤腰果", "芒果干", "海苔脆", "蜜枣", "辣味牛肉条", "花生酥", "山楂卷", "鳕鱼丝", "每日坚果", "米饼"]
CATEGORIES = {
    "烘烤腰果": "坚果",
    "每日坚果": "坚果",
    "花生酥": "糕点",
    "米饼": "糕点",
    "芒果干": "果干",
    "蜜枣": "果干",
    "山楂卷": "果干",
}
