# Writes the sources that compile_time.sh compiles: flat spaces of N edges, each a choice of 8 operations at a width of
# its own, in our language and in two encodings that a reader would expect; and 60 operations declared in two ways.

ours() { # N
  echo '#include <espalier/dsl.hpp>
using namespace espalier::dsl;
inline constexpr auto flat = search_space("flat", image(16, 32, 32)'
  for ((i = 0; i < $1; ++i)); do
    echo ", conv(1, channels($((16 + i))))"
    echo ', choice(conv(1), conv(3), conv(5), depthwise_conv(3), depthwise_conv(5), max_pool(3), avg_pool(3), skip_connect())'
  done
  echo ');
static_assert(valid<flat>() && min_params<flat>() > 0 && max_macs<flat>() > 0);'
}

# What the other two encodings share: they lower to an array of nodes, whose cost is that of the cheapest candidates.
lowered='
struct node { int kind = 0; int kernel = 0; int channels = 0;
  constexpr long long params() const {
    return kind == 0 ? 1LL * kernel * kernel * channels * channels : kind == 1 ? 1LL * kernel * kernel * channels : 0;
  }
};
template <std::size_t N> constexpr long long least(std::array<node, N> const& nodes) {
  long long sum = 0;
  for (std::size_t i = 0; i < N; i += 8) {
    long long best = nodes[i].params();
    for (std::size_t k = i; k < i + 8; ++k) best = nodes[k].params() < best ? nodes[k].params() : best;
    sum += best;
  }
  return sum;
}'

# Kind and kernel of the 8 operations of an edge.
operations='0,1 0,3 0,5 1,3 1,5 2,3 3,3 4,1'

types() { # N: every operation a type, choices and the space tuples of them
  echo '#include <array>
#include <tuple>'"$lowered"'
template <int Kind, int Kernel, int Channels> struct operation {
  constexpr node lower() const { return {Kind, Kernel, Channels}; }
};
template <class... Candidates> struct choice {
  std::tuple<Candidates...> candidates;
  constexpr choice(Candidates... c) : candidates(c...) {}
  constexpr node* lower(node* into) const {
    return std::apply([&](auto const&... c) { ((*into++ = c.lower()), ...); return into; }, candidates);
  }
};
template <class... Parts> struct space {
  std::tuple<Parts...> parts;
  constexpr space(Parts... p) : parts(p...) {}
  constexpr auto lower() const {
    std::array<node, 8 * sizeof...(Parts)> nodes{};
    node* into = nodes.data();
    std::apply([&](auto const&... p) { ((into = p.lower(into)), ...); }, parts);
    return nodes;
  }
};
inline constexpr auto flat = space('
  for ((i = 0; i < $1; ++i)); do
    local list=
    for o in $operations; do list+="${list:+, }operation<$o,$((16 + i))>{}"; done
    echo "$( ((i == 0)) || echo ,) choice($list)"
  done
  echo ');
static_assert(least(flat.lower()) == 0);'
}

hana() { # N: tuples of tuples of Boost.Hana, down to the numbers
  echo '#include <boost/hana/at.hpp>
#include <boost/hana/for_each.hpp>
#include <boost/hana/integral_constant.hpp>
#include <boost/hana/tuple.hpp>
#include <array>
namespace hana = boost::hana;'"$lowered"'
inline constexpr auto flat = hana::make_tuple('
  for ((i = 0; i < $1; ++i)); do
    local list=
    for o in $operations; do
      list+="${list:+, }hana::make_tuple(hana::int_c<${o%,*}>, hana::int_c<${o#*,}>, hana::int_c<$((16 + i))>)"
    done
    echo "$( ((i == 0)) || echo ,) hana::make_tuple($list)"
  done
  echo ");
constexpr auto lower() {
  std::array<node, 8 * $1> nodes{};
  node* into = nodes.data();
  hana::for_each(flat, [&](auto const& edge) {
    hana::for_each(edge, [&](auto const& o) { *into++ = {o[hana::size_c<0>], o[hana::size_c<1>], o[hana::size_c<2>]}; });
  });
  return nodes;
}
static_assert(least(lower()) == 0);"
}

reflected() { # N operations that show their numbers to a visitor, as ours do
  echo '#include <espalier/dsl/declaration.hpp>
using namespace espalier::dsl;'
  for ((i = 0; i < $1; ++i)); do
    echo "struct operation$i {
  static constexpr std::string_view name = \"operation$i\";
  kernel_size kernel = 3; channel_count channels = 0; stride_length stride = 0; group_count groups = 1;
  constexpr void reflect(attribute_visitor& visit) { visit(\"kernel\", kernel)(\"channels\", channels)(\"stride\", stride)(\"groups\", groups); }
  constexpr inferred_shape infer(shape const& in) const { return in; }
};
static_assert(declaration_of<operation$i>.index_of(\"groups\") == 3);"
  done
}

adapted() { # N operations as structs that Boost.Hana adapts
  echo '#include <espalier/dsl/declaration.hpp>
#include <boost/hana/accessors.hpp>
#include <boost/hana/adapt_struct.hpp>
#include <boost/hana/core/to.hpp>
#include <boost/hana/first.hpp>
#include <boost/hana/for_each.hpp>
#include <boost/hana/second.hpp>
namespace hana = boost::hana;
using namespace espalier::dsl;
template <class Operation> inline constexpr operation_declaration adapted_declaration = [] {
  operation_declaration made{.name = Operation::name};
  Operation preset{};
  hana::for_each(hana::accessors<Operation>(), [&](auto const& member) {
    auto const& number = hana::second(member)(preset);
    made.attributes[made.attribute_count++] = {hana::to<char const*>(hana::first(member)), static_cast<int>(number.low),
                                               std::remove_cvref_t<decltype(number)>::rules};
  });
  made.infer_rule = [](attribute_quantities const& numbers, shape const& in) -> inferred_shape {
    Operation operation{};
    std::size_t i = 0;
    hana::for_each(hana::accessors<Operation>(), [&](auto const& member) {
      static_cast<quantity&>(hana::second(member)(operation)) = numbers[i++];
    });
    return operation.infer(in);
  };
  return made;
}();'
  for ((i = 0; i < $1; ++i)); do
    echo "struct operation$i {
  static constexpr std::string_view name = \"operation$i\";
  kernel_size kernel = 3; channel_count channels = 0; stride_length stride = 0; group_count groups = 1;
  constexpr inferred_shape infer(shape const& in) const { return in; }
};
BOOST_HANA_ADAPT_STRUCT(operation$i, kernel, channels, stride, groups);
static_assert(adapted_declaration<operation$i>.index_of(\"groups\") == 3);"
  done
}
