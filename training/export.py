"""Export: trained weights to a checkpoint folder for the CPU runtime, checked against torch.

The weights are stored once, as float16 in `model.safetensors`; the ONNX graph beside it refers to their bytes
in that file and casts them to float32 when it is loaded (of the embeddings only the rows that a window needs, when
it runs). So both say the same by construction, and `check_parity` measures it.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import NodeProto, TensorProto, helper
from safetensors.torch import load_file, save_file

from models.errors import CheckpointError
from models.network import StanceNetwork
from models.runtime import Runtime

MAX_PROBABILITY_SHIFT = 1e-3
"""Most by which a probability of the CPU runtime may differ from torch's, at the same weights."""
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_OUTPUTS = ("stance", "tag", "link")


def load_network(folder: Path) -> StanceNetwork:
    """The network of a run's `weights/` or of a checkpoint, in float32, ready to read."""
    name = "run.json" if (folder / "run.json").exists() else "config.json"
    config = json.loads((folder / name).read_text(encoding="utf-8"))
    network = StanceNetwork.from_config(config["encoder"])
    network.load_state_dict({key: value.float() for key, value in load_file(folder / "model.safetensors").items()})
    network.eval()
    return network


def export_weights(network: StanceNetwork, folder: Path) -> float:
    """Write `model.safetensors` and `model.onnx`, and compare the two.

    Returns:
        The largest difference of a probability between torch and the CPU runtime.

    Raises:
        CheckpointError: It is above MAX_PROBABILITY_SHIFT.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    network.load_state_dict({name: value.float() for name, value in state.items()})
    save_file(state, folder / "model.safetensors")
    (folder / "model.safetensors").chmod(0o644)  # safetensors makes it private to its owner
    graph = _share_weights(_export_graph(network), folder / "model.safetensors", network)
    onnx.save(graph, folder / "model.onnx")
    shift = check_parity(network, Runtime(folder / "model.onnx"))
    if shift > MAX_PROBABILITY_SHIFT:
        raise CheckpointError(f"the exported network differs from torch by {shift:.2g} in a probability; expected none")
    return shift


def _export_graph(network: StanceNetwork) -> onnx.ModelProto:
    """The graph with its weights inside, for any number of windows and tokens."""
    ids = torch.randint(1000, 2000, (2, 16))
    ones = torch.ones_like(ids)
    axes = {0: torch.export.Dim("windows", min=1, max=4096), 1: torch.export.Dim("tokens", min=2, max=512)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network,
            (ids, ones, torch.zeros_like(ids)),
            dynamo=True,
            verbose=False,
            input_names=list(_INPUTS),
            output_names=list(_OUTPUTS),
            dynamic_shapes=(axes, axes, axes),
        )
    if program is None:
        raise CheckpointError("torch gave no graph")
    return _without_traces(program.model_proto)


def _without_traces(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drop the exporter's notes (source lines and paths of the machine that exported)."""
    for part in (model, model.graph, *model.graph.node, *model.graph.input, *model.graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    return model


def _share_weights(model: onnx.ModelProto, weights: Path, network: StanceNetwork) -> onnx.ModelProto:
    """Replace each weight in the graph by a reference to its bytes in the safetensors file."""
    places = _byte_ranges(weights)
    parameters = {name: value.numpy() for name, value in network.state_dict().items()}
    kept, prepared = [], []
    for initializer in model.graph.initializer:
        values = onnx.numpy_helper.to_array(initializer)
        name, is_transposed = _find_parameter(initializer.name, values, parameters)
        if name is None:
            kept.append(initializer)
            continue
        stored = f"{initializer.name}/float16"
        kept.append(_external(stored, parameters[name].shape, weights.name, *places[name]))
        wide = f"{initializer.name}/float32" if is_transposed else initializer.name
        prepared.append(helper.make_node("Cast", [stored], [wide], to=TensorProto.FLOAT))
        if is_transposed:
            prepared.append(helper.make_node("Transpose", [wide], [initializer.name], perm=[1, 0]))
    nodes = [*prepared, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:], model.graph.value_info[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(_cast_after_lookup(nodes))
    return model


def _cast_after_lookup(nodes: Sequence[NodeProto]) -> list[NodeProto]:
    """Look embeddings up in float16 and cast the rows found: casting the whole table takes a third of the loading."""
    casts = {node.output[0]: node for node in nodes if node.op_type == "Cast" and node.input[0].endswith("/float16")}
    ordered: list[NodeProto] = []
    for node in nodes:
        cast = casts.get(node.input[0]) if node.op_type == "Gather" else None
        ordered.append(node)
        if cast is not None:
            rows = node.output[0]
            node.input[0], node.output[0] = cast.input[0], f"{rows}/float16"
            ordered.append(helper.make_node("Cast", [node.output[0]], [rows], to=TensorProto.FLOAT))
    used = {name for node in ordered for name in node.input}
    return [node for node in ordered if node.output[0] in used or node.output[0] not in casts]


def _find_parameter(
    name: str, values: np.ndarray[Any, Any], parameters: dict[str, np.ndarray[Any, Any]]
) -> tuple[str | None, bool]:
    """The parameter with these values, by name or, where the exporter transposed it, by content."""
    if values.dtype != np.float32 or values.size < 64:
        return None, False
    if name in parameters:
        return name, False
    for candidate, parameter in parameters.items():
        if parameter.shape == values.shape[::-1] and np.array_equal(parameter.T, values):
            return candidate, True
    return None, False


def _byte_ranges(weights: Path) -> dict[str, tuple[int, int]]:
    """Offset and length in bytes of each tensor in a safetensors file (header length, JSON header, data)."""
    with weights.open("rb") as file:
        header_bytes = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(header_bytes))
    header.pop("__metadata__", None)
    start = 8 + header_bytes
    return {
        name: (start + first, last - first) for name, entry in header.items() for first, last in [entry["data_offsets"]]
    }


def _external(name: str, shape: Sequence[int], location: str, offset: int, length: int) -> TensorProto:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT16, dims=shape, data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", offset), ("length", length)):
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def check_parity(network: StanceNetwork, runtime: Runtime) -> float:
    """The largest difference of a stance or tag probability between torch and the CPU runtime, on random windows."""
    random = np.random.default_rng(0)
    largest = 0.0
    for length in (8, 61, 128, 250):
        ids = random.integers(1000, 20000, length).astype(np.int32)
        types = (np.arange(length) > 10).astype(np.int32)
        with torch.inference_mode():
            row = torch.from_numpy(ids).long()[None]
            expected = network(row, torch.ones_like(row), torch.from_numpy(types).long()[None])
        for wanted, got in zip(expected[:2], runtime.run(ids, types)[:2], strict=True):
            probabilities = torch.softmax(wanted[0].double(), -1) - torch.softmax(torch.from_numpy(got).double(), -1)
            largest = max(largest, float(probabilities.abs().max()))
    return largest
