"""environment.yml, pyproject.toml and constraints.txt describe one and the same environment."""

import re
import tomllib

import pytest
import yaml
from rattler import MatchSpec, Version, VersionSpec

from helpers import environment as environment_module
from helpers.environment import ROOT

CONDA_NAMES = {"torch": "pytorch"}  # pip's name: conda's name, where they differ
CONDA_ALONE = {"python", "pip", "nb_conda_kernels"}
# Extras that one command of the Makefile installs when it needs them.
PIP_ALONE = {"browser", "site", "mutate"}

project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
constraint_lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()


def split(requirement):
    """'torch>=2.5' and 'pytorch >=2.5' become a name and a version."""
    return re.fullmatch(r"([\w-]+) *(\S*)", requirement).groups()


extras = project["optional-dependencies"]
pip = dict(map(split, sum(extras.values(), project["dependencies"])))
conda = dict(split(spec) for spec in environment["dependencies"] if isinstance(spec, str))
constraints = dict(split(line) for line in constraint_lines if not line.startswith("#"))


def test_conda_and_pip_install_the_same_packages_and_versions():
    alone = {split(line)[0] for extra in PIP_ALONE for line in extras[extra]}
    as_conda = {CONDA_NAMES.get(name, name): version for name, version in pip.items()}
    as_conda = {name: version for name, version in as_conda.items() if name not in alone}
    shared = {name: version for name, version in conda.items() if name not in CONDA_ALONE}
    assert shared == as_conda


def test_the_makefile_installs_each_extra():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    installed = re.findall(r"-e '\.\[([\w,]+)\]' -c constraints.txt", makefile)
    assert set(",".join(installed).split(",")) == set(extras)


def test_conda_takes_everything_from_conda_forge():
    assert environment["channels"] == ["conda-forge", "nodefaults"]


def test_the_packages_that_the_check_looks_for_are_those_of_the_course():
    _, packages = environment_module.requirements()
    assert packages == [split(line)[0] for line in project["dependencies"]]


@pytest.mark.parametrize("spec", environment["dependencies"])
def test_conda_understands(spec):
    MatchSpec(spec, strict=True)


def test_every_conda_package_says_what_it_is_for():
    text = (ROOT / "environment.yml").read_text("utf-8")
    packages = [line for line in text.splitlines() if line.startswith("  - ")][2:]
    assert [line.split()[1] for line in packages if "#" not in line] == ["python"]


@pytest.mark.parametrize("name", pip)
def test_the_tested_version_is_named_and_allowed(name):
    version = constraints[name].removeprefix("==")
    assert VersionSpec(pip[name]).matches(Version(version))


def test_no_constraint_is_left_over():
    assert constraints.keys() == pip.keys()


def test_one_command_checks_the_environment_everywhere():
    for file in ("README.md", "docs/kernel.md", ".github/workflows/tests.yml"):
        text = (ROOT / file).read_text("utf-8")
        assert re.search("(python|%run) (../)?helpers/environment.py", text), file
        assert "-m helpers.environment" not in text, file
