"""Writes the encoder as an ONNX graph whose products read the packed 4-bit weights as they are.

onnxruntime's ``MatMulNBits`` (domain com.microsoft) computes them on 8-bit activations, with the
processor's dot products where it has them. Embeddings are looked up before the graph: of the
250,000 rows a text needs a few.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models.e5.packed import BLOCK, Packed, nibbles
from models.e5.tuning import Low

EMBEDDED, READ, ENCODED = "embedded", "read", "encoded"
"""The graph's inputs, the tokens' embeddings (texts, tokens, hidden) and which of them are read (1)
or padding (0), and its output, of the shape of the embeddings."""
_MICROSOFT = "com.microsoft"
_STANDARD = {"Split", "LayerNormalization", "MatMul", "Add"}
_EIGHT_BITS = 4
"""The accuracy level of ``MatMulNBits`` that computes on 8-bit activations."""


NOTHING: Mapping[str, Low] = MappingProxyType({})


class _Graph:
    """Nodes and constants, as they are added."""

    def __init__(self, packed: Packed, low: Mapping[str, Low]) -> None:
        self.packed = packed
        self.low = low
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        domain = "" if kind in _STANDARD else _MICROSOFT
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def product(self, inputs: str, names: list[str], rows: int, columns: int, output: str) -> str:
        """``inputs`` times the transposed matrices ``names`` (each rows × columns), one above the
        other, plus their biases."""
        blocks = np.concatenate([self.packed.blocks(f"{n}.w", rows, columns) for n in names])
        bias = np.concatenate([self.packed.floats(f"{n}.b", rows) for n in names])
        numbers = nibbles(blocks)
        weights = numbers[..., 0::2] | numbers[..., 1::2] << 4
        added = self.low.get(output)
        whole = self.node(
            "MatMulNBits",
            [
                inputs,
                self.constant(f"{output}.weights", weights),
                self.constant(f"{output}.steps", blocks["step"].astype(np.float32).reshape(-1)),
                "",
                "",
                self.constant(f"{output}.bias", bias),
            ],
            output if added is None else f"{output}.whole",
            N=len(bias),
            K=columns,
            bits=4,
            block_size=BLOCK,
            accuracy_level=_EIGHT_BITS,
        )
        if added is None:
            return whole
        down = self.constant(f"{output}.down", added.down.T)
        up = self.constant(f"{output}.up", added.up.T)
        narrow = self.node("MatMul", [inputs, down], f"{output}.narrowed")
        wide = self.node("MatMul", [narrow, up], f"{output}.widened")
        return self.node("Add", [whole, wide], output)

    def normalised(self, inputs: list[str], name: str, output: str) -> str:
        """``inputs``, added where they are two, with mean 0 and variance 1, scaled and shifted."""
        kind = "LayerNormalization" if len(inputs) == 1 else "SkipLayerNormalization"
        shape = self.packed.shape
        scale = [
            self.constant(f"{output}.{part}", self.packed.floats(f"{name}.{part}", shape.hidden))
            for part in ("w", "b")
        ]
        return self.node(kind, [*inputs, *scale], output, epsilon=shape.epsilon)


def encoder_graph(packed: Packed, low: Mapping[str, Low] = NOTHING) -> bytes:
    """The encoder of ``packed``, with what is added to its products by their names («l0.qkv»,
    «l0.ao», «l0.fi», «l0.fo»), serialised. Raises NotPacked."""
    shape, graph = packed.shape, _Graph(packed, low)
    hidden, inner = shape.hidden, shape.inner
    now = graph.normalised([EMBEDDED], "emb.ln", "first")
    for number in range(shape.layers):
        of = f"l{number}"
        graph.product(now, [f"{of}.{part}" for part in "qkv"], hidden, hidden, f"{of}.qkv")
        parts = [f"{of}.{part}.of" for part in "qkv"]
        graph.nodes.append(
            helper.make_node("Split", [f"{of}.qkv"], parts, axis=-1, num_outputs=len(parts))
        )
        seen = graph.node(
            "MultiHeadAttention", [*parts, "", READ], f"{of}.seen", num_heads=shape.heads
        )
        seen = graph.product(seen, [f"{of}.ao"], hidden, hidden, f"{of}.ao")
        now = graph.normalised([now, seen], f"{of}.aln", f"{of}.between")
        wide = graph.product(now, [f"{of}.fi"], inner, hidden, f"{of}.fi")
        wide = graph.node("Gelu", [wide], f"{of}.active")
        narrow = graph.product(wide, [f"{of}.fo"], hidden, inner, f"{of}.narrow")
        last = ENCODED if number == shape.layers - 1 else f"{of}.out"
        now = graph.normalised([now, narrow], f"{of}.oln", last)
    sides = ["texts", "tokens"]
    described = helper.make_graph(
        graph.nodes,
        "multilingual-e5-small",
        [
            helper.make_tensor_value_info(EMBEDDED, TensorProto.FLOAT, [*sides, hidden]),
            helper.make_tensor_value_info(READ, TensorProto.INT32, sides),
        ],
        [helper.make_tensor_value_info(ENCODED, TensorProto.FLOAT, [*sides, hidden])],
        graph.constants,
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid(_MICROSOFT, 1)]
    model = helper.make_model(described, opset_imports=opsets, ir_version=10)
    serialised: bytes = model.SerializeToString()
    return serialised
