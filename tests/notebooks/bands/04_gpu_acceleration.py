"""What the text of notebook 04 says of its timings, and of its learning rates.

Timings differ from machine to machine, and with its load, so their limits are wide.
"""

from bands import after


@after("c04")
def every_kind_of_device_is_listed_once(cpu, device, devices):
    return len(devices) == len({cpu, device})


@after("c10")
def the_network_is_trained_on_the_device(network, device):
    return next(network.parameters()).device.type == device.type


@after("c16", full=(1e-4, 60))
def seconds_of_the_careless_tries(tries):
    return {"shortest": min(tries), "longest": max(tries)}


@after("c18", full=(0.1, 10))
def timing_by_hand_over_that_of_the_helper(by_hand, helper):
    return by_hand / helper


@after("c25", full=(0.5, 100))
def step_with_a_hundred_images_over_one_with_one(took):
    return took[100] / took[1]


@after("c27", full=(None, 10))
def addition_of_a_thousand_numbers_over_that_of_one(times):
    return {where: values[3] / values[0] for where, values in times.items()}


@after("c27", full=(3, None))
def addition_of_a_million_numbers_over_that_of_a_thousand(times):
    return times["cpu"][6] / times["cpu"][3]


@after("c29", full=(0.2, 1.2))
def tiny_step_over_that_of_the_baseline(tiny, baseline):
    return tiny / baseline


@after("c32", full=(5, None))
def gain_of_a_cpu_by_1024_images_at_once(here):
    speed = {row["batch_size"]: row["images_per_second"] for row in here if row["device"] == "cpu"}
    return speed[1024] / speed[1]


@after("c35", full=(0.57, 0.64), sample=(0.1, 0.4))
def accuracy_with_one_image_a_step(results):
    return results[1, 0.01][1]


@after("c35", full=(2, None))
def gain_in_speed_by_a_hundred_images_a_step(results):
    return results[1, 0.01][0] / results[100, 1][0]


@after("c35", full=(-0.02, 0.02), sample=(-0.1, 0.1))
def gain_in_accuracy_by_a_hundred_images_at_a_rate_of_1(results):
    return results[100, 1][1] - results[1, 0.01][1]


@after("c35", full=(0.05, 0.2), sample=(0.02, 0.3))
def accuracy_where_the_rate_does_not_suit_the_batch(results):
    return {way: results[way][1] for way in ((100, 0.01), (1000, 10))}


def speeds_of_cpus(lines):
    cpus = {", ".join(line): rows for line, rows in lines.items() if line[1] == "cpu"}
    return {
        line: {size: row["images_per_second"] for size, row in rows.items()}
        for line, rows in cpus.items()
    }


@after("c40", full=(5, None))
def gain_of_each_cpu_by_1024_images_at_once(lines):
    return {line: speed[1024] / speed[1] for line, speed in speeds_of_cpus(lines).items()}


@after("c40", full=(None, 3))
def further_gain_of_each_cpu_by_4096(lines):
    return {line: speed[4096] / speed[1024] for line, speed in speeds_of_cpus(lines).items()}


def of_the_file(lines, method, threads):
    """The lines of the file's GPU and CPU."""
    cpu = f"Intel(R) Xeon(R) Processor, {threads} threads"
    return ("file", "cuda", "NVIDIA H100 80GB HBM3", method), ("file", "cpu", cpu, "step by step")


@after("c42")
def the_gpu_of_the_file_wins_from_these_batch_sizes_on(wins, lines):
    firsts = {(2, "step by step"): 256, (16, "step by step"): 1024, (2, "CUDA graph"): 1}
    return all(
        min(wins[of_the_file(lines, method, threads)]) == first
        for (threads, method), first in firsts.items()
    )


@after("c42", full={"2 threads": (1.8, 2), "16 threads": (0.8, 1), "as a graph": (0.1, 0.3)})
def step_with_one_image_on_the_gpu_of_the_file_over_its_cpu(lines):
    def ratio(method, threads):
        gpu, cpu = (lines[line][1] for line in of_the_file(lines, method, threads))
        return gpu["microseconds_per_step"] / cpu["microseconds_per_step"]

    return {
        "2 threads": ratio("step by step", 2),
        "16 threads": ratio("step by step", 16),
        "as a graph": ratio("CUDA graph", 2),
    }


@after("c22", full=(50, None))
def gain_of_numpy_over_pure_python(ways):
    return ways["pure Python"] / ways["NumPy"]


@after("c44", full=(0, 1))
def step_as_a_graph_over_step_by_step(one_by_one=1, together=0):
    return together / one_by_one


@after("c53", full=(1.5, None))
def gain_by_moving_all_images_at_once(singly, at_once):
    return singly / at_once
