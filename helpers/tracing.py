"""Record one training step, then replay only its arithmetic.

At batch size 1 a training step is some thirty tiny tensor operations, and most of its time goes
into what surrounds them: module calls, autograd's graph, the optimizer's bookkeeping, new memory
for every gradient. `record` takes the step as you would write it, lets PyTorch's own tracer
(`make_fx`) list the operations that it performs, and writes the list out as one Python function.
Calling that function does the same arithmetic without the rest.

A recording is trusted only after a replay has done to the weights what the plain step does.
"""

import functools
import itertools
import sys
import textwrap

import torch
from torch import nn
from torch.fx import Node
from tqdm import tqdm

aten = torch.ops.aten
ADD, MM, SUM, T = aten.add.Tensor, aten.mm.default, aten.sum.dim_IntList, aten.t.default
PYTORCHS_OWN = ("torch.nn.modules.", "torch.nn.functional", "torch.optim")
# The most frequent operations: torch or Tensor has each under a name that Python calls faster.
FREQUENT = """add add_ addmm addmm_ div mm native_layer_norm new_ones new_zeros ones_like sigmoid sum t view
    _foreach_add_ _fused_adam_""".split()


def replayed(step, *parts):
    """Return a function that does what `step(images, targets)` does, from a recording if possible.

    parts: every network, loss function and optimizer that the step uses. Their settings, such as
    the learning rate, are part of the recording: after a change call `replayed` again.

    Where a step is not recorded, one line says why; but not on a GPU, where the gain is small.
    """
    if any(tensor.device.type != "cpu" for tensor in _tensors(parts)):
        return step
    reason = why_plain(*parts)
    if reason is None:
        return ReplayedStep(step, parts)
    _say(reason)
    return step


def why_plain(*parts):
    """Return, in words, what may make a step do something else at each call; None: nothing.

    To compare two steps would not show it. So only PyTorch's own code is recorded, without hooks.
    """
    layers = [layer for part in parts if isinstance(part, nn.Module) for layer in part.modules()]
    for part in [*layers, *parts]:
        own = getattr(part, "__dict__", {})  # a schedule puts a `step` of PyTorch's own there
        for code in (part, own.get("forward", part), own.get("step", part)):
            # the module where it is written; functools.wraps leaves __globals__ alone
            module = getattr(code, "__globals__", {}).get(
                "__name__", getattr(code, "__module__", None)
            )
            if not str(module).startswith(PYTORCHS_OWN):
                return f"{getattr(part, '__name__', type(part).__name__)} is not PyTorch's own"
    everywhere = [sys.modules[kind.__module__] for kind in (nn.Module, torch.optim.Optimizer)]
    for place in [*layers, *parts, *_tensors(parts), *everywhere]:
        hooks = [getattr(place, name) for name in dir(place) if name.endswith("_hooks")]
        if any(isinstance(registered, dict) and registered for registered in hooks):
            return "a hook is to be called at each step"
    return "autograd looks for anomalies" if torch.is_anomaly_enabled() else None


@functools.cache  # once for each reason
def _say(reason):
    tqdm.write(
        f"Training takes longer, as its step is not recorded (see helpers/tracing.py): {reason}."
    )


class ReplayedStep:
    """Calls `step(images, targets)`: plainly at first, later as a replay of its recording.

    The first call lets the optimizers create their state. Then, for each shape of images, one
    call tries to record the step, and the next one to replay the recording. Each trial is undone
    and the plain step taken; if the replay did the same, it takes over from there.
    """

    def __init__(self, step, parts):
        self.step, self.parts = step, parts
        self.started = self.failed = False
        self.recordings, self.replays = {}, {}  # for each shape: on trial, and trusted

    def __call__(self, images, targets):
        replay = self.replays.get(images.shape)
        if replay is not None:
            return replay(images, targets)
        if self.started and not self.failed:
            return self._try(images, targets)
        self.started = True
        return self.step(images, targets)

    def _try(self, images, targets):
        """Take the plain step, after a trial that is undone."""
        tensors, by_replay, reason = _tensors(self.parts), None, None
        before, recording = _copies(tensors), self.recordings.get(images.shape)
        optimizers = [part for part in self.parts if isinstance(part, torch.optim.Optimizer)]
        own_settings = [optimizer.param_groups for optimizer in optimizers]
        try:
            for optimizer in optimizers:  # its form of fewest operations
                form = {"foreach": False, "fused": not isinstance(optimizer, torch.optim.SGD)}
                optimizer.param_groups = [group | form for group in optimizer.param_groups]
            with torch.random.fork_rng(devices=[]):
                if recording is None:
                    self.recordings[images.shape] = record(self.step, images, targets)
                else:
                    by_replay = _copies(tensors, recording(images, targets))
        except Exception as error:  # whatever it is: the plain step goes on
            reason = textwrap.shorten(f"{type(error).__name__}: {error}", 100, placeholder=" ...")
        finally:
            for optimizer, settings in zip(optimizers, own_settings, strict=True):
                optimizer.param_groups = settings
            for tensor, value in zip(tensors, before, strict=True):
                tensor.data.copy_(value)
        result = self.step(images, targets)
        by_step = _copies(tensors, result)
        # what is not finite cannot be compared; then the next step is
        if by_replay is not None and all(value.isfinite().all() for value in by_step):
            if _agree(before, by_replay, by_step, len(images)):
                self.replays[images.shape] = recording
            else:
                reason = "a replay differs from the step"
        if reason is not None:
            self.failed = True
            _say(reason)
        return result


