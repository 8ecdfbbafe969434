#include <espalier/compiler/activation_memory.hpp>

#include <espalier/compiler/cost.hpp>
#include <espalier/compiler/error.hpp>

#include <algorithm>
#include <map>
#include <numeric>
#include <string>

#include <fmt/format.h>

namespace espalier::compiler {

namespace {

constexpr long long bytes_of_number = 4;
constexpr long long bytes_of_id = 8;

long long bytes_of(tensor_type const& type) {
  return type.kind == dsl::tensor_kind::ids ? bytes_of_id * type.positions() : bytes_of_number * type.elements();
}

// The position of each value's last reader; of what is yielded, behind all operations.
std::map<std::string, std::size_t> last_readers(region const& body) {
  std::map<std::string, std::size_t> last;
  for (std::size_t i = 0; i < body.operations.size(); ++i)
    for (auto const& operand : body.operations[i].operands)
      last[operand] = i;
  for (auto const& yielded : body.yields)
    last[yielded] = body.operations.size();
  return last;
}

long long peak_inside(operation const& op);

// Of the values that a region computes and of those that are alive where it begins.
long long peak_of(region const& body, std::map<std::string, long long> alive) {
  auto const last = last_readers(body);
  auto const total = [&] {
    return std::accumulate(alive.begin(), alive.end(), 0LL,
                           [](long long sum, auto const& value) { return sum + value.second; });
  };
  auto peak = total();
  for (std::size_t i = 0; i < body.operations.size(); ++i) {
    auto const& op = body.operations[i];
    if (is_statement(op.form()))
      continue;
    peak = std::max(peak, total() + peak_inside(op));
    alive[op.name()] = bytes_of(op.type());
    std::erase_if(alive, [&](auto const& value) {
      auto const reader = last.find(value.first);
      return reader == last.end() || reader->second <= i;
    });
  }
  return peak;
}

// The states up to the last but one while the last one is made, at least the zeros before the first; then all of them
// and the sequence.
long long peak_of_recurrence(operation const& op) {
  auto const sequence = bytes_of(op.type());
  auto const positions = op.type().positions();
  auto const state = sequence / positions;
  return std::max(std::max(positions - 1, 1LL) * state + peak_of(op.regions.front(), {}), 2 * sequence);
}

// What an operation adds to the values that are alive before it, at the most.
long long peak_inside(operation const& op) {
  auto const result = bytes_of(op.type());
  switch (op.form()) {
  case structure::block:
    return std::max(result, peak_of(op.regions.front(), {}));
  case structure::recurrence:
    return peak_of_recurrence(op);
  default:
    if (!op.regions.empty())
      throw internal_error(fmt::format("%{} has no peak of memory: the network still decides", op.name()));
    return result;
  }
}

} // namespace

long long activation_memory(graph const& network) {
  auto const& input = network.body.arguments.front();
  return peak_of(network.body, {{input.name, bytes_of(input.type)}});
}

long long inference_memory(graph const& network) {
  return bytes_of_number * cost_of(network).params + activation_memory(network);
}

} // namespace espalier::compiler
