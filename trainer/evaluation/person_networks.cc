#include "trainer/evaluation/person_networks.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/errors.h"
#include "data_pipeline/data_set.h"
#include "trainer/evaluation/evaluation_plan.h"
#include "trainer/people.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

bool has_weights(const fs::path& path) {
  try {
    weight_file_of(path);
    return true;
  } catch (const CheckpointError&) {
    return false;
  }
}

/// Whether the folder holds no weights itself, but folders named like people of the set.
bool is_folder_of_people(const fs::path& folder, const DataSet& set) {
  if (!fs::is_directory(folder) || has_weights(folder)) return false;
  const auto all = set.identities();
  return std::any_of(all.begin(), all.end(), [&](const auto& entry) {
    return fs::is_directory(folder / folder_of_person(entry.name));
  });
}

std::vector<std::string> names_of(const DataSet& set, const EvaluationOptions& options) {
  std::vector<std::string> names;
  for (const std::uint32_t identity : identities_named(set, options.persons))
    names.push_back(set.identities()[identity].name);
  return names;
}

void require_all(const fs::path& folder, const std::vector<std::string>& people) {
  std::vector<std::string> missing;
  std::copy_if(people.begin(), people.end(), std::back_inserter(missing), [&](const std::string& person) {
    return !has_weights(folder / folder_of_person(person));
  });
  if (missing.empty()) return;
  throw CheckpointError(fmt::format("{}: has no run of {} of {} people: {}; tune them, or choose others with --person",
                                    folder.string(),
                                    missing.size(),
                                    people.size(),
                                    fmt::join(missing, ", ")));
}

InferenceSource networks_of(const InferenceSource& source, const std::string& person) {
  InferenceSource own = source;
  own.weights = source.weights / folder_of_person(person);
  return own;
}

}  // namespace

PersonNetworks::PersonNetworks(std::unique_ptr<Reenactor> reenactor)
    : reenactor_(std::move(reenactor)),
      picture_size_(reenactor_->picture_size()),
      sources_wanted_(reenactor_->sources_wanted()),
      draws_foreground_(reenactor_->draws_foreground()) {}

PersonNetworks::PersonNetworks(Load load, const std::string& first) : PersonNetworks(load(first)) {
  load_ = std::move(load);
  loaded_ = first;
}

Reenactor& PersonNetworks::of(const std::string& person) {
  if (load_ && loaded_ != person) {
    reenactor_.reset();  // before the next, for the memory
    reenactor_ = load_(person);
    loaded_ = person;
    require_alike(person);
  }
  return *reenactor_;
}

void PersonNetworks::require_alike(const std::string& person) const {
  if (reenactor_->picture_size() == picture_size_ && reenactor_->sources_wanted() == sources_wanted_ &&
      reenactor_->draws_foreground() == draws_foreground_)
    return;
  throw ConfigError(fmt::format(
      "the networks of {} draw pictures of {} x {} from {} sources{}, others of {} x {} from {}{}; measure them apart, "
      "with --person",
      person,
      reenactor_->picture_size(),
      reenactor_->picture_size(),
      reenactor_->sources_wanted(),
      reenactor_->draws_foreground() ? ", the foreground alone" : "",
      picture_size_,
      picture_size_,
      sources_wanted_,
      draws_foreground_ ? ", the foreground alone" : ""));
}

InferenceSource first_networks(const InferenceSource& source, const DataSet& set, const EvaluationOptions& options) {
  if (!is_folder_of_people(source.weights, set)) return source;
  const std::vector<std::string> people = names_of(set, options);
  require_all(source.weights, people);
  return networks_of(source, people.front());
}

PersonNetworks open_person_networks(const InferenceSource& source,
                                    const DataSet& set,
                                    const EvaluationOptions& options) {
  if (!is_folder_of_people(source.weights, set)) return PersonNetworks(make_reenactor(source));
  const std::vector<std::string> people = names_of(set, options);
  require_all(source.weights, people);
  const auto load = [source](const std::string& person) { return make_reenactor(networks_of(source, person)); };
  return PersonNetworks(load, people.front());
}

}  // namespace understudy
