"""What `./gradus bench --peers` compares: a line a case, with the words that its workers get."""

from dataclasses import dataclass, field

MILLION = 1 << 20
TABLE = f"{4 * MILLION}x64"
LOOKUPS = 100_000


def resnet50():
    """The 161 parameters of ResNet-50 (He et al. 2016, table 1)."""
    shapes = []

    def add_convolution(out, into, kernel):
        shapes.extend([f"{out}x{into}x{kernel}x{kernel}", f"{out}", f"{out}"])

    add_convolution(64, 3, 7)
    into = width = 64
    for blocks in (3, 4, 6, 3):
        for block in range(blocks):
            add_convolution(width, into, 1)
            add_convolution(width, width, 3)
            add_convolution(4 * width, width, 1)
            if block == 0:
                add_convolution(4 * width, into, 1)
            into = 4 * width
        width *= 2
    return ",".join(shapes + [f"1000x{into}", "1000"])


@dataclass
class Case:
    title: str
    rule: str
    shapes: str
    peers: tuple
    lr: str = "1e-3"
    dtype: str = "f32"  # of parameters and gradients
    state: str = "plain"  # gradus', as StateOptions name it
    drawn: str = "no"  # rounded stochastically
    rows: str = "none"  # or distinct, or repeated: of a table
    goals: dict = field(default_factory=dict)  # how many times gradus' time each peer's is to be
    tolerance: float = 1e-4  # between their parameters, relative to the largest; peers that round otherwise differ


# Who is told something else than the case says: the words in which it differs
OTHERWISE = {
    "no look": {"peer": "gradus", "look": "no"},
    "block8": {"peer": "gradus", "state": "block8"},
    "libtorch's AdaGrad": {"peer": "libtorch", "rule": "adagrad"},
    "SparseAdam": {"peer": "default", "rule": "adam_eps_hat"},
    "gradus' Adam": {"peer": "gradus.torch", "rule": "adam"},
    "gradus' AdamW": {"peer": "gradus.torch", "rule": "adamw"},
}

TORCH = ("fused", "foreach", "loop")

CASES = [
    Case("AdamW, 64M", "adamw", f"{64 * MILLION}", ("libtorch", *TORCH)),
    Case("AdamW, ResNet-50", "adamw", resnet50(), ("libtorch", *TORCH), goals={"libtorch": 4}),
    Case("AdamW, 1,000 of 1,000", "adamw", ",".join(["1000"] * 1000), ("libtorch", *TORCH)),
    Case("AdamW, 6 tensors, 5,000", "adamw", "90x32,90,20x90,20,10x20,10", ("libtorch", *TORCH)),
    Case("SGD with momentum, 64M", "momentum", f"{64 * MILLION}", ("libtorch", *TORCH), lr="1e-2"),
    Case("AdaGrad, 64M", "adagrad", f"{64 * MILLION}", ("libtorch", "fused", "foreach"), lr="1e-2"),
    Case("AdamW, 64M, all bfloat16", "adamw", f"{64 * MILLION}", TORCH, dtype="bf16", state="bf16", tolerance=0.02),
    Case("AdamW, 64M, bfloat16, drawn", "adamw", f"{64 * MILLION}", ("torchao",), dtype="bf16", state="bf16", drawn="yes",
         tolerance=0.02),
    Case("AdamW, 64M, 8-bit state", "adamw", f"{64 * MILLION}", ("block8", "bitsandbytes", "torchao"),
         state="dynamic8", tolerance=1e-2),
    Case("Muon, 256 x 512", "muon", "256x512", ("default",), tolerance=0.05),
    Case("Muon in bfloat16, 256 x 512", "muon_bfloat16", "256x512", ("default",), tolerance=0.05),
    Case("Muon, 1024 x 1024", "muon", "1024x1024", ("default",), tolerance=0.05),
    Case("Muon in bfloat16, 1024 x 1024", "muon_bfloat16", "1024x1024", ("default",), tolerance=0.05),
    Case("Adam, rows", "adam_eps_hat", TABLE, ("default", "libtorch's AdaGrad"), rows="distinct",
         goals={"default": 5, "libtorch's AdaGrad": 2.5}),
    Case("Adam, repeated rows", "adam_eps_hat", TABLE, ("default", "libtorch's AdaGrad"), rows="repeated",
         goals={"default": 2, "libtorch's AdaGrad": 2}),
    Case("AdaGrad, rows", "adagrad", TABLE, ("libtorch", "default", "SparseAdam"), lr="1e-2", rows="distinct",
         goals={"libtorch": 2.5, "SparseAdam": 5}),
    Case("AdaGrad, repeated rows", "adagrad", TABLE, ("libtorch", "default", "SparseAdam"), lr="1e-2", rows="repeated",
         goals={"libtorch": 2, "SparseAdam": 2}),
    Case("row-wise AdaGrad, rows", "rowwise_adagrad", TABLE, ("fbgemm",), lr="1e-2", rows="distinct"),
    Case("row-wise AdaGrad, repeated rows", "rowwise_adagrad", TABLE, ("fbgemm",), lr="1e-2", rows="repeated"),
]

# What `./gradus bench --python` compares, with gradus.torch as our side: also without a look at the gradients, as PyTorch
SMALL = "64x32,64,32x64,32,10x20,10"
PYTHON_CASES = [
    Case("AdamW, 6 tensors, 4,402", "adamw", SMALL, TORCH, goals={"fused": 7}),
    Case("AdamW, ResNet-50", "adamw", resnet50(), TORCH, goals={"fused": 1}),
    Case("AdamW, 64M", "adamw", f"{64 * MILLION}", TORCH, goals={"fused": 1}),
    Case("SGD with momentum, 64M", "momentum", f"{64 * MILLION}", TORCH, lr="1e-2"),
    Case("AdamW, 64M, all bfloat16, drawn", "adamw", f"{64 * MILLION}", ("fused", "torchao"), dtype="bf16", state="bf16",
         drawn="yes", goals={"fused": 1.5}, tolerance=0.02),
    Case("AdamW, 64M, 8-bit state", "adamw", f"{64 * MILLION}", ("bitsandbytes", "torchao", "torchao's fp8"), state="8bit",
         goals={"torchao": 40, "torchao's fp8": 8}, tolerance=1e-2),
    Case("Adam, rows", "adam_eps_hat", TABLE, ("default",), rows="distinct", goals={"default": 8}),
    Case("Adam, repeated rows", "adam_eps_hat", TABLE, ("default",), rows="repeated"),
    Case("AdaGrad, rows", "adagrad", TABLE, ("default",), lr="1e-2", rows="distinct"),
    Case("Adam as a formula, 64M", "adam as a formula", f"{64 * MILLION}", ("gradus' Adam",),
         goals={"gradus' Adam": 0.5}),
    Case("AdamW composed, 64M", "composed", f"{64 * MILLION}", ("gradus' AdamW",)),
    Case("AdamW composed, 6 tensors", "composed", SMALL, ("gradus' AdamW",)),
    Case("AdamW watched, 6 tensors", "watched", SMALL, ("gradus' AdamW",), goals={"gradus' AdamW": 0.98}),
    Case("AdamW watched, ResNet-50", "watched", resnet50(), ("gradus' AdamW",), goals={"gradus' AdamW": 0.98}),
]
