#include <espalier/runtime/search.hpp>

#include "evaluator/stand_alone.hpp"
#include "evaluator/table.hpp"
#include "schedule.hpp"
#include "search_context.hpp"
#include "strategy/proposing.hpp"
#include "strategy/relaxing.hpp"
#include "strategy/sampling.hpp"
#include "trials.hpp"

#include <espalier/compiler/budgets.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/measured_limits.hpp>
#include <espalier/compiler/nearest.hpp>
#include <espalier/compiler/relaxation_plan.hpp>
#include <espalier/compiler/text.hpp>
#include <espalier/runtime/atomic_file.hpp>
#include <espalier/runtime/random_stream.hpp>

#include <algorithm>
#include <functional>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace espalier::runtime {

namespace {

constexpr std::int64_t default_child_epochs = 1;
constexpr std::int64_t every_architecture = std::numeric_limits<std::int64_t>::max();

struct registered_strategy {
  strategy_description description;
  search_result (*run)(search_context const&) = nullptr; ///< Of one that trains the space's weights itself.
  make_strategy* make = nullptr;                         ///< Of one that proposes architectures.
  std::int64_t trials = 0;                               ///< That it makes of itself.
};

// A new strategy is a line here.
std::vector<registered_strategy> const& registry() {
  static std::vector<registered_strategy> const all{
      {{"darts", "relax", "gradient descent on relaxed choices, of first or second order", "Liu et al., ICLR 2019"},
       search_darts},
      {{"pc-darts", "relax", "on a quarter of the channels, with normalized edges", "Xu et al., ICLR 2020"},
       search_pc_darts},
      {{"beta-darts", "relax", "darts with a regularizer of the weights of candidates", "Ye et al., CVPR 2022"},
       search_beta_darts},
      {{"gdas", "relax", "one sampled candidate of each choice runs", "Dong and Yang, CVPR 2019"}, search_gdas},
      {{"proxyless", "relax", "binary gates: one path trains, two are compared", "Cai et al., ICLR 2019"},
       search_proxyless},
      {{"fbnet", "relax", "Gumbel-softmax, the loss times a power of the cost", "Wu et al., CVPR 2019"}, search_fbnet},
      {{"p-darts", "relax", "three stages: deeper, fewer candidates, few skips", "Chen et al., ICCV 2019"},
       search_p_darts},
      {{"drnas", "relax", "Dirichlet samples of weights", "Chen et al., ICLR 2021"}, search_drnas},
      {{"snas", "relax", "sampled candidates, weights and architecture in one step", "Xie et al., ICLR 2019"},
       search_snas},
      {{"single-path", "sample", "supernet of sampled paths, then constrained evolution",
        "Guo et al., ECCV 2020 (SPOS)"},
       search_single_path},
      {{"big-nas", "sample", "sandwich rule, in-place distillation, coarse-to-fine selection", "Yu et al., ECCV 2020"},
       search_big_nas},
      {{"attentive-nas", "sample", "a sandwich of the best or worst paths of a cost", "Wang et al., CVPR 2021"},
       search_attentive_nas},
      {{"once-for-all", "sample", "progressive shrinking, taught by the full network", "Cai et al., ICLR 2020"},
       search_once_for_all},
      {{"enas", "sample", "a recurrent controller draws paths, and learns in turn with the weights",
        "Pham et al., ICML 2018"},
       search_enas},
      {{"random", "mutate", "uniform over architectures", "Li and Talwalkar, UAI 2019"}, nullptr, make_random, 24},
      {{"random-choices", "mutate", "uniform at every decision", "Li and Talwalkar, UAI 2019"},
       nullptr,
       make_random_choices,
       24},
      {{"exhaustive", "mutate", "every architecture once", "-"}, nullptr, make_exhaustive, every_architecture},
      {{"local-search", "mutate", "better neighbours, from several starts", "White et al., UAI 2021"},
       nullptr,
       make_local_search,
       500},
      {{"genetic", "mutate", "fitness-proportional parents, crossover, mutation", "Miller et al., ICGA 1989"},
       nullptr,
       make_genetic,
       500},
      {{"aging-evolution", "mutate", "tournament, one mutation, the oldest dies", "Real et al., AAAI 2019"},
       nullptr,
       make_aging_evolution,
       500},
      {{"nsga2", "mutate", "fronts of accuracy and multiply-adds", "Deb et al., IEEE TEC 2002"},
       nullptr,
       make_nsga2,
       500},
      {{"reinforce", "mutate", "recurrent controller, policy gradient with a baseline",
        "Zoph and Le, ICLR 2017 (NAS-RL)"},
       nullptr,
       make_reinforce,
       500},
      {{"ppo", "mutate", "recurrent controller, clipped policy gradient", "Zoph et al., CVPR 2018 (NASNet)"},
       nullptr,
       make_ppo,
       500},
      {{"q-learning", "mutate", "epsilon-greedy, replay", "Baker et al., ICLR 2017 (MetaQNN)"},
       nullptr,
       make_q_learning,
       500},
      {{"bo-forest", "mutate", "Bayesian optimization by a random forest", "Hutter et al., LION 2011 (SMAC)"},
       nullptr,
       make_bo_forest,
       150},
      {{"bo-gp", "mutate", "Bayesian optimization by a Gaussian process", "Snoek et al., NeurIPS 2012"},
       nullptr,
       make_bo_gp,
       150},
      {{"bananas", "mutate", "predictors of accuracy from paths", "White et al., AAAI 2021"},
       nullptr,
       make_bananas,
       150},
  };
  return all;
}

registered_strategy const& find_strategy(std::string const& name) {
  auto const& all = registry();
  auto const found = std::ranges::find(all, name, [](registered_strategy const& s) { return s.description.name; });
  if (found != all.end())
    return *found;
  std::vector<std::string> names;
  for (auto const& s : all)
    names.push_back(s.description.name);
  throw user_error(fmt::format("no strategy {}{}", name, compiler::suggest(name, names)));
}

// The options that only relaxing strategies have; a number or a rule that makes no sense is refused here, too.
void require_sensible(strategy_description const& strategy, search_options const& options,
                      compiler::constraint const& limit) {
  bool const relaxes = strategy.reading == "relax";
  if (relaxes && (limit.max_macs || limit.max_params || !limit.measured.empty()))
    throw user_error(fmt::format("{} cannot keep a limit on a cost, only lower the expectation of one (--cost macs "
                                 "--cost-target N); or use single-path, aging-evolution or random",
                                 strategy.name));
  if (!relaxes &&
      (options.order > 0 || options.cost || options.stop != early_stop::never || options.eigenvalue_every > 0))
    throw user_error(fmt::format("{} does not relax the space: --order, --cost, --stop-when and --eigenvalue-every are "
                                 "for strategies that do, such as darts; leave them out",
                                 strategy.name));
  if (options.scores && strategy.reading != "mutate")
    throw user_error(fmt::format("{} trains the weights that judge its architectures: --table and --supernet are for "
                                 "strategies that propose architectures, such as aging-evolution; leave them out",
                                 strategy.name));
  if (options.macs_bins && strategy.name != "single-path")
    throw user_error(
        fmt::format("{} does not draw single paths: --macs-bins is for single-path; leave it out", strategy.name));
  if ((options.attention || !options.predictor.empty()) && strategy.name != "attentive-nas")
    throw user_error(fmt::format("{} does not choose among paths of one cost: --attention and --predict are for "
                                 "attentive-nas; leave them out",
                                 strategy.name));
  if (options.attention == attention::uniform && !options.predictor.empty())
    throw user_error("--attention uniform looks at no accuracies; leave --predict out, or choose best-up or worst-up");
  if (options.order < 0 || options.order > 2)
    throw user_error(fmt::format("order {} of the architecture gradient; there are 1 and 2", options.order));
  if (options.order == 2 && strategy.name == "snas")
    throw user_error("snas trains weights and architecture on the same images in one step, which has no second order; "
                     "leave --order out, or use darts");
}

// A strategy that proposes architectures, with the scores that were asked for.
search_result search_by_proposals(search_context const& context, registered_strategy const& chosen) {
  auto const& options = context.options;
  auto const trials = or_default(options.trials, chosen.trials);
  auto const proposer = chosen.make({.space = context.space,
                                     .limit = context.limit,
                                     .seed = derive_seed(options.seed, "proposals"),
                                     .population = options.population,
                                     .trials = trials});
  if (options.scores)
    return run_trials(context, *proposer, options.scores->score, trials);
  stand_alone_evaluator const evaluator{context, or_default(options.epochs, default_child_epochs)};
  return run_trials(context, *proposer, evaluator, trials);
}

// Of a table that is recorded and compared when a run resumes.
std::string identity_of(compiler::latency_table const& table) {
  return compiler::fingerprint(compiler::to_json(table).dump());
}

// The same of measured accuracies.
std::string identity_of(std::vector<measured_architecture> const& measured) {
  std::string text;
  for (auto const& m : measured)
    text += fmt::format("{} {}\n", fmt::join(m.a.values, ","), m.accuracy);
  return compiler::fingerprint(text);
}

char const* spelled(attention kind) {
  return kind == attention::best_up ? "best-up" : kind == attention::worst_up ? "worst-up" : "uniform";
}

nlohmann::json to_json(search_cost const& cost) {
  using enum search_cost::quantity;
  nlohmann::json json{{"of", cost.what == macs     ? "macs"
                             : cost.what == params ? "params"
                                                   : "latency"},
                      {"target", cost.target},
                      {"weight", cost.weight}};
  if (cost.latencies)
    json["table"] = identity_of(*cost.latencies);
  return json;
}

nlohmann::json to_json(relaxed_watch const& watch) {
  nlohmann::json json{{"epochs", watch.epochs}, {"epoch", watch.epoch}, {"operations", watch.operations}};
  if (watch.eigenvalue)
    json["eigenvalue"] = *watch.eigenvalue;
  if (!watch.stopped.empty())
    json["stopped"] = watch.stopped;
  return json;
}

} // namespace

