"""From the trained network to the files that ship: an ONNX graph whose weights lie in 4 bits, the tokenizer, the manifest.

Weights and embeddings are stored as blocks of 32 values with a scale, which is what the network was trained with. When a
session opens, ONNX Runtime folds the nodes that unpack them, and products run in 8 bits with a scale per column; activations
have a scale per token that is found while the model runs. ONNX Runtime's own products of 4 bits are half as fast, and its own
dynamic quantisation scales activations by the tensor, which makes what is said of a review depend on those beside it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from voc.corpora.recipes.accurate_train import BLOCK, Net, Rounded, four_bits

from voc.models.encoder import NAME
from voc.models.files import enter

LICENCE = (
    "Apache-2.0 (weights); started from multilingual-e5-small (MIT); the texts stay with their sources, see CARD.md"
)
_OPSET = 18
POSITIONS = 128
"""Tokens a pass at most, both ends included."""
_TABLE = "table"
_FLOAT, _INT8 = 1, 3  # onnx.TensorProto's
Array = NDArray[Any]


class _Shipped(nn.Module):
    """`net` with its heads side by side: ids and mask (b, t) to (b, t, 3 + issues + tags)."""

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.net = net = plain(net)
        self.register_buffer("table", net.word.detach().clone())
        self.register_buffer("place", net.place.detach()[:POSITIONS].clone())
        heads = (net.polarity, net.issues, net.tags)
        self.head = nn.Linear(net.word.shape[1], sum(h.out_features for h in heads))
        self.head.weight.data = torch.cat([h.weight.data for h in heads])
        self.head.bias.data = torch.cat([h.bias.data for h in heads])

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        net = self.net
        x = net.norm(self.table[ids] + self.place[: ids.shape[1]])  # type: ignore[index]
        bias = (1.0 - mask[:, None, None, :]) * -10000.0
        for layer in net.layers:
            x = layer(x, bias)
        return self.head(x)  # type: ignore[no-any-return]


def plain(net: Net) -> Net:
    """A copy of `net` whose products are simple ones of the rounded weights."""
    out = copy.deepcopy(net)
    for layer in out.layers:
        for name, product in list(layer.named_children()):
            if isinstance(product, Rounded):
                simple = nn.Linear(product.in_features, product.out_features)
                simple.weight.data, simple.bias.data = four_bits(product.weight), product.bias.data
                setattr(layer, name, simple)
    return out


def export(net: Net, path: Path) -> Path:
    """Write `net` to `path` as ONNX with inputs ids (int64) and mask (float32), output `said`."""
    import onnx

    plain = path.with_suffix(".float.onnx")
    sample = (torch.zeros(2, 16, dtype=torch.long), torch.ones(2, 16))
    axes = {name: {0: "b", 1: "t"} for name in ("ids", "mask", "said")}
    torch.onnx.export(
        _Shipped(net).eval(), sample, str(plain), input_names=["ids", "mask"], output_names=["said"],
        dynamic_axes=axes, opset_version=_OPSET, dynamo=False,
    )  # fmt: skip
    model = onnx.load(str(plain))
    plain.unlink()
    _quantise(model)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))
    return path


def _quantise(model: Any) -> None:
    """Embeddings and the weights of all products but the heads, the last of them, as blocks of 4 bits."""
    from onnx import numpy_helper

    graph = model.graph
    weights = {entry.name: entry for entry in graph.initializer}
    products = [n for n in graph.node if n.op_type == "MatMul" and n.input[1] in weights]
    spared = products[-1].name
    new = _Nodes(graph)
    scaled: dict[str, tuple[str, str]] = {}
    for node in graph.node:
        if node.op_type == "Gather" and node.input[0] == _TABLE:
            node.input[0] = new.unpacked(numpy_helper.to_array(weights[_TABLE]), "table.values")
            graph.initializer.remove(weights[_TABLE])
        if node.op_type != "MatMul" or node.input[1] not in weights or node.name == spared:
            new.nodes.append(node)
            continue
        states, weight = node.input
        name = node.name
        if states not in scaled:
            peak = new.add("ReduceMax", [new.add("Abs", [states], f"{name}.abs"), "q.last"], f"{name}.peak", keepdims=1)
            floor = new.add("Max", [peak, "q.tiny"], f"{name}.floor")
            even = new.add("Mul", [states, new.add("Div", ["q.127", floor], f"{name}.inverse")], f"{name}.even")
            whole = new.add("QuantizeLinear", [even, "q.one", "q.zero"], f"{name}.whole")
            scaled[states] = whole, new.add("Mul", [floor, "q.1/127"], f"{name}.scale")
        whole, scale = scaled[states]
        eight, step = new.eight_bits(numpy_helper.to_array(weights[weight]).T, name)
        graph.initializer.remove(weights[weight])
        product = new.add("MatMulInteger", [whole, eight, "q.zero"], f"{name}.product")
        real = new.add("Cast", [product], f"{name}.real", to=_FLOAT)
        new.add("Mul", [new.add("Mul", [real, scale], f"{name}.rows"), step], node.output[0])
    constants: dict[str, Array] = {
        "q.last": np.array([-1], np.int64), "q.tiny": np.array(1e-6, np.float32), "q.127": np.array(127, np.float32),
        "q.1/127": np.array(1 / 127, np.float32), "q.one": np.array(1, np.float32), "q.zero": np.array(128, np.uint8),
        "q.low": np.array(15, np.uint8), "q.four": np.array(4, np.uint8), "q.eight": np.array(8, np.float32),
        "q.-127": np.array(-127, np.float32), "q.lastly": np.array([-1], np.int64),
    }  # fmt: skip
    for name, value in constants.items():
        new.store(name, value)
    del graph.node[:]
    graph.node.extend(new.nodes)


class _Nodes:
    """The nodes of a graph that is made anew, and what they are given."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph
        self.nodes: list[Any] = []

    def add(self, kind: str, inputs: list[str], output: str, **options: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **options))
        return output

    def store(self, name: str, value: Array) -> str:
        from onnx import numpy_helper

        self.graph.initializer.append(numpy_helper.from_array(value, name))
        return name

    def unpacked(self, values: Array, name: str) -> str:
        """`values` (rows, columns) stored in 4 bits, and the nodes that give them back."""
        packed, scale = packed_blocks(values)
        low = self.add("BitwiseAnd", [self.store(f"{name}.packed", packed), "q.low"], f"{name}.low")
        high = self.add("BitShift", [f"{name}.packed", "q.four"], f"{name}.high", direction="RIGHT")
        nibbles = self.add("Concat", [low, high], f"{name}.nibbles", axis=1)
        level = self.add("Sub", [self.add("Cast", [nibbles], f"{name}.real", to=_FLOAT), "q.eight"], f"{name}.level")
        blocks = self.store(f"{name}.blocks", np.array([len(values), -1, BLOCK], np.int64))
        rows = self.store(f"{name}.rows", np.array([len(values), -1], np.int64))
        wide = self.add("Cast", [self.store(f"{name}.scale", scale)], f"{name}.wide", to=_FLOAT)
        each = self.add("Unsqueeze", [wide, "q.lastly"], f"{name}.each")
        scaled = self.add("Mul", [self.add("Reshape", [level, blocks], f"{name}.parts"), each], f"{name}.scaled")
        return self.add("Reshape", [scaled, rows], f"{name}.flat")

    def eight_bits(self, values: Array, name: str) -> tuple[str, str]:
        """The weight `values` (out, in), stored in 4 bits, as 8 bits (in, out), and its step for each of out."""
        step = np.maximum(np.abs(unpacked_blocks(*packed_blocks(values))).max(axis=1), 1e-8) / 127
        turned = self.add("Transpose", [self.unpacked(values, f"{name}.stored")], f"{name}.turned", perm=[1, 0])
        steps = self.store(f"{name}.step", step.astype(np.float32))
        round_ = self.add("Round", [self.add("Div", [turned, steps], f"{name}.steps")], f"{name}.round")
        inside = self.add("Clip", [round_, "q.-127", "q.127"], f"{name}.inside")
        return self.add("Cast", [inside], f"{name}.weight", to=_INT8), steps


