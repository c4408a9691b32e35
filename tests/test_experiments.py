"""The grid: each run once, whatever is stopped, killed or broken meanwhile."""

import contextlib
import csv
import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
import torch

from helpers import accuracy, load_mnist, train
from helpers.environment import ROOT
from helpers.experiments import RECIPES, connect, first_images, main, run_grid
from helpers.recipes import Recipe

pytest_plugins = "grid"

BASELINE = Recipe("mse", "sigmoid", "sgd", "none")
BEST = Recipe("bce", "leaky", "adam", "layernorm")
NAMES = [recipe.name for recipe in (BASELINE, BEST)]
MEASURED = ("accuracy", "accuracies", "last_loss")  # what the same run gives again


@pytest.fixture(autouse=True)
def _sample(monkeypatch):
    monkeypatch.setenv("MNIST_DIR", str(ROOT / "data/sample"))


@pytest.fixture
def table(tmp_path):
    return tmp_path / "grid.csv"


def read(table):
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def small(client, table, recipes=(BASELINE, BEST), seeds=(0, 1), **settings):
    run_grid(client, table, recipes, seeds, **{"epochs": 1, "images": 50} | settings)
    return read(table)


def measured(rows):
    """Which run gave what; which worker did it, when and how fast, is left out."""
    left_out = "seconds", "worker"
    return sorted([row[name] for name in row if name not in left_out] for row in rows)


# What a row holds.


def test_there_are_sixteen_recipes():
    assert len({recipe.name for recipe in RECIPES}) == 16


def test_a_row_is_what_the_same_training_by_hand_gives(client, table):
    (row,) = small(client, table, [BEST], [3], epochs=2)
    train_set, test_set = first_images(load_mnist("train"), 50), load_mnist("test")
    torch.manual_seed(3)
    network = BEST.network()
    history = train(network, train_set, loss_function=torch.nn.BCELoss(), epochs=2,
                    optimizer=torch.optim.Adam(network.parameters()), progress=False)  # fmt: skip
    settings = {"learning_rate": "0.001", "seed": "3", "epochs": "2", "images": "50"}
    assert (BEST.words | settings).items() <= row.items()
    assert float(row["accuracy"]) == accuracy(network, test_set)
    assert row["accuracies"].split()[-1] == row["accuracy"] and len(row["accuracies"].split()) == 2
    assert float(row["last_loss"]) == pytest.approx(history.losses[-1], rel=1e-5)
    assert float(row["seconds"]) >= 0 and row["worker"] and row["error"] == ""
    assert row["versions"] == f"Python {sys.version.split()[0]}, torch {torch.__version__}"


def test_each_recipe_is_trained_from_each_seed(client, table):
    rows = small(client, table)
    runs = {("-".join(row[part] for part in BASELINE.words), row["seed"]) for row in rows}
    assert len(rows) == 4 and runs == {(name, seed) for name in NAMES for seed in "01"}


def test_the_learning_rate_of_the_recipe_is_used_and_kept(client, table):
    faster = Recipe(*BASELINE.words.values(), learning_rate=1.0)
    (slow,) = small(client, table, [BASELINE], [0])
    (fast,) = small(client, table.with_name("fast.csv"), [faster], [0])
    assert (slow["learning_rate"], fast["learning_rate"]) == ("0.01", "1.0")
    assert slow["last_loss"] != fast["last_loss"]


def test_a_run_that_fails_is_a_row_with_its_error_and_the_rest_goes_on(client, table):
    bursts = Recipe("mse", "leaky", "sgd", "none", learning_rate=1e30)
    rows = small(client, table, [bursts, BASELINE], [0])
    errors = {row["activation"]: row["error"] for row in rows}
    assert re.fullmatch("FloatingPointError: the loss is .*", errors["leaky"])  # one line
    assert errors["sigmoid"] == ""


# Going on.


def test_only_what_is_missing_is_done_again(client, table, capsys):
    small(client, table, seeds=[0])
    before = table.read_text()
    small(client, table)
    finished = table.read_text()
    assert finished.startswith(before) and len(read(table)) == 4
    capsys.readouterr()
    small(client, table)
    assert table.read_text() == finished and "4/4" in capsys.readouterr().out


