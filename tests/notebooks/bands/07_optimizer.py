"""What the text of notebook 07 says of SGD, momentum and Adam."""

from bands import after


@after("c09a", full=(0.0379, 0.0381))
def rate_of_the_slider_that_ends_lowest(slider, valley, walk, torch):
    count = round((slider.max - slider.min) / slider.step) + 1
    rates = [slider.min + number * slider.step for number in range(count)]
    return min(rates, key=lambda rate: valley(walk(valley, torch.optim.SGD, lr=rate)[-1]))


@after("c20", full=(1, None))
def changes_of_sign_on_the_walk_of_adam(turns):
    return {"x": turns[0], "y": turns[1]}


def walk_by_hand(path, steepness, torch, beta1, beta2):
    """Where Adam with these betas and a rate of 0.1 ends, on as many steps as `path` has."""
    point, average, square = path[0], torch.zeros(2), torch.zeros(2)
    for t in range(1, len(path)):
        gradient = point * torch.tensor(steepness)
        average = beta1 * average + (1 - beta1) * gradient
        square = beta2 * square + (1 - beta2) * gradient**2
        root = (square / (1 - beta2**t)).sqrt() + 1e-8
        point = point - 0.1 * average / (1 - beta1**t) / root
    return point


@after("c20", full=(0.01, None))
def distance_from_the_end_of_adam_with_other_steps(path, steepness, torch):
    """With other betas, and with plain steps against the sign (betas of 0), the walk ends elsewhere."""
    others = ((0.5, 0.999), (0.9, 0.99), (0, 0))
    return {
        str(betas): (walk_by_hand(path, steepness, torch, *betas) - path[-1]).norm()
        for betas in others
    }


@after("c26", full=(0.878, 0.886), sample=(0.25, 0.75))
def test_accuracy_of_the_baseline(baseline_score):
    return baseline_score


@after("c29", full=(0.965, 0.981), sample=(0.82, 0.97))
def test_accuracy_with_adam(score):
    return score


@after("c30", full=(None, 0.2), sample=(None, 0.7))
def loss_of_adam_over_that_of_sgd_in_the_first_tenth(early_adam, early):
    return early_adam / early


@after("c30", full=(0.01, 0.0122), sample=(0, 0.1))
def loss_of_adam_in_the_first_tenth(early_adam):
    return early_adam


@after("cb9d7e47")
def the_best_rate_is_1_for_sgd_and_a_thousandth_for_adam(
    sgd_rates, sgd_scores, adam_rates, adam_scores
):
    best = (
        sgd_rates[sgd_scores.index(max(sgd_scores))],
        adam_rates[adam_scores.index(max(adam_scores))],
    )
    return best == (1, 0.001)


@after("cb9d7e47", full=(None, 0.5), sample=(None, 0.75))
def share_of_sgd_at_a_tenth_of_its_best_rate_over_its_best(sgd_scores):
    return sgd_scores[1] / sgd_scores[2]


@after("cb9d7e47", full=(0.8, None))
def share_of_adam_at_a_tenth_of_its_best_rate_over_its_best(adam_scores):
    return adam_scores[0] / adam_scores[1]


@after("cb9d7e47", full=(-0.05, 0.05))
def lead_of_momentum_over_the_best_of_sgd(momentum_score, sgd_scores):
    return momentum_score - sgd_scores[2]


@after("cb9d7e47", full=(0.845, 0.875), sample=None)
def share_with_momentum(momentum_score):
    return momentum_score


@after("cb9d7e47", full={"SGD": (None, 0.3), "Adam": (0.7, None)}, sample=None)
def share_at_ten_times_the_best_rate(sgd_scores, adam_scores):
    return {"SGD": sgd_scores[3], "Adam": adam_scores[2]}


@after("c47", full=(-0.008, 0.008), sample=(-0.05, 0.05))
def lead_of_sgd_at_a_rate_of_1_over_adam(faster_score, score):
    return faster_score - score


@after("c36")
def blank_pixels_have_the_highest_rate(effective, blank, torch, lr, eps):
    return torch.allclose(effective[:, blank], torch.tensor(lr / eps))


@after("370d42e8", full=(0, 1e-4))
def distance_of_the_height_of_the_two_starts(turned_valley, turned_start, valley):
    return abs(turned_valley(turned_start) - valley((-4.0, 1.0)))


@after("47191d77", full=(1, None))
def lowest_effective_rate(used):
    return used.min()


@after("47191d77", full=(99_000, 101_000))
def highest_effective_rate(effective):
    return effective.max()


@after("47191d77", full=(4, 8), sample=(4, 5000))
def spread_of_rates_at_often_inked_pixels(quantiles):
    low, _, high = quantiles["often inked"]
    return high / low


@after("47191d77", full=(2, None))
def median_rate_of_all_over_that_at_often_inked_pixels(quantiles):
    return quantiles["not blank"][1] / quantiles["often inked"][1]


@after("47191d77", full=(5.5, 7), sample=None)
def median_rate_at_often_inked_pixels(quantiles):
    return quantiles["often inked"][1]


@after("47191d77", full=(0.5, None))
def rate_below_which_99_percent_lie_over_the_highest(quantiles, eps, lr):
    return quantiles["not blank"][2] * eps / lr


@after("47191d77", full={"blank": (67, 67), "often inked": (233, 233)}, sample=None)
def number_of_pixels(blank, often):
    return {"blank": blank.sum(), "often inked": often.sum()}


@after("c41", full=(0.0099, 0.0101))
def move_of_sgd_over_its_gradient(watched):
    moments = ("SGD, early", "SGD, at the end")
    return {moment: watched[moment][1] / watched[moment][0] for moment in moments}


@after("c41", full=(100, 1000), sample=(20, 3000))
def move_of_adam_over_that_of_sgd_early(watched):
    return watched["Adam, early"][1] / watched["SGD, early"][1]


@after("c41", full=(10, 120), sample=(1, 3000))
def move_of_adam_over_that_of_sgd_at_the_end(watched):
    return watched["Adam, at the end"][1] / watched["SGD, at the end"][1]


@after("c41", full=(0.1, 10))
def gradient_of_adam_over_that_of_sgd_early(watched):
    return watched["Adam, early"][0] / watched["SGD, early"][0]


@after(
    "c41",
    full={"SGD, early": (22.4, 23.4), "SGD, at the end": (62, 71), "Adam, early": (12, 16)},
    sample=None,
)
def gradient_in_millionths(watched):
    return {moment: 1e6 * gradient for moment, (gradient, _) in watched.items()}


@after("c52", full=(0, 0.01))
def distance_of_each_star_from_the_nearest_end(dips, ends):
    return {dip: min(abs(end.item() - dip) for end in ends.values()) for dip in dips}


@after("c54", full=(0, 0.02), sample=(0, 0.09))
def mean_loss_of_the_epoch_from_the_baseline(moved_history):
    return sum(moved_history.losses) / len(moved_history.losses)


@after("c56")
def the_loss_falls_all_the_way(losses):
    return losses == sorted(losses, reverse=True)


@after("c56", full=(None, 0.5))
def last_loss_on_the_way_over_the_first(losses):
    return losses[-1] / losses[0]


@after("c56", full={"first": (0.0245, 0.0275), "last": (0.0079, 0.0101)}, sample=None)
def losses_on_the_way(losses):
    return {"first": losses[0], "last": losses[-1]}
