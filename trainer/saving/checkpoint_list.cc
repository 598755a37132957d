#include "trainer/saving/checkpoint_list.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "checkpoints/store.h"
#include "common/config_reader.h"
#include "common/errors.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// Folder of a checkpoint -> measures and places that link to it: "psnr-phase-I #1".
std::map<std::string, std::vector<std::string>> best_links(const fs::path& run) {
  std::map<std::string, std::vector<std::string>> links;
  std::error_code ignored;
  for (const auto& metric : fs::directory_iterator(run / "best", ignored)) {
    for (const auto& link : fs::directory_iterator(metric.path(), ignored)) {
      if (!link.is_symlink()) continue;
      const std::string target = fs::read_symlink(link.path()).filename().string();
      links[target].push_back(
          fmt::format("{} #{}", metric.path().filename().string(), link.path().filename().string()));
    }
  }
  for (auto& [name, places] : links) std::sort(places.begin(), places.end());
  return links;
}

/// Iterations completed -> means of the validation then. A line that is no JSON, as of a log that is being written, is
/// passed over.
std::map<std::int64_t, Json> validations_of(const fs::path& run) {
  std::map<std::int64_t, Json> found;
  std::ifstream log(run / "metrics.jsonl");
  for (std::string line; std::getline(log, line);) {
    if (line.find("\"validation\"") == std::string::npos) continue;
    const Json entry = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (entry.is_object() && entry.contains("completed") && entry["completed"].is_number_integer())
      found[entry["completed"].get<std::int64_t>()] = entry["validation"];
  }
  return found;
}

double age_of(const fs::path& folder) {
  std::error_code error;
  const fs::file_time_type published = fs::last_write_time(folder / kManifestName, error);
  return error ? 0.0 : std::chrono::duration<double>(fs::file_time_type::clock::now() - published).count();
}

void read_into(CheckpointRow& row, const fs::path& folder, const std::map<std::int64_t, Json>& validations) {
  const Manifest manifest = read_manifest(folder);
  row.start = manifest.incarnation;
  row.code_version = manifest.code_version;
  for (const PartInfo& part : manifest.parts) row.bytes += part.size;
  row.metric = peek_text_key(manifest.config, {}, "validation", "metric", "");
  const auto validation = validations.find(row.iteration);
  if (validation == validations.end() || !validation->second.contains(row.metric)) return;
  const Json& value = validation->second[row.metric];
  if (value.is_number()) row.value = value.get<double>();  // null: it was not finite
}

std::string age_text(double seconds) {
  const auto minutes = static_cast<std::int64_t>(std::max(seconds, 0.0)) / 60;
  if (minutes < 60) return fmt::format("{} min", minutes);
  if (minutes < 48 * 60) return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
  return fmt::format("{} d {} h", minutes / (24 * 60), minutes / 60 % 24);
}

}  // namespace

std::vector<CheckpointRow> list_checkpoints(const fs::path& run, bool whole) {
  const CheckpointStore store(run);
  const auto best = best_links(run);
  const auto validations = validations_of(run);
  std::vector<CheckpointRow> rows;
  for (const std::int64_t iteration : store.list()) {
    CheckpointRow& row = rows.emplace_back();
    const fs::path folder = store.folder_of(iteration);
    row.iteration = iteration;
    row.age = age_of(folder);
    if (const auto links = best.find(checkpoint_name(iteration)); links != best.end()) row.best_by = links->second;
    try {
      read_into(row, folder, validations);
      if (whole) row.problems = store.problems_of(iteration);
    } catch (const NewerVersionError& newer) {
      row.is_newer = true;
      row.problems = {newer.what()};
    } catch (const Error& error) {
      row.problems = {error.what()};
    }
  }
  if (rows.empty()) throw CheckpointError(fmt::format("{}: holds no checkpoint", run.string()));
  return rows;
}

std::string checkpoint_table(const std::vector<CheckpointRow>& rows, bool whole) {
  const std::string metric = rows.back().metric;
  std::string text = fmt::format("{:>10}  {:>12}  {:>9}  {:>5}  {:>10}  {:<8}  {:<10}  {}\n",
                                 "iteration",
                                 "age",
                                 "MiB",
                                 "start",
                                 metric,
                                 whole ? "intact" : "readable",
                                 "version",
                                 "best by");
  for (const CheckpointRow& row : rows) {
    text += fmt::format("{:>10}  {:>12}  {:>9.1f}  {:>5}  {:>10}  {:<8}  {:<10}  {}\n",
                        row.iteration,
                        age_text(row.age),
                        static_cast<double>(row.bytes) / (1 << 20),
                        row.start,
                        row.value ? fmt::format("{:.4f}", *row.value) : "-",
                        row.is_newer           ? "newer"
                        : row.problems.empty() ? "yes"
                                               : "NO",
                        row.code_version,
                        fmt::join(row.best_by, ", "));
    for (const std::string& problem : row.problems) text += fmt::format("            {}\n", problem);
  }
  return text;
}

}  // namespace understudy