def packed_blocks(values: Array) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
    """(rows, columns / 2) bytes, the first half of the columns in the low nibbles, and (rows, columns / BLOCK) scales."""
    blocks = values.astype(np.float32).reshape(len(values), -1, BLOCK)
    peak = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=-1)[..., None], axis=-1)
    scale = np.where(peak == 0, 1, peak / -8).astype(np.float16)
    nibbles = (
        (np.clip(np.round(blocks / scale.astype(np.float32)), -8, 7) + 8).astype(np.uint8).reshape(len(values), -1)
    )
    half = nibbles.shape[1] // 2
    packed = np.bitwise_or(nibbles[:, :half], np.left_shift(nibbles[:, half:], 4)).astype(np.uint8)
    return packed, scale[..., 0]


def unpacked_blocks(packed: NDArray[np.uint8], scale: NDArray[np.float16]) -> NDArray[np.float32]:
    """What `packed_blocks` packed."""
    levels = np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32) - 8
    blocks = levels.reshape(len(levels), -1, BLOCK) * scale.astype(np.float32)[..., None]
    return np.asarray(blocks.reshape(len(levels), -1), dtype=np.float32)


def register(folder: Path, *, version: str, settings: Mapping[str, Any]) -> None:
    """Enter the model's two files in `folder`, as they are there, into the folder's manifest.json."""
    enter(folder / f"{NAME}.onnx", NAME, version=version, licence=LICENCE, settings=settings)
    enter(folder / f"{NAME}-tokens.json", f"{NAME}-tokens", version=version, licence=LICENCE, settings={})
