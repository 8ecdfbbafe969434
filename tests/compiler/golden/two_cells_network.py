"""A network as plain PyTorch modules; README.md says which."""

import torch


def channels_last(x):
    """The layout in which convolutions are fastest on CPUs; of one channel, only by its strides."""
    if x.size(1) > 1:
        return x.contiguous(memory_format=torch.channels_last)
    return x.contiguous().as_strided(x.size(), (x.size(2) * x.size(3), 1, x.size(3), 1))


class FactorizedReduce(torch.nn.Module):
    """Halves a map by two 1x1 convolutions, of even rows and columns and of odd ones."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv0 = torch.nn.Conv2d(in_channels, out_channels // 2, 1, bias=False)
        self.conv1 = torch.nn.Conv2d(in_channels, out_channels // 2, 1, bias=False)

    def forward(self, x):
        # No stride: oneDNN's gradient of strided 1x1 convolutions is unsafe with threads (6035).
        return torch.cat([self.conv0(x[:, :, ::2, ::2]), self.conv1(x[:, :, 1::2, 1::2])], dim=1)


class Cell(torch.nn.Module):
    """Used 2 times; the first is cell0: [N, 8, 16, 16], [N, 8, 16, 16] -> [N, 8, 16, 16]."""

    def __init__(self, channels):
        super().__init__()
        self.conv0 = torch.nn.Conv2d(
            channels, channels, 5, padding=4, dilation=2, groups=channels, bias=False
        )

    def forward(self, before, now):
        return (
            self.conv0(before) + torch.nn.functional.max_pool2d(now, 3, stride=1, padding=1) + now
        )


class Half(torch.nn.Module):
    """half0: [N, 8, 16, 16] -> [N, 16, 8, 8]."""

    def __init__(self):
        super().__init__()
        self.factorized_reduce0 = FactorizedReduce(8, 16)
        self.batch_norm0 = torch.nn.BatchNorm2d(16)

    def forward(self, x):
        x = torch.relu(x)
        x = self.factorized_reduce0(x)  # [N, 16, 8, 8]
        return self.batch_norm0(x)


class Network(torch.nn.Module):
    """The network: [N, 3, 16, 16] -> [N, 10]."""

    def __init__(self):
        super().__init__()
        self.conv0 = torch.nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.batch_norm0 = torch.nn.BatchNorm2d(8)
        self.cell0 = Cell(8)
        self.half0 = Half()
        self._modules["type"] = torch.nn.Conv2d(16, 16, 1, bias=False)
        self.cell1 = Cell(16)
        self._modules["0"] = torch.nn.Conv2d(16, 24, 3, padding=1, groups=8, bias=False)
        self.linear0 = torch.nn.Linear(40, 10)

    def forward(self, x):
        x = channels_last(x)
        x = self.conv0(x)  # [N, 8, 16, 16]
        batch_norm0 = self.batch_norm0(x)
        cell0 = self.cell0(batch_norm0, batch_norm0)
        half0 = self.half0(cell0)  # [N, 16, 8, 8]
        type = self._modules["type"](half0)
        cell1 = self.cell1(half0, type)
        avg_pool0 = torch.nn.functional.avg_pool2d(
            cell1, 3, stride=2, padding=1, count_include_pad=False
        )
        value_0 = self._modules["0"](avg_pool0)  # [N, 24, 4, 4]
        concat0 = torch.cat([avg_pool0, value_0], dim=1)  # [N, 40, 4, 4]
        global_avg_pool0 = concat0.mean(dim=(2, 3))  # [N, 40]
        return self.linear0(global_avg_pool0)  # [N, 10]
