#include "python_leaves.hpp"

namespace espalier::compiler {

namespace {

constexpr std::string_view channels_last =
    R"py(def channels_last(x):
    """The layout in which convolutions are fastest on CPUs; of one channel, only by its strides."""
    if x.size(1) > 1:
        return x.contiguous(memory_format=torch.channels_last)
    return x.contiguous().as_strided(x.size(), (x.size(2) * x.size(3), 1, x.size(3), 1))
)py";

constexpr std::string_view factorized_reduce =
    R"py(class FactorizedReduce(torch.nn.Module):
    """Halves a map by two 1x1 convolutions, of even rows and columns and of odd ones."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv0 = torch.nn.Conv2d(in_channels, out_channels // 2, 1, bias=False)
        self.conv1 = torch.nn.Conv2d(in_channels, out_channels // 2, 1, bias=False)

    def forward(self, x):
        # No stride: oneDNN's gradient of strided 1x1 convolutions is unsafe with threads (6035).
        return torch.cat([self.conv0(x[:, :, ::2, ::2]), self.conv1(x[:, :, 1::2, 1::2])], dim=1)
)py";

constexpr std::string_view shuffle_channels =
    R"py(def shuffle_channels(x, groups):
    """Channels of every group in turn (Zhang et al. 2018); torch 1.13 cannot derive its own."""
    return x.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)
)py";

constexpr std::string_view squeeze_excite =
    R"py(class SqueezeExcite(torch.nn.Module):
    """Scales each channel by a gate that is computed from the means of all (Hu et al. 2018)."""

    def __init__(self, channels, squeezed):
        super().__init__()
        self.reduce = torch.nn.Conv2d(channels, squeezed, 1)
        self.expand = torch.nn.Conv2d(squeezed, channels, 1)

    def forward(self, x):
        squeezed = torch.relu(self.reduce(x.mean(dim=(2, 3), keepdim=True)))
        return x * torch.sigmoid(self.expand(squeezed))
)py";

constexpr std::string_view quantized_conv =
    R"py(class QuantizedConv(torch.nn.Module):
    """A convolution whose weights and input have a few bits; 32 bits are all (Zhou et al. 2016)."""

    def __init__(self, in_channels, out_channels, kernel_size, stride, weight_bits, input_bits):
        super().__init__()
        self.stride = stride
        self.weight_bits = weight_bits
        self.input_bits = input_bits
        like = torch.nn.Conv2d(in_channels, out_channels, kernel_size)
        self.weight = torch.nn.Parameter(like.weight.detach())

    @staticmethod
    def rounded(x, bits):
        """Rounds numbers in [0, 1] to so many bits; the gradient passes unchanged."""
        steps = 2**bits - 1
        return x + (torch.round(x * steps) / steps - x).detach()

    def quantized_weight(self):
        weight = self.weight
        if self.weight_bits == 32:
            return weight
        if self.weight_bits == 1:
            return weight + (torch.sign(weight) * weight.abs().mean() - weight).detach()
        bounded = torch.tanh(weight)
        return 2 * self.rounded(bounded / (2 * bounded.abs().max()) + 0.5, self.weight_bits) - 1

    def forward(self, x):
        if self.input_bits != 32:
            x = self.rounded(x.clamp(0, 1), self.input_bits)
        padding = self.weight.shape[-1] // 2
        return torch.conv2d(x, self.quantized_weight(), stride=self.stride, padding=padding)
)py";

constexpr std::string_view attention =
    R"py(class Attention(torch.nn.Module):
    """Multi-head self-attention (Vaswani et al. 2017, equation 1): [N, T, C] -> [N, T, C]."""

    def __init__(self, channels, heads, head_width):
        super().__init__()
        self.heads = heads
        self.query = torch.nn.Linear(channels, heads * head_width)
        self.key = torch.nn.Linear(channels, heads * head_width)
        self.value = torch.nn.Linear(channels, heads * head_width)
        self.projection = torch.nn.Linear(heads * head_width, channels)

    def by_head(self, x):
        """[N, T, heads * width] -> [N, heads, T, width]."""
        return x.unflatten(2, (self.heads, x.shape[2] // self.heads)).transpose(1, 2)

    def forward(self, x):
        query = self.by_head(self.query(x))
        key = self.by_head(self.key(x))
        value = self.by_head(self.value(x))
        scores = query @ key.transpose(2, 3) / query.shape[3] ** 0.5  # [N, heads, T, T]
        mixed = torch.softmax(scores, dim=-1) @ value
        return self.projection(mixed.transpose(1, 2).flatten(2))
)py";

constexpr std::string_view weighted_sum =
    R"py(def weighted_sum(terms, weights):
    """The sum of terms, each times the sigmoid of its weight (Xie et al. 2019)."""
    return sum(term * weight for term, weight in zip(terms, torch.sigmoid(weights)))
)py";

constexpr std::string_view recur =
    R"py(def recur(step, x, features):
    """Carries a state along a sequence: [N, T, C] -> [N, T, features]."""
    state = x.new_zeros(x.shape[0], features)
    states = []
    for position in x.unbind(dim=1):
        state = step(position, state)
        states.append(state)
    return torch.stack(states, dim=1)
)py";

} // namespace

std::vector<python_helper> const& python_helpers() {
  static std::vector<python_helper> const helpers{
      {"channels_last", channels_last},       {"FactorizedReduce", factorized_reduce},
      {"shuffle_channels", shuffle_channels}, {"SqueezeExcite", squeeze_excite},
      {"QuantizedConv", quantized_conv},      {"Attention", attention},
      {"weighted_sum", weighted_sum},         {"recur", recur},
  };
  return helpers;
}

} // namespace espalier::compiler