compiler::constraint limit_of(compiler::compiled_space const& space, search_options const& options) {
  auto limit = compiler::within_budgets_of(space.structured, {&space.costs, options.max_macs, options.max_params});
  if (options.max_memory)
    limit.measured.push_back(compiler::memory_limit(space, *options.max_memory));
  if (auto const& latency = options.max_latency)
    limit.measured.push_back(compiler::latency_limit(space, latency->table, latency->milliseconds));
  limit.require_feasible();
  if (!limit.measured.empty()) { // of which the least may be unknown: better refused now than behind a training
    compiler::random_generator random{options.seed};
    compiler::sample(space.decisions, random, limit);
  }
  return limit;
}

score_source scores_of_table(compiler::compiled_space const& space, std::filesystem::path const& file,
                             std::string const& column) {
  return {{{"table", compiler::fingerprint(read_file(file))}, {"column", column}},
          score_table{file, space.decisions, column}};
}

void require_fitting(compiler::compiled_space const& space, dataset const& data) {
  auto const& name = space.structured.name;
  auto const& input = space.structured.input();
  auto const& images = data.images;
  if (input.kind != dsl::tensor_kind::image)
    throw user_error(fmt::format("'{0}' takes {1}, '{2}' has images of {3}x{4}x{5}: train on a space that "
                                 "begins with image({3}, {4}, {5})",
                                 name, compiler::print(input), data.name, images.size(1), images.size(2),
                                 images.size(3)));
  if (images.size(1) != input.channels || images.size(2) != input.height || images.size(3) != input.width)
    throw user_error(fmt::format(
        "'{}' takes images of {}x{}x{}, '{}' has {}x{}x{}: give other data, or change the space's input", name,
        input.channels, input.height, input.width, data.name, images.size(1), images.size(2), images.size(3)));
  auto const outputs = space.expanded.body.type_of(space.expanded.body.yields.front());
  if (outputs.kind != dsl::tensor_kind::vector || outputs.channels != data.classes)
    throw user_error(fmt::format("'{}' ends in {}, '{}' has {} classes: end the space in linear({})", name,
                                 compiler::print(outputs), data.name, data.classes, data.classes));
}

