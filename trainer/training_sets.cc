#include "trainer/training_sets.h"

#include <fmt/format.h>

#include "trainer/findings.h"

namespace understudy {

DataSets open_training_sets(const RunConfig& config, const SetRequirements& requirements, Problems& problems) {
  DataSets sets;
  for (const std::string& path : config.train_sets) {
    auto set = collect(
        problems, "data.train", [&] { return std::make_shared<const DataSet>(DataSet::open(path, requirements)); });
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
  return {sets, config.weights, static_cast<std::uint64_t>(config.seed), spec, config.balance};
}

}  // namespace understudy
