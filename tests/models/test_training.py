import numpy as np

from voc.models.files import find, tensors, verify
from voc.models.linear import NgramLinear, softmax
from voc.models.training import Options, fit, save

GOOD, BAD, SO_SO = ("好吃", "新鲜", "满意", "推荐"), ("难吃", "发霉", "失望", "太差"), ("一般", "还行", "凑合", "普通")
THINGS = ("瓜子", "坚果", "饼干", "海苔", "果冻", "牛肉干", "薯片", "糖", "面包", "茶")
OPTIONS = Options(longest=3, least=1, most=500, inverse_penalty=1.0)


def rows():
    texts = [f"{thing}{word}" for thing in THINGS for words in (BAD, SO_SO, GOOD) for word in words]
    labels = np.array([label for _ in THINGS for label in (0, 1, 2) for _ in range(4)])
    return texts, labels


def test_learns_and_is_the_same_twice():
    texts, labels = rows()
    first = fit(texts, labels, np.ones(len(texts)), options=OPTIONS)
    again = fit(texts, labels, np.ones(len(texts)), options=OPTIONS)
    np.testing.assert_array_equal(first.weights, again.weights)
    chances = softmax(first.model().scores(["豆干发霉", "豆干凑合", "豆干新鲜"]))
    assert chances.argmax(axis=1).tolist() == [0, 1, 2]
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-5)


def test_two_classes():
    texts, labels = rows()
    poles = labels != 1
    chosen = [t for t, p in zip(texts, poles, strict=True) if p]
    for folds in (0, 3):
        options = Options(longest=3, least=1, most=500, folds=folds)
        model = fit(chosen, labels[poles] // 2, np.ones(len(chosen)), classes=2, options=options).model()
        assert model.scores(["豆干太差", "豆干推荐"]).argmax(axis=1).tolist() == [0, 1]


def test_the_vocabulary_is_bounded_and_keeps_what_tells_classes_apart():
    texts, labels = rows()
    small = fit(texts, labels, np.ones(len(texts)), options=Options(longest=2, least=1, most=40))
    assert len(small.vocabulary.keys) == 40
    assert small.model().scores(["发霉", "新鲜"]).argmax(axis=1).tolist() == [0, 2]


def test_weights_of_zero_do_not_teach():
    texts, labels = rows()
    wrong = [*texts, *["好吃"] * 50]
    weights = np.concatenate([np.ones(len(texts)), np.zeros(50)])
    model = fit(wrong, np.concatenate([labels, np.zeros(50, int)]), weights, options=OPTIONS).model()
    assert model.scores(["好吃"]).argmax() == 2


def test_a_smaller_power_spreads_the_weight():
    # 啊 stands in half of the bad texts, always beside what decides; its share of the weight grows as the ratios bind less.
    texts = [f"{thing}{end}" for thing in THINGS for end in ("满意好", "失望", "满意", "失望啊")]
    labels = np.array([1, 0, 1, 0] * len(THINGS))
    share = {}
    for power in (0.0, 0.5, 1.0):
        options = Options(longest=1, least=1, most=500, power=power, folds=0)
        model = fit(texts, labels, np.ones(len(texts)), classes=2, options=options).model()
        plain, decided = (abs(float(model.scores([word])[0, 1] - model.scores([""])[0, 1])) for word in ("啊", "望"))
        share[power] = plain / decided
        assert model.scores(["豆干满意", "豆干失望"]).argmax(axis=1).tolist() == [1, 0]
    assert share[0.0] > share[0.5] > share[1.0]


def test_a_saved_model_scores_the_same(tmp_path):
    texts, labels = rows()
    trained = fit(texts, labels, np.ones(len(texts)), options=OPTIONS)
    save(trained, "tiny", folder=tmp_path, version="1", licence="Apache-2.0", settings={"neutral_above": 0.5})
    save(trained, "other", folder=tmp_path, version="1", licence="Apache-2.0", settings={})
    assert [v.problem for v in verify(tmp_path)] == ["", ""]
    file = find("tiny", tmp_path)
    parts = tensors(file)
    loaded = NgramLinear.of(
        parts["keys"], parts["weights"].astype(float) * parts["scale"], parts["idf"].astype(float), parts["bias"],
        longest=file.settings["longest"],
    )  # fmt: skip
    np.testing.assert_allclose(loaded.scores(texts), trained.model().scores(texts), atol=0.05)