nlohmann::json to_json(search_options const& options) {
  nlohmann::json json{{"seed", options.seed},
                      {"images", options.images},
                      {"batch", options.batch},
                      {"epochs", options.epochs},
                      {"trials", options.trials},
                      {"population", options.population},
                      {"learning_rate", options.learning_rate},
                      {"architecture_learning_rate", options.architecture_learning_rate}};
  if (options.max_macs)
    json["max_macs"] = *options.max_macs;
  if (options.max_params)
    json["max_params"] = *options.max_params;
  if (options.max_memory)
    json["max_memory"] = *options.max_memory;
  if (options.max_latency)
    json["max_latency"] = {{"ms", options.max_latency->milliseconds},
                           {"table", identity_of(options.max_latency->table)}};
  if (auto const& bins = options.macs_bins)
    json["macs_bins"] = {{"least", bins->least}, {"most", bins->most}, {"width", bins->width}};
  if (options.attention)
    json["attention"] = spelled(*options.attention);
  if (!options.predictor.empty())
    json["predictor"] = identity_of(options.predictor);
  if (options.scores)
    json["scores"] = options.scores->identity;
  if (options.duplicates)
    json["duplicates"] = true;
  if (options.order > 0)
    json["order"] = options.order;
  if (options.cost)
    json["cost"] = to_json(*options.cost);
  if (options.stop != early_stop::never)
    json["stop"] = options.stop == early_stop::eigenvalue ? "eigenvalue" : "skips";
  if (options.eigenvalue_every > 0)
    json["eigenvalue_every"] = options.eigenvalue_every;
  return json;
}

