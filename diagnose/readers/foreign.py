"""The field's words in other languages, turned into English ones."""

from __future__ import annotations

import re
from functools import lru_cache

WORDS: tuple[tuple[str, str], ...] = (
    # What a pattern finds becomes the English word; of two that fit, the first counts.
    (r"\blernraten?\b|\btaux d['’]apprentissage|\btasa de aprendizaje|\btaxa de aprendizado"
     r"|\btasso di apprendimento|скорост\w+ обучени\w+|学习率|學習率|学習率|학습률", "lr"),
    (r"\btrainings?(?=[-_ ]?(?:verlust|verlies|loss|fehler|genauigkeit))|\btrenings?(?=tap\b)"
     r"|\bentra[iî]nement|\bapprentissage|\bentrenamiento|\btreinamento|\btreino\b"
     r"|\baddestramento|\ballenamento|\be[gğ]itim\b|\btreningow\w+|\bpelatihan|\bhuấn luyện"
     r"|\bобуч\w+|\bтре(?:нир\w+|нинг\w*|йн\w*)|\bнавчан\w+"
     r"|训练集?|訓練集?|学習|훈련|학습", "train"),
    (r"\bvalidier(?:ungs?|t)?|\bvalidatie|\bvalida(?:tion|ción|cion|ção|cao|zione|zion|si)\b"
     r"|\bdo[gğ]rulama|\bwalidac\w+|\bkiểm định|\bвалид\w+|\bпроверочн\w+|\bвалідац\w+"
     r"|验证集?|驗證集?|検証|評価|バリデーション|검증|평가", "validation"),
    (r"\bprueba\b|\bтест\w+|测试集?|測試集?|テスト|테스트", "test"),
    (r"функци\w+ потер\w+|(?<=trainings)verlust|(?<=alidierungs)verlust|\bverlust(?:e|wert)?\b"
     r"|(?<=trainings)verlies|(?<=validatie)verlies|\bverlies\b|\bfehler\b|\bpertes?\b|\bp[eé]rdidas?\b|\bperdas?\b"
     r"|\bperdit[ae]\b|\berreur\b|\bkay(?:b[ıi]|[ıi]p)\b|\bstrat[ay]\b|\bkerugian"
     r"|\bпотер[ияь]\w*|\bлосс\w*|\bошибк\w+|\bвтрат\w*"
     r"|损失值?|損失値?|误差|誤差|ロス|손실|오차|로스", "loss"),
    (r"\bepochen?\b|\bépoques?\b|\bepoques?\b|\b[ée]pocas?\b|\bepok[aię]\b|\bdönem\b"
     r"|\bэпох\w+|\bепох\w+|轮次?|輪次?|回合|世代|エポック目?|에포크|에폭|에퐄", "epoch"),
    (r"\bit[ée]ra(?:ción|cion|ção|cao|zione)\b|\bитерац\w+|\bітерац\w+|迭代(?:次数|次數)?"
     r"|イテレーション|이터레이션|반복", "iteration"),
    (r"\bschritte?\b|\bétape\b|\betape\b|\bpaso\b|\bpasso\b|\badım\b|\bkrok\b|\bшаг\w*|\bкрок\b"
     r"|步数?|步骤|步驟|ステップ|스텝", "step"),
    (r"\bgenauigkeit|\bexactitude?\b|\bacur[áa]cia|\baccuratezza|\bdo[gğ]ruluk|\bdokładność"
     r"|\bnauwkeurigheid|\bточност\w+|\bточніст\w+|准确率|準確率|精度|正解率|정확도", "accuracy"),
)  # fmt: skip
_SMALL = re.compile(
    # Words between those above; elsewhere they may mean something else.
    r" ?\b(?:de la|de l['’]|d['’]|de|del|della|delle|di|da|do|la|le|el|en|sur"
    r"|auf|der|des|den|bei|van|на|по|для|выборк\w+|данны\w+|набор\w*)(?=\W|\b) ?"
    r"| ?(?:データ|데이터|数据|數據|的|の) ?",
    re.IGNORECASE,
)
_NTH = re.compile(
    # `第 3 轮`, `3エポック目`: the number stands before what it counts.
    r"第?\s*\0(\s*/\s*\0)?\s*(?:个|個|次|回)?\s*目?\s*(?<![A-Za-z])(epoch|step|iteration)\b\s*目?"
)
_APART = re.compile(r"(?<=[a-z])  (?=(?:train|validation|test|loss|accuracy)\b)")
_WIDE = str.maketrans("：；，、。（）［］【】＝｜／％＋－", ":;,,.()[][]=|/%+-")
_ANY = re.compile(f" ?(?:{'|'.join(f'({pattern})' for pattern, _ in WORDS)}) ?", re.IGNORECASE)
_ENGLISH = tuple(english for _, english in WORDS)


@lru_cache(maxsize=1 << 12)
def in_english(text: str) -> str:
    r"""Return a text with the field's words in English.

    Args:
        text: The text; \0 stands for each of its numbers, which keep their order.
    """
    if not text.isascii():
        text = text.translate(_WIDE)
    spaced, found = _ANY.subn(_spaced, text)
    if not found and "第" not in text:
        return text
    told = _APART.sub(" ", _SMALL.sub(" ", spaced))
    return told if text.isascii() else _NTH.sub(" \\2 \0\\1 ", told)


def _spaced(match: re.Match[str]) -> str:
    return f" {_ENGLISH[(match.lastindex or 1) - 1]} "