def _tensors(parts):
    """Return what a step may change: weights, buffers, and the state of the optimizers."""
    tensors = []
    for part in parts:
        if isinstance(part, nn.Module):
            tensors += [*part.parameters(), *part.buffers()]
        elif isinstance(part, torch.optim.Optimizer):
            tensors += [value for state in part.state.values() for value in state.values()]
    return [tensor for tensor in tensors if isinstance(tensor, torch.Tensor)]


def _copies(tensors, result=()):
    """Return copies of `tensors` and of a step's result, which is one tensor or several."""
    results = [result] if isinstance(result, torch.Tensor) else result
    return [tensor.detach().clone() for tensor in [*tensors, *results]]


def _agree(before, by_replay, by_step, count):
    """Whether replay and step differ by rounding alone, measured by how far the step goes.

    A replay adds the terms of `count` images to a weight itself, so that each is rounded as the weight is.
    """
    start = torch.zeros(())  # of the result
    rounding = 4 + count**0.5
    for old, one, other in itertools.zip_longest(before, by_replay, by_step, fillvalue=start):
        eps = torch.finfo(other.dtype).eps if other.is_floating_point() else 0
        old, one, other = old.double(), one.double(), other.double()
        if not (one - other).norm() <= 1e-3 * (other - old).norm() + rounding * eps * other.norm():
            return False
    return True


def record(step, *inputs):
    """Take one step and record it; returns a function that replays it, on inputs of these shapes."""
    from torch.fx.experimental.proxy_tensor import make_fx  # not promised to stay where it is

    module = make_fx(lambda *inputs: step(*inputs))(*inputs)
    _simplify(module.graph)
    return _write_function(module)


def _simplify(graph):
    """Drop what only autograd or the profiler needs, and merge operations that are faster as one."""
    for node in reversed(graph.nodes):
        if "_record_function" in str(node.target):  # a mark for the profiler
            graph.erase_node(node)
        elif node.target in (aten.detach.default, aten.alias.default):
            node.replace_all_uses_with(node.args[0])
        elif node.target is T and node.args[0].target is T:
            node.replace_all_uses_with(node.args[0].args[0])
        elif node.target is aten.view.default and _is_used_once(node.args[0], SUM):
            total, shape = node.args
            if total.args[1:] == ([0], True) and len(shape) == 1:  # (1, n), seen as (n,)
                total.args = (total.args[0], [0])
                node.replace_all_uses_with(total)
    graph.eliminate_dead_code()
    _drop_unread_gradients(graph)
    for node in graph.nodes:
        if node.target in (ADD, aten.add_.Tensor):
            _merge_product(graph, node)
        elif node.target is aten._foreach_add_.Scalar:  # Adam counts its steps; a tensor is faster
            counts, number = node.args
            node.target = aten._foreach_add_.List
            node.args = counts, [torch.tensor(float(number))] * len(counts)


def _drop_unread_gradients(graph):
    """Drop what is added to a gradient after its last use: in a GAN, the generator's step would
    compute gradients for the discriminator, too."""
    for node in reversed(graph.nodes):
        is_added = node.target is aten.add_.Tensor and node.args[0].target in (ADD, MM, SUM)
        if is_added and not node.users:
            graph.erase_node(node)
    graph.eliminate_dead_code()


def _merge_product(graph, node):
    """Make one operation of ``total + a @ b``, if `total` may be overwritten.

    That is the update by plain SGD, ``weight += alpha * (a @ b)``, or the sum of two gradients.
    """
    total, product = node.args
    may_overwrite = node.target is aten.add_.Tensor or _is_used_once(total, MM)
    if may_overwrite and _is_used_once(product, MM):
        node.target, node.args = aten.addmm_.default, (total, *product.args)
        graph.erase_node(product)


def _is_used_once(value, operation):
    return isinstance(value, Node) and value.target is operation and len(value.users) == 1


def _write_function(module):
    """Write the graph of `module` as a Python function of one line per operation.

    Weights, optimizer state and other fixed values are global names of that function; so are the
    operations: `sum_1 = do_sum_1(mm, [value_7])`. A value is deleted after its last use: the images
    between the layers of a convolutional network would fill the memory anew in each step.
    """
    names, inputs, lines = {}, [], []
    last_use = {used: node for node in module.graph.nodes for used in node.all_input_nodes}
    for node in module.graph.nodes:
        if node.op == "placeholder":
            inputs.append(node.name)
        elif node.op == "get_attr":
            names[node.name] = getattr(module, node.target).detach()
        elif node.op == "output":
            lines.append(f"return {_text(node.args[0], names)}")
        elif node.target is T and node.args[0].op == "get_attr":
            names[node.name] = names[node.args[0].name].t()  # a view: follows the weight's updates
        else:
            operation = node.target
            name = operation.__name__.partition(".")[0]
            if name in FREQUENT:
                operation = getattr(torch, name, None) or getattr(torch.Tensor, name, operation)
            names[f"do_{node.name}"] = operation
            arguments = [_text(value, names) for value in node.args]
            arguments += [f"{key}={_text(value, names)}" for key, value in node.kwargs.items()]
            lines.append(f"{node.name} = do_{node.name}({', '.join(arguments)})")
            used = [each for each in node.all_input_nodes if last_use[each] is node]
            lines += [f"del {each.name}" for each in used if each.name not in names]
    source = f"def replay({', '.join(inputs)}):\n    " + "\n    ".join(lines)
    exec(source, names)  # safe: its text is names alone, which torch.fx and this module made
    return names["replay"]


def _text(value, names):
    """Return the text of an argument: a node's name, or a new one in `names` for what it is."""
    if isinstance(value, Node):
        return value.name
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_text(item, names) for item in value)}]"
    name = f"value_{len(names)}"
    names[name] = value
    return name
