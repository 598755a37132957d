#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "launcher/cluster_profile.h"

namespace understudy {

/// One run to be trained as a job. All paths are absolute, because the job starts on another machine.
struct JobRequest {
  ClusterProfile profile;
  std::filesystem::path executable;  ///< this program, on a file system that the nodes share
  std::filesystem::path config;
  std::filesystem::path run_directory;
  std::filesystem::path working_directory;  ///< what relative paths in the configuration start from
  std::vector<std::string> settings;        ///< SECTION.KEY=VALUE each, for --set
};

/// The batch script: options of sbatch, modules, environment, and `understudy launch` in the place of the shell, so
/// that a signal to the batch shell reaches launch itself.
/// @throws ConfigError  when a path holds a character that sbatch cannot take
std::string render_job_script(const JobRequest& request);

/// The name of the run directory; in a chain with a digest of its whole path behind it, since jobs of one name run one
/// after the other, which those of another run need not.
std::string job_name(const JobRequest& request);

/// Path of the log with sbatch's patterns, %j among them.
std::string log_pattern(const JobRequest& request);

/// What sbatch makes of the patterns %j and %%; it alone knows the others.
std::string log_file(const std::string& pattern, const std::string& job_id);

}  // namespace understudy
