"""From the trained network to the files that ship: an ONNX graph with 8-bit weights, the tokenizer, the manifest.

Weights have a scale per column, embeddings a scale per row, activations a scale per token that is found while the model
runs. ONNX Runtime's own dynamic quantisation scales activations by the tensor: it is 7% faster, and makes what is said
of a review depend on the reviews that share its batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from voc.corpora.recipes.accurate_train import Net

from voc.models.encoder import NAME
from voc.models.files import enter

LICENCE = (
    "Apache-2.0 (weights); started from multilingual-e5-small (MIT); the texts stay with their sources, see CARD.md"
)
_OPSET = 18


class _Shipped(nn.Module):
    """`net` with its heads side by side: ids and mask (b, t) to (b, t, 3 + issues + tags)."""

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.net = net
        word = net.word.detach()
        scale = word.abs().amax(1, keepdim=True).clamp(min=1e-8) / 127
        self.register_buffer("table", torch.round(word / scale).to(torch.int8))
        self.register_buffer("scale", scale)
        heads = (net.polarity, net.issues, net.tags)
        self.head = nn.Linear(word.shape[1], sum(h.out_features for h in heads))
        self.head.weight.data = torch.cat([h.weight.data for h in heads])
        self.head.bias.data = torch.cat([h.bias.data for h in heads])

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        net = self.net
        x = self.table[ids].to(torch.float32) * self.scale[ids]  # type: ignore[index]
        x = net.norm(x + net.place[: ids.shape[1]])
        bias = (1.0 - mask[:, None, None, :]) * -10000.0
        for layer in net.layers:
            x = layer(x, bias)
        return self.head(x)  # type: ignore[no-any-return]


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
    """Each product of states and weights in 8 bits, but for the heads, the last of them."""
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    weights = {entry.name: entry for entry in graph.initializer}
    products = [n for n in graph.node if n.op_type == "MatMul" and n.input[1] in weights]
    spared = products[-1].name
    scaled: dict[str, tuple[str, str]] = {}
    nodes: list[Any] = []

    def add(kind: str, inputs: list[str], output: str, **options: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], name=output, **options))
        return output

    for node in graph.node:
        if node.op_type != "MatMul" or node.input[1] not in weights or node.name == spared:
            nodes.append(node)
            continue
        states, weight = node.input
        name = node.name
        if states not in scaled:
            peak = add("ReduceMax", [add("Abs", [states], f"{name}.abs"), "q.last"], f"{name}.peak", keepdims=1)
            floor = add("Max", [peak, "q.tiny"], f"{name}.floor")
            even = add("Mul", [states, add("Div", ["q.127", floor], f"{name}.inverse")], f"{name}.even")
            whole = add("QuantizeLinear", [even, "q.one", "q.zero"], f"{name}.whole")
            scaled[states] = whole, add("Mul", [floor, "q.1/127"], f"{name}.scale")
        whole, scale = scaled[states]
        values = numpy_helper.to_array(weights[weight])
        step = (np.abs(values).max(axis=0) / 127).astype(np.float32)
        eight = np.round(values / step).astype(np.int8)
        graph.initializer.extend(
            [numpy_helper.from_array(eight, f"{name}.weight"), numpy_helper.from_array(step, f"{name}.step")]
        )
        graph.initializer.remove(weights[weight])
        product = add("MatMulInteger", [whole, f"{name}.weight", "q.zero"], f"{name}.product")
        real = add("Cast", [product], f"{name}.real", to=TensorProto.FLOAT)
        add("Mul", [add("Mul", [real, scale], f"{name}.rows"), f"{name}.step"], node.output[0])
    constants: dict[str, Any] = {
        "q.last": np.array([-1], np.int64), "q.tiny": np.array(1e-6, np.float32), "q.127": np.array(127, np.float32),
        "q.1/127": np.array(1 / 127, np.float32), "q.one": np.array(1, np.float32), "q.zero": np.array(128, np.uint8),
    }  # fmt: skip
    graph.initializer.extend([numpy_helper.from_array(value, name) for name, value in constants.items()])
    del graph.node[:]
    graph.node.extend(nodes)


def register(folder: Path, *, version: str, settings: Mapping[str, Any]) -> None:
    """Enter the model's two files in `folder`, as they are there, into the folder's manifest.json."""
    enter(folder / f"{NAME}.onnx", NAME, version=version, licence=LICENCE, settings=settings)
    enter(folder / f"{NAME}-tokens.json", f"{NAME}-tokens", version=version, licence=LICENCE, settings={})
