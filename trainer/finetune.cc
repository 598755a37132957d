#include "trainer/finetune.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "common/atomic_file.h"
#include "common/config_writer.h"
#include "common/errors.h"
#include "common/log.h"
#include "trainer/inference.h"
#include "trainer/saving/run_state.h"
#include "trainer/trainer.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

/// A tuning run's defaults, with what it takes over from the run of many people.
RunSettings settings_for_one(const RunSettings& many) {
  RunSettings settings;
  settings.recipe = many.recipe->for_one_person();
  settings.run.recipe = many.run.recipe;
  settings.recipe->set_defaults(settings.run);
  return settings;
}

/// What names the method must be as it is: the file may leave it out. @throws ConfigError
void require_same_method(const RunSettings& settings,
                         const std::string& text,
                         const std::string& name,
                         const std::vector<ConfigOverride>& overrides) {
  const std::string own = settings.text();
  for (const char* key : {"name", "stage"}) {
    const std::string wanted = peek_text_key(own, {}, "recipe", key, "");
    const std::string found = peek_text_key(text, overrides, "recipe", key, wanted);
    if (found == wanted) continue;
    throw ConfigError(
        fmt::format("{}: recipe.{} = \"{}\", but these weights are tuned with \"{}\"; change or leave it out",
                    name,
                    key,
                    found,
                    wanted));
  }
}

/// The people's runs, one after another on the ranks that share each of them.
class Tuning {
 public:
  Tuning(const FinetuneRequest& request, const RankContext& context, std::string config)
      : request_(request), context_(context), config_(std::move(config)) {}

  Outcome run(const std::vector<Person>& people);

 private:
  void tune_together(const Person& person) { tune(person, context_); }
  void tune_own(const std::vector<Person>& people);
  void note_failure(const Person& person, const Error& error);
  void tune(const Person& person, const RankContext& context);
  TrainRequest request_for(const Person& person) const;
  Outcome agree(std::size_t people) const;

  const FinetuneRequest& request_;
  const RankContext& context_;
  std::string config_;
  std::int64_t done_ = 0;
  bool stopped_ = false;
  bool diverged_ = false;  ///< a loss was not finite
  std::string failures_;   ///< a line each
};

Outcome Tuning::run(const std::vector<Person>& people) {
  if (people.size() == 1) {
    tune_together(people.front());
    return {stopped_ ? ExitCode::kRunAgain : ExitCode::kDone,
            fmt::format("{}: {}",
                        run_of_person(request_.out, people.front().name).string(),
                        stopped_ ? "stopped on request; run me again" : "tuned")};
  }
  tune_own(people);
  return agree(people.size());
}

void Tuning::tune_own(const std::vector<Person>& people) {
  Communicator& ranks = context_.ranks;
  const std::unique_ptr<Communicator> alone = single_rank({ranks.local_rank(), ranks.local_size()});
  const RankContext own{*alone, context_.heartbeat, context_.stop_requested};
  for (auto i = static_cast<std::size_t>(ranks.rank()); i < people.size() && !stopped_;
       i += static_cast<std::size_t>(ranks.world_size())) {
    try {
      tune(people[i], own);
    } catch (const SupersededError&) {
      throw;
    } catch (const NonFiniteError& error) {
      diverged_ = true;
      note_failure(people[i], error);
    } catch (const Error& error) {  // of one person; the others are tuned nevertheless
      note_failure(people[i], error);
    }
  }
}

void Tuning::note_failure(const Person& person, const Error& error) {
  spdlog::error("{}: {}", person.name, error.what());
  failures_ += fmt::format("{}: {}\n", person.name, error.what());
}

void Tuning::tune(const Person& person, const RankContext& context) {
  if (context_.ranks.rank() == 0 || context.ranks.world_size() == 1) spdlog::info("tuning to {}", person.name);
  const Outcome outcome = train(request_for(person), context);
  stopped_ = outcome.code == ExitCode::kRunAgain;
  done_ += stopped_ ? 0 : 1;
}

TrainRequest Tuning::request_for(const Person& person) const {
  TrainRequest request;
  request.config_text = config_;
  request.config_name = request_.config ? request_.config->string() : request_.weights.string();
  request.overrides = {{"data.train", toml_text(person.set.string())}, {"data.identity", toml_text(person.name)}};
  request.run_directory = run_of_person(request_.out, person.name);
  request.first_state = [weights = request_.weights](const RunSettings& settings, const DataSet& set) {
    return settings.recipe->personal_state(settings.run, settings.recipe->own_names(load_weights(weights)), set);
  };
  return request;
}

Outcome Tuning::agree(std::size_t people) const {
  Communicator& ranks = context_.ranks;
  std::string failures;
  for (const std::string& of_rank : ranks.all_gather(failures_, "share whom tuning failed for")) failures += of_rank;
  const std::int64_t done = ranks.all_reduce(done_, Reduction::kSum, "count the people who are done");
  const bool stopped = ranks.all_reduce(stopped_ ? 1 : 0, Reduction::kMax, "agree on the stop") != 0;
  const bool diverged = ranks.all_reduce(diverged_ ? 1 : 0, Reduction::kMax, "agree on the end") != 0;
  const std::string count = fmt::format("{}: {} of {} people tuned", request_.out.string(), done, people);
  if (stopped) return {ExitCode::kRunAgain, count + "; stopped on request, run me again"};
  const std::string others = fmt::format("{}; not:\n{}", count, failures);
  if (diverged) throw NonFiniteError(others);
  if (!failures.empty()) throw DataError(others);
  return {ExitCode::kDone, count};
}

}  // namespace

fs::path run_of_person(const fs::path& out, const std::string& name) {
  return out / folder_of_person(name);
}

RunSettings finetune_settings(const FinetuneRequest& request) {
  const std::string name = request.config ? request.config->string() : "--set";
  const std::string text = request.config ? read_file(*request.config) : "";
  std::optional<RunSettings> many = settings_kept_with(request.weights);
  if (!many) {
    if (!request.config)
      throw ConfigError(fmt::format("{}: has no configuration beside it; name one of tuning with --config",
                                    request.weights.string()));
    return RunSettings::read(text, name, request.overrides);
  }
  RunSettings settings = settings_for_one(*many);
  require_same_method(settings, text, name, request.overrides);
  settings.read_onto(text, name, request.overrides);
  return settings;
}

Outcome finetune(const FinetuneRequest& request, const RankContext& context) {
  const RunSettings settings = finetune_settings(request);
  bool whole = true;
  on_rank_zero(context.ranks, "pack pictures", [&] {
    whole =
        pack_people(request.people,
                    {.progress = [&](const PackCounts&) { context.heartbeat.beat(); }, .stop = context.stop_requested});
  });
  if (context.ranks.all_reduce(whole ? 1 : 0, Reduction::kMin, "pack pictures") == 0)
    return {ExitCode::kRunAgain, "stopped on request while packing pictures; run me again"};
  return Tuning(request, context, settings.text()).run(find_people(request.people));
}

}  // namespace understudy
