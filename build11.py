"""Build notebooks/11_evidence.ipynb of the worktree /work/wt/11 (no outputs; run11.py executes it).

All that depends on the measured numbers stands in TEXTS, at the top. Filled now with what the MADE-UP
tables in /tmp/madeup/ show. OUTCOMES.md beside this file says which result asks for which sentence.
"""

import os
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

TREE = Path("/work/wt/11")

# ============================================================================ TEXTS: numbers inside
# Keys T.. are prose, K.. are cells tagged `check` that hold what the prose beside them says.
TEXTS = {}

TEXTS["minutes"] = "1 to 3 minutes"  # to run

# T1, behind the dot plot of all runs. Its first sentence is the alternative text: left and right panel.
TEXTS["T1 dots"] = """\
Two charts of all 160 runs, a row for each recipe, from the lowest mean to the highest: left, four
recipes end between 88 and 94 % and the others near 97 %; right, on a finer scale, those above 95 %,
whose dots overlap from one row to the next.

The four low rows are those with neither LeakyReLU nor Adam. Runs of one recipe differ by half a
point or so, the means on the right by 1.3."""
TEXTS["K1 dots"] = """\
low = runs.mean(axis=1) < 95
expect("the recipes that end below 95 %", low.sum(), at_least=4, at_most=4)
fast = [recipe for recipe in runs.index[low] if "LeakyReLU" in recipe or "Adam" in recipe]
expect("those of them with LeakyReLU or Adam", len(fast), at_most=0)
ranges = runs.max(axis=1) - runs.min(axis=1)
expect("the typical range of one recipe's runs", ranges.median(), at_least=0.3, at_most=0.8)
means = runs.mean(axis=1)[~low]
expect("the range of the better recipes", means.max() - means.min(), at_least=1.2, at_most=1.4)"""

# T2, behind the table of the claims.
TEXTS["T2 claims"] = """\
At the learning rates of the notebooks, each of the four helps the baseline, beyond doubt as far as seeds
go. LayerNorm helps LeakyReLU too, by less. But all four together are not the best: LeakyReLU with
LayerNorm is ahead of them by 0.4 points, and the interval does not reach 0. (Which of the other
fifteen is the best was chosen by the same runs, so its lead is a little flattered.)"""
TEXTS["K2 claims"] = """\
expect("the claims that hold", list(verdicts.values()).count("holds"), at_least=6, at_most=6)
mean, _ = interval(runs.loc["all four"] - runs.loc[best])
expect("the lead of all four", mean, at_least=-0.45, at_most=-0.35)"""

# T3, behind the ten differences of each pair.
TEXTS["T3 single runs"] = """\
In the rows of the single improvements one run was enough to see which way it goes: all ten seeds agree.
For the size it was enough only roughly: the ten differences lie up to 0.7 points apart.

The other rows are another story. Adam and LeakyReLU, where seed 0 shows a tie, take turns: seven seeds
say one thing, three the other. Of LayerNorm beside LeakyReLU, seed 0 happens to show the largest of all ten
differences, more than twice the mean."""
TEXTS["K3 single runs"] = """\
fewest = min(agree[pair] for pair in CLAIMS[:4])
expect("the seeds that agree on each of the four", fewest, at_least=10)
expect("the seeds that agree on Adam and LeakyReLU", agree["Adam", "LeakyReLU"], at_most=7)"""

# T4, behind the four effects.
TEXTS["T4 effects"] = """\
LeakyReLU and Adam bring about three points each, LayerNorm one, BCE half a point, and no interval
comes near 0."""

# T5, behind the bootstrap.
TEXTS["T5 bootstrap"] = """\
Both agree, up to a fifth: with only ten values the bootstrap comes out a little too narrow, since it
takes the ten for all there are. The formula allows for that with its 2.262."""

# T6, behind the figure of the effects by company. First sentence = alternative text.
TEXTS["T6 companies"] = """\
For each improvement eight differences with their intervals, one for each company: left, beside neither
LeakyReLU nor Adam (blue) they are large, from 2 to 9 points; right, on a finer scale, beside one
of these two (orange) they lie about a point to either side of 0.

So an improvement helps a network that learns slowly, whichever it is. Beside LeakyReLU or Adam,
LayerNorm adds 0.3 points on average, the others nothing or less."""
TEXTS["K6 companies"] = """\
slow = pairs["mean"][pairs["beside"] == "neither"]
quick = pairs["mean"][pairs["beside"] == "LeakyReLU or Adam"]
expect("the smallest difference beside neither", slow.min(), at_least=1.5)
expect("the largest difference beside one of them", quick.abs().max(), at_most=1.2)"""

# T7, behind the six interactions.
TEXTS["T7 interactions"] = """\
All six are below 0: no two improvements add up. LeakyReLU and Adam stand out: each takes away about
seven points of what the other has to give."""
TEXTS["K7 interactions"] = """\
strongest = min(found, key=lambda pair: found[pair][0])
assert strongest == ("activation", "optimizer"), strongest
expect("their interaction", found[strongest][0], at_least=-9, at_most=-6)"""

