"""The repository's address has one home, pyproject.toml; what repeats it says the same."""

import re
import shutil
import subprocess
import sys

import address
import pytest
from address import NAME, OWNER, TAG, TEXTS, with_address

from helpers.environment import ROOT, find_root


def tracked():
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("a copy without git, where what is ours and what is not looks the same")
    return [name for name in done.stdout.splitlines() if (ROOT / name).exists()]


def test_it_stands_in_one_home_and_where_tools_address_writes_it():
    word = re.compile(rf"\b{OWNER}/|[\w-]+/{NAME}\b".encode())
    holding = {name for name in tracked() if word.search((ROOT / name).read_bytes())}
    assert holding - {*TEXTS} == {"pyproject.toml"}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_repeats_it_as_it_is(name):
    text = (ROOT / name).read_text("utf-8")
    assert f"{OWNER}/{NAME}" in text
    assert with_address(text) == text, "python tools/address.py"


def test_another_owner_and_version_reach_every_place(monkeypatch):
    monkeypatch.setattr(address, "OWNER", "somebody")
    monkeypatch.setattr(address, "TAG", "v2.0.10")
    monkeypatch.setattr(address, "VERSION", "2.0.10")
    for name in TEXTS:
        text = with_address((ROOT / name).read_text("utf-8"))
        assert OWNER not in text and TAG not in text, name
        assert f"somebody/{NAME}" in text, name
        names_a_version = not name.endswith(("README.md", "contributing.po"))
        assert ("2.0.10" in text) == names_a_version, name


# The lines that a learner pastes on Colab.


def test_on_colab_the_lines_install_a_tag_and_leave_torch_alone():
    text = (ROOT / "docs/start.md").read_text("utf-8")
    clone, install, folder = re.search(r"```text\n(.*?)\n```", text, re.DOTALL)[1].splitlines()
    course = clone.split()[-1]
    assert clone.startswith("!git clone") and f"--branch {TAG} https://" in clone
    assert install.startswith("!pip install") and course in install
    assert "--no-deps" in install and "torch" not in install
    assert folder == f"%cd {course}/notebooks"


def test_helpers_that_lie_alone_find_the_course_in_which_one_stands(tmp_path):
    """As on Colab: helpers among the packages, the course somewhere else."""
    shutil.copytree(ROOT / "helpers", tmp_path / "packages/helpers")
    shutil.copytree(ROOT / "data/sample", tmp_path / "course/data/sample")
    (tmp_path / "course/notebooks").mkdir()
    program = "from helpers import load_mnist; print(len(load_mnist('test')))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path / "course/notebooks",
        env={"PYTHONPATH": str(tmp_path / "packages"), "MNIST_DIR": "data/sample"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.endswith("\n500\n") and done.stderr == ""


def test_a_course_stays_the_root_wherever_one_stands(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name / "data/sample").mkdir(parents=True)
    assert find_root(tmp_path / "one", tmp_path / "other") == tmp_path / "one"
    assert find_root(tmp_path / "packages", tmp_path) == tmp_path / "packages"
