"""The side of Python's optimizers in `./gradus bench --peers`: PyTorch's own, bitsandbytes', torchao's, FBGEMM's; and ours.

Takes the words of bench/peers/worker.hpp and `peer`, and answers as it does.
"""

import os
import sys
import time

import torch

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


def periodic(n, of):
    """n numbers of a period of 1,021, as Problem in bench/problem.cpp has them."""
    return of(torch.arange(1021, dtype=torch.float32)).repeat(n // 1021 + 1)[:n].clone()


def dense_parameters(words):
    shapes = [[int(n) for n in shape.split("x")] for shape in words["shapes"].split(",")]
    sizes = [torch.Size(shape).numel() for shape in shapes]
    dtype = DTYPES[words["dtype"]]
    x = periodic(sum(sizes), lambda k: 0.01 * (k - 510)).to(dtype)
    g = periodic(sum(sizes), lambda k: 1e-5 * (k - 340) * (k - 700)).to(dtype)
    parameters = []
    for shape, its_x, its_g in zip(shapes, x.split(sizes), g.split(sizes)):
        parameters.append(torch.nn.Parameter(its_x.view(shape)))
        parameters[-1].grad = its_g.view(shape)
    return parameters


def table(words):
    """A table of zeros, some rows of which have a gradient."""
    shape = [int(n) for n in words["shapes"].split("x")]
    x = torch.nn.Parameter(torch.zeros(shape))
    rows = rows_of(words)
    x.grad = torch.sparse_coo_tensor(rows[None], torch.full([len(rows), shape[1]], 0.01), shape)
    if words["repeated"] == "no":
        x.grad = x.grad.coalesce()
    return [x]


def rows_of(words):
    with open(words["rows"], "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.int64)


# Each peer: words, parameters -> a function that takes a step


def by_torch(**how):
    def make(words, parameters):
        lr = float(words["lr"])
        rules = {
            "adamw": lambda: torch.optim.AdamW(parameters, lr, weight_decay=0.01, **how),
            "momentum": lambda: torch.optim.SGD(parameters, lr, momentum=0.9, **how),
            "adagrad": lambda: torch.optim.Adagrad(parameters, lr, **how),
            "adam_eps_hat": lambda: torch.optim.SparseAdam(parameters, lr),
            "muon": lambda: torch.optim.Muon(parameters, lr),
            "muon_bfloat16": lambda: torch.optim.Muon(parameters, lr),  # it knows no other products
        }
        return rules[words["rule"]]().step

    return make


def by_gradus(words, parameters):
    import gradus.torch

    def adam_as_formula():
        text = """m = ema(beta1, m, g)
                  v = ema(beta2, v, g * g)
                  u = m / (1 - beta1 ** t) / (sqrt(v) / sqrt(1 - beta2 ** t) + eps)"""
        return gradus.torch.Optimizer(parameters, gradus.rule(text, lr=lr, beta1=0.9, beta2=0.999, eps=1e-8))

    def composed():
        nothing = gradus.ClipValue(3e38)  # so that there is no fused loop of it
        return gradus.torch.compose(nothing, gradus.Adam(lr), gradus.WeightDecay(0.01))(parameters)

    def watched():
        optimizer = gradus.torch.AdamW(parameters, lr, weight_decay=0.01)
        gradus.torch.watch(optimizer, every=100)
        return optimizer

    lr = float(words["lr"])
    kept = {"state_dtype": words["state"], "stochastic_rounding": words["drawn"] == "yes"}
    rules = {
        "adamw": lambda: gradus.torch.AdamW(parameters, lr, weight_decay=0.01, **kept),
        "momentum": lambda: gradus.torch.SGD(parameters, lr, momentum=0.9, **kept),
        "adagrad": lambda: gradus.torch.Adagrad(parameters, lr, **kept),
        "adam_eps_hat": lambda: gradus.torch.SparseAdam(parameters, lr, **kept),
        "adam": lambda: gradus.torch.Adam(parameters, lr),
        "adam as a formula": adam_as_formula,
        "composed": composed,
        "watched": watched,
    }
    return rules[words["rule"]]().step


def by_bitsandbytes(words, parameters):
    import bitsandbytes

    return bitsandbytes.optim.AdamW8bit(parameters, float(words["lr"]), weight_decay=0.01).step


def by_torchao(words, parameters):
    """Its steps are compiled, which takes a C++ compiler and, the first time, a minute."""
    import torchao.optim

    lr = float(words["lr"])
    if words["dtype"] == "bf16":
        return torchao.optim._AdamW(parameters, lr, weight_decay=0.01, bf16_stochastic_round=True).step
    return torchao.optim.AdamW8bit(parameters, lr, weight_decay=0.01).step


def by_torchao_fp8(words, parameters):
    import torchao.optim

    return torchao.optim.AdamWFp8(parameters, float(words["lr"]), weight_decay=0.01).step


def by_fbgemm(words, parameters):
    """A bag of one row each: its backward pass is its step, and needs a forward pass before."""
    from fbgemm_gpu.split_embedding_configs import EmbOptimType
    from fbgemm_gpu.split_table_batched_embeddings_ops_common import EmbeddingLocation
    from fbgemm_gpu.split_table_batched_embeddings_ops_training import (
        ComputeDevice,
        SplitTableBatchedEmbeddingBagsCodegen,
    )

    rows, columns = parameters[0].shape
    bags = SplitTableBatchedEmbeddingBagsCodegen(
        [(rows, columns, EmbeddingLocation.HOST, ComputeDevice.CPU)],
        optimizer=EmbOptimType.EXACT_ROWWISE_ADAGRAD,
        learning_rate=float(words["lr"]),
        eps=1e-8,
    )
    bags.init_embedding_weights_uniform(0.0, 0.0)
    parameters[0] = bags.split_embedding_weights()[0]
    numbers = rows_of(words)
    offsets = torch.arange(len(numbers) + 1)
    gradient = torch.full([len(numbers), columns], 0.01)

    def step():
        bags(numbers, offsets).backward(gradient)

    return step


PEERS = {
    "fused": by_torch(fused=True),
    "foreach": by_torch(foreach=True),
    "loop": by_torch(foreach=False),
    "default": by_torch(),
    "bitsandbytes": by_bitsandbytes,
    "torchao": by_torchao,
    "torchao's fp8": by_torchao_fp8,
    "fbgemm": by_fbgemm,
    "gradus.torch": by_gradus,
}


def main():
    words = dict(word.split("=", 1) for word in sys.argv[1:])
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever packages print
    torch.set_num_threads(os.cpu_count())
    rows = words["rows"] != "none"
    parameters = table(words) if rows else dense_parameters(words)
    step = PEERS[words["peer"]](words, parameters)
    for _ in range(0 if rows else 3):
        step()
    print("ready", file=out)
    for line in sys.stdin:
        if line.strip() == "x":
            print(*parameters[0].detach().flatten()[:8].tolist(), file=out)
            continue
        start = time.perf_counter()
        for _ in range(int(line)):
            step()
        print(time.perf_counter() - start, file=out)


if __name__ == "__main__":
    main()
