#include "python_templates.hpp"

namespace espalier::compiler {

std::string_view const python_main_template =
    R"py("""Loads weights into the network of network.py and shows that it computes what it should."""

import argparse
import json
import struct
import sys
import time

import torch

from network import Network

INPUT_SHAPE = (@shape@)
DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "I64": torch.int64}


def load_safetensors(path):
    """Reads the tensors of a safetensors file: its header's length, its JSON header, its data."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    data = content[8 + length :]
    tensors = {}
    for name, entry in json.loads(content[8 : 8 + length]).items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        tensor = torch.empty(entry["shape"], dtype=DTYPES[entry["dtype"]])
        size = tensor.numel() * tensor.element_size()
        if not (0 <= begin <= end <= len(data) and end - begin == size):
            sys.exit(f"{path}: {name} has bytes {begin} to {end} of {len(data)}, {size} are needed")
        if size > 0:
            raw = torch.frombuffer(bytearray(data[begin:end]), dtype=tensor.dtype)
            tensor = raw.reshape(tensor.shape)
        tensors[name] = tensor
    return tensors


def check(network, path):
    """Compares with the outputs that the network had where it was found."""
    recorded = load_safetensors(path)
    with torch.no_grad():
        output = network(recorded["input"])
    limit = 1e-6
    difference = (output - recorded["output"]).abs().max().item()
    print(f"largest difference {difference:.3g} over {output.numel()} values (limit {limit:g})")
    return difference <= limit


def measure(network, repetitions=10):
    """Prints how long the network takes for one example."""
    example = @example@
    with torch.no_grad():
        output = network(example)
        start = time.perf_counter()
        for _ in range(repetitions):
            network(example)
    seconds = (time.perf_counter() - start) / repetitions
    parameters = sum(parameter.numel() for parameter in network.parameters())
    print(f"{parameters:,} parameters, {list(example.shape)} -> {list(output.shape)}")
    print(f"{seconds * 1e3:.2f} ms for one example")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", help="a safetensors file@weights_help@")
    parser.add_argument("--check", metavar="FILE", help="what to compare with@check_help@")
    arguments = parser.parse_args()
@if parity@
    arguments.check = arguments.check or (None if arguments.weights else "parity.safetensors")
    arguments.weights = arguments.weights or "weights.safetensors"
@end@
    network = Network().eval()
    if arguments.weights:
        network.load_state_dict(load_safetensors(arguments.weights))
    measure(network)
    if arguments.check and not check(network, arguments.check):
        sys.exit(1)


if __name__ == "__main__":
    main()
)py";

std::string_view const python_readme_template = R"md(# @name@

One architecture of the search space `@name@`, written out by Espalier as plain PyTorch. Nothing here needs Espalier.

| | |
|---|---|
| input | @input_shape@ |
| output | @output_shape@ |
| parameters | @params@ |
| multiply-adds | @macs@ |

| file | |
|---|---|
| `network.py` | the network: ordinary `torch.nn` modules, `Network` |
| `main.py` | loads weights, compares, measures |
@if parity@
| `weights.safetensors` | its weights, under the names of `Network().state_dict()` |
| `parity.safetensors` | inputs, and the outputs that the network had for them where it was found |
@end@

## Use

PyTorch is needed; on Debian: `apt install python3-torch`.

```sh
@if parity@
python3 main.py    # loads weights.safetensors and computes the same as where it was found
@end@
python3 main.py --weights FILE --check FILE
```

```python
from network import Network

network = Network()
```
@if architecture@

## Architecture

```json
@architecture@
```
@end@
)md";

} // namespace espalier::compiler
