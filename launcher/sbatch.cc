#include "launcher/sbatch.h"

#include <algorithm>
#include <cctype>
#include <sstream>

#include <fmt/format.h>

#include "common/errors.h"
#include "launcher/captured_process.h"
#include "launcher/sbatch_remedies.h"

namespace understudy {
namespace {

std::string indented(const std::string& text) {
  std::istringstream lines(text);
  std::string result;
  for (std::string line; std::getline(lines, line);) result += "\n  " + line;
  return result;
}

[[noreturn]] void refuse(const CapturedProcess& sbatch) {
  const std::string said = sbatch.errors + sbatch.output;
  const SbatchRemedy* known = find_sbatch_remedy(said);
  const std::string message =
      fmt::format("sbatch refused the job (exit code {}):{}\nWhat helps: {}",
                  sbatch.exit_code,
                  said.empty() ? "\n  it gave no reason" : indented(said),
                  known == nullptr ? "look at the script with --dry-run, or ask the cluster's support" : known->remedy);
  if (known != nullptr && known->code == ExitCode::kInternal) throw ClusterError(message);
  throw ConfigError(message);
}

/// From "42" or "42;cluster", as --parsable prints it.
std::string job_id_from(const CapturedProcess& sbatch) {
  const std::string id = sbatch.output.substr(0, sbatch.output.find_first_of(";\n"));
  const bool is_number =
      !id.empty() && std::all_of(id.begin(), id.end(), [](unsigned char c) { return std::isdigit(c); });
  if (is_number) return id;
  throw ClusterError(fmt::format("sbatch named no job, though it reported no error; see squeue. It said:{}",
                                 indented(sbatch.output + sbatch.errors)));
}

}  // namespace

Sbatch::Sbatch() : program_(find_program("sbatch")) {
  if (!program_.empty()) return;
  throw ConfigError(
      "no sbatch in PATH: submit from a login node of a SLURM cluster (some want `module load slurm` first), look at "
      "the "
      "script with --dry-run, or start ranks on this machine with `understudy launch`");
}

SubmittedJob Sbatch::submit(const std::filesystem::path& script) const {
  const CapturedProcess sbatch = run_captured({program_.string(), "--parsable", script.string()}, "");
  if (sbatch.exit_code != 0) refuse(sbatch);
  return {job_id_from(sbatch), sbatch.errors};
}

std::string Sbatch::test(std::string_view script) const {
  const CapturedProcess sbatch = run_captured({program_.string(), "--test-only"}, script);
  if (sbatch.exit_code != 0) refuse(sbatch);
  return sbatch.output + sbatch.errors;
}

}  // namespace understudy
