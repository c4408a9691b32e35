"""Open the learner's copies in JupyterLab, on 00 with its table of contents beside it: `make lab`.

python tools/lab.py [OPTIONS]       OPTIONS are those of `jupyter lab`, such as --no-browser

If the course is open already, it only says where: two servers would save the same files.

The course has a workspace of its own, in .lab of the folder of copies, and defaults of its own, in tools/jupyter; the
reader's settings and workspaces stay as they are, and settings that the reader has made count.
"""

import json
import os
import socket
import sys
from pathlib import Path

import copies
from course import ROOT

START = f"{copies.WORK.name}/00_setup.ipynb"
WORKSPACE = "course"
PLACE = f"/lab/workspaces/{WORKSPACE}/tree/{START}"


def main(arguments):
    if address := running():
        print(f"The course is open already, at {address}")
        return
    copies.main([])
    config = [str(ROOT / "tools/jupyter"), os.environ.get("JUPYTER_CONFIG_PATH")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, config))
    from jupyterlab.labapp import LabApp  # only now: it looks for its settings when it is imported

    make_workspace(copies.WORK / ".lab")
    server = LabApp.initialize_server([*options(), *arguments])
    print(f"The course is at {server.local_url} until you press Ctrl-C.", flush=True)
    server.log.addFilter(lambda record: "To access the server" not in record.getMessage())
    server.start()


def running():
    """The address of a Jupyter server that has this folder open, or None."""
    from jupyter_server.serverapp import list_running_servers

    for server in list_running_servers():
        if Path(server["root_dir"]).resolve() == ROOT and answers(server):
            return f"{server['url'].rstrip('/')}{PLACE}?token={server['token']}"


def answers(server):
    """Is it still there? A killed server stays listed while any process has its number."""
    try:
        socket.create_connection((server["hostname"], server["port"]), timeout=5).close()
    except OSError:
        return False
    return True


def options():
    """The server's options: where the course is, what to open, and to print no more than it must."""
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
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("Stopped.")
