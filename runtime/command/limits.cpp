#include "limits.hpp"

#include "cost_summary.hpp"
#include "numbers.hpp"

#include <espalier/compiler/error.hpp>
#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/search.hpp>

#include <charconv>

#include <fmt/format.h>

namespace espalier::command {

namespace {

long long read_memory_limit(std::string const& text) {
  if (auto const bytes = parse_amount(text))
    return *bytes;
  throw user_error(fmt::format("--max-memory is '{}': give bytes such as 600000, 600k or 12.5M", text));
}

compiler::latency_budget read_latency_limit(std::string const& text) {
  auto const colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0)
    throw user_error(fmt::format(
        "--max-latency is '{}': give the file of a table and milliseconds, such as latency.json:2.5", text));
  return {load_latencies(text.substr(0, colon)), read_milliseconds("--max-latency", text.substr(colon + 1))};
}

} // namespace

void read_limits(limit_arguments const& arguments, compiler::compiled_space const& space,
                 runtime::search_options& options) {
  if (!arguments.max_macs.empty())
    options.max_macs = read_limit("--max-macs", arguments.max_macs, space, &compiler::operation_cost::macs);
  if (!arguments.max_params.empty())
    options.max_params = read_limit("--max-params", arguments.max_params, space, &compiler::operation_cost::params);
  if (!arguments.max_memory.empty())
    options.max_memory = read_memory_limit(arguments.max_memory);
  if (!arguments.max_latency.empty())
    options.max_latency = read_latency_limit(arguments.max_latency);
}

compiler::latency_table load_latencies(std::string const& file) {
  return compiler::latency_table_from(compiler::parse_json(runtime::read_file(file), file), file);
}

double read_milliseconds(std::string const& flag, std::string const& text) {
  double value = 0;
  auto const* const end = text.data() + text.size();
  if (auto const [behind, error] = std::from_chars(text.data(), end, value);
      error != std::errc{} || behind != end || !(value > 0))
    throw user_error(fmt::format("{} is '{}': give milliseconds, such as 2.5", flag, text));
  return value;
}

} // namespace espalier::command
