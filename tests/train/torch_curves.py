"""Writes torch_curves.h: ten steps of a fixed network by each optimizer of PyTorch, in single precision.

    /usr/bin/python3 tests/train/torch_curves.py > tests/train/torch_curves.h

The network is 5 - 7 - 4 - 3 with tanh and relu, as a regression (half the squared error, summed over
the outputs) and as a classification (softmax). Step t = 0 .. 9 takes rows 10 (t mod 4) .. 10 (t mod 4) + 9 of 40;
the curve has the mean loss over all rows before the first step and after each.
Needs NumPy and PyTorch; made with NumPy 1.24.2 and PyTorch 1.13.0a0.
"""
import numpy
import torch

ROWS, BATCH, STEPS, SIZES = 40, 10, 10, (5, 7, 4, 3)
SETTINGS = [
    ("SGD", lambda groups: torch.optim.SGD(groups, lr=0.1)),
    ("MOMENTUM", lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.9)),
    ("NESTEROV", lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.9, nesterov=True)),
    ("RMSPROP", lambda groups: torch.optim.RMSprop(groups, lr=0.01, alpha=0.99, eps=1e-8)),
    ("ADAM", lambda groups: torch.optim.Adam(groups, lr=0.02, betas=(0.9, 0.999), eps=1e-8)),
    ("ADAMW", lambda groups: torch.optim.AdamW(groups, lr=0.02, betas=(0.9, 0.999), eps=1e-8)),
]
RATES = [0.1, 0.05, 0.05, 0.01, 0.02, 0.02]
WEIGHT_DECAY = 0.25  # of AdamW, for the weights; PyTorch would shrink biases too


def data():
    rng = numpy.random.default_rng(2026)
    x = rng.standard_normal((ROWS, SIZES[0])).astype(numpy.float32)
    y = numpy.stack([numpy.sin(x[:, 0]) + x[:, 1], x[:, 2] * x[:, 3], x[:, 4] - x[:, 0]], axis=1).astype(numpy.float32)
    theta = [(rng.standard_normal((i, o)).astype(numpy.float32) / numpy.float32(numpy.sqrt(i)),
              (0.1 * rng.standard_normal(o)).astype(numpy.float32)) for i, o in zip(SIZES, SIZES[1:])]
    return x, y, y.argmax(axis=1), theta


def network(theta):
    layers = []
    for (weights, bias), activation in zip(theta, (torch.nn.Tanh(), torch.nn.ReLU(), torch.nn.Identity())):
        layer = torch.nn.Linear(*weights.shape)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weights.T.copy()))
            layer.bias.copy_(torch.from_numpy(bias))
        layers += [layer, activation]
    return torch.nn.Sequential(*layers)


def curve(make, x, y, classes, theta):
    net = network(theta)
    groups = [{"params": [p for name, p in net.named_parameters() if "weight" in name]},
              {"params": [p for name, p in net.named_parameters() if "bias" in name]}]
    optimizer = make(groups)
    if isinstance(optimizer, torch.optim.AdamW):
        optimizer.param_groups[0]["weight_decay"] = WEIGHT_DECAY
        optimizer.param_groups[1]["weight_decay"] = 0.0

    def loss(first, count):
        z, target = net(x[first:first + count]), y[first:first + count]
        if classes:
            return torch.nn.functional.cross_entropy(z, target)
        return ((z - target) ** 2).sum(dim=1).mean() / 2

    losses = [loss(0, ROWS).item()]
    for step in range(STEPS):
        optimizer.zero_grad()
        loss(BATCH * (step % (ROWS // BATCH)), BATCH).backward()
        optimizer.step()
        losses.append(loss(0, ROWS).item())
    return losses


def array(kind, name, values, dimensions):
    words = [f"{value:.9g}" for value in numpy.asarray(values).ravel()]
    words = [word + "f" if "." in word else word for word in words]
    lines = [", ".join(words[i:i + 8]) for i in range(0, len(words), 8)]
    print(f"static {kind} {name}{dimensions} = {{\n    " + ",\n    ".join(lines) + "};\n")


def main():
    x, values, classes, theta = data()
    print("/* Ten steps of a fixed network by PyTorch 1.13; written by torch_curves.py, which says how. */\n/* clang-format off */")
    print("#ifndef GEMML_TESTS_TRAIN_TORCH_CURVES_H\n#define GEMML_TESTS_TRAIN_TORCH_CURVES_H\n")
    flat = numpy.concatenate([part.ravel() for layer in theta for part in layer])
    print(f"enum {{ TORCH_ROWS = {ROWS}, TORCH_BATCH = {BATCH}, TORCH_STEPS = {STEPS}, TORCH_PARAMETERS = {len(flat)} }};\n")
    array("float", "torch_x", x, f"[{ROWS * SIZES[0]}]")
    array("float", "torch_values", values, f"[{ROWS * SIZES[-1]}]")
    array("float", "torch_classes", classes, f"[{ROWS}]")
    array("const float", "torch_theta", flat, f"[{len(flat)}]")
    print(f"#define TORCH_WEIGHT_DECAY {WEIGHT_DECAY}\n")
    print("/* By gemml_optimizer; of the regression, then of the classification. */")
    print(f"static const double torch_rates[{len(RATES)}] = {{{', '.join(map(str, RATES))}}};\n")
    print(f"static const double torch_losses[{len(SETTINGS)}][2][{STEPS + 1}] = {{")
    for name, make in SETTINGS:
        print(f"    /* {name} */\n    {{")
        for target in (values, classes):
            losses = curve(make, torch.from_numpy(x), torch.from_numpy(target), target is classes, theta)
            print("        {" + ", ".join(f"{value:.9g}" for value in losses) + "},")
        print("    },")
    print("};\n\n#endif")


if __name__ == "__main__":
    main()
