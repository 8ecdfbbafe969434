#include <espalier/compiler/architecture.hpp>

#include <espalier/compiler/error.hpp>
#include <espalier/compiler/nearest.hpp>
#include <espalier/compiler/text.hpp>

#include <algorithm>
#include <bit>
#include <optional>
#include <set>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace espalier::compiler {

namespace {

using nlohmann::json;

decision const* parent_of(decision_space const& space, decision const& d) {
  return d.parent < 0 ? nullptr : &space[static_cast<std::size_t>(d.parent)];
}

std::vector<std::string> options_of(decision const& d, std::uint32_t value) {
  std::vector<std::string> options;
  for (std::size_t o = 0; o < d.options.size(); ++o)
    if (takes(d, value, o))
      options.push_back(d.options[o]);
  return options;
}

// The options of its parent with which a decision exists.
std::string conditions(decision const& parent, decision const& child) {
  std::vector<std::string> options;
  for (std::size_t o = 0; o < parent.options.size(); ++o)
    if (child.hangs_on(o))
      options.push_back(fmt::format("'{}'", parent.options[o]));
  return fmt::format("{}", fmt::join(options, " or "));
}

std::string kept_count(decision const& d) {
  if (d.type == decision::kind::choice)
    return "1";
  return d.least == d.most ? fmt::format("{}", d.most) : fmt::format("{} to {}", d.least, d.most);
}

// What is wrong with the value of an active decision; empty if nothing.
std::string value_fault(decision const& d, std::uint32_t value) {
  auto const count = d.options.size();
  if (d.type == decision::kind::choice)
    return value < count ? ""
                         : fmt::format("{}: option {}, but there are only {} (counted from 0)", d.path, value, count);
  if (count < 32 && value >> count != 0)
    return fmt::format("{}: the bit set {:#x} goes beyond its {} options", d.path, value, count);
  if (auto const kept = std::popcount(value); kept < d.least || kept > d.most)
    return fmt::format("{}: {} options are kept, {} are needed", d.path, kept, kept_count(d));
  return "";
}

// What breaks a constraint, where the decisions that it couples exist.
std::vector<std::string> constraint_faults(decision_space const& space, architecture const& a) {
  std::vector<std::string> found;
  auto const active = active_decisions(space, a);
  for (auto const& group : space.groups()) {
    if (!active[static_cast<std::size_t>(group.decisions.front())])
      continue;
    std::vector<std::uint32_t> values;
    std::vector<std::string> members;
    for (int const i : group.decisions) {
      auto const& d = space[static_cast<std::size_t>(i)];
      values.push_back(a.values[static_cast<std::size_t>(i)]);
      members.push_back(fmt::format("{} {}", d.path, fmt::join(options_of(d, values.back()), "+")));
    }
    if (std::ranges::find(group.allowed, values) == group.allowed.end())
      found.push_back(fmt::format("{}: a constraint allows {} combinations of these, not this one",
                                  fmt::join(members, ", "), group.allowed.size()));
  }
  return found;
}

// Layers that may not follow those before them.
std::vector<std::string> chain_faults(decision_space const& space, architecture const& a) {
  std::vector<std::string> found;
  auto const active = active_decisions(space, a);
  for (auto const& chain : space.chains()) {
    std::size_t state = 0;
    for (std::size_t k = 0; k < chain.decisions.size(); ++k) {
      auto const i = static_cast<std::size_t>(chain.decisions[k]);
      if (!active[i])
        break;
      auto const& next = chain.next[k][state];
      if (next[a.values[i]] < 0) {
        std::vector<std::string> allowed;
        for (std::size_t o = 0; o < next.size(); ++o)
          if (next[o] >= 0)
            allowed.push_back(fmt::format("'{}'", space[i].options[o]));
        found.push_back(fmt::format("{}: '{}' may not stand behind the layers before it, only {}", space[i].path,
                                    space[i].options[a.values[i]], fmt::join(allowed, " or ")));
        break; // what may follow it is not known
      }
      state = static_cast<std::size_t>(next[a.values[i]]);
    }
  }
  return found;
}

std::vector<std::string> coupling_faults(decision_space const& space, architecture const& a) {
  auto found = constraint_faults(space, a);
  std::ranges::move(chain_faults(space, a), std::back_inserter(found));
  return found;
}

// Reads the decisions in their order, parents first, and collects everything that is wrong.
class reader {
public:
  explicit reader(decision_space const& space) : space_(space), values_(space.size()) {}

