"""Parameters and gradients that all cases share."""

import typing

import numpy

SEED = 20141222
STEPS = 60
ZERO_STEP = 21  # the gradient of everything is zero in this step (counted from 0)
SHAPES = {"a": (7,), "b": (3, 4), "c": (5, 2)}
TABLE_SHAPE = (8, 4)


class Rows(typing.NamedTuple):
    """A gradient of some rows: their numbers, in any order and with repeats, and as many rows of values."""

    numbers: numpy.ndarray
    values: numpy.ndarray


def as_rows(values):
    """A dense gradient as one of all rows, zeros among them."""
    return Rows(numpy.arange(len(values)), values) if isinstance(values, numpy.ndarray) else values


def float32(values):
    return values.astype(numpy.float32).astype(numpy.float64)


def make_table(random):
    """x0 and, of each step, a gradient of rows: of none in steps 9, 19, 29, …, of row 6 from step 40 on, and
    never of row 7."""
    x0 = float32(random.normal(size=TABLE_SHAPE))
    gradients = []
    for step in range(STEPS):
        count = 0 if step % 10 == 9 else random.integers(1, 7)
        numbers = random.integers(6 if step < 40 else 7, size=count)
        values = random.normal(size=(count, TABLE_SHAPE[1])) * 10.0 ** random.uniform(-3, 1, size=(count, 1))
        gradients.append(Rows(numbers, float32(values)))
    gradients[ZERO_STEP].values[:] = 0.0
    return x0, gradients


def make_inputs():
    """x0[name] and gradients[step][name], exact in float32.

    Magnitudes from 1e-4 to 1e2 that swell and fade with the steps, signs that change, some exact zeros; a[6]
    has a zero gradient throughout, and c has none in steps 0, 2, 4, ... What is of rows is `table`.
    """
    random = numpy.random.Generator(numpy.random.PCG64(SEED))

    x0 = {name: float32(random.normal(size=shape)) for name, shape in SHAPES.items()}
    gradients = [{} for _ in range(STEPS)]
    for name, shape in SHAPES.items():
        usual_sign = random.choice([-1.0, 1.0], size=shape)
        element = random.uniform(-1.5, 1.5, size=shape)
        for step in range(STEPS):
            tide = 2.2 * numpy.cos(0.7 * step + 1.4) - 0.8
            exponent = numpy.clip(tide + element + random.normal(scale=0.3, size=shape), -4, 2)
            sign = usual_sign * random.choice([1.0, -1.0], size=shape, p=[0.7, 0.3])
            gradient = sign * 10.0**exponent
            gradients[step][name] = float32(numpy.where(random.random(size=shape) < 0.06, 0.0, gradient))
    for step in gradients:
        step["a"][6] = 0.0
    for name, shape in SHAPES.items():
        gradients[ZERO_STEP][name] = numpy.zeros(shape)
    for step in range(0, STEPS, 2):
        gradients[step]["c"] = None
    x0["table"], of_table = make_table(random)
    for step, rows in zip(gradients, of_table):
        step["table"] = rows
    return x0, gradients
