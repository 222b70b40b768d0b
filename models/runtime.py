"""The CPU runtime: runs the exported network on one window at a time, without torch.

One window per run needs no padding, so an answer can't depend on what else is being labelled; on CPUs it is
also the fastest way to use ONNX Runtime.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.errors import CheckpointError
from models.tokens import IntArray

FloatArray = NDArray[np.float32]


class Runtime:
    """ONNX Runtime on the CPU, float32."""

    def __init__(self, graph: Path, threads: int | None = None) -> None:
        """Load a graph.

        Args:
            graph: `model.onnx` of a checkpoint.
            threads: Threads of one run; by default the processors that this process may use, at most 4.

        Raises:
            CheckpointError: The file is not a graph that the runtime can load.
        """
        self.threads = threads or min(4, len(os.sched_getaffinity(0)))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self.session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime's own exception classes share no other root
            raise CheckpointError(f"{graph} can't be loaded: {error}") from error

    def run(self, ids: IntArray, types: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Run one window of T tokens.

        Args:
            ids: (T,).
            types: (T,), 0 for the proposal and 1 for the text.

        Returns:
            stance logits (T, 4), tag logits (T, 3), link vectors (T, D).
        """
        row = ids.astype(np.int64)[None]
        inputs = {
            "input_ids": row,
            "attention_mask": np.ones_like(row),
            "token_type_ids": types.astype(np.int64)[None],
        }
        stance, tag, link = self.session.run(["stance", "tag", "link"], inputs)
        return stance[0], tag[0], link[0]
