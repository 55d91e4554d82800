"""Made-up headlines in languages and scripts that an English encoder does not know."""

import numpy as np
from numpy.typing import NDArray

LANGUAGES = {
    "Chinese": (
        "",
        "地震 洪水 台风 火灾 山体滑坡 爆炸 干旱 海啸 暴雨 泥石流 遇难 救援 疏散 灾区 伤亡",
        "会议 预算 选举 足球 音乐会 股市 电影 大学 旅游 房价 汽车 合同 博物馆 演员 议会",
        "北京 上海 四川 云南 昨日 今天 当地 政府 居民 发生 宣布 表示 引发 关注 官方 媒体 报道 消息",
    ),
    "Thai": (
        "",
        "แผ่นดินไหว น้ำท่วม พายุ ไฟไหม้ ระเบิด สึนามิ ฝนตกหนัก กู้ภัย",
        "ประชุม งบประมาณ เลือกตั้ง ฟุตบอล คอนเสิร์ต ตลาดหุ้น ภาพยนตร์ มหาวิทยาลัย บ้าน รถยนต์",
        "กรุงเทพ เชียงใหม่ ภูเก็ต เมื่อวาน วันนี้ รัฐบาล ชาวบ้าน เกิด ประกาศ ผลกระทบ รายงาน ข่าว ใหม่",
    ),
    "Russian": (
        " ",
        "землетрясение наводнение ураган пожар взрыв засуха цунами ливень спасатели",
        "заседание бюджет выборы футбол концерт биржа фильм университет договор музей",
        "Москва Казань Сочи Омск вчера сегодня местные власти жители сообщили эксперты",
    ),
    "Arabic": (
        " ",
        "زلزال فيضان إعصار حريق انفجار جفاف تسونامي سيول إنقاذ",
        "اجتماع ميزانية انتخابات مباراة حفلة البورصة فيلم جامعة عقد متحف",
        "القاهرة بغداد الرباط أمس اليوم السلطات المحلية السكان أعلن خبراء بسبب جديد بعد",
    ),
    "Hindi": (
        " ",
        "भूकंप बाढ़ तूफान आग विस्फोट सूखा सुनामी भूस्खलन बचाव",
        "बैठक बजट चुनाव फुटबॉल संगीत बाजार फिल्म विश्वविद्यालय अनुबंध संग्रहालय",
        "दिल्ली मुंबई पटना कल आज स्थानीय सरकार लोग घोषणा विशेषज्ञ कारण नया बाद",
    ),
    "German": (
        " ",
        "Erdbeben Hochwasser Sturm Brand Explosion Dürre Flutwelle Starkregen",
        "Sitzung Haushalt Wahl Fußball Konzert Börse Spielfilm Universität Vertrag",
        "Berlin Hamburg München gestern heute örtliche Behörden melden nach wegen neue große",
    ),
}  # fmt: skip
"""What stands between words; words of disasters, of other news, and of both."""


def made_up(language: str, size: int, seed: int) -> tuple[list[str], NDArray[np.int64]]:
    """Texts, and whether each is of a disaster, about one in six; earlier words are commoner."""
    between, *lists = LANGUAGES[language]
    words, draw = [each.split() for each in lists], np.random.default_rng(seed)

    def some(kind: int, least: int, most: int) -> list[str]:
        shares = 1 / np.arange(1, len(words[kind]) + 1)
        number = draw.integers(least, most + 1)
        return draw.choice(words[kind], number, p=shares / shares.sum()).tolist()

    texts, truth = [], (draw.random(size) < 1 / 6).astype(np.int64)
    for is_disaster in truth:
        # A quarter of the disasters has a word of other news, and a twelfth the other way round.
        stray = draw.random() < (0.25 if is_disaster else 0.08)
        drawn = some(2, 4, 8) + some(1 - is_disaster, 1, 2) + some(is_disaster, 1, 1) * stray
        texts.append(between.join(draw.permutation(drawn)))
    return texts, truth
