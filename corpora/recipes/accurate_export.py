"""From the trained network to the files that ship: an ONNX graph whose weights lie in 4 bits, the tokenizer, the manifest.

Weights and embeddings are stored as blocks of 32 values with a scale, which is what the network was trained with. When a
session opens, ONNX Runtime folds the nodes that unpack them, and products run in 8 bits with a scale per column; activations
have a scale per token that is found while the model runs. ONNX Runtime's own products of 4 bits are half as fast, and its own
dynamic quantisation scales activations by the tensor, which makes what is said of a review depend on those beside it.

The graph is written node by node: its states are rows of tokens, (tokens, hidden), so that a scale per token is a scale per
row, and a layer's three products of the same states are one. Folding keeps every step of unpacking until it is done, so
the steps are few.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from voc.corpora.recipes.accurate_train import BLOCK, Net, four_bits

from voc.models.encoder import NAME
from voc.models.files import enter

LICENCE = (
    "Apache-2.0 (weights); started from multilingual-e5-small (MIT); the texts stay with their sources, see CARD.md"
)
POSITIONS = 128
"""Tokens a pass at most, both ends included."""
_OPSET, _IR = 18, 9
_CONTRIB = "com.microsoft"
_FLOAT, _INT8 = 1, 3  # onnx.TensorProto's
_LEAST = 0.17
"""-min of the activation between the feed-forward products, GELU: no row of it needs a look at its lowest value."""
Array = NDArray[Any]


def export(net: Net, path: Path) -> Path:
    """Write `net` to `path` as ONNX with inputs ids (int64) and mask (float32), both (b, t), output `said` (b, t, columns)."""
    import onnx

    model = _Graph(net).model()
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))
    return path


class _Graph:
    """The nodes and constants of a graph, written in the order in which they run. A node's name is that of its output."""

    def __init__(self, net: Net) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.tensors: dict[str, Array] = {k: v.detach().float().numpy() for k, v in net.state_dict().items()}
        self.layers, self.heads = len(net.layers), net.layers[0].heads
        self.hidden = self.tensors["word"].shape[1]
        self.epsilon = net.norm.eps

    def model(self) -> Any:
        """The whole of it, as ONNX has it."""
        from onnx import TensorProto, helper

        columns = self._write()
        inputs = [
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["b", "t"]),
            helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["b", "t"]),
        ]
        outputs = [helper.make_tensor_value_info("said", TensorProto.FLOAT, ["b", "t", columns])]
        graph = helper.make_graph(self.nodes, NAME, inputs, outputs, self.constants)
        versions = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=versions, ir_version=_IR)

    def _write(self) -> int:
        """Every node; the number of columns that are said of a token."""
        constants: dict[str, Array] = {
            "first": np.array([0]), "last": np.array([-1]), "middle": np.array([1, 2]), "column": np.array([-1, 1, 1]),
            "rows": np.array([-1, self.hidden]), "three": np.array([3, self.heads, self.hidden // self.heads]),
            **{part: np.array(n) for n, part in enumerate("qkv")},
            "1": np.array(1, np.float32), "127": np.array(127, np.float32), "1/127": np.array(1 / 127, np.float32),
            "tiny": np.array(1e-6, np.float32), "least": np.array(_LEAST, np.float32),
            "never": np.array(-10000, np.float32), "eight": np.array(8, np.float32),
            "nothing": np.array(128, np.uint8), "low": np.array(15, np.uint8), "four": np.array(4, np.uint8),
        }  # fmt: skip
        for name, value in constants.items():
            self.store(name, value)
        self.add("Shape", ["ids"], "shape")
        self.add("Shape", ["ids"], "length", start=1, end=2)
        self.store("place", self.tensors["place"][:POSITIONS])
        words = self.add("Gather", [self.table(self.tensors["word"], "table"), "ids"], "words")
        here = self.add("Slice", ["place", "first", "length", "first"], "here")
        placed = self.add("Reshape", [self.add("Add", [words, here], "placed"), "rows"], "states")
        x = self.normed(placed, "norm")
        absent = self.add("Sub", ["1", self.add("Unsqueeze", ["mask", "middle"], "wide")], "absent")
        self.add("Mul", [absent, "never"], "unseen")
        self.add("Concat", ["shape", "three"], "apart", axis=0)
        self.add("Expand", ["nothing", self.add("Shape", [x], "count", start=0, end=1)], "nothings")
        for n in range(self.layers):
            x = self.layer(x, f"layers.{n}")
        heads = ("polarity", "issues", "tags")
        weight = np.concatenate([self.tensors[f"{head}.weight"] for head in heads])
        bias = np.concatenate([self.tensors[f"{head}.bias"] for head in heads])
        said = self.add("MatMul", [x, self.store("heads.weight", weight.T.copy())], "heads")
        flat = self.add("Add", [said, self.store("heads.bias", bias)], "flat")
        columns = self.store("columns", np.array([len(bias)]))
        self.add("Reshape", [flat, self.add("Concat", ["shape", columns], "sheet", axis=0)], "said")
        return len(bias)

    def layer(self, x: str, name: str) -> str:
        """One post-norm transformer layer of the states `x`."""
        sides = [f"{name}.{side}" for side in "qkv"]
        y = self.product(self.quantised(x, f"{name}.x"), sides, f"{name}.qkv")
        y = self.add("Add", [y, self.bias(sides, f"{name}.qkv")], f"{name}.biased")
        y = self.add("Reshape", [y, "apart"], f"{name}.apart")
        y = self.add("Transpose", [y], f"{name}.heads", perm=[2, 0, 3, 1, 4])
        q, k, v = (self.add("Gather", [y, side], f"{name}.{side}", axis=0) for side in "qkv")
        alike = self.add(
            "FusedMatMul", [q, k], f"{name}.alike", domain=_CONTRIB, transB=1,
            alpha=1 / math.sqrt(self.hidden // self.heads),
        )  # fmt: skip
        share = self.add("Softmax", [self.add("Add", [alike, "unseen"], f"{name}.seen")], f"{name}.share", axis=-1)
        mixed = self.add(
            "Transpose", [self.add("MatMul", [share, v], f"{name}.mixed")], f"{name}.side", perm=[0, 2, 1, 3]
        )
        joined = self.quantised(self.add("Reshape", [mixed, "rows"], f"{name}.joined"), f"{name}.joined")
        x = self.added(self.product(joined, [f"{name}.ao"], f"{name}.ao"), x, f"{name}.ao", f"{name}.aln")
        y = self.product(self.quantised(x, f"{name}.a"), [f"{name}.fi"], f"{name}.fi")
        y = self.add("FastGelu", [y, self.bias([f"{name}.fi"], f"{name}.fi")], f"{name}.gelu", domain=_CONTRIB)
        y = self.product(self.quantised(y, f"{name}.g", least="least"), [f"{name}.fo"], f"{name}.fo")
        return self.added(y, x, f"{name}.fo", f"{name}.oln")

    def added(self, y: str, x: str, name: str, norm: str) -> str:
        """The norm of `x` and the product `y`, called `name`, with its bias."""
        biased = self.add("Add", [y, self.bias([name], name)], f"{name}.biased")
        return self.normed(self.add("Add", [biased, x], f"{name}.sum"), norm)

    def normed(self, x: str, name: str) -> str:
        weight, bias = (self.store(f"{name}.{part}", self.tensors[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self.add("LayerNormalization", [x, weight, bias], f"{name}.out", axis=-1, epsilon=self.epsilon)

    def quantised(self, x: str, name: str, *, least: str = "") -> tuple[str, str]:
        """The states `x` in 8 bits, and the scale of each row (tokens, 1); `least` bounds what lies below zero."""
        peaks = [self.add("ReduceMax", [x, "last"], f"{name}.top", keepdims=1), least or "tiny"]
        if not least:
            bottom = self.add("ReduceMin", [x, "last"], f"{name}.bottom", keepdims=1)
            peaks.append(self.add("Neg", [bottom], f"{name}.depth"))
        scale = self.add("Mul", [self.add("Max", peaks, f"{name}.peak"), "1/127"], f"{name}.scale")
        each = self.add("Squeeze", [scale, "last"], f"{name}.each")
        return self.add("QuantizeLinear", [x, each, "nothings"], f"{name}.whole", axis=0), scale

    def product(self, x: tuple[str, str], sides: list[str], name: str) -> str:
        """The quantised `x` times the weights of the products `sides`, side by side."""
        whole, scale = x
        values = np.concatenate([four_bits(torch.from_numpy(self.tensors[f"{s}.weight"])).numpy() for s in sides])
        weight, step = self.weight(values, f"{name}.weight")
        real = self.add(
            "MatMulIntegerToFloat", [whole, weight, "1", step, "nothing"], f"{name}.steps", domain=_CONTRIB
        )  # fmt: skip
        return self.add("Mul", [real, scale], f"{name}.out")

    def bias(self, sides: list[str], name: str) -> str:
        return self.store(f"{name}.bias", np.concatenate([self.tensors[f"{side}.bias"] for side in sides]))

    def table(self, values: Array, name: str) -> str:
        """`values` stored in 4 bits, and the nodes that give them back."""
        level, each, _ = self.unpacked(values, name)
        return self.flat(self.add("Mul", [level, each], f"{name}.scaled"), len(values), name)

    def weight(self, values: Array, name: str) -> tuple[str, str]:
        """The weight `values` (out, in), stored in 4 bits, as 8 bits (in, out), and its step for each of out."""
        level, each, real = self.unpacked(values, name)
        steps = np.maximum(np.abs(real).max(axis=1), 1e-8) / 127
        step = self.store(f"{name}.step", steps.astype(np.float32))
        ratio = self.add("Div", [each, self.add("Reshape", [step, "column"], f"{name}.column")], f"{name}.ratio")
        round_ = self.add("Round", [self.add("Mul", [level, ratio], f"{name}.exact")], f"{name}.round")
        rows = self.flat(self.add("Cast", [round_], f"{name}.whole", to=_INT8), len(values), f"{name}.rows")
        return self.add("Transpose", [rows], name, perm=[1, 0]), step

    def unpacked(self, values: Array, name: str) -> tuple[str, str, Array]:
        """`values` (rows, columns) in 4 bits: levels (rows, blocks, BLOCK), scales (rows, blocks, 1), and what they make."""
        packed, scale = packed_blocks(values)
        self.store(f"{name}.packed", packed)
        low = self.add("BitwiseAnd", [f"{name}.packed", "low"], f"{name}.low")
        high = self.add("BitShift", [f"{name}.packed", "four"], f"{name}.high", direction="RIGHT")
        nibbles = self.add("Concat", [low, high], f"{name}.nibbles", axis=1)
        blocks = self.store(f"{name}.blocks", np.array([len(values), -1, BLOCK]))
        parts = self.add("Reshape", [nibbles, blocks], f"{name}.parts")
        level = self.add("Sub", [self.add("Cast", [parts], f"{name}.real", to=_FLOAT), "eight"], f"{name}.level")
        wide = self.add("Cast", [self.store(f"{name}.scale", scale)], f"{name}.wide", to=_FLOAT)
        return level, self.add("Unsqueeze", [wide, "last"], f"{name}.each"), unpacked_blocks(packed, scale)

    def flat(self, x: str, rows: int, name: str) -> str:
        return self.add("Reshape", [x, self.store(f"{name}.shape", np.array([rows, -1]))], name)

    def add(self, kind: str, inputs: list[str], output: str, **options: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **options))
        return output

    def store(self, name: str, value: Array) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(value, name))
        return name


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
