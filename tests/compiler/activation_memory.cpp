#include <espalier/compiler/activation_memory.hpp>

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/expand.hpp>
#include <espalier/compiler/lower.hpp>
#include <espalier/compiler/passes/infer_types.hpp>
#include <espalier/compiler/sample.hpp>
#include <espalier/compiler/specialize.hpp>
#include <espalier/compiler/text.hpp>
#include <spaces/all.hpp>

#include "catch.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

using namespace espalier::compiler;

namespace {

graph network(std::string_view input, std::string_view operations, std::string_view yielded) {
  return infer_types(
      parse(fmt::format("espalier 1\nnetwork \"n\" (%x: {}) {{\n{}\nyield %{}\n}}", input, operations, yielded)));
}

// A value, and the first and the last tick at which it is alive.
struct lifetime {
  long long bytes;
  int first;
  int last;
};

// Every operation that holds no other is a tick. What a block yields is alive to its end, then the block's result.
class lifetimes {
public:
  explicit lifetimes(graph const& network) {
    auto const ends = add_values_of(network.body);
    add(network.body.arguments.front(), network.body, 0, ends);
  }

  [[nodiscard]] long long peak() const {
    long long most = 0;
    for (int tick = 0; tick < clock_; ++tick) {
      long long sum = 0;
      for (auto const& value : all_)
        sum += value.first <= tick && tick <= value.last ? value.bytes : 0;
      most = std::max(most, sum);
    }
    return most;
  }

private:
  // The last tick of each operation.
  std::vector<int> add_values_of(region const& body) {
    std::vector<int> begins;
    std::vector<int> ends;
    for (auto const& op : body.operations) {
      if (op.regions.empty() || op.regions.front().operations.empty()) {
        begins.push_back(clock_++);
      } else {
        add_values_of(op.regions.front());
        begins.push_back(clock_);
      }
      ends.push_back(clock_ - 1);
    }
    for (std::size_t i = 0; i < body.operations.size(); ++i)
      add(body.operations[i].results.front(), body, begins[i], ends);
    return ends;
  }

  void add(value const& v, region const& body, int first, std::vector<int> const& ends) {
    int last = body.yields.front() == v.name ? clock_ - 1 : first;
    for (std::size_t i = 0; i < body.operations.size(); ++i)
      if (std::ranges::count(body.operations[i].operands, v.name) > 0)
        last = std::max(last, ends[i]);
    all_.push_back({4 * v.type.elements(), first, last});
  }

  int clock_ = 0;
  std::vector<lifetime> all_;
};

bool has_recurrence(region const& body) {
  return std::ranges::any_of(body.operations, [](operation const& op) {
    return op.form() == structure::recurrence || std::ranges::any_of(op.regions, has_recurrence);
  });
}

} // namespace

TEST_CASE("in a chain, an operation's operand and its result are alive") {
  auto const chain = network("image[1, 4, 4]", R"(%a = conv %x {kernel = 3, channels = 8}
%b = relu %a
%c = max_pool %b {kernel = 3, stride = 2})",
                             "c");
  CHECK(activation_memory(chain) == 512 + 512);
  CHECK(inference_memory(chain) == 4 * 3 * 3 * 8 + 512 + 512);
  CHECK(activation_memory(network("image[1, 4, 4]", "", "x")) == 64);
}

TEST_CASE("a value is alive up to its last reader") {
  CHECK(activation_memory(network("image[2, 4, 4]", "%a = conv %x {kernel = 1}\n%b = relu %a", "b")) == 128 + 128);
  CHECK(activation_memory(
            network("image[2, 4, 4]", "%a = conv %x {kernel = 1}\n%b = relu %a\n%sum = add %x, %b", "sum")) == 3 * 128);
  // The input is gone where both branches lie side by side.
  auto const concat = network("image[2, 4, 4]", R"(%a = conv %x {kernel = 1, channels = 4}
%b = conv %x {kernel = 3}
%both = concat %a, %b)",
                              "both");
  CHECK(activation_memory(concat) == 256 + 128 + 384);
  CHECK(activation_memory(network("image[2, 4, 4]", "%twice = add %x, %x", "twice")) == 128 + 128);
}

TEST_CASE("what a block computes counts on top of what is alive outside, its operands among that") {
  auto const in_block = network("image[2, 4, 4]", R"(%y = relu %x
%wide = block "wide" %x (%z) {
  %a = conv %z {kernel = 1, channels = 8}
  %b = conv %a {kernel = 1, channels = 2}
  yield %b
}
%sum = add %y, %wide)",
                                "sum");
  CHECK(activation_memory(in_block) == 128 + 128 + 512 + 128);
  auto const alone = network("image[2, 4, 4]", R"(%y = relu %x
%a = conv %x {kernel = 1, channels = 8}
%b = conv %a {kernel = 1, channels = 2}
%sum = add %y, %b)",
                             "sum");
  CHECK(activation_memory(alone) == 128 + 128 + 512);
  CHECK(inference_memory(in_block) - inference_memory(alone) == 128);
}

TEST_CASE("a recurrence keeps its states, and the sequence that they make") {
  auto const memory = [](int positions) {
    return activation_memory(network(fmt::format("sequence[4, {}, 1]", positions),
                                     R"(%states = recurrence %x {channels = 5} (%now, %state) {
  %from_input = linear %now {channels = 5}
  %from_state = linear %state {channels = 5, bias = 0}
  %sum = add %from_input, %from_state
  %next = tanh %sum
  yield %next
}
%last = last_step %states)",
                                     "last"));
  };
  CHECK(memory(7) == 7 * 16 + 7 * 20 + 7 * 20);
  CHECK(memory(2) == 2 * 16 + 1 * 20 + 3 * 20);
  CHECK(memory(1) == 16 + 20 + 3 * 20); // the zeros before the first state
}

TEST_CASE("ids of words take 8 bytes, whatever the vocabulary") {
  CHECK(activation_memory(network("ids[60, 3]", "%words = embedding %x {channels = 5}", "words")) == 3 * 8 + 3 * 5 * 4);
}

TEST_CASE("in every shipped space, memory is that of the lifetimes of all values") {
  for (auto const& [declared, what] : spaces::all()) {
    auto const expanded = expand(lower(declared));
    decision_space const decisions{expanded};
    CAPTURE(expanded.name);
    random_generator random{5};
    for (int n = 0; n < 3; ++n) {
      auto const made = specialize(expanded, decisions, sample(decisions, random));
      if (has_recurrence(made.body) || made.input().kind == espalier::dsl::tensor_kind::ids)
        continue;
      REQUIRE(activation_memory(made) == lifetimes{made}.peak());
    }
  }
}

TEST_CASE("a network that still decides has no peak of memory") {
  auto const space = expand(lower(spaces::fashion::blocks.view()));
  CHECK_THROWS_AS(activation_memory(space), espalier::internal_error);
}
