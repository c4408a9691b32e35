"""The course that the tools belong to: each tool imports this before it imports helpers.

Python may have the helpers of another copy of the course installed. This one's come first, here and in
the kernels and workers that a tool starts.
"""

import os
import sys
from pathlib import Path

FOLDER = str(Path(__file__).resolve().parent.parent)
sys.path.insert(0, FOLDER)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [FOLDER, os.environ.get("PYTHONPATH")]))

from helpers.environment import ROOT  # noqa: E402, F401