# T8, behind the chart of the power. First sentence = alternative text.
TEXTS["T8 power"] = """\
The power over the number of seeds, from 2 to 200: for a difference of 0.4 points it passes 80 % at
5 seeds, for 0.2 at 10, for 0.1 at 33.

Half the difference needs about four times the seeds, once there are enough of them. So the ten
seeds of the table suffice for 0.2 points, and not for 0.1."""
TEXTS["K8 power"] = """\
expect("the seeds for 0.4 points", needed[0.4], at_least=5, at_most=5)
expect("the seeds for 0.2 points", needed[0.2], at_least=9, at_most=11)
expect("the seeds for 0.1 points", needed[0.1], at_least=32, at_most=36)"""

# T9, behind the live chart. First sentence = alternative text. (Live numbers: measured on full MNIST.)
TEXTS["T9 live"] = """\
Two rows of dots: at the right, in the table's runs, LeakyReLU and Adam lie one below the other near
97.5 %; at the left, in yours, Adam (about 90 %) is ahead of LeakyReLU (about 87 %) by more than three points.

So after 5,000 images Adam is clearly ahead, and after four epochs of 60,000 it is not. An effect belongs to
its conditions, here to how long you train."""
TEXTS["K9 live"] = """\
lead, reach = interval(live.loc["Adam"] - live.loc["LeakyReLU"])
if full_mnist:
    expect("Adam's lead after 5,000 images", lead, at_least=3, at_most=4.2)
    expect("its interval", reach, at_most=0.8)
    expect("LeakyReLU's mean", live.loc["LeakyReLU"].mean(), at_least=86, at_most=88)
expect("the smallest accuracy", live.min(axis=None), at_least=75)"""

# T10, behind the chart of accuracy over rate. First sentence = alternative text.
TEXTS["T10 rates"] = """\
Validation accuracy over the learning rate in four panels, for SGD and Adam, with sigmoids and LeakyReLU: each
line rises to a top and falls again, all tops lie within a point, and the dotted line, the notebooks'
rate, stands beside the tops, with SGD and sigmoids farthest.

With sigmoids and SGD the notebooks' 0.01 is ten to a hundred times too small."""
TEXTS["K10 rates"] = """\
tops = 100 * rates.groupby(list(WORDS))["accuracy"].max()
expect("the range of the sixteen tops", tops.max() - tops.min(), at_most=1.2)"""

# T11, behind the list of the chosen rates.
TEXTS["T11 chosen"] = """\
None of the sixteen keeps the notebooks' rate. And none chooses the first or the last rate of its list, so
the best rate lies between, as closely as steps of about three can find it."""
TEXTS["K11 chosen"] = """\
expect("the recipes that kept the notebooks' rate", kept, at_most=0)
expect("the recipes whose choice is at an end of the list", at_an_end, at_most=0)"""

# T12, behind the dot plot at both rates. First sentence = alternative text.
TEXTS["T12 fair dots"] = """\
Dots of all runs after two epochs, a row for each recipe: left, at the notebooks' rates (blue) the rows
spread from 78 to 97 %, and at chosen rates (orange) all sixteen lie in one column near 97.5 %; right,
the same orange dots on a finer scale.

The means of the sixteen lay 19 points apart, and now lie 0.6 points apart. The baseline itself, with its two
sigmoids, MSE and plain SGD, goes from 78 to 97.3 %."""
TEXTS["K12 fair dots"] = """\
expect("the range at the notebooks' rates", ranges["notebooks' rates"], at_least=17, at_most=21)
expect("the range at chosen rates", ranges["chosen rates"], at_least=0.55, at_most=0.65)"""

# T13, behind the effects at both rates. First sentence = alternative text. THE COURSE'S ENDING.
TEXTS["T13 ending"] = """\
The four effects after two epochs with their intervals: left, at the notebooks' rates, they are between 1.6
and 4.6 points; right, at chosen rates, on a much finer scale, LeakyReLU, Adam and LayerNorm
lie between 0.1 and 0.3, and the interval of BCE holds 0.

So three effects survive, and none of them is more than 0.3 points: LayerNorm, Adam, LeakyReLU. That of BCE is
inside the noise. What the four seemed to bring was, for the most part, a longer step."""
TEXTS["K13 ending"] = """\
surviving = [part for part in WORDS if verdict(*fair_effects[part]) == "holds"]
assert surviving == ["activation", "optimizer", "normalization"], surviving
expect("the largest effect at chosen rates", max(m for m, _ in fair_effects.values()), at_most=0.3)"""

