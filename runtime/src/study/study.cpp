#include "study.hpp"

#include <espalier/compiler/error.hpp>

#include <chrono>
#include <mutex>

#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <SQLiteCpp/VariadicBind.h>
#include <fmt/format.h>
#include <sqlite3.h>

namespace espalier::runtime {

namespace {

namespace fs = std::filesystem;

constexpr int patience = 600'000; // milliseconds for which another process may write
constexpr int format = 1;         // of the tables

constexpr char const* tables = R"(
create table study (key text primary key, value text not null) without rowid;
create table trials (
  number integer primary key,
  decisions text not null,
  fingerprint text not null,
  state text not null check (state in ('proposed', 'complete', 'failed')),
  score real,
  macs integer not null,
  params integer not null,
  seed integer,
  started real not null,
  seconds real not null default 0,
  parent integer references trials,
  worker integer not null,
  proposed integer not null unique,
  finished integer unique);
create index trials_by_fingerprint on trials (fingerprint);
create index unfinished_trials on trials (number) where finished is null;
)";

constexpr char const* columns =
    "number, decisions, fingerprint, state, score, macs, params, seed, started, seconds, parent, worker";

constexpr char const* next_place =
    "1 + max((select ifnull(max(proposed), 0) from trials), (select ifnull(max(finished), 0) from trials))";

double seconds_since_1970() {
  return std::chrono::duration<double>{std::chrono::system_clock::now().time_since_epoch()}.count();
}

trial::progress state_of(std::string const& text) {
  using enum trial::progress;
  return text == spelled(complete) ? complete : text == spelled(failed) ? failed : proposed;
}

// Of a row that has `columns` from the given one on.
trial trial_in(SQLite::Statement const& row, int first = 0) {
  auto const at = [&](int i) { return row.getColumn(first + i); };
  trial t;
  t.number = at(0).getInt64();
  t.decisions = at(1).getString();
  t.fingerprint = at(2).getString();
  t.state = state_of(at(3).getString());
  if (!at(4).isNull())
    t.score = at(4).getDouble();
  t.macs = at(5).getInt64();
  t.params = at(6).getInt64();
  if (!at(7).isNull())
    t.seed = static_cast<std::uint64_t>(at(7).getInt64());
  t.started = at(8).getDouble();
  t.seconds = at(9).getDouble();
  if (!at(10).isNull())
    t.parent = at(10).getInt64();
  t.worker = at(11).getInt64();
  return t;
}

std::vector<trial> trials_in(SQLite::Database& database) {
  SQLite::Statement rows{database, fmt::format("select {} from trials order by number", columns)};
  std::vector<trial> all;
  while (rows.executeStep())
    all.push_back(trial_in(rows));
  return all;
}

std::string fact_in(SQLite::Database& database, char const* key) {
  SQLite::Statement row{database, "select value from study where key = ?"};
  row.bind(1, key);
  return row.executeStep() ? row.getColumn(0).getString() : "";
}

bool is_study(SQLite::Database& database) {
  return database.execAndGet("pragma user_version").getInt() == format && database.tableExists("trials");
}

// What a process has written survives its end. What took long to find out waits for the disk, too.
void keep_from_power_failures(SQLite::Database& database, double seconds) {
  database.exec(seconds < 1 ? "pragma synchronous = normal" : "pragma synchronous = full");
}

char const* remedy(int error) {
  switch (error) {
  case SQLITE_FULL:
  case SQLITE_IOERR:
    return "free space there, or use another disk";
  case SQLITE_NOTADB:
  case SQLITE_CORRUPT:
    return "it is no study; give another output folder";
  case SQLITE_BUSY:
    return "another process holds it; wait for that";
  default:
    return "give a folder that you own, on a disk of this machine";
  }
}

[[noreturn]] void refuse_database(fs::path const& file, SQLite::Exception const& error) {
  throw user_error(fmt::format("study {}: {}; {}", file.string(), error.what(), remedy(error.getErrorCode())));
}

[[noreturn]] void refuse_other_file(fs::path const& file) {
  throw user_error(
      fmt::format("{} is not a study of this version of espalier; give the folder of another run", file.string()));
}

SQLite::Database opened(fs::path const& file, int mode) try {
  return {file.string(), mode, patience};
} catch (SQLite::Exception const& error) {
  refuse_database(file, error);
}

} // namespace

study::study(fs::path file, compiler::compiled_space const& space, nlohmann::json const& run,
             std::optional<std::uint64_t> seed)
    : file_(std::move(file)), space_(space), seed_(seed), worker_(fs::path{file_} += "-workers"),
      database_(opened(file_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)) {
  std::scoped_lock const one_at_a_time{worker_};
  explained([&] {
    database_.exec("pragma journal_mode = wal");
    if (!database_.tableExists("study"))
      create(run);
    if (!is_study(database_))
      refuse_other_file(file_);
    require_same_space();
  });
}

void study::create(nlohmann::json const& run) {
  SQLite::Transaction transaction{database_, SQLite::TransactionBehavior::IMMEDIATE};
  database_.exec(tables);
  database_.exec(fmt::format("pragma user_version = {}", format));
  SQLite::Statement fact{database_, "insert into study values (?, ?)"};
  auto const insert = [&](char const* key, std::string const& value) {
    SQLite::bind(fact, key, value);
    fact.exec();
    fact.reset();
  };
  insert("name", space_.structured.name);
  insert("space", space_.text);
  insert("fingerprint", space_.fingerprint);
  insert("run", run.dump());
  transaction.commit();
}

