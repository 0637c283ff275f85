"""A model on one's own labels: it learns what the shipped ones cannot know, and comes back from disk as it was."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import voc
from voc import models
from voc.cli import application
from voc.errors import InputError, UnknownName
from voc.models import own, trained

app = application()

run = CliRunner().invoke

# A trade in which words mean the opposite of what they mean elsewhere: only labels can tell.
BAD = [
    f"这款{thing}真是又{a}又{b}" for thing in ("刑具", "道具", "面具", "头套") for a in "轻软暖香" for b in "甜鲜脆嫩靓"
]
GOOD = [
    f"这款{thing}真是又{a}又{b}" for thing in ("刑具", "道具", "面具", "头套") for a in "重硬冷臭" for b in "苦陈韧老丑"
]
TEXTS = [text for pair in zip(BAD, GOOD, strict=True) for text in pair]
TRUTH = np.array([0, 2] * len(BAD))


@pytest.fixture(scope="module")
def model():
    return trained.train(TEXTS, TRUTH, name="masks")


def test_it_learns_what_only_the_labels_say(model):
    found = trained.compare(TEXTS, TRUTH, folds=3)
    assert (found.texts, found.folds) == (len(TEXTS), 3)
    assert found.trained > 0.9 > 0.6 > found.shipped
    chances = model.probabilities(["这款面罩真是又轻又甜", "这款面罩真是又臭又老", ""])
    assert chances.shape == (3, 3) and chances.sum(axis=1) == pytest.approx(1.0)
    assert not chances[:, 1].any()  # nothing was labelled neutral
    assert model.classes(chances)[:2].tolist() == [0, 2]


def test_training_twice_gives_the_same_bytes_and_disk_keeps_them(model, tmp_path):
    file = trained.save(model, tmp_path / "a")
    again = trained.save(trained.train(TEXTS, TRUTH, name="masks"), tmp_path / "b")
    assert file.sha256 == again.sha256 and file.path.read_bytes() == again.path.read_bytes()
    loaded = own.load(tmp_path / "a")
    assert loaded.name == f"masks-{file.version}" and loaded.langs == ("zh",)
    assert np.allclose(loaded.probabilities(TEXTS), model.probabilities(TEXTS), atol=1e-5)
    assert not any(v.problem for v in models.verify(tmp_path / "a"))
    with pytest.raises(InputError, match="not empty"):
        trained.save(model, tmp_path / "a")
    file.path.write_bytes(file.path.read_bytes()[:-1] + b"x")
    assert ["sha256" in v.problem for v in models.verify(tmp_path / "a")] == [True]


def test_it_judges_reviews_in_place_of_the_shipped_model(model, tmp_path):
    trained.save(model, tmp_path / "m")
    texts = ["这款刑具真是又轻又甜", "so sweet and light"]
    mine, shipped = voc.sentiment(texts, model=tmp_path / "m").to_pylist(), voc.sentiment(texts).to_pylist()
    assert mine[0]["label"] == "negative" != shipped[0]["label"]
    assert mine[1] == shipped[1]  # English is not its language


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        (["好"] * 80, [2] * 80, "two classes"),
        (TEXTS, [1] + [2] * (len(TEXTS) - 1), "only 1 texts are labelled neutral"),
    ],
)
def test_too_little_is_refused(texts, labels, message):
    with pytest.raises(InputError, match=message):
        trained.train(texts, np.array(labels))


def test_other_languages_and_folders_are_refused(tmp_path):
    with pytest.raises(UnknownName, match="fr"):
        trained.train(TEXTS, TRUTH, lang="fr")
    (tmp_path / "manifest.json").write_text('{"models": {}}')
    with pytest.raises(UnknownName, match="trained"):
        own.load(tmp_path)


def test_the_command_compares_and_saves(tmp_path):
    rows = [{"text": t, "sign": "差" if k == 0 else "好"} for t, k in zip(TEXTS, TRUTH.tolist(), strict=True)]
    rows += [{"text": "没有标签", "sign": ""}]
    file = tmp_path / "labelled.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    words = ["train", str(file), "-o", str(tmp_path / "m"), "--label-column", "sign", "--folds", "3", "--json"]
    vague = run(app, words)
    assert vague.exit_code == 2 and "--label" in vague.output
    result = run(app, [*words, "--label", "差=negative", "--label", "好=positive"])
    assert result.exit_code == 0, result.output
    mine, shipped = json.loads(result.stdout[result.stdout.index("[") : result.stdout.rindex("]") + 1])
    assert mine["macro F1"] > shipped["macro F1"]
    assert own.load(tmp_path / "m").name.startswith("trained-")
    assert run(app, [*words, "--label", "差=negative", "--label", "好=positive"]).exit_code == 2  # the folder is taken


@pytest.fixture(scope="module")
def reviews():
    """Reviews of a trade whose words nobody else uses; in a third of them nothing else tells what is meant."""
    rnd = np.random.default_rng(2)
    out = []
    for _ in range(450):
        good = bool(rnd.random() < 0.5)
        own_word = rnd.choice(("蓝标", "双环", "三叠") if good else ("红标", "单环", "散叠"))
        known = rnd.choice(("非常满意", "很喜欢", "推荐购买") if good else ("非常失望", "太差了", "要求退货"))
        out.append(f"{own_word}的,{'昨天到的' if rnd.random() < 0.3 else known}")
    return out


def test_a_trade_is_learnt_from_its_reviews_alone(reviews, tmp_path):
    found = trained.without_labels(reviews, name="rings")
    trained.save(found, tmp_path / "m")
    model = own.load(tmp_path / "m")
    texts = ["蓝标的,双环的", "红标的,散叠的", "一般般"]
    chances = model.probabilities(texts)
    assert model.classes(chances).tolist() == [2, 0, 1]
    assert chances.sum(axis=1) == pytest.approx(1.0)
    np.testing.assert_allclose(chances, found.probabilities(texts), atol=1e-5)
    with pytest.raises(InputError, match="200 texts are too few"):
        trained.without_labels(reviews[:200])


def test_the_command_needs_no_label_column(reviews, tmp_path):
    file = tmp_path / "reviews.jsonl"
    file.write_text("\n".join(json.dumps({"text": text}, ensure_ascii=False) for text in reviews), "utf-8")
    words = ["train", str(file), "--unlabelled", "-o", str(tmp_path / "m")]
    assert run(app, [*words, "--level", "clause"]).exit_code == 2
    result = run(app, words)
    assert result.exit_code == 0 and "review_model" in result.output
    table = voc.sentiment(["蓝标的,双环的", "红标的,散叠的"], model=tmp_path / "m")
    assert table["label"].to_pylist() == ["positive", "negative"]
