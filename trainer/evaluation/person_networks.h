#pragma once

#include <functional>
#include <memory>
#include <string>

#include "trainer/inference.h"
#include "trainer/reenactor.h"

namespace understudy {

class DataSet;
struct EvaluationOptions;

/// The networks that draw each person: the same for all, or each person's own, of which one is held at a time.
class PersonNetworks {
 public:
  using Load = std::function<std::unique_ptr<Reenactor>(const std::string& person)>;

  /// The same for everybody.
  explicit PersonNetworks(std::unique_ptr<Reenactor> reenactor);
  /// Everybody's own. @param first  a person whose networks are loaded at once
  PersonNetworks(Load load, const std::string& first);

  /// @throws ConfigError, CheckpointError  also when they draw other pictures than the first person's
  Reenactor& of(const std::string& person);

  std::int64_t picture_size() const { return picture_size_; }
  std::int64_t sources_wanted() const { return sources_wanted_; }
  bool draws_foreground() const { return draws_foreground_; }
  /// Whether these are one person's networks and no other can be drawn.
  bool hold_one_person() const { return !load_ && sources_wanted_ == 0; }

 private:
  void require_alike(const std::string& person) const;

  Load load_;
  std::string loaded_;
  std::unique_ptr<Reenactor> reenactor_;
  std::int64_t picture_size_ = 0;
  std::int64_t sources_wanted_ = 0;
  bool draws_foreground_ = false;
};

/// The networks that are read first: whose configuration decides for all. Otherwise as below.
InferenceSource first_networks(const InferenceSource& source, const DataSet& set, const EvaluationOptions& options);

/// Networks of a run, checkpoint, export or weight file; or, of a folder without weights of its own whose folders are
/// named like people of the set, every person's own.
/// @throws ConfigError, CheckpointError  naming every person to be measured who has none
PersonNetworks open_person_networks(const InferenceSource& source,
                                    const DataSet& set,
                                    const EvaluationOptions& options);

}  // namespace understudy