  architecture read(json const& document) {
    check_fingerprint(document);
    auto const decisions = document.is_object() ? document.find("decisions") : document.end();
    if (!document.is_object() || decisions == document.end() || !decisions->is_object())
      refuse(R"("decisions" is missing: an object with a value for each decision)");
    else
      read_decisions(*decisions);
    architecture a{std::vector<std::uint32_t>(space_.size())};
    for (std::size_t i = 0; i < space_.size(); ++i)
      a.values[i] = values_[i].value_or(0);
    if (faults_.empty())
      faults_ = coupling_faults(space_, a);
    if (!faults_.empty())
      throw user_error(fmt::format("the architecture does not fit the space:\n  {}", fmt::join(faults_, "\n  ")));
    return a;
  }

private:
  enum class existence { active, inactive, unknown };

  void refuse(std::string fault) { faults_.push_back(std::move(fault)); }

  void check_fingerprint(json const& document) {
    auto const found = document.is_object() ? document.find("fingerprint") : document.end();
    if (!document.is_object() || found == document.end() || !found->is_string())
      return refuse(
          fmt::format(R"("fingerprint" is missing: the decisions of this space have "{}")", space_.fingerprint()));
    if (auto const& given = found->get_ref<std::string const&>(); given != space_.fingerprint())
      refuse(fmt::format("it was made for the decisions {}, the space has {}: use the space it was found in", given,
                         space_.fingerprint()));
  }

  void read_decisions(json const& decisions) {
    std::vector<std::string> paths;
    for (auto const& d : space_.decisions())
      paths.push_back(d.path);
    for (auto const& [path, value] : decisions.items())
      if (space_.find(path) < 0)
        refuse(fmt::format("{}: there is no such decision{}", path, suggest(path, paths)));
    for (std::size_t i = 0; i < space_.size(); ++i)
      read_decision(i, decisions);
  }

  void read_decision(std::size_t i, json const& decisions) {
    auto const& d = space_[i];
    auto const given = decisions.find(d.path);
    auto const state = existence_of(d);
    if (state == existence::inactive && given != decisions.end()) {
      auto const& parent = *parent_of(space_, d);
      refuse(fmt::format("{}: does not exist here, only where {} takes {}: remove it", d.path, parent.path,
                         conditions(parent, d)));
    }
    if (state == existence::active && given == decisions.end())
      refuse(fmt::format("{}: is missing; {} of {}", d.path, kept_count(d), fmt::join(d.options, ", ")));
    if (state != existence::inactive && given != decisions.end())
      values_[i] = d.type == decision::kind::choice ? read_choice(d, *given) : read_subset(d, *given);
  }

  // Unknown where the decision it hangs on is itself at fault.
  [[nodiscard]] existence existence_of(decision const& d) const {
    auto const* const parent = parent_of(space_, d);
    if (parent == nullptr)
      return existence::active;
    if (auto const above = existence_of(*parent); above != existence::active)
      return above;
    auto const& value = values_[static_cast<std::size_t>(d.parent)];
    if (!value)
      return existence::unknown;
    return exists_where(d, *parent, *value) ? existence::active : existence::inactive;
  }

  std::optional<std::uint32_t> read_choice(decision const& d, json const& given) {
    if (!given.is_string()) {
      refuse(fmt::format("{}: is {}, a name is needed", d.path, given.type_name()));
      return {};
    }
    return read_option(d, given.get_ref<std::string const&>());
  }

  std::optional<std::uint32_t> read_subset(decision const& d, json const& given) {
    bool const is_list = given.is_array() && std::ranges::all_of(given, [](json const& o) { return o.is_string(); });
    if (!is_list) {
      refuse(fmt::format("{}: a list of {} names is needed", d.path, kept_count(d)));
      return {};
    }
    std::uint32_t value = 0;
    bool good = true;
    for (json const& name : given) {
      auto const option = read_option(d, name.get_ref<std::string const&>());
      good = good && option.has_value();
      value |= option ? 1U << *option : 0U;
    }
    if (!good)
      return {};
    auto const kept = std::popcount(value);
    if (static_cast<std::size_t>(kept) != given.size() || kept < d.least || kept > d.most) {
      refuse(fmt::format("{}: {} different options are needed, here are {}", d.path, kept_count(d), given.dump()));
      return {};
    }
    return value;
  }

  std::optional<std::uint32_t> read_option(decision const& d, std::string const& name) {
    auto const found = std::ranges::find(d.options, name);
    if (found != d.options.end())
      return static_cast<std::uint32_t>(found - d.options.begin());
    refuse(fmt::format("{}: there is no option '{}'{}", d.path, name, suggest(name, d.options)));
    return {};
  }

