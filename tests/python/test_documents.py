"""What docs/python.md shows is run as printed."""

import contextlib
import io
import pathlib
import re

import pytest

DOCUMENT = pathlib.Path(__file__).parents[2] / "docs" / "python.md"
EXAMPLES = re.findall(r"<!-- python: prints: (.*?) -->\n```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("printed, program", EXAMPLES)
def test_examples_print_what_they_say(printed, program):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(program, {})
    assert out.getvalue().strip() == printed
