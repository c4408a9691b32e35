"""train_gan does what its two steps do when written by hand, and says what does not fit."""

import copy
import signal

import pytest
import torch
from torch import nn
from torch.utils.data import Subset

from helpers import load_mnist
from helpers.gan import GanHistory, train_gan
from helpers.recipes import Recipe
from helpers.training import TrainingInterrupted

RECIPES = [
    Recipe("mse", "sigmoid", "sgd", "none"),
    Recipe("bce", "leaky", "adam", "layernorm"),
    Recipe("mse", "leaky", "adam", "none"),
]


@pytest.fixture(scope="module")
def dataset():
    return Subset(load_mnist("train"), range(103))


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def settings_of(recipe, generator, discriminator):
    return {
        "loss_function": recipe.loss_function(),
        "generator_optimizer": recipe.optimizer(generator),
        "discriminator_optimizer": recipe.optimizer(discriminator),
    }


def run(recipe=RECIPES[1], dataset=None, generator=None, discriminator=None, **changes):
    generator = generator or recipe.generator()
    discriminator = discriminator or recipe.discriminator()
    settings = settings_of(recipe, generator, discriminator) | {"progress": False}
    return train_gan(generator, discriminator, dataset, **settings | changes)


def by_hand(generator, discriminator, dataset, loss_function, generator_optimizer,
            discriminator_optimizer, seeds, epochs, batch_size):  # fmt: skip
    """The two steps as a learner writes them: an independent reference."""
    losses = []
    for _ in range(epochs):
        for batch in torch.arange(len(dataset)).split(batch_size):
            images = torch.stack([dataset[i][1] for i in batch.tolist()])
            seed = torch.randn(len(images), seeds)

            on_real = loss_function(discriminator(images), torch.full((len(images), 1), 1.0))
            made = generator(seed).detach()
            on_made = loss_function(discriminator(made), torch.full((len(images), 1), 0.0))
            discriminator_optimizer.zero_grad()
            (0.5 * on_real + 0.5 * on_made).backward()
            discriminator_optimizer.step()

            for_real = loss_function(
                discriminator(generator(seed)), torch.full((len(images), 1), 1.0)
            )
            generator_optimizer.zero_grad()
            for_real.backward()
            generator_optimizer.step()
            losses.append((for_real.item(), (on_real.item() + on_made.item()) / 2))
    return losses


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
@pytest.mark.parametrize("batch_size", [1, 8])
def test_train_gan_gives_the_weights_of_its_steps_by_hand(dataset, recipe, batch_size, capsys):
    ours = [recipe.generator(), recipe.discriminator()]
    theirs = copy.deepcopy(ours)
    epochs = 2 if batch_size == 1 else 12
    torch.manual_seed(1)
    settings = settings_of(recipe, *theirs)
    losses = by_hand(*theirs, dataset, **settings, seeds=100, epochs=epochs, batch_size=batch_size)
    torch.manual_seed(1)
    history = run(recipe, dataset, *ours, epochs=epochs, batch_size=batch_size)
    for one, other in zip(ours, theirs, strict=True):
        for name, value in other.state_dict().items():
            torch.testing.assert_close(one.state_dict()[name], value, atol=1e-4, rtol=1e-3)
    assert history.steps == list(range(10, len(losses) + 1, 10))
    generator_losses, discriminator_losses = zip(*losses[9::10], strict=True)
    assert history.generator_losses == pytest.approx(generator_losses, rel=1e-2, abs=1e-4)
    assert history.discriminator_losses == pytest.approx(discriminator_losses, rel=1e-2, abs=1e-4)
    assert history.seconds > 0
    assert "recorded" not in capsys.readouterr().out
    assert all(parameter.grad is None for network in ours for parameter in network.parameters())


def test_where_the_discriminator_cannot_tell_the_losses_are_ln_2_or_a_quarter(dataset):
    """A discriminator that answers 1/2 to all: its last layer is zero and does not learn."""
    for loss_function, expected in ((nn.BCELoss(), 0.6931), (nn.MSELoss(), 0.25)):
        generator, discriminator = RECIPES[1].generator(), RECIPES[1].discriminator()
        for parameter in discriminator[-2].parameters():
            nn.init.zeros_(parameter)
        optimizer = torch.optim.SGD(discriminator.parameters(), lr=0.0)
        changes = {"loss_function": loss_function, "discriminator_optimizer": optimizer}
        history = run(RECIPES[1], dataset, generator, discriminator, **changes)
        assert history.discriminator_losses == pytest.approx([expected] * 10, abs=1e-4)
        assert history.generator_losses == pytest.approx([expected] * 10, abs=1e-4)


def test_seeds_may_be_drawn_by_a_function(dataset):
    asked = []

    def uniform(count):
        asked.append(count)
        return torch.rand(count, 1)

    run(dataset=dataset, generator=RECIPES[1].generator(seed_size=1), seeds=uniform, batch_size=50)
    assert asked == [50, 50, 50, 3]  # the first to see whether it fits


def test_a_fixed_seed_gives_the_same_networks_again(dataset):
    made = []
    for _ in range(2):
        torch.manual_seed(3)
        generator = RECIPES[1].generator()
        run(dataset=dataset, generator=generator)
        made.append(generator(torch.ones(1, 100)))
    assert torch.equal(*made)


