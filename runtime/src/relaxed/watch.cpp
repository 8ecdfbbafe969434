#include "watch.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace espalier::runtime {

namespace {

// Zela et al., ICLR 2020, section 4.3: the mean over a window against the one so many measurements before.
constexpr std::size_t window = 5;
constexpr double largest_growth = 1 / 0.75;

// DARTS+, criterion 1.
constexpr int most_skips = 1;

double mean_before(std::vector<double> const& values, std::size_t end) {
  auto const first = values.begin() + static_cast<std::ptrdiff_t>(end > window ? end - window : 0);
  auto const last = values.begin() + static_cast<std::ptrdiff_t>(end);
  return std::accumulate(first, last, 0.0) / static_cast<double>(last - first);
}

} // namespace

std::size_t search_watch::best(std::size_t count) const {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < count; ++i)
    if (records_[i].accuracy && (!found || *records_[i].accuracy > *records_[*found].accuracy))
      found = i;
  return found.value_or(count - 1);
}

std::optional<search_watch::verdict> search_watch::judge(early_stop rule) const {
  switch (rule) {
  case early_stop::eigenvalue:
    return judge_eigenvalues();
  case early_stop::skips:
    return judge_skips();
  default:
    return {};
  }
}

std::optional<search_watch::verdict> search_watch::judge_eigenvalues() const {
  std::vector<double> values;
  std::vector<std::size_t> epochs;
  for (std::size_t i = 0; i < records_.size(); ++i)
    if (records_[i].accuracy && records_[i].eigenvalue) {
      values.push_back(*records_[i].eigenvalue);
      epochs.push_back(i);
    }
  if (values.size() <= window || !records_.back().eigenvalue)
    return {};
  auto const before = values.size() - window;
  auto const growth = mean_before(values, values.size()) / mean_before(values, before);
  if (!(growth > largest_growth))
    return {};
  return verdict{epochs[before - 1] + 1,
                 fmt::format("the dominant eigenvalue of the validation Hessian has grown {:.2f} times", growth)};
}

std::optional<search_watch::verdict> search_watch::judge_skips() const {
  if (records_.size() < 2 || !records_[records_.size() - 2].accuracy)
    return {};
  auto const before = skips_.count(records_[records_.size() - 2].derived);
  for (auto const& [cell, count] : skips_.count(records_.back().derived))
    if (count > most_skips && before.at(cell) <= most_skips)
      return verdict{records_.size() - 1, fmt::format("{} would have {} skip connections", cell, count)};
  return {};
}

std::map<std::string, int> search_watch::operations(compiler::architecture const& a) const {
  auto const active = compiler::active_decisions(space_.decisions, a);
  std::map<std::string, int> counts;
  for (std::size_t i = 0; i < a.values.size(); ++i)
    if (auto const& d = space_.decisions[i]; active[i] && !d.candidates.empty())
      ++counts[d.options[a.values[i]]];
  return counts;
}

relaxed_watch search_watch::summary(std::size_t epoch, std::string stopped) const {
  relaxed_watch made;
  made.epochs = static_cast<std::int64_t>(records_.size());
  made.epoch = static_cast<std::int64_t>(epoch) + 1;
  made.operations = operations(records_[epoch].derived);
  for (auto const& r : records_)
    if (r.eigenvalue)
      made.eigenvalue = r.eigenvalue;
  made.stopped = std::move(stopped);
  return made;
}

nlohmann::json search_watch::json() const {
  auto list = nlohmann::json::array();
  for (auto const& r : records_) {
    list.push_back({{"epoch", list.size() + 1},
                    {"loss", r.loss},
                    {"operations", operations(r.derived)},
                    {"architecture", r.derived.values}});
    if (r.accuracy)
      list.back()["validation_accuracy"] = *r.accuracy;
    if (r.eigenvalue)
      list.back()["eigenvalue"] = *r.eigenvalue;
  }
  return list;
}

void search_watch::read(nlohmann::json const& recorded) {
  records_.clear();
  auto const number = [](nlohmann::json const& in, char const* name) {
    return in.contains(name) ? std::optional{in.at(name).get<double>()} : std::nullopt;
  };
  for (auto const& r : recorded)
    records_.push_back({r.at("loss").get<double>(),
                        number(r, "validation_accuracy"),
                        {r.at("architecture").get<std::vector<std::uint32_t>>()},
                        number(r, "eigenvalue")});
}

} // namespace espalier::runtime
