#include "command_line.hpp"

#include "arguments.hpp"
#include "completion.hpp"
#include "described_commands.hpp"
#include "network_commands.hpp"
#include "space_commands.hpp"

#include <espalier/compiler/encodings/registry.hpp>
#include <espalier/compiler/error.hpp>
#include <espalier/compiler/nearest.hpp>
#include <espalier/compiler/passes.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace espalier::command {

namespace {

int preset_threads() {
  char const* const asked = std::getenv("OMP_NUM_THREADS");
  return asked != nullptr ? std::max(0, std::atoi(asked)) : 0;
}

class command_line {
public:
  command_line() {
    app_.require_subcommand(0, 1);
    app_.set_version_flag("--version", "espalier " ESPALIER_VERSION);
    app_.get_formatter()->column_width(36);
    app_.get_formatter()->label("REQUIRED", "");
    app_.get_formatter()->label("SUBCOMMAND", "COMMAND");
    app_.add_option("--threads", threads_, "LibTorch's threads; 0 is one a core, or OMP_NUM_THREADS")
        ->type_name("N")
        ->check(not_negative);
    app_.fallthrough();
    app_.footer("Begin with\n  espalier spaces\n  espalier describe fashion-cells");
    add_space_commands();
    add_network_commands();
    add_completion();
  }

  std::function<void()> read(int argc, char const* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (CLI::CallForHelp const&) {
      return print(help());
    } catch (CLI::CallForVersion const& version) {
      return print(fmt::format("{}\n", version.what()));
    } catch (CLI::ParseError const& error) {
      refuse(error);
    }
    if (chosen_)
      return chosen_;
    if (!app_.remaining(true).empty())
      refuse(CLI::ExtrasError({}));
    return print(app_.help());
  }

private:
  static std::function<void()> print(std::string const& text) {
    return [text] { fmt::print("{}", text); };
  }

  std::string help() const {
    auto const given = app_.get_subcommands();
    return given.empty() ? app_.help() : given.front()->help("espalier");
  }

  [[noreturn]] void refuse(CLI::ParseError const& error) const {
    auto const given = app_.get_subcommands();
    auto const* const at = given.empty() ? &app_ : given.front();
    auto const more = fmt::format("; `espalier {}--help` tells more", given.empty() ? "" : at->get_name() + " ");
    for (auto const& word : app_.remaining(true)) {
      if (word.starts_with('-'))
        throw user_error(fmt::format("no flag '{}'{}{}", word, compiler::suggest(word, flags_of(*at)), more));
      if (given.empty())
        throw user_error(fmt::format("no command '{}'{}", word, compiler::suggest(word, command_names())));
      throw user_error(fmt::format("'{}' is one argument too many{}", word, more));
    }
    throw user_error(error.what() + more);
  }

  std::vector<std::string> command_names() const {
    std::vector<std::string> names;
    for (auto const* command : app_.get_subcommands(nullptr))
      names.push_back(command->get_name());
    return names;
  }

  std::vector<std::string> flags_of(CLI::App const& command) const {
    std::vector<std::string> flags;
    for (auto const* app : {&command, &app_})
      for (auto const* option : app->get_options())
        for (auto const& name : option->get_lnames())
          flags.push_back("--" + name);
    return flags;
  }

  // A subcommand that calls `run` with its arguments.
  template <class Arguments>
  CLI::App& add(std::string const& name, std::string const& what, std::string const& example,
                void (*run)(Arguments const&), std::shared_ptr<Arguments> const& arguments) {
    auto& command = *app_.add_subcommand(name, what)->group("Commands");
    command.footer("Example:\n  " + example);
    command.callback([this, run, arguments] {
      if constexpr (requires { arguments->threads; })
        arguments->threads = threads_;
      chosen_ = [run, arguments] { run(*arguments); };
    });
    if constexpr (requires { arguments->json; })
      command.add_flag("--json", arguments->json, "print JSON");
    return command;
  }

  template <class Arguments>
  static std::shared_ptr<Arguments> make() {
    return std::make_shared<Arguments>();
  }

