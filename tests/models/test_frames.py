from __future__ import annotations

from voc.models import polarity
from voc.models.frames import with_frames

SIGNS = {"失望": -1, "好吃": 1, "好": 1, "一般": 0, "好像": 2}


def frame(text: str) -> str:
    (made,) = with_frames([text], SIGNS)
    head, _, tail = made.partition("\x04")
    assert head == text
    return "".join(
        {1: "⊖", 2: "⊙", 3: "⊕", 4: "_", 5: "#", 6: ","}.get(ord(c) - 0xF0000, chr(ord(c) - 0xF0000)) for c in tail
    )


def test_grammar_stays_and_signed_words_become_their_sign() -> None:
    assert frame("没有一次让我失望过") == "没有一次让我⊖过"
    assert frame("这菜好吃,汤一般") == "这_⊕,_⊙"


def test_the_longer_word_counts_and_some_only_hide() -> None:
    assert frame("好吃") == "⊕"
    assert frame("好像鱼") == "好像_"


def test_numbers_and_content_are_one_mark_each() -> None:
    assert frame("等了12天") == frame("等了3天") == "等了#天"
    assert frame("牛肉面") == frame("蛋糕") == "_"


def test_frames_stand_beside_their_own_texts() -> None:
    texts = ["好吃", "", "一\n行", "😂好", "好吃"]
    made = with_frames(texts, SIGNS)
    assert len(made) == len(texts) and made[0] == made[4]
    assert made == [with_frames([text], SIGNS)[0] for text in texts]
    assert with_frames([], SIGNS) == []


def test_the_clause_model_reads_words_it_never_met_in_a_frame_that_it_knows() -> None:
    model = polarity.load("zh")
    assert model.frames
    bad, good = model.probabilities(["哪里好吃了", "从没让人失望过"])
    assert bad[0] > bad[2] and good[2] > good[0]
