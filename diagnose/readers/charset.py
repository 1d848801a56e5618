"""The encoding of text that is not Unicode: told by the field's words in it."""

from __future__ import annotations

import re
from typing import NamedTuple

SAMPLE = 1 << 14
"""So many bytes of lines with other letters are looked at."""


class _Charset(NamedTuple):
    """An encoding, and words of training logs in its languages, one of which must come out."""

    encoding: str
    words: str


_CHINESE = "损失|训练|验证|测试|轮|准确|学习|步|误差|精度|开始|完成|时间|第"
_TAIWANESE = "損失|訓練|驗證|測試|輪|準確|學習|步|誤差|精度|開始|完成|時間|第"
_JAPANESE = "損失|訓練|学習|検証|エポック|精度|誤差|開始|完了|時間|ステップ|データ"
_KOREAN = "손실|훈련|학습|검증|에폭|에포크|정확도|오차|평가|시작|완료|시간|데이터|단계"
_RUSSIAN = "[Пп]отер|[Ээ]пох|[Оо]буч|[Вв]алид|[Оо]шибк|[Тт]очност|[Шш]аг"
_CHARSETS = (
    _Charset("gb18030", _CHINESE),
    _Charset("shift_jis", _JAPANESE),
    _Charset("cp949", _KOREAN),
    _Charset("big5", _TAIWANESE),
    _Charset("euc_jp", _JAPANESE),
    _Charset("cp1251", _RUSSIAN),
    _Charset("koi8_r", _RUSSIAN),
)
_OTHER_LINE = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")
_OTHER_BYTES = re.compile(rb"[\x80-\xff]+")
WESTERN = "cp1252"


def find_charset(head: bytes) -> str:
    """Return the encoding of a log's beginning; UTF-8 if it is that, or if no other is told.

    Where no word tells, the letters do not matter, and UTF-8 leaves what is ASCII as it is.
    """
    if _is_unicode(head):
        return "utf-8"
    lines = b"\n".join(match[0] for match in _OTHER_LINE.finditer(head))[:SAMPLE]
    lines = lines[: lines.rfind(b"\n") + 1] or lines
    best, most = "utf-8", 0
    for charset in _CHARSETS:
        try:
            text = lines.decode(charset.encoding)
        except UnicodeDecodeError:
            continue
        told = len(re.findall(charset.words, text))
        if told > most:
            best, most = charset.encoding, told
    if not most and all(len(match[0]) == 1 for match in _OTHER_BYTES.finditer(lines)):
        return WESTERN  # single letters within words, or a sign as ±
    return best


def _is_unicode(head: bytes) -> bool:
    """Return whether bytes are UTF-8, but for some that a program may have garbled."""
    if head.isascii():
        return True
    text = head.decode("utf-8", errors="replace")
    other = sum(not letter.isascii() for letter in text)
    return text.rstrip("\ufffd").count("\ufffd") < 0.5 * other