# T14, behind the claims at chosen rates.
TEXTS["T14 fair claims"] = """\
Of the four single claims two hold, with 0.16 and 0.28 points, where there were 9 and 3; LeakyReLU's by a
hair. All four together bring 0.6 points, and whether they are the best, these runs cannot tell. With five seeds
they could hardly show a difference below 0.2 points."""
TEXTS["K14 fair claims"] = """\
expect("the claims that hold", list(fair_verdicts.values()).count("holds"), at_least=1, at_most=5)"""

# T15, the recap: its last point is the course's ending.
TEXTS["T15 recap"] = """\
- A mean of ten seeds has an interval: mean ± 2.262 · $s / \\sqrt{10}$.
- At the notebooks' rates each of the four helps the baseline. They do not add up, and all four together are
  not the best.
- One run shows points, not tenths. For half the difference you need four times the seeds.
- **At a learning rate chosen for each recipe, little is left of the four.** The sixteen lay 19 points apart
  after two epochs, and lie 0.6 apart. LayerNorm, Adam and LeakyReLU keep 0.2 to 0.3 points, BCE nothing
  that these runs can show. Before you praise a recipe, choose the rate of what you compare it with."""

# T16, Look closer: the effects over the epochs. First sentence = alternative text.
TEXTS["T16 epochs"] = """\
The four effects after each of four epochs, at the notebooks' rates: all shrink from epoch to epoch, Adam's
from seven points to three.

So most of each effect is a head start. Where they would end, four epochs do not tell."""
TEXTS["K16 epochs"] = """\
for part, line in lines.items():
    expect(f"the last of the effect of {part} as a part of its first", line[3] / line[0], at_most=0.7)"""

# T17, Look closer: many intervals at once.
TEXTS["T17 many"] = """\
In about 40 % of the rounds at least one of ten intervals leaves 0 out, without any effect. So one interval
that just misses 0 proves little where you look at many. For the effects of the grid it does not matter: they
are many times as far from 0 as they reach. At chosen rates it does, for what is close."""

# ============================================================================================ cells
cells = []


def md(text):
    cells.append(new_markdown_cell(text.strip("\n"), id=f"e{len(cells):03}"))


def code(text, *tags):
    metadata = {"tags": list(tags)} if tags else {}
    if {"check", "solution"} & set(tags):
        metadata["jupyter"] = {"source_hidden": True}
    cells.append(new_code_cell(text.strip("\n"), metadata=metadata, id=f"e{len(cells):03}"))


def told(key):
    md(TEXTS[key])


def held(key):
    """The check behind a cell. With LOOSE=1 it is left out: to see what new tables give, first."""
    if not os.environ.get("LOOSE"):
        code(TEXTS[key], "check")


