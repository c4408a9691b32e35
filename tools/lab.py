"""Open the learner's copies in JupyterLab, on 00 with its table of contents beside it: `make lab`.

python tools/lab.py [OPTIONS]       OPTIONS are those of `jupyter lab`, such as --no-browser

The course has a workspace of its own, in work/.lab, and defaults of its own, in tools/jupyter; the
reader's settings and workspaces stay as they are, and settings that the reader has made count.
"""

import json
import os
import sys

import copies
from course import ROOT

START = "work/00_setup.ipynb"
WORKSPACE = "course"
PLACE = f"/lab/workspaces/{WORKSPACE}/tree/{START}"


def main(arguments):
    copies.main([])
    config = [str(ROOT / "tools/jupyter"), os.environ.get("JUPYTER_CONFIG_PATH")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, config))
    from jupyterlab.labapp import LabApp  # only now: it looks for its settings when it is imported

    make_workspace(copies.WORK / ".lab")
    server = LabApp.initialize_server([*options(), *arguments])
    print(f"The course is at {server.local_url} until you press Ctrl-C.", flush=True)
    server.identity_provider.token_generated = False  # or the server would print the address, too
    server.start()


def options():
    """What the server is told: where the course is, what to open, and to say no more than it must."""
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [
        f"--ServerApp.root_dir={ROOT}",
        f"--LabApp.default_url={PLACE}",
        f"--LabApp.workspaces_dir={copies.WORK / '.lab'}",
        "--Application.log_level=ERROR",
        *root,
    ]


def make_workspace(folder):
    """Lay out the first screen, unless the learner has one: 00, and the table of contents at its left."""
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    manager = WorkspacesManager(str(folder))
    if manager.load(WORKSPACE)["data"]:
        return
    notebook = f"notebook:{START}"
    layout = {
        "main": {
            "dock": {"type": "tab-area", "currentIndex": 0, "widgets": [notebook]},
            "current": notebook,
        },
        "left": {"collapsed": False, "current": "@jupyterlab/toc:plugin"},
        "right": {"collapsed": True},
        "relativeSizes": [0.24, 0.76, 0],
    }
    data = {
        "layout-restorer:data": layout,
        notebook: {"data": {"path": START, "factory": "Notebook"}},
    }
    manager.save(WORKSPACE, json.dumps({"data": data, "metadata": {"id": WORKSPACE}}))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
