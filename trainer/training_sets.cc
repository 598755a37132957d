#include "trainer/training_sets.h"

#include <fmt/format.h>

#include "trainer/findings.h"

namespace understudy {

std::vector<NamedSet> training_sets_of(const RunConfig& config) {
  std::vector<NamedSet> sets;
  for (const std::string& path : config.train_sets)
    sets.push_back({"data.train", path, {.identity = config.identity, .held_out = config.held_out}});
  return sets;
}

std::optional<NamedSet> validation_set_of(const RunConfig& config) {
  if (!config.validation_set.empty()) return NamedSet{"data.validation", config.validation_set, {}};
  if (config.held_out == 0.0 || config.train_sets.empty()) return std::nullopt;
  return NamedSet{"data.held_out",
                  config.train_sets.front(),
                  {.identity = config.identity, .held_out = config.held_out, .of_held_out = true}};
}

std::shared_ptr<const DataSet> open_set(const NamedSet& named, const SetRequirements& requirements) {
  return std::make_shared<const DataSet>(DataSet::open(named.path, requirements, {}, named.selection));
}

DataSets open_training_sets(const RunConfig& config, const SetRequirements& requirements, Problems& problems) {
  DataSets sets;
  for (const NamedSet& named : training_sets_of(config)) {
    auto set = collect(problems, named.key, [&] { return open_set(named, requirements); });
    if (set) sets.push_back(std::move(set));
  }
  check_training_sets(config, sets, problems);
  return sets;
}

void check_training_sets(const RunConfig& config, const DataSets& sets, Problems& problems) {
  if (config.train_sets.empty())
    problems.add_key("data.train", "names no set; write one with `understudy synthesize` or `understudy pack`");
  for (const auto& set : sets) {
    const DataSet& first = *sets.front();
    if (!first.requirements().landmarks || set->landmark_reference_size() == first.landmark_reference_size()) continue;
    problems.add_key("data.train",
                     fmt::format("{} has landmarks in pixels of a picture of side {}, but {} of side {}; pack one of "
                                 "them with the landmarks of the other's size",
                                 set->folder().string(),
                                 set->landmark_reference_size(),
                                 first.folder().string(),
                                 first.landmark_reference_size()));
  }
}

MixedSampler training_sampler(const DataSets& sets, const RunConfig& config, const EpisodeSpec& spec) {
  return {sets,
          config.weights,
          static_cast<std::uint64_t>(config.seed),
          spec,
          config.balance,
          ExcludedSamples(config.exclude)};
}

}  // namespace understudy
