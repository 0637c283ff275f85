"""The network of the accurate profile and its training: one encoder, heads for polarity, issues and spans.

Training is resumable: every `SAVE_EVERY` steps the state goes to a checkpoint, and a run with the same examples and
settings carries on from it. PyTorch is needed here alone; the shipped model runs without it.
"""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from voc.corpora.recipes.accurate_encoder import Encoder
from voc.corpora.recipes.accurate_rows import ASPECT, OUTSIDE, Asked, Example, shortened

log = logging.getLogger(__name__)

TAGS = 5  # outside, aspect begins, aspect goes on, opinion begins, opinion goes on
SAVE_EVERY = 100
BLOCK = 32
_START, _PAD, _END, _UNKNOWN = 0, 1, 2, 3
_CHUNK = 40  # batches that are drawn together and sorted by length
_MASKED = 0.12


@dataclass(frozen=True)
class Settings:
    """`tokens` a batch, padding included; `budget` of tokens in all; `longest` text in code points."""

    tokens: int = 1024
    budget: int = 2_600_000
    rate: float = 2e-4
    head_rate: float = 1e-3
    warmup: float = 0.06
    decay: float = 0.01
    dropout: float = 0.1
    longest: int = 110
    seed: int = 0


class Rounded(nn.Linear):
    """A product whose weight is used as its 4 bits have it; gradients pass the rounding (Bengio et al. 2013)."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight + (four_bits(self.weight) - self.weight).detach(), self.bias)


def four_bits(weight: Tensor) -> Tensor:
    """`weight` (out, in) as blocks of 32 values of 4 bits with a scale have it; what came from such blocks stays as it was."""
    blocks = weight.detach().reshape(len(weight), -1, BLOCK)
    peak = blocks.gather(-1, blocks.abs().argmax(-1, keepdim=True))
    scale = torch.where(peak == 0, torch.ones_like(peak), peak / -8)
    return ((torch.round(blocks / scale).clamp(-8, 7)) * scale).reshape(weight.shape)


class Layer(nn.Module):
    """One post-norm transformer layer (Vaswani et al. 2017, as in BERT)."""

    def __init__(self, hidden: int, heads: int, inner: int, epsilon: float, dropout: float) -> None:
        super().__init__()
        self.heads, self.size, self.dropout = heads, hidden // heads, dropout
        self.q, self.k, self.v, self.ao = (Rounded(hidden, hidden) for _ in range(4))
        self.fi, self.fo = Rounded(hidden, inner), Rounded(inner, hidden)
        self.aln, self.oln = nn.LayerNorm(hidden, epsilon), nn.LayerNorm(hidden, epsilon)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        batch, length, hidden = x.shape
        q, k, v = (f(x).view(batch, length, self.heads, self.size).transpose(1, 2) for f in (self.q, self.k, self.v))
        scores = q @ k.transpose(2, 3) / math.sqrt(self.size) + bias
        mixed = (torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(batch, length, hidden)
        x = self.aln(x + functional.dropout(self.ao(mixed), self.dropout, self.training))
        inner = self.fo(functional.gelu(self.fi(x)))
        return self.oln(x + functional.dropout(inner, self.dropout, self.training))  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Shape:
    """The sizes of a network; `inner` is that of the feed-forward parts."""

    hidden: int
    layers: int
    heads: int
    inner: int
    epsilon: float
    pieces: int
    positions: int


class Net(nn.Module):
    """Token ids and mask (b, t) to states (b, t, hidden), and the linear heads on states and on means of states."""

    def __init__(self, shape: Shape, issues: int, *, dropout: float) -> None:
        super().__init__()
        hidden = shape.hidden
        self.word = nn.Parameter(torch.zeros(shape.pieces, hidden), requires_grad=False)
        self.place = nn.Parameter(torch.zeros(shape.positions, hidden))
        self.norm = nn.LayerNorm(hidden, shape.epsilon)
        self.layers = nn.ModuleList(
            Layer(hidden, shape.heads, shape.inner, shape.epsilon, dropout) for _ in range(shape.layers)
        )
        self.polarity, self.issues, self.tags = nn.Linear(hidden, 3), nn.Linear(hidden, issues), nn.Linear(hidden, TAGS)
        nn.init.constant_(self.issues.bias, -3.0)
        self.dropout = dropout

    @classmethod
    def of(cls, encoder: Encoder, issues: int, *, dropout: float) -> Net:
        """A network that starts with the weights of `encoder`, and with heads that know nothing."""
        parts = encoder.tensors
        shape = Shape(
            encoder.hidden, encoder.layers, encoder.heads, encoder.inner, encoder.epsilon, len(encoder.pieces),
            len(parts["emb.pos"]),
        )  # fmt: skip
        net = cls(shape, issues, dropout=dropout)
        state = net.state_dict()
        state["word"].copy_(torch.from_numpy(parts["emb.word"]))
        state["place"].copy_(torch.from_numpy(parts["emb.pos"] + parts["emb.type"][0]))
        for name, value in parts.items():
            if key := _key(name):
                state[key].copy_(torch.from_numpy(value))
        return net

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        x = self.word[ids] + self.place[: ids.shape[1]]
        x = functional.dropout(self.norm(x), self.dropout, self.training)
        bias = (1.0 - mask[:, None, None, :].to(x.dtype)) * -10000.0
        for layer in self.layers:
            x = layer(x, bias)
        return x


def _key(name: str) -> str:
    """The parameter of `Net` that a tensor of the encoder's file fills; '' for those that are handled apart."""
    if name.startswith("emb.ln."):
        return "norm." + {"w": "weight", "b": "bias"}[name[-1]]
    if name.startswith("l"):
        number, part, kind = name[1:].split(".")
        return f"layers.{number}.{part}." + {"w": "weight", "b": "bias"}[kind]
    return ""


