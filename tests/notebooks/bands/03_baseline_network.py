"""What the text of notebook 03 says of its measured numbers."""

from bands import after


@after("c19", full=(-0.02, 0), sample=(-0.02, 0))
def change_of_the_loss_by_one_step(before, after):
    return after - before


@after("c43", full=(0.0175, 0.021), sample=(0.07, 0.1))
def mean_of_the_latest_losses(history):
    return sum(history.losses[-100:]) / 100


@after("c45", full=(0, 1e-3))
def largest_difference_of_two_losses(difference):
    return difference


@after("374a0a77", full=(0.1, 0.26))
def mean_loss_at_the_start(mean_loss):
    return mean_loss(0, 100)


@after("374a0a77", full=(0.085, 0.095))
def mean_loss_after_1000_steps(mean_loss):
    return mean_loss(1_000, 2_000)


@after("374a0a77", full=(0.07, 0.095))
def mean_loss_after_19000_steps(mean_loss):
    return mean_loss(19_000, 20_000)


@after("374a0a77", full=(0.019, 0.023), sample=(0.07, 0.09))
def mean_loss_at_the_end(mean_loss, end):
    return mean_loss(end - 10_000, end)


@after("c33", full=(0.878, 0.886), sample=(0.25, 0.75))
def test_accuracy_of_the_baseline(baseline_accuracy):
    return baseline_accuracy


@after("t4batch4", full={"singly": (0.55, 0.65), "batched": (0.55, 0.68)}, sample=(0.05, 0.7))
def test_accuracy_after_one_epoch(singly_accuracy, batched_accuracy):
    return {"singly": singly_accuracy, "batched": batched_accuracy}


@after("c37")
def mistakes_and_right_answers_make_all_images(mistakes, right, test_set):
    return mistakes + right == len(test_set)


@after("c37", full=(50, 100), sample=None)
def fours_read_as_9_and_fives_as_3(counts):
    return {"4 as 9": counts[4, 9], "5 as 3": counts[5, 3]}


@after("96702894", full=(0.896, 0.904), sample=(0.7, 0.95))
def test_accuracy_of_one_linear_layer(one_layer_accuracy):
    return one_layer_accuracy


@after("96702894", full=(0.005, None))
def lead_of_one_linear_layer(one_layer_accuracy, baseline_accuracy):
    return one_layer_accuracy - baseline_accuracy


@after("c3line1", full=(-2.9, -1.8), sample=None)
def lower_end_of_the_part_in_use(lower):
    return lower


@after("c3line1", full=(1.8, 2.9), sample=None)
def upper_end_of_the_part_in_use(upper):
    return upper


@after("7b6429cf", full=(-0.01, 0.01), sample=(-0.1, 0.1))
def what_the_line_costs(baseline_accuracy, straight_accuracy):
    return baseline_accuracy - straight_accuracy


@after("7b6429cf", full=(0.97, 1), sample=(0.7, 1))
def share_of_the_same_answers(same_answer):
    return same_answer


@after("c41", full=(0.1, None))
def distance_of_the_best_from_the_worst_digit(per_digit):
    return per_digit.max() - per_digit.min()


@after("c41", sample=None)
def the_worst_digit_is_5(per_digit):
    return per_digit.argmin() == 5


@after("c41")
def the_digits_have_as_many_right_answers_as_all_together(per_digit, test_set, right):
    of_each = test_set.labels.bincount(minlength=10)
    return abs((per_digit * of_each).sum() / right - 1) < 1e-4


@after("t4loop4", full=(0.08, 0.13), sample=(0.08, 0.13))
def mean_losses_of_the_usual_loop(mean_losses):
    return dict(enumerate(mean_losses))