  void add_space_commands() {
    add("spaces", "The search spaces that come with espalier", "espalier spaces", list_spaces,
        make<list_spaces_arguments>());
    auto const described = make<describe_arguments>();
    add_space(add("describe", "What a space is: decisions, exact size, costs", "espalier describe darts-cifar10",
                  describe, described),
              described->space);
    auto const printed = make<ir_arguments>();
    auto& ir = add("ir", "The text form of a space", "espalier ir my_space.hpp > my_space.ir", print_ir, printed);
    add_space(ir, printed->space);
    ir.add_flag("--expanded", printed->expanded, "repeats unrolled, cells as edges and nodes, every type");
    add_optimize();
    add_graph();
    add_sample();
    add_import();
    auto const priced = make<cost_arguments>();
    auto& cost = add("cost", "What each decision of an architecture costs", "espalier cost fashion-cells runs/darts",
                     print_cost, priced);
    add_space(cost, priced->space);
    add_architecture(cost, priced->architecture);
    cost.add_option("--latency", priced->latency, "a table of `latency`: adds milliseconds")->type_name("FILE");
    add_latency();
    auto const listed = make<results_arguments>();
    auto& results = add("results", "One table of finished runs", "espalier results runs/*", list_results, listed);
    results.add_option("DIR", listed->folders, "folders of `search` or `train`")->required()->type_name("");
  }

  void add_latency() {
    auto const measured = make<latency_arguments>();
    auto& command = add("latency", "Times every operation that a space can contain, on this machine",
                        "espalier latency fashion-cells -o latency.json", measure_latency, measured);
    add_space(command, measured->space);
    command.add_option("--device", measured->device, "cpu")->type_name("DEVICE")->capture_default_str();
    command.add_option("--runs", measured->runs, "of each operation")
        ->type_name("N")
        ->check(positive)
        ->capture_default_str();
    command.add_option("-o,--out", measured->output, "the table; the same command continues it")
        ->required()
        ->type_name("FILE");
  }

  void add_optimize() {
    auto const arguments = make<optimize_arguments>();
    auto& command = add("opt", "Runs passes of the compiler, and prints the text of what they make",
                        "espalier opt fashion-cells --pass expand,specialize,remove_dead_code --architecture a.json",
                        optimize, arguments);
    std::string known;
    for (auto const& pass : compiler::passes())
      known += fmt::format("  {:<32} {}\n", pass.name, pass.what);
    command.footer(fmt::format("Passes:\n{}\n{}", known, command.get_footer()));
    add_space(command, arguments->source);
    command.add_option("--pass", arguments->passes, "names of passes, separated by commas")
        ->required()
        ->type_name("PASS");
    command.add_option("--architecture", arguments->architecture, "that `specialize` binds")->type_name("ARCH");
    command.add_flag("--print-after-change", arguments->print_after_change, "the text after each pass that changed it");
    command.add_flag("--time", arguments->time, "the milliseconds of each pass");
  }

  void add_graph() {
    auto const drawn = make<graph_arguments>();
    auto& graph = add("graph", "Draws a space or an architecture with Graphviz",
                      "espalier graph runs/darts -o cells.svg", draw_graph, drawn);
    graph.add_option("SPACE", drawn->source, "a space, or an architecture whose run or file names its space")
        ->required()
        ->type_name("");
    graph.add_option("ARCH", drawn->architecture, "an architecture of the space")->type_name("");
    graph.add_flag("--whole", drawn->whole, "everything from input to output instead of the cells");
    graph.add_option("-o,--out", drawn->output, "the SVG file; each of several cells gets its own: x-normal.svg")
        ->required()
        ->type_name("FILE");
  }

  void add_sample() {
    auto const drawn = make<sample_arguments>();
    auto& command = add("sample", "Architectures drawn uniformly, or the extreme ones",
                        "espalier sample fashion-cells -n 3 --seed 1 --max-macs median -o samples", sample, drawn);
    add_space(command, drawn->space);
    auto* const count =
        command.add_option("-n", drawn->count, "how many")->type_name("N")->check(positive)->capture_default_str();
    add_seed(command, drawn->seed);
    add_limits(command, drawn->limits);
    auto* const smallest =
        command.add_flag("--smallest", drawn->smallest, "the one of fewest multiply-adds")->excludes(count);
    command.add_flag("--largest", drawn->largest, "the one of most multiply-adds")->excludes(count)->excludes(smallest);
    command.add_option("-o,--out", drawn->output, "write x.json, or 1.json, 2.json, ... in a folder")
        ->type_name("FILE|DIR");
  }