@pytest.mark.parametrize("row", range(4))
def test_a_grid_killed_as_it_writes_a_row_repeats_that_run_alone(client, table, monkeypatch, row):
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        writes = iter(range(4))
        patch.setattr(os, "fsync", lambda file: sys.exit() if next(writes) == row else None)
        small(client, table)
    before = table.read_text() if row else ""
    assert table.exists() == (row > 0) and table.with_name("grid.csv.part").exists()
    assert len(small(client, table)) == 4 and table.read_text().startswith(before)
    assert [path.name for path in table.parent.iterdir()] == ["grid.csv"]


# What is refused.


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 2}, "row 2 has epochs 1, and you ask for 2; write .*: --out FILE"),
        ({"images": 60}, "row 2 has images 50, and you ask for 60"),
        (
            {"recipes": [Recipe(*BASELINE.words.values(), learning_rate=0.5)]},
            "learning_rate 0.01, .* ask for 0.5",
        ),
        ({"recipes": [BEST], "epochs": 2}, "row 2 has epochs 1"),
        ({"recipes": [], "images": 60}, "row 2 has images 50"),
    ],
)
def test_rows_of_other_settings_are_refused(client, table, settings, message):
    small(client, table, [BASELINE], [0])
    before = table.read_bytes()
    with pytest.raises(ValueError, match=message):
        small(client, table, **{"recipes": [BASELINE], "seeds": [0, 1]} | settings)
    assert table.read_bytes() == before


ANOTHER = "is not a grid's table; expected the columns loss,activ.*--out FILE"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda header, first, last: [], ANOTHER),
        (lambda header, first, last: [b"a,b", b"1,2"], ANOTHER),
        (lambda header, first, last: [b"\xff\xfe\x00"], ANOTHER),
        (lambda header, first, last: [header[:3] + b'"'], ANOTHER),
        (lambda header, first, last: [header, first, last[:30]], "row 3 is damaged"),
        (lambda header, first, last: [header, first, last + b",more"], "row 3 is damaged"),
        (lambda header, first, last: [header, first, last.replace(b",1,1,", b",x,1,")], "row 3 is"),
        (lambda header, first, last: [header, first, last, last], "has a run twice"),
    ],
)
def test_a_table_of_another_shape_or_damaged_is_refused(client, table, spoil, message):
    small(client, table, [BASELINE])
    spoilt = b"\n".join(spoil(*table.read_bytes().splitlines()))
    table.write_bytes(spoilt)
    with pytest.raises(ValueError, match=message):
        small(client, table, [BASELINE])
    assert table.read_bytes() == spoilt


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs is 0; expected at least 1"),
        ({"images": 9}, "images is 9; expected 10 to 6,000"),
        ({"images": 6_001}, "images is 6001; expected 10 to 6,000"),
        ({"seeds": [1, 1]}, "with seed 1 is requested twice"),
    ],
)
def test_settings_that_make_no_sense_are_refused(client, table, settings, message):
    with pytest.raises(ValueError, match=message):
        small(client, table, **settings)
    assert not table.exists()


# The command.


@pytest.mark.parametrize("name", ["mse-tanh-sgd-none", "mse", "mse-sigmoid-sgd-none-1"])
def test_an_unknown_recipe_is_named(capsys, table, name):
    with pytest.raises(SystemExit):
        main(["--out", str(table), "--recipes", name])
    assert f"{name!r} is not a recipe; expected four words" in capsys.readouterr().err


def test_no_workers_are_refused(table):
    with pytest.raises(SystemExit, match="workers is 0; expected at least 1"):
        main(["--out", str(table), "--workers", "0"])


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch, table):
    monkeypatch.setattr("helpers.experiments.PATIENCE", 0.5)
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(SystemExit, match=f"no Dask scheduler answers at {address}"):
        main(["--out", str(table), "--scheduler", address])


# In processes: stopped, killed, resumed.

COMMAND = [sys.executable, "-m", "helpers.experiments", "--epochs", "1", "--images", "600"]
GRID = [*COMMAND, "--recipes", *NAMES, "--seeds", "0", "1", "2"]
SETTINGS = (BASELINE, BEST), range(3), 1, 600  # the same for `run_grid`


@pytest.fixture(scope="module")
def undisturbed(client, tmp_path_factory):
    """The rows of GRID, when nothing happens to it."""
    path = tmp_path_factory.mktemp("undisturbed") / "grid.csv"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNIST_DIR", str(ROOT / "data/sample"))
        run_grid(client, path, *SETTINGS)
    return measured(read(path))


