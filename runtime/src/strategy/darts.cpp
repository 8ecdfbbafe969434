#include "relaxing.hpp"

#include "../relaxed/relaxed_search.hpp"

namespace espalier::runtime {

search_result search_darts(search_context const& context) {
  return search_relaxed(context, {});
}

} // namespace espalier::runtime
