"""FBGEMM's row-wise AdaGrad on the CPU, in float32: it has no other. Rows are multiples of four long."""

import numpy
import torch
from fbgemm_gpu.split_embedding_configs import EmbOptimType, SparseType
from fbgemm_gpu.split_table_batched_embeddings_ops_common import EmbeddingLocation
from fbgemm_gpu.split_table_batched_embeddings_ops_training import (
    ComputeDevice, SplitTableBatchedEmbeddingBagsCodegen)

from .driver import call
from .inputs import as_rows


def table_of(x0, lr, eps):
    rows, columns = x0.shape
    table = SplitTableBatchedEmbeddingBagsCodegen(
        [(rows, columns, EmbeddingLocation.HOST, ComputeDevice.CPU)],
        optimizer=EmbOptimType.EXACT_ROWWISE_ADAGRAD, learning_rate=lr, eps=eps,
        weights_precision=SparseType.FP32, output_dtype=SparseType.FP32)
    weights, = table.split_embedding_weights()
    weights.data.copy_(torch.tensor(x0))
    return table, weights


def walk(table, weights, gradients):
    """Each row is a bag of its own, so that the gradient of what comes out is the row's."""
    for numbers, values in map(as_rows, gradients):
        bags = table(torch.tensor(numbers), torch.arange(len(numbers) + 1))
        bags.backward(torch.tensor(values, dtype=torch.float32))
        yield weights.detach().numpy().astype(numpy.float64)


def run(case, x0, gradients):
    name, = case.parameters
    table, weights = table_of(x0[name], **case.fields)
    xs = [{name: x} for x in walk(table, weights, [step[name] for step in gradients])]
    (sums,), = table.split_optimizer_states()
    return {"oracle": call("fbgemm-gpu-cpu", "EXACT_ROWWISE_ADAGRAD", case.fields), "x": xs,
            "state": {name: {"sum": sums.numpy().astype(numpy.float64)}}}
