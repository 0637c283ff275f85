"""A user's checkpoint, made here: a random two-layer BERT over a dozen characters."""

import json

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from voc.errors import InputError, UnknownName, VocError
from voc.models import checkpoint, verify

TEXTS = ["好吃", "难吃", "", "还行吧,一般", "好吃" * 300]


def made(folder, names):
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"好难吃还行吧一般,"]
    plain = Tokenizer(WordPiece({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    plain.normalizer = BertNormalizer()  # which sets Chinese characters apart
    plain.pre_tokenizer = BertPreTokenizer()
    plain.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    PreTrainedTokenizerFast(tokenizer_object=plain, unk_token="[UNK]", pad_token="[PAD]").save_pretrained(folder)
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
        max_position_embeddings=64, id2label=dict(enumerate(names)), label2id={n: i for i, n in enumerate(names)},
        initializer_range=1.0,
    )  # fmt: skip
    network = BertForSequenceClassification(config).eval()
    network.save_pretrained(folder)
    return network


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    made(folder, ["NEG", "NEU", "POS"])
    return folder


@pytest.fixture(scope="module")
def adopted(source, tmp_path_factory):
    out = tmp_path_factory.mktemp("models") / "mine"
    checkpoint.adopt(source, out, name="shop-bert")
    return out


def test_it_says_what_its_network_says(source, adopted):
    model = checkpoint.load(adopted)
    found = model.probabilities(TEXTS)
    assert found.shape == (5, 3) and np.allclose(found.sum(axis=1), 1, atol=1e-5)
    network = BertForSequenceClassification.from_pretrained(source)
    with torch.inference_mode():
        wanted = torch.softmax(network(input_ids=torch.tensor([[2, 4, 6, 3]])).logits, -1)[0]
    np.testing.assert_allclose(found[0], wanted, atol=1e-5)
    np.testing.assert_allclose(model.probabilities(TEXTS[1:2])[0], found[1], atol=1e-5)
    assert len(set(np.round(found[:, 0], 4).tolist())) > 2
    assert model.probabilities([]).shape == (0, 3)
    assert model.name.startswith("shop-bert-") and model.langs == ("zh",)


def test_its_folder_verifies_and_an_altered_file_is_refused(source, tmp_path):
    checkpoint.adopt(source, tmp_path / "mine")
    assert {v.problem for v in verify(tmp_path / "mine")} == {""}
    config = tmp_path / "mine" / "config.json"
    config.write_text(config.read_text(encoding="utf-8") + " ", encoding="utf-8")
    with pytest.raises(VocError, match=r"config\.json: model checkpoint-config-\w+ has sha256"):
        checkpoint.load(tmp_path / "mine")


def test_several_labels_may_mean_one_class(tmp_path):
    made(tmp_path / "stars", [f"{n} star{'s' * (n > 1)}" for n in range(1, 6)])
    checkpoint.adopt(tmp_path / "stars", tmp_path / "a")
    checkpoint.adopt(
        tmp_path / "stars", tmp_path / "b",
        labels={
            "1 star": "negative", "2 stars": "negative", "3 stars": "negative", "4 stars": "positive", "5 stars": "positive",
        },
    )  # fmt: skip
    five, two = (checkpoint.load(tmp_path / name).probabilities(TEXTS) for name in "ab")
    np.testing.assert_allclose(two[:, 0], five[:, 0] + five[:, 1], atol=1e-5)
    assert not two[:, 1].any() and five[:, 1].all()
    np.testing.assert_allclose(two[:, 2], five[:, 2], atol=1e-5)


@pytest.mark.parametrize(
    ("labels", "kind", "message"),
    [
        (None, InputError, "LABEL_0, LABEL_1 do not say what they mean.*--label LABEL_0=negative"),
        ({"LABEL_0": "negative"}, InputError, "'LABEL_1' has no class"),
        ({"LABEL_0": "bad", "LABEL_1": "positive"}, UnknownName, "unknown class 'bad'"),
        ({"LABEL_9": "negative", "LABEL_1": "positive"}, UnknownName, "'LABEL_9'.*Did you mean 'LABEL_1'"),
        ({"LABEL_0": "positive", "LABEL_1": "positive"}, InputError, "no label means negative"),
    ],
)
def test_labels_must_have_a_meaning(tmp_path, labels, kind, message):
    made(tmp_path / "plain", ["LABEL_0", "LABEL_1"])
    with pytest.raises(kind, match=message):
        checkpoint.adopt(tmp_path / "plain", tmp_path / "mine", labels=labels)
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"architectures": ["BertForMaskedLM"]}, "made for BertForMaskedLM, not sequence classification"),
        ({"auto_map": {"AutoModel": "mine.Model"}}, "code of its own"),
        ({"problem_type": "multi_label_classification"}, "several labels at once"),
    ],
)
def test_other_checkpoints_are_refused(tmp_path, changed, message):
    made(tmp_path / "other", ["NEG", "POS"])
    path = tmp_path / "other" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changed}), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        checkpoint.adopt(tmp_path / "other", tmp_path / "mine")


def test_pickled_weights_are_refused(tmp_path):
    made(tmp_path / "old", ["NEG", "POS"])
    (tmp_path / "old" / "model.safetensors").rename(tmp_path / "old" / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"no \.safetensors"):
        checkpoint.adopt(tmp_path / "old", tmp_path / "mine")


def test_a_folder_in_use_is_left_alone(source, tmp_path):
    (tmp_path / "kept.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="not empty"):
        checkpoint.adopt(source, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_an_unknown_language(source, tmp_path):
    with pytest.raises(UnknownName, match="'fr'"):
        checkpoint.adopt(source, tmp_path / "mine", langs=["fr"])
