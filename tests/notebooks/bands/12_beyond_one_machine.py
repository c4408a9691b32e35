"""What the text of notebook 12 says of its timings and of what it calculates from them.

Timings differ from machine to machine, and with its load, so their limits are wide.
"""

from bands import after


@after("b06")
def eight_trainings_end_without_an_error(table):
    return len(table) == 8 and table["error"].isna().all()


@after("b06", full=(0.6, 1))
def lowest_accuracy_of_the_eight(table):
    return table["accuracy"].min()


@after("b06", full=(0, 1))
def seconds_of_the_trainings_over_those_of_the_whole_grid(table, one_worker):
    return table["seconds"].sum() / one_worker


@after("b09", full=(0.5, 4))
def speed_up_by_a_second_worker(speed_up):
    return speed_up


@after("b09", full=(0.3, 1))
def share_of_the_time_that_two_workers_train(busy):
    return busy


@after("b09")
def two_workers_reach_the_same_accuracies(other_table, table):
    return other_table["accuracy"].tolist() == table["accuracy"].tolist()


@after("b14")
def the_training_that_was_killed_began_again(before, after):
    return min(before) not in after


@after("b26", full=(1e-12, 1e-4))
def largest_difference_of_a_weight(largest):
    return largest


@after("b29")
def one_process_and_two_were_measured_alike(alone, pair):
    return alone["steps"].keys() == pair["steps"].keys()


@after("b30", full={16: (None, 0.8), 64: (None, 1.2), 4096: (0.4, 4)})
def speed_up_by_a_second_process(one, two):
    return {images: one[images] / two[images] for images in one.index}


@after("b30", full=(1.2, None))
def growth_of_the_speed_up_from_16_to_4096_images(one, two):
    return (one[4096] / two[4096]) / (one[16] / two[16])


@after("b34", full=(2e-6, 0.02))
def seconds_of_an_all_reduce_of_one_number(reduce):
    return reduce[1]


@after("b34", full=(10, None))
def all_reduce_of_ten_million_numbers_over_that_of_one(reduce):
    return reduce[10_000_000] / reduce[1]


@after("b34", full=(0.1, None))
def all_reduce_of_the_gradients_over_a_small_step(reduce, parameters, one):
    return reduce[parameters] / one[16]


@after("b38", full=(1e-6, 0.01))
def seconds_of_latency(latency):
    return latency


@after("b38", full=(0.03, 30))
def calculated_all_reduce_over_the_measured(all_reduce, reduce, bandwidth, latency):
    return {
        count: all_reduce(2, 4 * count, bandwidth, latency) / seconds
        for count, seconds in reduce.items()
    }


@after("b41", full={"an image": (1e-7, 2e-4), "fixed": (1e-5, 0.02)})
def seconds_of_a_step(per_image, fixed):
    return {"an image": per_image, "fixed": fixed}


@after("b42", full=(0.15, 6))
def calculated_step_over_the_measured(step_seconds, two, here):
    return {batch: step_seconds(2, batch, **here) / two[batch] for batch in two.index}


@after("b49", full=(3, 150))
def best_number_of_machines_at_first(speed_ups):
    return speed_ups["", "as at first"].idxmax()


@after("b49", full=(None, 0.5))
def speed_up_of_1000_machines_over_the_best(speed_ups):
    first = speed_ups["", "as at first"]
    return first[1000] / first.max()


@after(
    "b49",
    full={
        ("what is computed", "batch x 10"): (1.3, None),
        ("what is computed", "weights x 100"): (1.3, None),
        ("what is computed", "both"): (1.3, None),
        ("how it is sent", "gigabits x 10"): (1, 2),
        ("how it is sent", "a tenth of the latency"): (1, 4),
        ("how it is sent", "a tree"): (1.2, None),
        ("how it is sent", "weights x 100, overlap"): (1.3, None),
    },
)
def growth_of_the_best_speed_up(speed_ups):
    return (speed_ups.max() / speed_ups["", "as at first"].max()).to_dict()


@after("b49", full=(8, None))
def what_a_tree_makes_of_1000_machines(speed_ups):
    return speed_ups["how it is sent", "a tree"][1000] / speed_ups["", "as at first"][1000]


@after("b49", full=(1.05, None))
def what_overlap_makes_of_100_machines(speed_ups):
    overlapped = speed_ups["how it is sent", "weights x 100, overlap"][100]
    return overlapped / speed_ups["what is computed", "weights x 100"][100]


@after("b49", full=(900, 1000))
def speed_up_of_1000_machines_with_everything(speed_ups):
    return speed_ups["everything", "all of it"][1000]


@after("b50", full={100: (80, 80), "at best": (160, 160)})
def speed_up_of_160_trainings(trainings):
    return {100: trainings[99], "at best": trainings.max()}


@after("b57")
def all_end_with_the_one_that_was_killed_and_nothing_is_stored(code, gone, left, cause, folder):
    ended = code != 0 and len(gone) == 2 and not left
    return ended and "SIGKILL" in cause and not (folder / "never.pt").exists()


@after("b74", full=(2, 50))
def step_with_ten_times_the_weights_over_that_with_few(times_as_long):
    return times_as_long


@after("b77")
def the_training_begins_twice_and_stores_its_weights(begins, folder):
    return len(begins) == 2 and (folder / "restarted.pt").exists()
