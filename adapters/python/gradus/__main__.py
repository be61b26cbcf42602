"""`python -m gradus …` is the command line `gradus …`, where that is installed."""

import os
import shutil
import sys
from typing import NoReturn


def main() -> NoReturn:
    tool = os.environ.get("GRADUS_TOOL") or shutil.which("gradus")
    if tool is None:
        sys.exit("python -m gradus: the command line is not on the PATH; build it (./gradus --help in the source tree does), "
                 "or name it by the environment variable GRADUS_TOOL")
    os.execv(tool, [tool, *sys.argv[1:]])


if __name__ == "__main__":
    main()
