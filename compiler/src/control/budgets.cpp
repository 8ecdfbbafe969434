#include <espalier/compiler/budgets.hpp>

#include <algorithm>

namespace espalier::compiler {

namespace {

void tighten(std::optional<long long>& limit, long long most) {
  limit = limit ? std::min(*limit, most) : most;
}

void add_budgets(region const& in, constraint& limit) {
  for (auto const& op : in.operations) {
    if (op.form() == structure::budget) {
      auto const most = op.attribute("millions") * 1'000'000LL + op.attribute("rest");
      tighten(op.attribute("of") == 0 ? limit.max_params : limit.max_macs, most);
    }
    for (auto const& held : op.regions)
      add_budgets(held, limit);
  }
}

} // namespace

constraint within_budgets_of(graph const& space, constraint limit) {
  add_budgets(space.body, limit);
  return limit;
}

} // namespace espalier::compiler
