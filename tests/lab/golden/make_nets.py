#!/usr/bin/env python3
"""Makes nets.json: the loss and the gradients, in float32, of the tasks' nets as PyTorch's own modules compute them.

Weights and inputs come from a formula, so that the file needs hold none. Each net lists its parameters in the order of
ours, with what they are called there.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional


def wave(n, phase):
    return torch.sin(torch.arange(n, dtype=torch.float64) * 0.7 + phase)


def fill(parameters):
    """The i-th number of the k-th parameter is 0.1 sin(0.7 i + k)."""
    with torch.no_grad():
        for k, parameter in enumerate(parameters):
            parameter.copy_((0.1 * wave(parameter.numel(), k)).view(parameter.shape))


def tokens(n, length, first, last):
    """Token i is first + (7 i^2 + 3 i) mod (last - first + 1)."""
    i = torch.arange(n * length)
    return (first + (7 * i * i + 3 * i) % (last - first + 1)).view(n, length)


def images(n, side):
    return wave(n * side * side, 0.5).float().view(n, 1, side, side)


class Mlp(nn.Sequential):
    classes = 10

    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))

    def own(self):
        return {"hidden.weight": self[1].weight, "hidden.bias": self[1].bias,
                "output.weight": self[3].weight, "output.bias": self[3].bias}

    def scores(self):
        return self(images(4, 8))


class Cnn(nn.Sequential):
    classes = 10

    def __init__(self):
        super().__init__(nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.ReLU(),
                         nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Flatten(), nn.Linear(32 * 2 * 2, 128), nn.ReLU(), nn.Linear(128, 10))

    def own(self):
        layers = {"conv1": self[0], "conv2": self[2], "hidden": self[6], "output": self[8]}
        return {f"{name}.{which}": getattr(layer, which)
                for name, layer in layers.items() for which in ("weight", "bias")}

    def scores(self):
        return self(images(4, 9))


class Bag(nn.Module):
    classes = 5

    def __init__(self):
        super().__init__()
        self.embedding, self.output = nn.EmbeddingBag(30, 64, mode="mean"), nn.Linear(64, 5)

    def own(self):
        return {"embedding.weight": self.embedding.weight,
                "output.weight": self.output.weight, "output.bias": self.output.bias}

    def scores(self):
        bags = [row[row > 0] - 1 for row in tokens(4, 6, 0, 30)]
        return self.output(torch.cat([self.embedding(bag.unsqueeze(0)) for bag in bags]))


class Bigram(nn.Sequential):
    classes = 20

    def __init__(self):
        super().__init__(nn.Embedding(20, 64), nn.Linear(64, 20))

    def own(self):
        return {"embedding.weight": self[0].weight, "output.weight": self[1].weight, "output.bias": self[1].bias}

    def scores(self):
        return self(tokens(3, 8, 0, 19))


class Lstm(nn.Module):
    classes = 20

    def __init__(self):
        super().__init__()
        self.embedding, self.lstm = nn.Embedding(20, 128), nn.LSTM(128, 128, 2, batch_first=True)
        self.output = nn.Linear(128, 20)
        self.output.weight = self.embedding.weight

    def own(self):
        own = {"embedding.weight": self.embedding.weight}
        for layer in (0, 1):
            for ours, theirs in (("input", "ih"), ("state", "hh")):
                for which in ("weight", "bias"):
                    own[f"lstm{layer + 1}.{ours}.{which}"] = getattr(self.lstm, f"{which}_{theirs}_l{layer}")
        return own | {"output.bias": self.output.bias}

    def scores(self):
        return self.output(self.lstm(self.embedding(tokens(3, 8, 0, 19)))[0])


class Transformer(nn.Module):
    classes = 20

    def __init__(self):
        super().__init__()
        self.embedding, self.positions = nn.Embedding(20, 128), nn.Embedding(32, 128)
        layer = nn.TransformerEncoderLayer(128, 4, 512, dropout=0, activation="gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 3, norm=nn.LayerNorm(128), enable_nested_tensor=False)

    def own(self):
        own = {"embedding.weight": self.embedding.weight, "positions.weight": self.positions.weight}
        for i, layer in enumerate(self.encoder.layers):
            own |= {f"block{i + 1}.norm1.weight": layer.norm1.weight, f"block{i + 1}.norm1.bias": layer.norm1.bias,
                    f"block{i + 1}.qkv.weight": layer.self_attn.in_proj_weight,
                    f"block{i + 1}.qkv.bias": layer.self_attn.in_proj_bias}
            for ours, theirs in (("merge", layer.self_attn.out_proj), ("norm2", layer.norm2),
                                 ("widen", layer.linear1), ("narrow", layer.linear2)):
                own |= {f"block{i + 1}.{ours}.weight": theirs.weight, f"block{i + 1}.{ours}.bias": theirs.bias}
        return own | {"norm.weight": self.encoder.norm.weight, "norm.bias": self.encoder.norm.bias}

    def scores(self):
        x = self.embedding(tokens(3, 8, 0, 19)) + self.positions(torch.arange(8))
        mask = nn.Transformer.generate_square_subsequent_mask(8)
        return functional.linear(self.encoder(x, mask=mask, is_causal=True), self.embedding.weight)


def look(net):
    own = net.own()
    fill(own.values())
    scores = net.scores().flatten(0, -2)
    targets = torch.arange(len(scores)) * 3 % net.classes
    loss = functional.cross_entropy(scores, targets)
    loss.backward()
    gradients = {name: {"norm": parameter.grad.double().norm().item(),
                        "along": parameter.grad.double().flatten().dot(wave(parameter.numel(), 2)).item()}
                 for name, parameter in own.items()}
    return {"loss": loss.item(), "gradients": gradients}


if __name__ == "__main__":
    nets = {"mlp": Mlp(), "cnn": Cnn(), "bag": Bag(), "bigram": Bigram(), "lstm": Lstm(), "transformer": Transformer()}
    lines = ",\n".join(f'"{name}": {json.dumps(look(net))}' for name, net in nets.items())
    Path(__file__).with_name("nets.json").write_text("{\n" + lines + "\n}\n")
