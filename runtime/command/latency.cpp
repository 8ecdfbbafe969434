#include "space_commands.hpp"
#include "space_source.hpp"

#include <espalier/compiler/architecture.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/latency.hpp>
#include <espalier/runtime/threads.hpp>

#include <chrono>
#include <filesystem>

#include <fmt/format.h>

namespace espalier::command {

namespace {

constexpr auto between_saves = std::chrono::seconds{2};

compiler::latency_table begun_table(latency_arguments const& arguments, int threads) {
  compiler::latency_table table{arguments.device, threads, {}};
  if (!std::filesystem::exists(arguments.output))
    return table;
  auto const text = runtime::read_file(arguments.output);
  auto known = compiler::latency_table_from(compiler::parse_json(text, arguments.output), arguments.output);
  if (known.device != table.device || known.threads != table.threads)
    throw user_error(fmt::format("{} was measured on {} with {} threads, now it is {} with {}: choose another file",
                                 arguments.output, known.device, known.threads, table.device, table.threads));
  return known;
}

void save(compiler::latency_table const& table, std::string const& path) {
  runtime::write_atomically(path, compiler::to_json(table).dump(1) + "\n");
}

} // namespace

void measure_latency(latency_arguments const& arguments) {
  if (arguments.device != "cpu")
    throw user_error(fmt::format("--device is '{}': this version measures on cpu", arguments.device));
  auto const space = load_space(arguments.space);
  auto table = begun_table(arguments, runtime::use_threads(arguments.threads));
  auto const shapes = compiler::operation_shapes(space.expanded);
  auto saved = std::chrono::steady_clock::now();
  std::size_t measured = 0;
  for (auto const& shape : shapes) {
    if (table.entries.contains(shape.key()))
      continue;
    table.entries.emplace(shape.key(), runtime::measure(shape, arguments.runs));
    ++measured;
    if (std::chrono::steady_clock::now() - saved > between_saves) {
      save(table, arguments.output);
      saved = std::chrono::steady_clock::now();
    }
  }
  save(table, arguments.output);
  fmt::print("{}: {} operations of {}, {} of them measured now\n", arguments.output, shapes.size(),
             space.structured.name, measured);
}

} // namespace espalier::command
