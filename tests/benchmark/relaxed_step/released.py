"""released.py RELAXED_STEP [--quick]: how long the reference executor of relaxed_step takes over a plain PyTorch module
of the same network in the form of the released code, operation by operation.

RELAXED_STEP is the program in the build folder. Both run by turns in one run: seconds, median [quartiles], of CPU time
with one thread, of time with two. It needs PyTorch for Python (Debian: python3-torch).
"""

import statistics
import subprocess
import sys
import time

import torch
from torch import nn
from torch.nn import functional

CHANNELS = 16
CELLS = 8
NODES = 4


def normalization(channels):
    return nn.BatchNorm2d(channels, affine=False)


class Zero(nn.Module):
    def __init__(self, stride):
        super().__init__()
        self.stride = stride

    def forward(self, x):
        return x.mul(0.0) if self.stride == 1 else x[:, :, :: self.stride, :: self.stride].mul(0.0)


class FactorizedReduce(nn.Module):
    def __init__(self, channels_in, channels_out):
        super().__init__()
        self.relu = nn.ReLU()
        self.even = nn.Conv2d(channels_in, channels_out // 2, 1, stride=2, bias=False)
        self.odd = nn.Conv2d(channels_in, channels_out // 2, 1, stride=2, bias=False)
        self.norm = normalization(channels_out)

    def forward(self, x):
        x = self.relu(x)
        return self.norm(torch.cat([self.even(x), self.odd(x[:, :, 1:, 1:])], dim=1))


def convolution(channels_in, channels_out):
    return nn.Sequential(nn.ReLU(), nn.Conv2d(channels_in, channels_out, 1, bias=False), normalization(channels_out))


def depthwise(channels, kernel, stride, dilation):
    padding = kernel // 2 * dilation
    return [
        nn.ReLU(),
        nn.Conv2d(channels, channels, kernel, stride, padding, dilation, groups=channels, bias=False),
        nn.Conv2d(channels, channels, 1, bias=False),
        normalization(channels),
    ]


def candidates(channels, stride):
    yield Zero(stride)
    yield nn.Sequential(nn.MaxPool2d(3, stride, 1), normalization(channels))
    yield nn.Sequential(nn.AvgPool2d(3, stride, 1, count_include_pad=False), normalization(channels))
    yield nn.Identity() if stride == 1 else FactorizedReduce(channels, channels)
    for kernel in 3, 5:
        yield nn.Sequential(*depthwise(channels, kernel, stride, 1), *depthwise(channels, kernel, 1, 1))
    for kernel in 3, 5:
        yield nn.Sequential(*depthwise(channels, kernel, stride, 2))


class MixedEdge(nn.Module):
    def __init__(self, channels, stride):
        super().__init__()
        self.candidates = nn.ModuleList(candidates(channels, stride))

    def forward(self, x, weights):
        return sum(w * candidate(x) for w, candidate in zip(weights, self.candidates))


class Cell(nn.Module):
    def __init__(self, before_last, last, channels, is_reduction, is_behind_reduction):
        super().__init__()
        self.first = (FactorizedReduce if is_behind_reduction else convolution)(before_last, channels)
        self.second = convolution(last, channels)
        self.edges = nn.ModuleList(
            MixedEdge(channels, 2 if is_reduction and source < 2 else 1)
            for node in range(NODES)
            for source in range(2 + node)
        )

    def forward(self, before_last, last, weights):
        values = [self.first(before_last), self.second(last)]
        edge = 0
        for _ in range(NODES):
            values.append(sum(self.edges[edge + i](x, weights[edge + i]) for i, x in enumerate(values)))
            edge += len(values) - 1
        return torch.cat(values[-NODES:], dim=1)


class Supernet(nn.Module):
    def __init__(self):
        super().__init__()
        channels = CHANNELS
        self.stem = nn.Sequential(nn.Conv2d(3, 3 * channels, 3, padding=1, bias=False), nn.BatchNorm2d(3 * channels))
        before_last = last = 3 * channels
        self.cells = nn.ModuleList()
        was_reduction = False
        for i in range(CELLS):
            is_reduction = i in (CELLS // 3, 2 * CELLS // 3)
            channels *= 2 if is_reduction else 1
            self.cells.append(Cell(before_last, last, channels, is_reduction, was_reduction))
            self.cells[-1].is_reduction = was_reduction = is_reduction
            before_last, last = last, NODES * channels
        self.classifier = nn.Linear(last, 10)
        edges = sum(2 + node for node in range(NODES))
        self.alphas = [(1e-3 * torch.randn(edges, 8)).requires_grad_() for _ in range(2)]

    def forward(self, x):
        before_last = last = self.stem(x)
        for cell in self.cells:
            weights = functional.softmax(self.alphas[1 if cell.is_reduction else 0], dim=-1)
            before_last, last = last, cell(before_last, last, weights)
        return self.classifier(functional.adaptive_avg_pool2d(last, 1).flatten(1))


class Released:
    def __init__(self, batch):
        self.net = Supernet()
        self.descent = torch.optim.SGD(self.net.parameters(), 0.025, momentum=0.9, weight_decay=3e-4)
        self.x = torch.randn(batch, 3, 32, 32)
        self.labels = torch.randint(10, (batch,))

    def forward(self):
        with torch.no_grad():
            functional.cross_entropy(self.net(self.x), self.labels)

    def weight_step(self):
        self.descent.zero_grad()
        functional.cross_entropy(self.net(self.x), self.labels).backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.descent.step()


def quartiles(seconds):
    low, median, high = statistics.quantiles(seconds, n=4)
    return f"{median:8.3f} [{low:6.3f} - {high:6.3f}]"


def compare(program, threads, batch, runs):
    torch.set_num_threads(threads)
    released = Released(batch)
    clock = time.process_time if threads == 1 else time.perf_counter
    executor = subprocess.Popen(
        [program, "--answer", str(threads), str(batch)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    print(f"\n{threads} thread{'s' if threads > 1 else ''}, batch {batch}")
    print(f"{'':14} {'released form':>26} {'reference executor':>26}   ratio")
    for name, step in ("forward", released.forward), ("weight step", released.weight_step):
        of_released, of_executor = [], []
        for run in range(runs + 1):
            begin = clock()
            step()
            took = clock() - begin
            executor.stdin.write(name + "\n")
            executor.stdin.flush()
            answered = float(executor.stdout.readline())
            if run > 0:  # the first fills memory and caches
                of_released.append(took)
                of_executor.append(answered)
        ratio = statistics.median(of_executor) / statistics.median(of_released)
        print(f"{name:14} {quartiles(of_released)} {quartiles(of_executor)} {ratio:7.2f}", flush=True)
    executor.stdin.close()
    executor.wait()


def main():
    runs = 3 if "--quick" in sys.argv else 9
    numbers = sum(p.numel() for p in Supernet().parameters())
    assert numbers == 1930618, numbers
    for threads in 1, 2:
        compare(sys.argv[1], threads, 8, runs)


main()