md(f"""
# Weigh the evidence

**In this notebook** you judge the four improvements by 160 trainings instead of one each: all sixteen
ways to combine them, ten seeds each. Then you ask the same question of a fair comparison.

- **You learn** to put an interval around a difference, to tell effects from interactions and from
  chance, and to say how many runs a question needs.
- **You need** [09_combined_model](09_combined_model.ipynb); notebook 10 helps.
- **It takes** about 20 minutes to read and {TEXTS["minutes"]} to run.
""")
code("""
import math
import sys
from itertools import combinations, product

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from torch.utils.data import Subset
from tqdm import tqdm

from helpers import accuracy, expect, load_mnist, train
from helpers.mnist import DATA
from helpers.plots import BLUE, GREEN, GREY, ORANGE
from helpers.recipes import RATES, WORDS, Recipe
""")
md("""
## Say what you expect

Notebooks 05 to 08 changed one thing in the baseline each, and saw a higher accuracy, with one run of
each. So here are five claims, as courses make them: BCE, LeakyReLU, Adam and LayerNorm help, each by
itself; and all four together are the best.

**Predict:** which of the five will hold with ten seeds each?

The runs took two processor cores more than an hour, so they are measured for you
(`make grid` repeats them): full MNIST, four epochs, one image per step, in file order, tested on the 10,000 test
images, at the learning rates of the notebooks: 0.01 for SGD and 0.001 for Adam.
""")
code("""
grid = pd.read_csv(DATA / "results" / "grid.csv")
print(grid[[*WORDS, "seed", "accuracy"]].head(3).to_string(index=False))
print(f"{len(grid)} runs, {grid['seed'].nunique()} seeds, {grid['error'].count()} failed")
print(f"{grid['seconds'].sum() / 3600:.1f} hours of one core")
""")
md("""
A row is a run. Make it a table with a row for each recipe and a column for each seed, accuracies in
percent, and call each recipe by what it changes in the baseline.
""")
code("""
NAMES = {"bce": "BCE", "leaky": "LeakyReLU", "adam": "Adam", "layernorm": "LayerNorm"}


def name(words):
    changes = [NAMES[word] for word in words if word in NAMES]
    return "all four" if len(changes) == 4 else " + ".join(changes) or "baseline"


table = 100 * grid.pivot(index=list(WORDS), columns="seed", values="accuracy")
runs = table.set_axis([name(words) for words in table.index])
print(runs.loc[["baseline", "all four"]].round(2).to_string())
""")
md("""
## Put an interval around a mean

Ten runs of a recipe have a mean. Ten others would have another one. How far do such means lie from that of
very many runs? If $s$ is the standard deviation of single runs, that of a mean of $n$ is
$s / \\sqrt n$: its *standard error*, as in notebook 09.

You know $s$ only from the same ten runs, so allow for more than two standard errors. How many hold
the truth in 95 % of all cases? Let numbers tell: draw `n` values around a true mean of 0, very often.
""")
code("""
def factor(n, rounds=50_000):
    \"\"\"How many of its standard errors a mean of n is off at most, in 95 % of the rounds.\"\"\"
    values = np.random.default_rng(0).normal(size=(rounds, n))
    errors = values.std(axis=1, ddof=1) / n**0.5
    return np.quantile(abs(values.mean(axis=1)) / errors, 0.95)


for n in (5, 10, 100):
    print(f"{n:3} values: {factor(n):.2f} standard errors")
T = {5: 2.776, 10: 2.262}  # the exact numbers (Student's t)
assert all(abs(factor(n) / T[n] - 1) < 0.02 for n in T)
""")
md("""
So the interval is mean ± 2.262 · $s / \\sqrt{10}$ for ten seeds. It is called a 95 % *confidence interval*:
of very many such intervals, 95 % hold the true mean, and one in twenty misses it. (`std()` of pandas divides
the squares by $n - 1$, as it should here.)
""")
code("""
def interval(values):
    \"\"\"The mean over the seeds, and how far its 95 % interval reaches to each side.\"\"\"
    return values.mean(), T[len(values)] * values.std() / len(values) ** 0.5


for recipe in ("baseline", "all four"):
    mean, reach = interval(runs.loc[recipe])
    print(f"{recipe}: {mean:.2f} ± {reach:.2f} %")
""")
md("""
Now look at all of them: a dot for each run, and over the dots of each recipe its mean and interval.
""")
code("""
def show_runs(runs, ax, color=BLUE, label="a run"):
    rows = np.repeat(range(len(runs)), runs.shape[1])
    ax.plot(runs.to_numpy().flatten(), rows, ".", color=color, alpha=0.5, label=label)
    means, reaches = zip(*[interval(values) for _, values in runs.iterrows()], strict=True)
    style = {"fmt": "|", "markersize": 10, "color": "black", "capsize": 3, "elinewidth": 1}
    style["label"] = "mean, 95 % interval" if color == BLUE else None  # once in a legend
    ax.errorbar(means, range(len(runs)), xerr=reaches, **style)
    ax.set(yticks=range(len(runs)), yticklabels=runs.index, xlabel="test accuracy in %")
    ax.grid(True, alpha=0.3)
""")
code("""
ordered = runs.loc[runs.mean(axis=1).sort_values().index]
fig, axes = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
show_runs(ordered, axes[0])
show_runs(ordered[ordered.mean(axis=1) > 95], axes[1])
axes[0].set_title("all sixteen")
axes[1].set_title("those above 95 %")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
plt.show()
""")
held("K1 dots")
told("T1 dots")
md("""
## Judge the claims

Two intervals that overlap are a poor test, as in notebook 09. Look at the difference itself. All sixteen
recipes begin with the same weights if the seed is the same, so take the difference seed by seed (*paired*):
ten differences, their mean, their interval. Above 0, the claim holds; below 0, the opposite
does; if 0 is inside, the difference is inside the noise. For *all four are the best*, compare them with
the best of the other fifteen.
""")
code("""
best = runs.drop("all four").mean(axis=1).idxmax()
CLAIMS = [(change, "baseline") for change in NAMES.values()]
CLAIMS += [("LeakyReLU + LayerNorm", "LeakyReLU"), ("all four", "baseline"), ("all four", best)]


def verdict(mean, reach):
    if abs(mean) <= reach:
        return "inside the noise"
    return "holds" if mean > 0 else "does not hold"
""")
code("""
def judge(runs, claims):
    verdicts = {}
    for one, other in claims:
        mean, reach = interval(runs.loc[one] - runs.loc[other])
        verdicts[one, other] = verdict(mean, reach)
        print(f"{one:>21} > {other:21} {mean:+6.2f} ± {reach:.2f}  {verdicts[one, other]}")
    return verdicts


verdicts = judge(runs, CLAIMS)
""")
held("K2 claims")
told("T2 claims")
md("""
Mind what the intervals leave out. They say what other seeds would give, with the same 10,000 test
images, the same order of the training images, and the same last step. Other test images would move a difference,
too: for two networks and 5,000 images notebook 10 found almost 0.2 points of such chance.

## Ask what a single run could show

Notebooks 05 to 09 had one seed. Here are ten differences for each of their comparisons: that of seed 0, the
smallest, the largest, and how many of the ten have the sign of their mean.

**Predict:** for which comparisons would another seed have told another story?
""")
code("""
agree = {}
print(f"{'':46}seed 0    all ten seeds")
for one, other in [*CLAIMS, ("Adam", "LeakyReLU")]:
    differences = runs.loc[one] - runs.loc[other]
    agree[one, other] = (np.sign(differences) == np.sign(differences.mean())).sum()
    print(f"{one:>21} - {other:21} {differences[0]:+5.2f}", end="")
    print(f"  {differences.min():+5.2f} to {differences.max():+5.2f}", end="")
    print(f", {agree[one, other]:2} of 10 agree")
""")
held("K3 single runs")
told("T3 single runs")
md("""
## Measure each effect in all companies

The claims set one company: the baseline. But each improvement also has seven others: there are eight
pairs of recipes that differ in it alone. Its *effect* is the mean of the eight runs with it minus the mean of
the eight without it. Each seed gives one such number, so you have ten, and the same
formula gives their interval. (*Look closer* checks it in another way, by the *bootstrap*.)
""")
code("""
def effect(table, part):
    without, with_it = WORDS[part]
    return table.xs(with_it, level=part).mean() - table.xs(without, level=part).mean()


LABELS = dict(zip(WORDS, NAMES.values(), strict=True))  # "loss": "BCE", ...
effects = {part: effect(table, part) for part in WORDS}  # ten numbers each
for part, values in effects.items():
    mean, reach = interval(values)
    print(f"{LABELS[part]:9} {mean:+.2f} ± {reach:.2f}")
""")
told("T4 effects")
md("""
## See how the improvements interact

A mean over eight companies can hide much. Draw the eight differences of each improvement. Colour tells
whether LeakyReLU or Adam, with which the baseline got to 97 %, is in the company already.

**Predict:** what is left of each improvement beside LeakyReLU or Adam?
""")
code("""
rows = []
for part, (without, with_it) in WORDS.items():
    differences = table.xs(with_it, level=part) - table.xs(without, level=part)
    for others, values in differences.iterrows():
        mean, reach = interval(values)
        company = "LeakyReLU or Adam" if "leaky" in others or "adam" in others else "neither"
        rows.append((NAMES[with_it], company, mean, reach))
pairs = pd.DataFrame(rows, columns=["improvement", "beside", "mean", "reach"])
means = pairs.groupby(["improvement", "beside"])["mean"].mean().unstack()
print(means.loc[list(NAMES.values()), ["neither", "LeakyReLU or Adam"]].round(2).to_string())
""")
code("""
fig, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for company, color in (("neither", BLUE), ("LeakyReLU or Adam", ORANGE)):
    shown = pairs[pairs["beside"] == company]
    places = [list(NAMES.values()).index(improvement) for improvement in shown["improvement"]]
    places += 0.1 * (shown.groupby("improvement").cumcount() - 2.5)  # side by side
    style = {"fmt": "o", "color": color, "capsize": 3, "label": f"beside {company}"}
    for ax in axes if company != "neither" else axes[:1]:
        ax.errorbar(shown["mean"], places, xerr=shown["reach"], **style)
for ax, title in zip(axes, ("all", "those beside LeakyReLU or Adam"), strict=True):
    ax.axvline(0, color="black", linewidth=1)
    ax.set(yticks=range(4), yticklabels=NAMES.values(), xlabel="difference in points", title=title)
    ax.invert_yaxis()
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
plt.show()
""")
held("K6 companies")
told("T6 companies")
md("""
In numbers: an *interaction* of two improvements is the effect of one where the other is used minus its effect
where it is not. At 0 the two add up; below 0 each takes away from what the other has to give.
Again each seed gives one number.
""")
code("""
def interaction(table, one, other):
    without, with_it = WORDS[other]
    beside, alone = table.xs(with_it, level=other), table.xs(without, level=other)
    return effect(beside, one) - effect(alone, one)


found = {}
for one, other in combinations(WORDS, 2):
    found[one, other] = mean, reach = interval(interaction(table, one, other))
    both = f"{LABELS[one]} and {LABELS[other]}"
    print(f"{both:23} {mean:+.2f} ± {reach:.2f}")
""")
held("K7 interactions")
told("T7 interactions")
md("""
## Count the seeds that a difference needs

How many seeds would you have needed? That depends on how far the difference of two recipes varies
from seed to seed. Take the median of all 120 pairs, then play experiments in which you know the
truth: `n` differences around a true one. The share of experiments whose interval lies above 0
is called the *power*.
""")
code("""
differences = [runs.loc[one] - runs.loc[other] for one, other in combinations(runs.index, 2)]
deviation = np.median([values.std() for values in differences])
print(f"{len(differences)} pairs, deviation of a difference {deviation:.2f} points")


def power(truth, n, rounds=20_000):
    values = np.random.default_rng(n).normal(truth, deviation, size=(rounds, n))
    errors = values.std(axis=1, ddof=1) / n**0.5
    return np.mean(values.mean(axis=1) > factors[n] * errors)


SEEDS = [*range(2, 13), 15, 20, 25, 30, 40, 50, 70, 100, 150, 200]
factors = {n: factor(n, rounds=20_000) for n in SEEDS}
""")
code("""
fig, ax = plt.subplots(figsize=(8, 3.5), layout="constrained")
needed = {}
for truth, color in ((0.4, GREEN), (0.2, ORANGE), (0.1, BLUE)):
    shares = [power(truth, n) for n in SEEDS]
    needed[truth] = np.ceil(np.interp(0.8, shares, SEEDS))
    ax.plot(SEEDS, [100 * share for share in shares], color=color, label=f"{truth} points")
    print(f"a difference of {truth} points: {needed[truth]:.0f} seeds for a power of 80 %")
ax.axhline(80, color=GREY, linestyle="--", label="80 %")
ax.set(xscale="log", xlabel="seeds", ylabel="experiments that show it, in %")
ax.set_xticks([2, 5, 10, 20, 50, 100, 200], labels=[2, 5, 10, 20, 50, 100, 200])
ax.legend(title="true difference", loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
""")
held("K8 power")
told("T8 power")
md("""
## Run some yourself

Do not take the table's word for it. Train two of its recipes, LeakyReLU and Adam alone, with five seeds
each, on fewer images, so that all ten trainings take less than a minute.
""")
code("""
train_set, test_set = load_mnist("train"), load_mnist("test")
few = Subset(train_set, range(5000))
""", "mnist-output")
code("full_mnist = len(train_set) == 60_000", "check")
code("""
two = {
    "LeakyReLU": Recipe("mse", "leaky", "sgd", "none"),
    "Adam": Recipe("mse", "sigmoid", "adam", "none"),
}
live = pd.DataFrame(0.0, index=list(two), columns=range(5))
todo = list(product(two, range(5)))
for recipe, seed in tqdm(todo, file=sys.stdout, bar_format="{l_bar}{bar:20}{r_bar}"):
    torch.manual_seed(seed)
    network = two[recipe].network()
    settings = {"loss_function": two[recipe].loss_function(), "epochs": 1, "progress": False}
    train(network, few, **settings, optimizer=two[recipe].optimizer(network))
    live.loc[recipe, seed] = 100 * accuracy(network, test_set)
for recipe, values in live.iterrows():
    mean, reach = interval(values)
    print(f"{recipe:9} {mean:.1f} ± {reach:.1f} %")
""", "mnist-output", "measured")
held("K9 live")
code("""
fig, ax = plt.subplots(figsize=(9, 3), layout="constrained")
show_runs(runs.loc[list(two)], ax, label="table: 4 epochs of 60,000 images")
show_runs(live, ax, color=ORANGE, label="yours: 1 epoch of 5,000 images")
fig.legend(loc="outside lower center", ncols=3)
ax.margins(y=0.5)
plt.show()
""", "mnist-output")
told("T9 live")
md("""
## Ask the fair question

All this was at the notebooks' learning rates. Notebooks 05 to 09 found again and again that the baseline's
steps are too short, and that a larger rate alone does as much as an improvement. So is it fair to compare recipes
at a rate that suits some of them? Let each recipe choose its own: train it at five or six rates on 50,000
training images for two epochs, and judge by the other 10,000, the validation images (`make fair`). Here is
what they say.
""")
code("""
rates = pd.read_csv(DATA / "results" / "rates.csv")
KINDS = {"sgd": "SGD", "adam": "Adam", "sigmoid": "sigmoids", "leaky": "LeakyReLU"}
fig, axes = plt.subplots(2, 2, figsize=(10, 6), sharey=True, layout="constrained")
panels = zip(axes.flat, product(WORDS["optimizer"], WORDS["activation"]), strict=True)
for ax, (optimizer, activation) in panels:
    shown = rates[(rates["optimizer"] == optimizer) & (rates["activation"] == activation)]
    for (loss, normalization), line in shown.groupby(["loss", "normalization"], sort=False):
        color, style = BLUE if loss == "mse" else ORANGE, "o-" if normalization == "none" else "^--"
        label = loss.upper() + (" + LayerNorm" if normalization == "layernorm" else "")
        ax.plot(line["learning_rate"], 100 * line["accuracy"], style, color=color, label=label)
    ax.axvline(RATES[optimizer], color=GREY, linestyle=":", label="the notebooks' rate")
    ax.set(xscale="log", ylim=(90, 98.5), title=f"{KINDS[optimizer]}, {KINDS[activation]}")
    ax.xaxis.set_major_formatter("{x:g}")
fig.supxlabel("learning rate")
fig.supylabel("validation accuracy in %")
axes[0, 1].legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
""")
held("K10 rates")
told("T10 rates")
md("""
(Points below 90 % are left out of the chart.) Which rate has each recipe chosen?
""")
code("""
tried = rates.set_index([*WORDS, "learning_rate"])["accuracy"].sort_index()
choice = {words: tried[words].idxmax() for words in product(*WORDS.values())}
for words, rate in choice.items():
    print(f"{name(words):28} {rate:<7g} {100 * tried[words].max():.1f} %")
kept = sum(rate == RATES[words[2]] for words, rate in choice.items())
at_an_end = sum(rate in tried[words].index[[0, -1]] for words, rate in choice.items())
print(f"{kept} recipes keep the notebooks' rate; {at_an_end} choose an end of their list")
""")
held("K11 chosen")
told("T11 chosen")
md("""
Now the comparison: each recipe at the rate that it chose, trained on all 60,000 images for two epochs from five seeds,
and tested on the test images. Beside it, what is as long and as often: the first two epochs of the
same five seeds at the notebooks' rates.

**Predict:** which of the four effects will survive?
""")
code("""
fair_grid = pd.read_csv(DATA / "results" / "grid_fair.csv")
fair = 100 * fair_grid.pivot(index=list(WORDS), columns="seed", values="accuracy")
grid["after two"] = grid["accuracies"].str.split().str[1].astype(float)
first_seeds = grid[grid["seed"].isin(fair.columns)]
before = 100 * first_seeds.pivot(index=list(WORDS), columns="seed", values="after two")
ranges = {}
for title, some in (("notebooks' rates", before), ("chosen rates", fair)):
    means = some.mean(axis=1)
    ranges[title] = means.max() - means.min()
    print(f"{title}: means from {means.min():.2f} to {means.max():.2f} %")
""")
code("""
used = fair_grid.groupby(list(WORDS))["learning_rate"].unique()
assert all(used[words].tolist() == [rate] for words, rate in choice.items())
assert set(fair_grid["epochs"]) == {2} and set(grid["epochs"]) == {4} and len(fair.columns) == 5
""", "check")
held("K12 fair dots")
code("""
order = fair.mean(axis=1).sort_values().index
fig, axes = plt.subplots(1, 2, figsize=(11, 5), sharey=True, layout="constrained")
for some, color, label in ((before, BLUE, "notebooks' rate"), (fair, ORANGE, "chosen rate")):
    some = some.loc[order].set_axis([name(words) for words in order])
    show_runs(some, axes[0], color=color, label=label)
show_runs(some, axes[1], color=ORANGE, label="chosen rate")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
axes[0].set_title("both rates")
axes[1].set_title("chosen rates, on a finer scale")
plt.show()
""")
told("T12 fair dots")
code("""
before_effects = {part: interval(effect(before, part)) for part in WORDS}
fair_effects = {part: interval(effect(fair, part)) for part in WORDS}
fig, axes = plt.subplots(1, 2, figsize=(10, 2.8), sharey=True, layout="constrained")
charts = (("notebooks' rates", before_effects, BLUE), ("chosen rates", fair_effects, ORANGE))
for ax, (title, some, color) in zip(axes, charts, strict=True):
    means, reaches = zip(*some.values(), strict=True)
    ax.errorbar(means, list(NAMES.values()), xerr=reaches, fmt="o", color=color, capsize=4)
    ax.axvline(0, color="black", linewidth=1)
    ax.set(title=title, xlabel="effect in points, with its 95 % interval")
    ax.grid(True, axis="x", alpha=0.3)
    for part, (mean, reach) in some.items():
        print(f"{title:16} {LABELS[part]:9} {mean:+.2f} ± {reach:.2f}")
axes[0].margins(y=0.2)
axes[0].invert_yaxis()
plt.show()
""")
held("K13 ending")
told("T13 ending")
md("And the claims of the beginning, with the baseline at its own best rate?")
code("""
fair_runs = fair.set_axis([name(words) for words in fair.index])
fair_best = fair_runs.drop("all four").mean(axis=1).idxmax()
fair_verdicts = judge(fair_runs, [*CLAIMS[:-1], ("all four", fair_best)])
""")
held("K14 fair claims")
told("T14 fair claims")
md("## Recap\n\n" + TEXTS["T15 recap"])
md("""
## Exercises

Put your answer where `...` stands, and run the cell: `check` says whether it is right, and if not, which
mistake it is. `hint("11.1")`, in a cell of its own, gives one hint after the other. A solution is in the collapsed
cell below each exercise. The course remembers what you have solved:
""")
code("""
from helpers.exercises import EXERCISES, check, hint, progress

progress()
""")
md("""
### 11.1 Put an interval around a paired difference

`a` and `b`, tensors (10,), hold the accuracies of two recipes, one entry for each seed. Return the mean of b
minus a, and how far its 95 % interval reaches to each side.
""")
code("""
def paired_interval(a, b):
    return ...


check("11.1", paired_interval)
""")
code("""
def paired_interval(a, b):
    differences = b - a
    return differences.mean(), 2.262 * differences.std() / len(differences) ** 0.5


EXERCISES["11.1"].check(paired_interval)
""", "solution")
md("""
### 11.2 Compute an interaction

From four mean accuracies, with neither A nor B, with A alone, with B alone, and with both, return how much larger
the effect of A is where B is used.
""")
code("""
def interaction(neither, only_a, only_b, both):
    return ...


check("11.2", interaction)
""")
code("""
def interaction(neither, only_a, only_b, both):
    return (both - only_b) - (only_a - neither)


EXERCISES["11.2"].check(interaction)
""", "solution")
md("""
### 11.3 Report an honest accuracy

Several rates were tried. From their accuracies on validation and on test images, tensors (n,) in one
order, return the test accuracy that you may report for the best rate.
""")
code("""
def honest_accuracy(validation, test):
    return ...


check("11.3", honest_accuracy)
""")
code("""
def honest_accuracy(validation, test):
    return test[validation.argmax()]


EXERCISES["11.3"].check(honest_accuracy)
""", "solution")
md("""
### 11.4 Count the seeds

For which number of seeds $n$ is a difference as large as two standard errors, $2 s / \\sqrt n$, where $s$ is its
deviation from seed to seed? Return the smallest.
""")
code("""
def seeds_needed(difference, deviation):
    return ...


check("11.4", seeds_needed)
""")
code("""
def seeds_needed(difference, deviation):
    return math.ceil((2 * deviation / difference) ** 2)


EXERCISES["11.4"].check(seeds_needed)
""", "solution")
md("## Look closer")
md("""
### Check the formula by the bootstrap

Does the formula hold? It is made for values that scatter as normal random numbers do. The *bootstrap* does
without that: draw ten of the ten seeds, with repetition, and take their mean; do it 10,000 times,
and leave out the lowest and the highest 2.5 %.
""")
code("""
picked = np.random.default_rng(0).integers(10, size=(10_000, 10))
for part, values in effects.items():
    means = values.to_numpy()[picked].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    mean, reach = interval(values)
    print(f"{LABELS[part]:9} bootstrap {low:+.2f} to {high:+.2f}", end="")
    print(f", formula {mean - reach:+.2f} to {mean + reach:+.2f}")
    assert 0.6 < (high - low) / (2 * reach) < 1
""")
told("T5 bootstrap")
md("""
### Follow the effects over the epochs

The table holds the accuracy after each epoch as well. Do the effects at the notebooks' rates last?
""")
code("""
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
by_epoch = grid["accuracies"].str.split(expand=True).astype(float)
tables = [
    100 * grid.assign(then=by_epoch[epoch]).pivot(index=list(WORDS), columns="seed", values="then")
    for epoch in range(4)
]
lines = {}
for part, color in zip(WORDS, (BLUE, ORANGE, GREEN, GREY), strict=True):
    means, reaches = zip(*[interval(effect(some, part)) for some in tables], strict=True)
    lines[part] = means
    label = LABELS[part]
    ax.errorbar(range(1, 5), means, yerr=reaches, fmt="o-", color=color, capsize=4, label=label)
    print(f"{label:9}", "  ".join(f"{mean:+.2f}" for mean in means))
ax.axhline(0, color="black", linewidth=1)
ax.set(xlabel="epochs", ylabel="effect in points", xticks=range(1, 5))
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
""")
held("K16 epochs")
told("T16 epochs")
md("""
### Count what chance alone would show

You have looked at ten intervals for the grid, four effects and six interactions. One in twenty misses by
design. How often would at least one of ten leave 0 out if nothing had any effect? Play it.
""")
code("""
values = np.random.default_rng(0).normal(size=(10_000, 10, 10))  # rounds, intervals, seeds
errors = values.std(axis=2, ddof=1) / 10**0.5
misses = abs(values.mean(axis=2)) > T[10] * errors
print(f"of all intervals {misses.mean():.1%} leave 0 out")
print(f"in {misses.any(axis=1).mean():.0%} of the rounds at least one of the ten does")
assert abs(misses.mean() - 0.05) < 0.005
""")
told("T17 many")
md("""
## Next

[12_beyond_one_machine](12_beyond_one_machine.ipynb): how 160 trainings run on many cores or machines,
and one training on several.
""")

notebook = new_notebook(
    cells=cells,
    metadata={
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    },
)
if __name__ == "__main__":
    path = Path(sys.argv[1]) if sys.argv[1:] else TREE / "notebooks/11_evidence.ipynb"
    nbformat.validate(notebook)
    nbformat.write(notebook, path)
    print(path, len(cells), "cells")