  void add_import() {
    auto const imported = make<import_arguments>();
    auto& command =
        add("import", "The architecture that a published encoding means",
            "espalier import darts genotype.json darts-imagenet -o darts-v2.json", import_encoding, imported);
    std::string formats;
    for (auto const& encoding : compiler::encodings::published_encodings())
      formats += fmt::format("{}{}", formats.empty() ? "" : ", ", encoding.name);
    command.add_option("FORMAT", imported->format, formats)->required()->type_name("");
    command.add_option("FILE", imported->file, "JSON, or the text of an encoding that is one")
        ->required()
        ->type_name("");
    command.add_option("SPACE", imported->space, "a space that has its decisions; one that is shipped unless told")
        ->type_name("");
    command.add_flag("--network", imported->network, "print the network itself as IR, which needs no space");
    command.add_option("-o,--out", imported->output, "write it to a file")->type_name("FILE");
  }

  void add_network_commands() {
    add("strategies", "The search strategies", "espalier strategies", list_strategies,
        make<list_strategies_arguments>());
    add_search();
    add_trials();
    add_export();
    add_select();
    add_train();
    auto const evaluated = make<evaluate_arguments>();
    auto& evaluate_command = add("evaluate", "Test accuracy of an architecture with given weights",
                                 "espalier evaluate fashion-cells runs/darts-trained --weights "
                                 "runs/darts-trained/weights.pt --data fashion-mnist",
                                 evaluate, evaluated);
    add_space(evaluate_command, evaluated->space);
    add_architecture(evaluate_command, evaluated->architecture);
    evaluate_command.add_option("--weights", evaluated->weights, "weights.pt of `train` or supernet.pt of `search`")
        ->required()
        ->type_name("FILE");
    add_data(evaluate_command, evaluated->data);
    add_emit();
    add_extract();
  }

  void add_search() {
    auto const arguments = make<search_arguments>();
    auto& options = arguments->options;
    auto& command =
        add("search", "Searches a space; the same command resumes an interrupted search",
            "espalier search fashion-cells --strategy darts --data fashion-mnist --out runs/darts", search, arguments);
    add_space(command, arguments->space);
    command.add_option("--strategy", arguments->strategy, "one that `espalier strategies` lists")
        ->required()
        ->type_name("STRATEGY");
    add_optional_data(command, arguments->data);
    add_folder(command, arguments->output);
    add_seed(command, options.seed);
    add_number(command, "--images", options.images, "of the training set, 0 for all; half train, half judge", 0);
    add_number(command, "--batch", options.batch, "images a step", 1);
    add_number(command, "--epochs", options.epochs,
               "of the supernet, or of each architecture trained alone; 0: the strategy's", 0);
    add_number(command, "--trials", options.trials, "architectures that are judged; 0: the strategy's", 0);
    add_number(command, "--population", options.population, "of evolution; 0: the strategy's", 0);
    command.add_flag("--duplicates", options.duplicates, "judge an architecture again that was judged before");
    add_rate(command, "--learning-rate", options.learning_rate, "of the weights; 0: the strategy's");
    add_rate(command, "--architecture-learning-rate", options.architecture_learning_rate,
             "of relaxed decisions; 0: the strategy's");
    add_limits(command, arguments->limits);
    add_relaxation(command, *arguments);
    add_sampling(command, *arguments);
    add_scores(command, *arguments);
  }

  static void add_scores(CLI::App& to, search_arguments& arguments) {
    to.add_option("--table", arguments.table,
                  "of a strategy that proposes architectures: a CSV file of accuracies of NAS-Bench-201 judges them")
        ->type_name("FILE");
    to.add_option("--column", arguments.column, "of that table: cifar10, cifar100 and so on")->type_name("NAME");
    to.add_option("--supernet", arguments.supernet,
                  "of the same strategies: the weights that another search trained judge architectures")
        ->type_name("RUN");
  }

