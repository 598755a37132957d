#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "trainer/recipe_config.h"
#include "trainer/report/metrics_reading.h"
#include "trainer/report/timing_reading.h"
#include "trainer/saving/checkpoint_list.h"

namespace understudy {

/// The end of a start as `understudy launch` saw it: it lives on where ranks are killed.
struct SeenEnd {
  double time = 0.0;  ///< seconds since 1970
  std::string end;    ///< "killed", "time limit"
  std::string message;
  std::string node;  ///< of the rank that is to blame; may be empty
};

/// What the newest start ran on.
struct RunMachines {
  std::string understudy;
  std::string torch;
  std::string device;
  std::vector<std::string> nodes;  ///< of the ranks, in their order
  std::vector<std::pair<std::string, std::string>> variables;
};

/// What the newest readable checkpoint says of the run.
struct SavedState {
  Iteration completed = 0;
  bool finished = false;                                     ///< by its stopping rule
  std::string phase;                                         ///< of the newest validation
  std::optional<double> reference;                           ///< value that patience counts from
  std::int64_t without_improvement = 0;                      ///< validations
  std::map<std::string, std::pair<Iteration, double>> best;  ///< by phase
  std::map<std::string, std::string> data_fingerprints;
};

struct SampleFile {
  Iteration completed = 0;
  std::filesystem::path path;
};

/// A folder of exported networks.
struct RunExport {
  struct File {
    std::string name;
    std::string what;
    std::int64_t bytes = 0;
    std::string sha256;
  };
  std::filesystem::path folder;
  std::string summary;
  Iteration iteration = 0;
  std::vector<File> files;
};

/// All that a run's directory says of the run. What is missing there is empty here.
struct RunHistory {
  std::filesystem::path directory;
  double read_at = 0.0;  ///< seconds since 1970
  std::string config;    ///< run.toml
  std::optional<RunSettings> settings;
  std::string config_problem;  ///< why there are no settings
  RunTiming timing;
  RunMetrics metrics;
  std::vector<SeenEnd> ends;
  std::optional<RunMachines> machines;
  std::vector<CheckpointRow> checkpoints;
  std::optional<SavedState> saved;
  std::vector<SampleFile> samples;    ///< ascending
  std::vector<RunExport> exports;     ///< of folders in <run>/export
  std::vector<std::string> evidence;  ///< files in failed/ and failures/, and failure.json
};

/// Reads without taking the run over, also while it goes on: what is being written just now is passed over.
/// @throws ConfigError  when the directory is that of no run
RunHistory read_run_history(const std::filesystem::path& directory);

}  // namespace understudy