void study::require_same_space() {
  auto const fingerprint = fact_in(database_, "fingerprint");
  if (fingerprint != space_.fingerprint)
    throw user_error(fmt::format("study {} is of the space '{}' with fingerprint {}, this run searches '{}' with {}; "
                                 "give another output folder, or that space",
                                 file_.string(), fact_in(database_, "name"), fingerprint, space_.structured.name,
                                 space_.fingerprint));
}

void study::refuse(SQLite::Exception const& error) const {
  refuse_database(file_, error);
}

void study::exclusively(std::function<void()> const& change) {
  std::scoped_lock const one_at_a_time{worker_}; // for which SQLite would ask again and again
  explained([&] {
    SQLite::Transaction transaction{database_, SQLite::TransactionBehavior::IMMEDIATE};
    change();
    transaction.commit();
  });
}

std::vector<trial> study::trials() {
  return explained([&] { return trials_in(database_); });
}

std::vector<study::event> study::events_after(std::int64_t place) {
  return explained([&] {
    SQLite::Statement rows{database_, fmt::format("select proposed as place, 1, {0} from trials where proposed > ?1 "
                                                  "union all "
                                                  "select finished as place, 0, {0} from trials where finished > ?1 "
                                                  "order by place",
                                                  columns)};
    rows.bind(1, place);
    std::vector<event> events;
    while (rows.executeStep())
      events.push_back({rows.getColumn(0).getInt64(), rows.getColumn(1).getInt() == 1, trial_in(rows, 2)});
    return events;
  });
}

study::event study::propose(compiler::architecture const& a, compiler::architecture const* parent) {
  auto const cost = space_.costs.of(a);
  return explained([&] {
    SQLite::Statement row{database_,
                          fmt::format("insert into trials (decisions, fingerprint, state, macs, params, seed, started, "
                                      "parent, worker, proposed) values (?, ?, 'proposed', ?, ?, ?, ?, (select "
                                      "max(number) from trials where fingerprint = ?), ?, {}) returning proposed, {}",
                                      next_place, columns)};
    row.bind(1, compiler::to_json(space_.decisions, space_.structured.name, a).at("decisions").dump());
    row.bind(2, compiler::fingerprint(space_.decisions, a));
    row.bind(3, std::int64_t{cost.macs});
    row.bind(4, std::int64_t{cost.params});
    if (seed_)
      row.bind(5, static_cast<std::int64_t>(*seed_));
    row.bind(6, seconds_since_1970());
    if (parent != nullptr)
      row.bind(7, compiler::fingerprint(space_.decisions, *parent));
    row.bind(8, worker_.number());
    row.executeStep();
    return event{row.getColumn(0).getInt64(), true, trial_in(row, 1)};
  });
}

std::optional<trial> study::take_over() {
  return explained([&]() -> std::optional<trial> {
    SQLite::Statement rows{database_,
                           fmt::format("select {} from trials where finished is null order by number", columns)};
    while (rows.executeStep()) {
      auto taken = trial_in(rows);
      if (taken.worker != worker_.number() && worker_.is_alive(taken.worker))
        continue;
      SQLite::Statement change{database_, "update trials set worker = ?, started = ? where number = ?"};
      SQLite::bind(change, worker_.number(), seconds_since_1970(), taken.number);
      change.exec();
      return taken;
    }
    return {};
  });
}

void study::finish(std::int64_t number, std::optional<double> score, double seconds) {
  keep_from_power_failures(database_, seconds);
  exclusively([&] { end(number, score, seconds); });
}

void study::add(compiler::architecture const& a, double score, double seconds) {
  keep_from_power_failures(database_, seconds);
  exclusively([&] { end(propose(a).of.number, score, seconds); });
}

void study::end(std::int64_t number, std::optional<double> score, double seconds) {
  using enum trial::progress;
  auto const changed = explained([&] {
    SQLite::Statement change{database_,
                             fmt::format("update trials set state = ?, score = ?, seconds = ?, finished = {} "
                                         "where number = ? and worker = ? and finished is null",
                                         next_place)};
    change.bind(1, spelled(score ? complete : failed));
    if (score)
      change.bind(2, *score);
    change.bind(3, seconds);
    change.bind(4, number);
    change.bind(5, worker_.number());
    return change.exec();
  });
  if (changed != 1)
    throw internal_error(fmt::format("trial {} of {} is not this process's to end", number, file_.string()));
}

recorded_study read_study(fs::path const& folder_or_file) {
  auto const file = fs::is_directory(folder_or_file) ? folder_or_file / study_name : folder_or_file;
  if (!fs::exists(file))
    throw user_error(fmt::format("{}: there is no {}; give the folder of a search or selection that tried "
                                 "architectures, or its study",
                                 folder_or_file.string(), file.string()));
  auto database = opened(file, SQLite::OPEN_READWRITE);
  try {
    if (!is_study(database))
      refuse_other_file(file);
    SQLite::Transaction const at_one_moment{database};
    return {file, fact_in(database, "space"), nlohmann::json::parse(fact_in(database, "run")), trials_in(database)};
  } catch (SQLite::Exception const& error) {
    refuse_database(file, error);
  }
}

compiler::architecture architecture_of(trial const& t, compiler::compiled_space const& space) {
  return compiler::from_json(space.decisions, {{"space", space.structured.name},
                                               {"fingerprint", space.decisions.fingerprint()},
                                               {"decisions", nlohmann::json::parse(t.decisions)}});
}

char const* spelled(trial::progress state) {
  return state == trial::progress::proposed ? "proposed" : state == trial::progress::complete ? "complete" : "failed";
}

} // namespace espalier::runtime