@dataclass
class Batch:
    """Ids and mask (b, t). Stretches are flat: `tokens` indexes b * t rows, `owner` says whose token it is."""

    ids: Tensor
    mask: Tensor
    tags: Tensor
    tokens: Tensor
    owner: Tensor
    stretches: int
    polarity: Tensor
    polarity_weight: Tensor
    wanted: Tensor
    issue_weight: Tensor
    groups: list[tuple[int, list[int]]]


@dataclass(frozen=True)
class Encoded:
    """An example as tokens: ids with both ends, and the code points of each token between them."""

    example: Example
    ids: tuple[int, ...]
    places: tuple[tuple[int, int], ...]


def encoded(examples: Sequence[Example], tokenizer: Any, *, longest: int) -> list[Encoded]:
    cut = [shortened(e, longest) for e in examples]
    found = tokenizer.encode_batch([e.text for e in cut])
    return [Encoded(e, (_START, *f.ids, _END), tuple(f.offsets)) for e, f in zip(cut, found, strict=True)]


def batches(rows: Sequence[Encoded], settings: Settings, codes: Sequence[str], *, epoch: int) -> Iterator[Batch]:
    """Batches of texts of like length, in an order that the seed and the epoch decide."""
    rnd = random.Random(settings.seed * 1000 + epoch)
    order = list(range(len(rows)))
    rnd.shuffle(order)
    size = _CHUNK * settings.tokens // 16
    for start in range(0, len(order), size):
        some = sorted(order[start : start + size], key=lambda i: len(rows[i].ids))
        groups: list[list[int]] = [[]]
        for i in some:
            if groups[-1] and (len(groups[-1]) + 1) * len(rows[i].ids) > settings.tokens:
                groups.append([])
            groups[-1].append(i)
        rnd.shuffle(groups)
        for group in groups:
            yield collate([rows[i] for i in group], codes, rnd)


def collate(rows: Sequence[Encoded], codes: Sequence[str], rnd: random.Random | None = None) -> Batch:
    """A batch; with `rnd`, some tokens of own and unlabelled texts become unknown, so that no single word decides."""
    number = {code: i for i, code in enumerate(codes)}
    length = max(len(r.ids) for r in rows)
    ids = np.full((len(rows), length), _PAD)
    mask = np.zeros((len(rows), length), dtype=np.float32)
    tags = np.full((len(rows), length), -100)
    tokens: list[int] = []
    owner: list[int] = []
    polarity: list[int] = []
    polarity_weight: list[float] = []
    wanted: list[Any] = []
    issue_weight: list[Any] = []
    groups: list[tuple[int, list[int]]] = []
    for b, row in enumerate(rows):
        example = row.example
        ids[b, : len(row.ids)] = row.ids
        mask[b, : len(row.ids)] = 1
        if rnd is not None and example.origin in ("silver", "own"):
            for t in range(1, len(row.ids) - 1):
                if rnd.random() < _MASKED:
                    ids[b, t] = _UNKNOWN
        if example.tags:
            tags[b, 1 : len(row.places) + 1] = [_tag(example, place) for place in row.places]
        for part in (*example.asked, *example.clauses):
            inside = [t for t, (s, e) in enumerate(row.places) if s < part.span[1] and e > part.span[0] and e > s]
            if not inside:
                continue
            at = len(polarity)
            tokens.extend(b * length + t + 1 for t in inside)
            owner.extend([at] * len(inside))
            row_wanted, row_weight = np.zeros(len(codes)), np.zeros(len(codes))
            if isinstance(part, Asked):
                polarity.append(part.label)
                polarity_weight.append(part.weight)
            else:
                polarity.append(0)
                polarity_weight.append(0.0)
                row_weight[:] = part.absent
                for code in part.codes:
                    row_wanted[number[code]] = row_weight[number[code]] = 1
                for group in part.groups:
                    members = [number[code] for code in group]
                    row_weight[members] = 0
                    groups.append((at, members))
            wanted.append(row_wanted)
            issue_weight.append(row_weight)
    return Batch(
        torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(tags), torch.tensor(tokens, dtype=torch.long),
        torch.tensor(owner, dtype=torch.long), len(polarity), torch.tensor(polarity, dtype=torch.long),
        torch.tensor(polarity_weight), torch.tensor(np.array(wanted).reshape(-1, len(codes)), dtype=torch.float32),
        torch.tensor(np.array(issue_weight).reshape(-1, len(codes)), dtype=torch.float32), groups,
    )  # fmt: skip


