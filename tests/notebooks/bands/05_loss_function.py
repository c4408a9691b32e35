"""What the text of notebook 05 says of MSE and BCE."""

from bands import after


@after("c05", full=(0.0175, 0.021), sample=(0.07, 0.1))
def mean_of_the_latest_losses_of_the_baseline(baseline_history):
    return sum(baseline_history.losses[-100:]) / 100


@after("c06", full=(0.878, 0.886), sample=(0.25, 0.75))
def test_accuracy_of_the_baseline(baseline_accuracy):
    return baseline_accuracy


@after("c08", full=(0, 0.01), sample=(0, 0.12))
def output_for_the_right_digit_of_the_worst_image(right_digit, worst):
    return right_digit[worst]


@after("c12", full=(-0.02, 0))
def push_of_mse_on_the_right_digit(mse_push, label):
    return mse_push[label]


@after("c12", full=(10, None), sample=(0, None))
def push_on_the_answer_over_that_on_the_right_digit(mse_push, label, answer):
    return mse_push[answer] / -mse_push[label]


@after("c19", full=(100, None), sample=(4, None))
def push_of_bce_over_that_of_mse(bce_push, mse_push, label):
    return bce_push[label] / mse_push[label]


@after("c27", full=(0.041, 0.049), sample=(0.1, 0.25))
def mean_of_the_latest_losses_with_bce(bce_history):
    return sum(bce_history.losses[-100:]) / 100


@after("c28", full=(0.9065, 0.9145), sample=(0.65, 0.90))
def test_accuracy_with_bce(bce_accuracy):
    return bce_accuracy


@after("c28", full=(0.015, None))
def lead_of_bce(bce_accuracy, baseline_accuracy):
    return bce_accuracy - baseline_accuracy


@after("c32", full=(None, 0.99))
def loss_of_the_network_of_bce_over_that_of_the_baseline(ratios):
    return ratios


@after("c35", full=(0.955, 0.985), sample=(0.9, 1))
def what_mse_has_left_of_the_loss_of_no_idea_at_step_20000(mse_left):
    return mse_left


@after("c35", full=(0.56, 0.65), sample=(0, 0.8))
def what_bce_has_left_of_the_loss_of_no_idea_at_step_20000(bce_left):
    return bce_left


def labelled(moments):
    return {f"{name}, {steps:,} steps": values for (name, steps), values in moments.items()}


@after("e90a4bef", full=(2, 7))
def pushes_of_bce_over_those_of_mse(moments):
    return {moment: times for moment, (_, times, _) in labelled(moments).items()}


@after("b05a1e02", full=(None, 0.1))
def share_of_the_extra_push_that_firm_mistakes_get(moments):
    return {moment: share for moment, (_, _, share) in labelled(moments).items()}


@after("b05a1e02", full=(0, 20))
def firm_mistakes_in_the_first_third_of_an_epoch(moments, train_set):
    early = [moment for moment in moments if moment[1] <= len(train_set) // 3]
    return {moment: moments[moment][0] for moment in early}


@after("b05a1e02", full=(4.5, None), sample=None)
def pushes_of_bce_over_those_of_mse_after_5000_steps(moments):
    return moments["MSE", 5_000][1]


@after("b05a1e02", full=(2, None), sample=None)
def firm_mistakes_of_bce_over_those_of_mse_in_the_end(moments):
    return moments["BCE", 240_000][0] / moments["MSE", 240_000][0]


@after(
    "b05a1e02",
    full={
        "firm mistakes": (650, 1000),
        "their extra push": (0.055, 0.087),
        "BCE / MSE": (3.5, 3.9),
    },
    sample=None,
)
def row_of_bce_in_the_end(moments):
    return dict(
        zip(
            ("firm mistakes", "BCE / MSE", "their extra push"), moments["BCE", 240_000], strict=True
        )
    )


@after("c39", full=(0.02, None))
def gain_by_larger_steps(one_epoch):
    return {name: one_epoch[name, 0.05] - one_epoch[name, 0.01] for name in ("MSE", "BCE")}


@after(
    "c40",
    full={"MSE, 0.05": (0.873, 0.885), "BCE, 0.01": (0.861, 0.873), "BCE, 0.05": (0.901, 0.913)},
    sample=None,
)
def accuracy_after_one_epoch(one_epoch):
    return {f"{name}, {rate}": share for (name, rate), share in one_epoch.items()}


@after("c40", full={0.01: (0.15, 0.35), 0.05: (0.015, 0.05)}, sample=(-0.05, 0.4))
def lead_of_bce_after_one_epoch(one_epoch):
    return {rate: one_epoch["BCE", rate] - one_epoch["MSE", rate] for rate in (0.01, 0.05)}


@after("c40", full=(0, 0.025), sample=(0, 1))
def lead_of_mse_with_larger_steps_over_bce(one_epoch):
    return one_epoch["MSE", 0.05] - one_epoch["BCE", 0.01]


@after(
    "c42",
    full={"no yes": (0.104, 0.128), "one yes": (0.851, 0.875)},
    sample={"no yes": (0, 0.716), "one yes": (0.263, 1)},
)
def share_of_images_with(yes):
    return {"no yes": (yes == 0).float().mean(), "one yes": (yes == 1).float().mean()}