  decision_space const& space_;
  std::vector<std::optional<std::uint32_t>> values_;
  std::vector<std::string> faults_;
};

// nlohmann-json keeps one of two values of the same key, silently.
class duplicate_key_check {
public:
  explicit duplicate_key_check(std::string const& origin) : origin_(origin) {}

  bool operator()(int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start)
      keys_.emplace_back();
    if (event == json::parse_event_t::object_end)
      keys_.pop_back();
    if (event == json::parse_event_t::key && !keys_.back().insert(parsed.get<std::string>()).second)
      throw user_error(
          fmt::format("{}: \"{}\" is given twice: remove one of them", origin_, parsed.get<std::string>()));
    return true;
  }

private:
  std::string const& origin_;
  std::vector<std::set<std::string>> keys_;
};

} // namespace

bool takes(decision const& d, std::uint32_t value, std::size_t option) {
  return d.type == decision::kind::choice ? value == option : (value >> option & 1U) != 0;
}

bool exists_where(decision const& child, decision const& parent, std::uint32_t value) {
  return parent.type == decision::kind::choice ? child.hangs_on(value) : (child.parent_options & value) != 0;
}

std::vector<bool> active_decisions(decision_space const& space, architecture const& a) {
  if (a.values.size() != space.size())
    throw internal_error(fmt::format("{} values for {} decisions", a.values.size(), space.size()));
  std::vector<bool> active(space.size());
  for (std::size_t i = 0; i < space.size(); ++i) {
    auto const parent = static_cast<std::size_t>(std::max(0, space[i].parent));
    active[i] = space[i].parent < 0 || (active[parent] && exists_where(space[i], space[parent], a.values[parent]));
  }
  return active;
}

std::vector<std::string> faults(decision_space const& space, architecture const& a) {
  if (a.values.size() != space.size())
    return {fmt::format("it has {} values, the space has {} decisions", a.values.size(), space.size())};
  std::vector<std::string> found;
  auto const active = active_decisions(space, a);
  for (std::size_t i = 0; i < space.size(); ++i) {
    if (active[i]) {
      if (auto fault = value_fault(space[i], a.values[i]); !fault.empty())
        found.push_back(std::move(fault));
    } else if (a.values[i] != 0) {
      found.push_back(fmt::format("{}: does not exist here, but has the value {}", space[i].path, a.values[i]));
    }
  }
  return found.empty() ? coupling_faults(space, a) : found;
}

nlohmann::ordered_json to_json(decision_space const& space, std::string const& space_name, architecture const& a) {
  auto decisions = nlohmann::ordered_json::object();
  auto const active = active_decisions(space, a);
  for (std::size_t i = 0; i < space.size(); ++i) {
    if (!active[i])
      continue;
    if (auto const options = options_of(space[i], a.values[i]); space[i].type == decision::kind::choice)
      decisions[space[i].path] = options.at(0);
    else
      decisions[space[i].path] = options;
  }
  return {{"space", space_name}, {"fingerprint", space.fingerprint()}, {"decisions", std::move(decisions)}};
}

architecture from_json(decision_space const& space, json const& document) {
  return reader{space}.read(document);
}

json parse_json(std::string const& text, std::string const& origin) {
  try {
    return json::parse(text, duplicate_key_check{origin});
  } catch (json::parse_error const& error) {
    auto const offset = std::min(error.byte > 0 ? error.byte - 1 : 0, text.size());
    auto const before = std::string_view{text}.substr(0, offset);
    auto const line = std::ranges::count(before, '\n') + 1;
    auto const column = offset - (before.rfind('\n') + 1) + 1;
    std::string_view what = error.what();
    if (auto const reason = what.find(": "); reason != std::string_view::npos)
      what.remove_prefix(reason + 2);
    throw user_error(fmt::format("{}:{}:{}: {}", origin, line, column, what));
  }
}

std::string fingerprint(decision_space const& space, architecture const& a) {
  return fingerprint(fmt::format("{} {}", space.fingerprint(), fmt::join(a.values, " ")));
}

std::string summary(decision_space const& space, architecture const& a) {
  std::string line;
  std::string_view group;
  auto const active = active_decisions(space, a);
  for (std::size_t i = 0; i < space.size(); ++i) {
    if (!active[i])
      continue;
    auto const owner = std::string_view{space[i].path}.substr(0, space[i].path.find('/'));
    if (owner != group)
      line += fmt::format("{}{}:", group.empty() ? "" : "; ", owner);
    group = owner;
    line += fmt::format(" {}", fmt::join(options_of(space[i], a.values[i]), "+"));
  }
  return line;
}

} // namespace espalier::compiler