std::vector<strategy_description> const& strategies() {
  static std::vector<strategy_description> const all = [] {
    std::vector<strategy_description> descriptions;
    for (auto const& s : registry())
      descriptions.push_back(s.description);
    return descriptions;
  }();
  return all;
}

search_result search(std::string const& strategy, compiler::compiled_space const& space, train_test const& data,
                     search_options const& options, run_folder& folder, progress& report) {
  auto const& chosen = find_strategy(strategy);
  if (!options.scores)
    require_fitting(space, data.train);
  if (chosen.description.reading == "relax")
    if (auto const plan = compiler::plan_relaxation(space.expanded, space.decisions); !plan.refusal.empty())
      throw user_error(plan.refusal);
  auto const limit = limit_of(space, options);
  require_sensible(chosen.description, options, limit);
  auto halves =
      options.scores ? std::pair<dataset, dataset>{} : training_halves(data.train, options.images, options.seed);
  search_context const context{space, std::move(halves.first), std::move(halves.second), options, limit, folder,
                               report};
  auto const result = chosen.make != nullptr ? search_by_proposals(context, chosen) : chosen.run(context);

  auto const cost = space.costs.of(result.best);
  write_atomically(folder.file("architecture.json"),
                   compiler::to_json(space.decisions, space.structured.name, result.best).dump(2) + "\n");
  nlohmann::json summary{{"strategy", strategy},
                         {"space", space.structured.name},
                         {"architecture", compiler::fingerprint(space.decisions, result.best)},
                         {"macs", cost.macs},
                         {"params", cost.params},
                         {"validation_accuracy", result.score},
                         {"seconds", result.seconds},
                         {"seed", options.seed}};
  if (result.rollbacks > 0)
    summary["rollbacks"] = result.rollbacks;
  if (result.watch)
    summary["relaxation"] = to_json(*result.watch);
  write_atomically(folder.file("result.json"), summary.dump(2) + "\n");
  return result;
}

} // namespace espalier::runtime
