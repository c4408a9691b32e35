"""The places where the course opens without an installation: their files are well formed, and agree."""

import json
import re
import subprocess
import tomllib

import pytest
import yaml
from rattler import MatchSpec

from helpers.environment import ROOT

BINDER = ROOT / ".binder"
DEVCONTAINER = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text("utf-8"))
project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def conda(path):
    environment = yaml.safe_load(path.read_text("utf-8"))
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    return dict(
        re.fullmatch(r"([\w-]+) *(.*)", spec).groups() for spec in environment["dependencies"]
    )


OURS = conda(ROOT / "environment.yml")
THEIRS = conda(BINDER / "environment.yml")


# Binder.


@pytest.mark.parametrize("name", THEIRS)
def test_conda_understands(name):
    MatchSpec(f"{name} {THEIRS[name]}", strict=True)


def test_binder_pins_a_python_that_the_course_allows_and_takes_torch_for_cpus_alone():
    pinned = re.fullmatch(r"=3\.(\d+)", THEIRS["python"])
    assert int(pinned[1]) >= int(OURS["python"].removeprefix(">=3."))
    assert "pytorch" not in THEIRS and THEIRS["pytorch-cpu"] == OURS["pytorch"]


def test_the_other_packages_are_those_of_the_notebooks_in_their_versions():
    same = {name: OURS.get(name) for name in THEIRS.keys() - {"python", "pytorch-cpu"}}
    assert same == {name: THEIRS[name] for name in same}
    needed = project["dependencies"] + project["optional-dependencies"]["grid"]
    names = {re.match(r"[\w-]+", line)[0] for line in needed} - {"torch"}
    assert names <= THEIRS.keys()


def test_binder_installs_helpers_without_what_pip_would_bring():
    script = BINDER / "postBuild"
    assert script.stat().st_mode & 0o111, "Binder runs it"
    assert subprocess.run(["bash", "-n", script]).returncode == 0
    (install,) = re.findall(r"^pip install .*", script.read_text("utf-8"), re.MULTILINE)
    assert "--no-deps" in install and install.endswith("-e .")


# Codespaces.


def test_codespaces_takes_a_slim_python_and_installs_the_course_as_the_makefile_does():
    image, version = DEVCONTAINER["image"].rsplit(":", 1)
    assert "universal" not in image and image.endswith("/python")
    assert int(version.removeprefix("3.")) >= int(OURS["python"].removeprefix(">=3."))
    assert DEVCONTAINER["postCreateCommand"] == "make setup && .venv/bin/python tools/copies.py"
    custom = DEVCONTAINER["customizations"]
    assert custom["vscode"]["settings"]["python.defaultInterpreterPath"].endswith(
        "/.venv/bin/python"
    )
    (opened,) = custom["codespaces"]["openFiles"]
    assert (ROOT / opened.replace("work/", "notebooks/")).exists()


def test_get_started_leads_to_each_place_and_to_notebooks_that_are_there():
    links = re.findall(r"https://[^)\s]+", (ROOT / "docs/start.md").read_text("utf-8"))
    for host in ("mybinder.org", "codespaces.new", "colab.research.google.com", "HUB"):
        assert any(link.startswith(f"https://{host}/") for link in links), host
    named = [name for link in links for name in re.findall(r"notebooks/\w+\.ipynb", link)]
    assert len(named) == 3  # Binder, Colab, nbgitpuller
    assert all((ROOT / name).exists() for name in named)
