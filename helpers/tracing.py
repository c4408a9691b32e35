"""Record one training step, then replay only its arithmetic.

At batch size 1 a training step is some thirty tiny tensor operations, and most of its time goes
into what surrounds them: module calls, autograd's graph, the optimizer's bookkeeping, new memory
for every gradient. `TracedStep` takes the plain step as you would write it, lets PyTorch's own
tracer (`make_fx`) list the operations that it performs, and writes the list out as one Python
function. Calling that function does the same arithmetic without the rest.
"""

import contextlib
import math

import torch
from torch import nn
from torch.fx import Node

aten = torch.ops.aten

try:
    from torch.fx.experimental.proxy_tensor import make_fx
    from torch.nn.modules.module import _has_any_global_hook
    from torch.optim.optimizer import _global_optimizer_post_hooks, _global_optimizer_pre_hooks

    DETACH, MM = aten.detach.default, aten.mm.default
    # The most frequent operations, under the names by which Python calls them with the least ado.
    QUICK_CALLS = {
        aten.addmm.default: torch.addmm,
        aten.addmm_.default: torch.Tensor.addmm_,
        aten.add_.Tensor: torch.Tensor.add_,
        aten.ones_like.default: torch.ones_like,
        aten.mm.out: torch.mm,
        aten.sigmoid.default: torch.sigmoid,
        aten.sum.dim_IntList: torch.sum,
        aten.t.default: torch.t,
        aten.view.default: torch.Tensor.view,
        aten._foreach_add_.Scalar: torch._foreach_add_,
        aten._fused_adam_.default: torch._fused_adam_,
    }
    CAN_RECORD = True
except (ImportError, AttributeError):  # a PyTorch in which a private name is missing
    CAN_RECORD = False  # trains plainly


@contextlib.contextmanager
def fastest(step, network, loss_function, optimizer):
    """Yield the fastest form of `step`: recorded, where that is possible, otherwise as it is.

    A recorded optimizer takes its form that is the fewest operations, and its own at the end.
    """
    if not can_trace(network, loss_function, optimizer):
        yield step
        return
    groups, fused = optimizer.param_groups, not isinstance(optimizer, torch.optim.SGD)
    forms = [{"foreach": group["foreach"], "fused": group["fused"]} for group in groups]
    try:
        for group in groups:
            group.update(foreach=False, fused=fused)
        yield TracedStep(step)
    finally:
        for group, form in zip(groups, forms, strict=True):
            group.update(form)


def can_trace(network, loss_function, optimizer) -> bool:
    """Whether a step is the same operations every time, so that one recording stands for all.

    True for an `nn.Sequential` of PyTorch's own layers on the CPU with one of PyTorch's own
    losses and `SGD`, `Adam` or `AdamW`. A class of your own may do something else at each call.
    """
    try:
        return (
            CAN_RECORD
            and type(network) is nn.Sequential
            and all(_is_plain_layer(layer) for layer in [*network.modules(), loss_function])
            and not _has_any_global_hook()
            and all(_is_plain_parameter(parameter) for parameter in network.parameters())
            and _is_plain_optimizer(optimizer)
        )
    except AttributeError:  # a private name is missing
        return False


def _is_plain_layer(layer):
    """Whether a layer or loss is PyTorch's own, and nothing was added to it."""
    return (
        type(layer).__module__.startswith("torch.nn.modules.")
        and "forward" not in vars(layer)
        and not (layer._forward_hooks or layer._forward_pre_hooks)
        and not (layer._backward_hooks or layer._backward_pre_hooks)
        and getattr(layer, "momentum", 0.0) is not None  # BatchNorm that counts its calls
    )


def _is_plain_parameter(parameter):
    hooks = parameter._backward_hooks or parameter._post_accumulate_grad_hooks
    return parameter.device.type == "cpu" and not hooks


def _is_plain_optimizer(optimizer):
    """Whether an optimizer is one of three, with ordinary settings, and nothing was added to it."""
    step = vars(optimizer).get("step")  # a schedule wraps it, which is harmless
    return (
        type(optimizer) in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW)
        and not (optimizer._optimizer_step_pre_hooks or optimizer._optimizer_step_post_hooks)
        and (step is None or hasattr(step, "_wrapped_by_lr_sched"))
        and not (_global_optimizer_pre_hooks or _global_optimizer_post_hooks)
        and all(_is_plain_group(group) for group in optimizer.param_groups)
    )


