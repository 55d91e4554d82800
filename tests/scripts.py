"""Made-up headlines in scripts with and without spaces, of disasters and of other things."""

import random

# fmt: off
SPACED = {
    "Latin": [
        "Flood hits the valley", 'Mayor opens "new" school, again', "Côte d’Azur: naïve plan",
    ],
    "German": ["Donaudampfschifffahrtsgesellschaft fährt", "Hochwasserschutzmaßnahmen für Straße"],
    "Cyrillic": ["Наводнение в долине реки", "Школа открылась, и команда победила"],
    "Arabic": ["فيضان يضرب الوادي", "افتتاح مدرسة جديدة في المدينة؟"],
    "Hindi": ["घाटी में बाढ़ आई", "शहर में नया स्कूल खुला।"],
    "Korean": ["강 유역에 홍수 발생", "새 학교가 문을 열었다"],
}

_PLACES = {
    "Chinese": ["河谷", "沿海", "北部", "东城", "山区", "市区", "南部", "西港"],
    "Japanese": ["谷川", "海沿い", "北部", "東町", "やまあい", "みなと", "南区", "西口"],
    "Thai": ["ริมแม่น้ำ", "ชายฝั่ง", "ภาคเหนือ", "เมืองตะวันออก", "บนเขา", "กลางเมือง"],
    "Khmer": ["ជ្រលងភ្នំ", "តំបន់ឆ្នេរ", "ភាគខាងជើង", "ទីក្រុង", "ភាគខាងត្បូង", "កំពង់ផែ"],
}
_DISASTERS = {
    "Chinese": ["突发洪水", "发生地震", "遭强风暴袭击", "爆发山洪", "大火致多人受伤", "出现滑坡"],
    "Japanese": ["で洪水が発生", "で強い地震", "を台風が直撃", "で土砂崩れ", "で大火事", "に津波"],
    "Thai": ["น้ำท่วมหนัก", "เกิดแผ่นดินไหว", "พายุถล่ม", "ไฟไหม้ใหญ่", "ดินถล่ม"],
    "Khmer": ["ទឹកជំនន់ធំ", "រញ្ជួយដី", "ព្យុះបោកបក់", "អគ្គិភ័យ", "បាក់ដី"],
}
_OTHERS = {
    "Chinese": ["房价上涨", "球队夺冠", "学校开学", "批准新线路", "新店开业", "音乐节开幕"],
    "Japanese": [
        "の地価が上昇",
        "のチームが優勝",
        "の学校が始業",
        "に新しい店",
        "で音楽祭",
        "の新路線",
    ],
    "Thai": ["ราคาบ้านขึ้น", "ทีมชนะเลิศ", "เปิดเทอมใหม่", "เปิดร้านใหม่", "งานดนตรี"],
    "Khmer": ["តម្លៃផ្ទះឡើង", "ក្រុមឈ្នះពាន", "សាលាបើកថ្មី", "ហាងថ្មី", "មហោស្រពតន្ត្រី"],
}
_WHEN = {
    "Chinese": ["今天", "昨日", "本周", "清晨", "再次", "据报道"],
    "Japanese": ["きょう", "昨日", "今週", "早朝", "また", "速報"],
    "Thai": ["วันนี้", "เมื่อวาน", "สัปดาห์นี้", "เช้านี้", "อีกครั้ง"],
    "Khmer": ["ថ្ងៃនេះ", "ម្សិលមិញ", "សប្តាហ៍នេះ", "ព្រឹកនេះ", "ម្តងទៀត"],
}
# fmt: on


def unspaced(script: str, number: int, seed: int = 0) -> list[tuple[str, str, str]]:
    """(id, text, "1" for a disaster or "0") of so many headlines, about a third of them "1"."""
    draw, found = random.Random(f"{script} {seed}"), []
    for at in range(number):
        is_disaster = draw.random() < 1 / 3
        what = draw.choice((_DISASTERS if is_disaster else _OTHERS)[script])
        text = draw.choice(_PLACES[script]) + what + draw.choice(_WHEN[script])
        found.append((f"{script}{at}", f"{text}{draw.randrange(100)}", str(int(is_disaster))))
    return found


UNSPACED = {script: [text for _, text, _ in unspaced(script, 12)] for script in _PLACES}