BAD = {
    "one optimizer for both": (
        lambda g, d: {
            "generator_optimizer": torch.optim.Adam([*g.parameters(), *d.parameters()]),
        },
        "generator: of the network's parameters the optimizer lacks none, of others it holds 6",
    ),
    "optimizers exchanged": (
        lambda g, d: {"discriminator_optimizer": torch.optim.Adam(g.parameters())},
        "discriminator: the optimizer holds none of this network's parameters",
    ),
    "too long seeds": (
        lambda g, d: {"seeds": 50},
        r"the generator does not take seeds \(103, 50\)",
    ),
    "one seed for all": (
        lambda g, d: {"seeds": lambda n: torch.randn(1, 100)},
        r"seeds\(103\) is .*1, 100.*; expected a tensor \(103, d\)",
    ),
    "a list of seeds": (
        lambda g, d: {"seeds": lambda n: [0.0] * n},
        r"seeds\(103\) is list; expected a tensor",
    ),
    "no seeds": (lambda g, d: {"seeds": 0}, "seeds is 0; expected a whole number, 1 or more"),
    "half an epoch": (lambda g, d: {"epochs": 0.5}, "epochs is 0.5; expected a whole number"),
    "a generator of ten numbers": (
        lambda g, d: {"generator": nn.Linear(100, 10)},
        r"the generator's images are \(103, 10\), the dataset's \(103, 784\).* 784 outputs",
    ),
    "a generator without gradient": (
        lambda g, d: {"generator": NoGrad()},
        "the generator's images carry no gradient",
    ),
    "ten outputs of the discriminator": (
        lambda g, d: {"discriminator": nn.Sequential(nn.Linear(784, 10), nn.Sigmoid())},
        r"discriminator: the network's outputs are \(103, 10\).* 1 outputs",
    ),
    "logits after a sigmoid": (
        lambda g, d: {"loss_function": nn.BCEWithLogitsLoss()},
        "discriminator: BCEWithLogitsLoss expects raw outputs",
    ),
    "a class for a loss": (
        lambda g, d: {"loss_function": nn.BCELoss},
        r"loss_function is the class BCELoss; expected an object",
    ),
    "an empty dataset": (lambda g, d: {"dataset": []}, "the dataset is empty"),
}


class NoGrad(nn.Linear):
    def __init__(self):
        super().__init__(100, 784)

    @torch.no_grad()
    def forward(self, seeds):
        return super().forward(seeds)


@pytest.mark.parametrize(("changes", "message"), BAD.values(), ids=BAD)
def test_what_does_not_fit_is_an_error_before_the_first_step(dataset, changes, message):
    generator, discriminator = RECIPES[1].generator(), RECIPES[1].discriminator()
    changed = changes(generator, discriminator)
    arguments = {"dataset": dataset, "batch_size": 103}
    arguments |= {"generator": generator, "discriminator": discriminator} | changed
    before = copy.deepcopy(arguments["discriminator"].state_dict())
    state = torch.get_rng_state()
    with pytest.raises(ValueError, match=message):
        run(**arguments)
    assert all(
        torch.equal(before[k], v) for k, v in arguments["discriminator"].state_dict().items()
    )
    assert torch.equal(state, torch.get_rng_state()) or "generator" in changed


def test_a_loss_that_is_no_number_is_an_error_with_the_history_so_far(dataset):
    discriminator = RECIPES[2].discriminator()
    optimizer = torch.optim.SGD(discriminator.parameters(), lr=1e9)
    with pytest.raises(FloatingPointError, match="the loss is (nan|inf) at step") as error:
        run(RECIPES[2], dataset, None, discriminator, discriminator_optimizer=optimizer)
    assert isinstance(error.value.history, GanHistory)
    assert "plot_gan_losses(" in str(error.value)


def test_an_interrupt_ends_after_the_step_and_keeps_both_histories(dataset):
    calls = []

    def draw(count):
        calls.append(count)
        if len(calls) == 25:
            signal.raise_signal(signal.SIGINT)
        return torch.randn(count, 100)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # some shells ignore it
    try:
        with pytest.raises(TrainingInterrupted, match="Stopped at step 24 of 103") as stopped:
            run(dataset=dataset, seeds=draw)
    finally:
        signal.signal(signal.SIGINT, before)
    history = stopped.value.history
    assert history.steps == [10, 20]
    assert len(history.generator_losses) == len(history.discriminator_losses) == 2


def test_the_history_shows_its_last_losses(dataset):
    history = run(dataset=dataset)
    text = repr(history)
    assert text.startswith("GanHistory(10 steps kept, last: generator ")
    assert f"{history.discriminator_losses[-1]:.3f}" in text


def test_the_bar_shows_both_losses(dataset, capsys):
    run(dataset=dataset, progress=True)
    last = capsys.readouterr().out.split("\r")[-1]
    assert "generator=" in last and "discriminator=" in last and "103/103" in last


def test_networks_in_eval_mode_are_trained_in_train_mode(dataset):
    generator = RECIPES[1].generator().eval()
    run(dataset=dataset, generator=generator)
    assert generator.training
