#include "arguments.hpp"

#include <espalier/runtime/dataset.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::command {

namespace {

CLI::Validator quiet(CLI::Validator validator) {
  return validator.description("");
}

} // namespace

CLI::Validator const not_negative = quiet(CLI::NonNegativeNumber);
CLI::Validator const positive = quiet(CLI::PositiveNumber);

void add_space(CLI::App& to, std::string& space) {
  to.add_option("SPACE", space, "a shipped space, a file of IR text, or path.hpp[::name]")->required()->type_name("");
}

void add_architecture(CLI::App& to, std::string& architecture) {
  to.add_option("ARCH", architecture, "an architecture's JSON file, or the folder of a run")->required()->type_name("");
}

CLI::Option& add_optional_data(CLI::App& to, std::string& data) {
  return *to.add_option("--data", data, fmt::format("{}, or a folder", fmt::join(runtime::known_data(), ", ")))
              ->type_name("DATA");
}

void add_data(CLI::App& to, std::string& data) {
  add_optional_data(to, data).required();
}

void add_folder(CLI::App& to, std::string& folder) {
  to.add_option("--out", folder, "the run's folder; the same command resumes it")->required()->type_name("DIR");
}

void add_limits(CLI::App& to, limit_arguments& limits) {
  to.add_option("--max-macs", limits.max_macs, "at most so many multiply-adds: 600k, 12.5M, median")->type_name("M");
  to.add_option("--max-params", limits.max_params, "at most so many parameters")->type_name("P");
  to.add_option("--max-memory", limits.max_memory, "at most so many bytes of float32: weights and values at once")
      ->type_name("B");
  to.add_option("--max-latency", limits.max_latency, "at most so many milliseconds by a table of `latency`")
      ->type_name("FILE:MS");
}

void add_seed(CLI::App& to, std::uint64_t& seed) {
  to.add_option("--seed", seed, "of everything random")->type_name("S")->capture_default_str();
}

void add_number(CLI::App& to, std::string const& flag, std::int64_t& number, std::string const& what, int least) {
  to.add_option(flag, number, what)->type_name("N")->check(least == 0 ? not_negative : positive)->capture_default_str();
}

void add_rate(CLI::App& to, std::string const& flag, double& rate, std::string const& what) {
  to.add_option(flag, rate, what)->type_name("X")->check(not_negative)->capture_default_str();
}

} // namespace espalier::command
