#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace understudy {

/// A job that SLURM took.
struct SubmittedJob {
  std::string id;
  std::string remarks;  ///< what sbatch said besides, such as a site's notes; often empty
};

/// SLURM's sbatch. A refusal carries what sbatch printed and, where sbatch_remedies.h knows it, what helps.
class Sbatch {
 public:
  /// @throws ConfigError  when there is no sbatch in PATH
  Sbatch();

  /// @throws ConfigError  when sbatch refuses the job. @throws ClusterError  when the cluster does not answer
  SubmittedJob submit(const std::filesystem::path& script) const;

  /// Has the script judged and submits nothing. @returns what sbatch says: when and where the job would start
  /// @throws  as submit does
  std::string test(std::string_view script) const;

 private:
  std::filesystem::path program_;
};

}  // namespace understudy