@contextlib.contextmanager
def process(*command):
    """A process of its own group; what is left of the group is killed at the end.

    It heeds an interrupt, also where these tests do not: a shell starts what runs in its background so.
    """
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          preexec_fn=heed_interrupts) as started:  # fmt: skip
        try:
            yield started
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)


def heed_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def is_there(group):
    """Whether a process of this group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def rows_in(table):
    return len(read(table)) if table.exists() else 0


def test_a_driver_that_is_killed_goes_on(client, table, undisturbed):
    with process(*GRID, "--workers", "1", "--out", str(table)) as driver:
        wait_for(lambda: rows_in(table) >= 1)
        driver.kill()
    assert 1 <= rows_in(table) < 6
    run_grid(client, table, *SETTINGS)
    assert measured(read(table)) == undisturbed


INTERRUPTIONS = {
    "as the workers start": "Stopped. No run has finished yet; the same command goes on.",
    "during a run": "Stopped. What is finished is in {table}; the same command goes on.",
}


@pytest.mark.parametrize("moment", INTERRUPTIONS)
def test_ctrl_c_prints_one_line_and_leaves_no_process(table, moment):
    """A terminal sends it to the driver and to each worker."""
    many = [*COMMAND, "--recipes", *NAMES, "--seeds", *map(str, range(50))]
    with process(*many, "--workers", "1", "--out", str(table)) as driver:
        if moment == "during a run":
            wait_for(lambda: rows_in(table) >= 1)
        else:
            wait_for(lambda: psutil.Process(driver.pid).children())
        os.killpg(driver.pid, signal.SIGINT)
        output, _ = driver.communicate(timeout=120)
        wait_for(lambda: not is_there(driver.pid))
    assert driver.returncode == 130
    lines = re.sub("sample holds .*|.* runs.*", "", output).split("\n")
    assert [*filter(None, lines)] == [INTERRUPTIONS[moment].format(table=table)]
    assert rows_in(table) < 100


def test_a_worker_killed_in_mid_run_leaves_a_complete_grid(table, undisturbed):
    """A scheduler and two workers on the loopback address, as on several machines."""
    port = free_port()
    dask, address = [sys.executable, "-m", "dask"], f"tcp://127.0.0.1:{port}"
    host = ["--host", "127.0.0.1"]
    worker = [*dask, "worker", address, *host, "--nthreads", "1", "--no-dashboard", "--no-nanny"]
    with (
        process(*dask, "scheduler", *host, "--port", str(port), "--no-dashboard"),
        process(*worker, "--name", "lives"),
        process(*worker, "--name", "dies") as dies,
        connect(address) as client,
        ThreadPoolExecutor(1) as thread,
    ):
        client.wait_for_workers(2, timeout=60)
        grid = thread.submit(run_grid, client, table, *SETTINGS)
        wait_for(lambda: busy(client, "dies"))
        dies.kill()
        grid.result(timeout=120)
    rows = read(table)
    assert measured(rows) == undisturbed
    assert "lives" in {row["worker"] for row in rows}


def busy(client, name):
    """Whether the worker of this name is at a run, by what the scheduler knows."""
    workers, runs = client.scheduler_info()["workers"], client.processing()
    return any(runs.get(address) for address in workers if workers[address]["name"] == name)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_scheduler_that_dies_is_an_error_and_no_row(table, capsys):
    port = free_port()
    command = ["scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    with (
        process(sys.executable, "-m", "dask", *command) as scheduler,
        connect(f"tcp://127.0.0.1:{port}") as client,
        ThreadPoolExecutor(1) as thread,
    ):
        grid = thread.submit(run_grid, client, table, *SETTINGS)
        wait_for(lambda: "the grid waits for one" in capsys.readouterr().out)
        wait_for(lambda: client.futures)
        scheduler.kill()
        with pytest.raises(ConnectionError, match="the scheduler is gone"):
            grid.result(timeout=60)
    assert not table.exists()


@pytest.mark.parametrize(("asked", "cores"), [(1, 2), (None, 1)])
def test_local_workers_are_as_many_as_asked_or_as_dask_counts_cores(monkeypatch, asked, cores):
    monkeypatch.setattr("distributed.deploy.local.CPU_COUNT", cores)  # 1 as in a container
    with connect(workers=asked) as client:
        assert list(client.nthreads().values()) == [1]
        (pid,) = client.run(os.getpid).values()
        assert pid != os.getpid()
    assert not psutil.pid_exists(pid)