def _tag(example: Example, place: tuple[int, int]) -> int:
    kinds = [k for k in example.tags[place[0] : place[1]] if k != OUTSIDE]
    if not kinds:
        return 0
    begins = any(i in example.begins for i in range(*place))
    return (1 if kinds[0] == ASPECT else 3) + (0 if begins else 1)


def stretches(states: Tensor, batch: Batch) -> Tensor:
    """The mean state of each stretch, (stretches, hidden)."""
    flat = states.reshape(-1, states.shape[-1])[batch.tokens]
    total = torch.zeros(batch.stretches, states.shape[-1]).index_add(0, batch.owner, flat)
    count = torch.zeros(batch.stretches).index_add(0, batch.owner, torch.ones(len(batch.owner)))
    return total / count[:, None]


def loss_of(net: Net, batch: Batch) -> Tensor:
    """Cross entropy of polarities and tags, binary cross entropy of issues; a group wants one of its members."""
    with torch.autocast("cpu", torch.bfloat16):
        states = net(batch.ids, batch.mask)
    states = states.float()
    total = states.sum() * 0
    if batch.stretches:
        means = functional.dropout(stretches(states, batch), net.dropout, net.training)
        each = functional.cross_entropy(net.polarity(means), batch.polarity, reduction="none", label_smoothing=0.05)
        total = total + (each * batch.polarity_weight).sum() / batch.polarity_weight.sum().clamp(min=1.0)
        logits = net.issues(means)
        each = functional.binary_cross_entropy_with_logits(logits, batch.wanted, batch.issue_weight, reduction="none")
        told = (batch.issue_weight.sum(1) > 0).float().sum().clamp(min=1.0)
        total = total + 2 * each.sum() / told
        if batch.groups:
            one = [
                -torch.log1p(-torch.exp(functional.logsigmoid(-logits[at, members]).sum()).clamp(max=0.999))
                for at, members in batch.groups
            ]
            total = total + torch.stack(one).sum() / told
    if bool((batch.tags >= 0).any()):
        total = total + functional.cross_entropy(
            net.tags(states).flatten(0, 1), batch.tags.flatten(), ignore_index=-100
        )
    return cast(Tensor, total)


def train(
    net: Net, rows: Sequence[Encoded], codes: Sequence[str], settings: Settings, *, checkpoint: Path | None = None
) -> Net:
    """Train `net` in place over `settings.budget` tokens (AdamW, linear warm-up and decay) and return it."""
    torch.manual_seed(settings.seed)
    heads = [p for n, p in net.named_parameters() if n.split(".")[0] in ("polarity", "issues", "tags")]
    body = [p for n, p in net.named_parameters() if n.split(".")[0] in ("place", "norm", "layers") and p.requires_grad]
    machine = torch.optim.AdamW(
        [{"params": body, "lr": settings.rate}, {"params": heads, "lr": settings.head_rate}],
        weight_decay=settings.decay, betas=(0.9, 0.98),
    )  # fmt: skip
    rates = [group["lr"] for group in machine.param_groups]
    spent = step = skip = epoch = 0
    if checkpoint is not None and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        net.load_state_dict(state["net"])
        machine.load_state_dict(state["machine"])
        spent, step, skip, epoch = state["spent"], state["step"], state["skip"], state["epoch"]
        log.info("carried on at step %d, %d tokens", step, spent)
    net.train()
    total = 0.0
    while spent < settings.budget:
        for number, batch in enumerate(batches(rows, settings, codes, epoch=epoch)):
            if number < skip:
                continue
            done = spent / settings.budget
            if done >= 1:
                break
            slope = min(done / settings.warmup, (1 - done) / (1 - settings.warmup)) + 1e-3
            for group, rate in zip(machine.param_groups, rates, strict=True):
                group["lr"] = rate * slope
            loss = loss_of(net, batch)
            machine.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_([*body, *heads], 1.0)
            machine.step()
            spent, step, skip = spent + batch.ids.numel(), step + 1, number + 1
            total += loss.item()
            if step % SAVE_EVERY == 0:
                log.info("step %d: %d tokens, loss %.3f", step, spent, total / SAVE_EVERY)
                total = 0.0
                if checkpoint is not None:
                    state = {"net": net.state_dict(), "machine": machine.state_dict(), "spent": spent, "step": step}
                    torch.save({**state, "skip": skip, "epoch": epoch}, checkpoint)
        epoch, skip = epoch + 1, 0
    net.eval()
    return net
