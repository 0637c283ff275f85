import numpy as np
import pytest

from voc.models.unlabelled import LEAST, settled

GOOD, BAD = ("很好", "喜欢", "满意", "不错"), ("很差", "失望", "后悔", "糟糕")
# Words of the trade that no other trade teaches; half of the reviews have nothing else.
OWN_GOOD, OWN_BAD = ("印刷清晰", "装帧精美", "译文流畅"), ("错字连篇", "缺页", "书脊开裂")


@pytest.fixture(scope="module")
def trade():
    rnd = np.random.default_rng(4)
    texts, truth, margins = [], [], []
    for _ in range(600):
        good = bool(rnd.random() < 0.6)
        known = rnd.choice(GOOD if good else BAD)
        own = rnd.choice(OWN_GOOD if good else OWN_BAD)
        told = rnd.random() < 0.5
        texts.append(f"{own},{known}" if told else f"{own},昨天到的")
        truth.append(good)
        # The shipped model reads the words of every trade, and guesses where there are none.
        margins.append((3.0 if good else -3.0) if told else rnd.normal(0, 0.4))
    return texts, np.array(truth), np.array(margins)


def test_the_words_of_the_trade_are_learnt_without_labels(trade):
    texts, truth, margins = trade
    before, after = ((values > 0) == truth for values in (margins, settled(texts, margins)))
    assert before.mean() < 0.75 < 0.88 < after.mean()


def test_the_same_texts_give_the_same_margins_on_the_same_scale(trade):
    texts, _, margins = trade
    once, again = settled(texts, margins), settled(texts, margins)
    np.testing.assert_array_equal(once, again)
    assert np.sqrt((once**2).mean()) == pytest.approx(np.sqrt((margins**2).mean()))


def test_few_texts_or_one_pole_change_nothing(trade):
    texts, _, margins = trade
    few = LEAST - 1
    np.testing.assert_array_equal(settled(texts[:few], margins[:few]), margins[:few])
    np.testing.assert_array_equal(settled(texts, np.abs(margins) + 0.1), np.abs(margins) + 0.1)
    assert settled([], np.zeros(0)).shape == (0,)