  static void add_sampling(CLI::App& to, search_arguments& arguments) {
    to.add_option("--macs-bins", arguments.macs_bins,
                  "of single-path: paths from bins of multiply-adds, such as 290M:360M:10M")
        ->type_name("LEAST:MOST:WIDTH");
    to.add_option("--attention", arguments.attention,
                  "of attentive-nas: among paths of one cost, best-up, worst-up or uniform")
        ->type_name("LAW");
    to.add_option("--predict", arguments.predict,
                  "of attentive-nas: tells good paths by accuracies that another search measured, not by losses")
        ->type_name("RUN");
  }

  static void add_relaxation(CLI::App& to, search_arguments& arguments) {
    auto& options = arguments.options;
    to.add_option("--order", options.order, "1 or 2, of the gradient of relaxed decisions")->type_name("N");
    to.add_option("--cost", arguments.cost, "expected cost to lower with it: macs, params, or a table of `latency`")
        ->type_name("COST");
    to.add_option("--cost-target", arguments.cost_target, "of it: 600k, 12.5M, median; of a table, milliseconds")
        ->type_name("T");
    add_rate(to, "--cost-weight", arguments.cost_weight, "of its term; 0: the strategy's");
    to.add_option("--stop-when", arguments.stop,
                  "end early: eigenvalue (of the validation Hessian grows) or skips (two in a cell)")
        ->type_name("RULE");
    add_number(to, "--eigenvalue-every", options.eigenvalue_every, "epochs to the next eigenvalue; 0: the strategy's",
               0);
  }

  void add_trials() {
    auto const listed = make<trials_arguments>();
    auto& command = add("trials", "What a search tried: architectures and their scores",
                        "espalier trials runs/evolution --best=5", list_trials, listed);
    add_study(command, listed->study);
    auto* const best =
        command.add_flag("--best{1}", listed->best, "the best one alone, or so many: --best=N")->check(positive);
    command.add_flag("--pareto", listed->pareto, "those that none beats in both multiply-adds and score")
        ->excludes(best);
    command.add_option("-o,--out", listed->output, "write the architectures that are listed, NUMBER.json each")
        ->type_name("DIR");
  }

  void add_export() {
    auto const arguments = make<export_arguments>();
    auto& command = add("export", "Writes the trials of a search for other programs",
                        "espalier export runs/evolution --optuna journal.log", export_study, arguments);
    add_study(command, arguments->study);
    command.add_option("--optuna", arguments->optuna, "a journal, which Optuna's JournalStorage opens")
        ->type_name("FILE");
    command.add_option("--csv", arguments->csv, "a table with a column for each decision")->type_name("FILE");
  }

  static void add_study(CLI::App& to, std::string& study) {
    to.add_option("STUDY", study, "the folder of a search or selection, or its study.db")->required()->type_name("");
  }

  void add_select() {
    auto const arguments = make<select_arguments>();
    auto& options = arguments->options;
    auto& command = add("select", "The best paths of a trained supernet within limits, with no further training",
                        "espalier select fashion-cells runs/single-path --max-macs 600k,1M --data fashion-mnist --out "
                        "runs/selected",
                        select, arguments);
    add_space(command, arguments->space);
    command.add_option("RUN", arguments->run, "the folder of a search that left supernet.pt")
        ->required()
        ->type_name("");
    add_data(command, arguments->data);
    add_folder(command, arguments->output);
    add_limits(command, arguments->limits);
    command.get_option("--max-macs")->description("at most so many multiply-adds; of several, 4M,6M, a path each");
    command.add_flag("--pareto", arguments->pareto, "the front of multiply-adds and accuracy, and a picture of it");
    add_number(command, "--trials", options.trials, "paths judged within each limit; 0: 20 generations", 0);
    add_number(command, "--population", options.population, "of a generation; 0: 50, and 100 with --pareto", 0);
    add_seed(command, options.seed);
  }