def _is_plain_group(group):
    """Whether a parameter group has ordinary settings: numbers, and no higher derivatives."""
    return not (
        isinstance(group["lr"], torch.Tensor)
        or group.get("differentiable")
        or group.get("capturable")
    )


class TracedStep:
    """Calls `step(images, targets)`, from the second call on as a replayed recording.

    The first call is plain, so that the optimizer creates its state. After that the first call
    with a new batch shape records (and takes) the step, and later ones replay it.
    """

    def __init__(self, step):
        self.step = step
        self.started = False
        self.replays = {}  # for each shape of images a function

    def __call__(self, images, targets):
        replay = self.replays.get(images.shape)
        if replay is not None:
            return replay(images, targets)
        if not self.started:
            self.started = True
            return self.step(images, targets)
        loss, self.replays[images.shape] = record(self.step, images, targets)
        return loss


def record(step, images, targets):
    """Take one step and record it; returns its result and a function that replays it."""
    results = []

    def recorded(images, targets):
        results.append(step(images, targets))
        return results[0]

    # list its operations
    module = make_fx(recorded)(images, targets)
    # leave out what a replay does not need
    _simplify(module.graph)
    # write out the rest
    return results[0], _write_function(module)


def _simplify(graph):
    """Drop what only autograd or the profiler needs; give the gradients no memory of their own."""
    # marks for the profiler
    for node in reversed(graph.nodes):
        if "_record_function" in str(node.target):
            graph.erase_node(node)
    # values that another value already is
    for node in graph.nodes:
        if node.target is DETACH:
            node.replace_all_uses_with(node.args[0])
        elif node.target is aten.t.default and node.args[0].target is aten.t.default:
            node.replace_all_uses_with(node.args[0].args[0])
        elif node.target is aten.view.default and _is_bias_gradient(node):
            total = node.args[0]
            total.args = (total.args[0], [0])  # sum to (n,) at once
            node.replace_all_uses_with(total)
    graph.eliminate_dead_code()
    # weight += alpha * (a @ b), the update by plain SGD: one operation for both
    for node in graph.nodes:
        if node.target is aten.add_.Tensor and _is_used_once(node.args[1], MM):
            weight, product = node.args
            node.target, node.args = aten.addmm_.default, (weight, *product.args)
            graph.erase_node(product)


def _is_bias_gradient(view):
    """Whether `view` sees as (n,) a sum over the batch that has the shape (1, n)."""
    total, shape = view.args
    is_sum = _is_used_once(total, aten.sum.dim_IntList) and total.args[1:] == ([0], True)
    return is_sum and len(shape) == 1


def _is_used_once(value, operation):
    return isinstance(value, Node) and value.target is operation and len(value.users) == 1


def _write_function(module):
    """Write the graph of `module` as a Python function of one line per operation.

    Weights, optimizer state, the matrix that holds each remaining gradient and other fixed values
    are global names of that function; so are the operations: `mm = do_mm(a, b, out=value_7)`.
    """
    names, inputs, lines = {}, [], []
    for node in module.graph.nodes:
        if node.op == "placeholder":
            inputs.append(node.name)
        elif node.op == "get_attr":
            names[node.name] = getattr(module, node.target).detach()
        elif node.op == "output":
            lines.append(f"return {_text(node.args[0], names)}")
        elif node.target is aten.t.default and node.args[0].op == "get_attr":
            names[node.name] = names[node.args[0].name].t()  # a view: follows the weight's updates
        else:
            operation, kwargs = node.target, dict(node.kwargs)
            if operation is MM:
                operation = aten.mm.out
                like = node.meta["tensor_meta"]
                kwargs["out"] = torch.empty(like.shape, dtype=like.dtype)
            names[f"do_{node.name}"] = QUICK_CALLS.get(operation, operation)
            arguments = [_text(value, names) for value in node.args]
            arguments += [f"{key}={_text(value, names)}" for key, value in kwargs.items()]
            lines.append(f"{node.name} = do_{node.name}({', '.join(arguments)})")
    source = f"def replay({', '.join(inputs)}):\n    " + "\n    ".join(lines)
    exec(source, names)
    return names["replay"]


def _text(value, names):
    """Return the Python text of an argument; one that has none becomes a new name in `names`."""
    if isinstance(value, Node):
        return value.name
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_text(item, names) for item in value)}]"
    if isinstance(value, (int, str, type(None))):
        return repr(value)
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    names[f"value_{len(names)}"] = value  # a dtype, a device, infinity, ...
    return f"value_{len(names) - 1}"