  void add_train() {
    auto const arguments = make<train_arguments>();
    auto& options = arguments->options;
    auto& command =
        add("train", "Trains one architecture alone and tests it; the same command resumes",
            "espalier train fashion-cells runs/darts --data fashion-mnist --out runs/darts-trained", train, arguments);
    add_space(command, arguments->space);
    add_architecture(command, arguments->architecture);
    add_data(command, arguments->data);
    add_folder(command, arguments->output);
    add_seed(command, options.seed);
    add_number(command, "--epochs", options.epochs, "over the training images", 1);
    add_number(command, "--batch", options.batch, "images a step", 1);
    add_number(command, "--images", options.images, "of the training set, 0 for all", 0);
    add_rate(command, "--learning-rate", options.learning_rate, "at the start; it falls along a cosine");
    add_rate(command, "--momentum", options.momentum, "of SGD");
    add_rate(command, "--weight-decay", options.weight_decay, "of all parameters");
    add_rate(command, "--clip", options.clip, "largest norm of the gradient");
    add_rate(command, "--label-smoothing", options.label_smoothing, "share of the label that all classes split");
    command.add_option("--crop", options.augment.crop_padding, "random crops from images padded with so many zeros")
        ->type_name("N")
        ->check(not_negative);
    command.add_flag("--flip", options.augment.flip, "mirror images at random");
    command.add_option("--cutout", options.augment.cutout, "side of a square that is zeroed")
        ->type_name("N")
        ->check(not_negative);
  }

  void add_emit() {
    auto const arguments = make<emit_arguments>();
    add_emission(
        add("emit", "Writes an architecture as stand-alone C++, as Python or as a picture",
            "espalier emit fashion-cells runs/darts -o network --weights runs/darts/supernet.pt --data fashion-mnist",
            emit, arguments),
        *arguments);
  }

  // An emission, too, whose options are the same; two of them cannot be left out.
  void add_extract() {
    auto const arguments = make<emit_arguments>();
    arguments->recalibrate = true;
    auto& command = add("extract", "Emits an architecture with a supernet's weights and statistics of its own",
                        "espalier extract fashion-cells runs/selected/1.json -o network --weights "
                        "runs/single-path/supernet.pt --data fashion-mnist",
                        emit, arguments);
    add_emission(command, *arguments);
    command.get_option("--weights")->description("supernet.pt of `search`")->required();
    command.get_option("--data")
        ->description("on which statistics are measured, and whose mean and deviation the program normalizes with")
        ->required();
  }

  static void add_emission(CLI::App& command, emit_arguments& arguments) {
    add_space(command, arguments.space);
    add_architecture(command, arguments.architecture);
    command.add_option("--to", arguments.target, fmt::format("what to write: {}", fmt::join(emission_targets(), ", ")))
        ->type_name("TARGET")
        ->default_str(arguments.target);
    command
        .add_option("-o,--out", arguments.output,
                    "an empty folder, or an earlier emission of the same network; for onnx and dot, a file")
        ->required()
        ->type_name("PATH");
    command
        .add_option("--weights", arguments.weights,
                    "weights.pt of `train` or supernet.pt of `search`, for weights and a parity test")
        ->type_name("FILE");
    command
        .add_option("--weights-format", arguments.weights_format,
                    "archive (of LibTorch, for cpp) or safetensors; each target has its own preset")
        ->type_name("FORMAT");
    command.add_option("--data", arguments.data, "whose mean and deviation the program normalizes with")
        ->type_name("DATA");
    command.add_option("--crop", arguments.crop_padding, "random crops while it trains, from so many zeros around")
        ->type_name("N")
        ->check(not_negative);
    command.add_flag("--flip", arguments.flip, "mirror images at random while it trains");
    command.add_flag("--deploy", arguments.deploy, "folded and quick, to be run and not trained (cpp, with weights)");
    command.add_flag("--force", arguments.force, "write into a folder that holds something else");
  }

  void add_completion() {
    auto& command = *app_.add_subcommand("completion", "A script that completes espalier's arguments in your shell");
    command.footer("Example:\n  source <(espalier completion bash)");
    auto const shell = std::make_shared<std::string>();
    command.add_option("SHELL", *shell, "bash, zsh or fish")->required()->type_name("");
    command.callback([this, shell] {
      chosen_ = [script = completion_script(*shell, described_commands(app_))] { fmt::print("{}", script); };
    });
  }

  CLI::App app_{"Searches neural-network architectures, and emits the winner as plain C++", "espalier"};
  int threads_ = preset_threads();
  std::function<void()> chosen_;
};

} // namespace

std::function<void()> read_command_line(int argc, char const* const* argv) {
  command_line line;
  return line.read(argc, argv);
}

} // namespace espalier::command
