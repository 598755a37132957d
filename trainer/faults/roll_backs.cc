#include "trainer/faults/roll_backs.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/hash.h"

namespace understudy {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr const char* kWent = "roll back";
constexpr const char* kGaveUp = "give up";
constexpr const char* kChecksum = "sha256";

std::string text_of_file(const fs::path& file) {
  return fs::exists(file) ? read_file(file) : std::string();
}

std::string line_of(const RollBack& roll_back) {
  Json json = to_json(roll_back.report);
  json["action"] = roll_back.gave_up ? kGaveUp : kWent;
  json["checkpoint"] = roll_back.checkpoint;
  json["without_progress"] = roll_back.without_progress;
  json[kChecksum] = sha256_hex(json.dump());
  return json.dump() + '\n';
}

/// @throws Json::exception, CheckpointError
RollBack roll_back_from(const std::string& line) {
  Json json = Json::parse(line);
  const std::string stated = json.at(kChecksum);
  json.erase(kChecksum);
  if (sha256_hex(json.dump()) != stated) throw CheckpointError("SHA-256 differs");
  return {.report = fault_report_from(json),
          .checkpoint = json.at("checkpoint"),
          .without_progress = json.at("without_progress"),
          .gave_up = json.at("action") == kGaveUp};
}

}  // namespace

std::vector<RollBack> read_roll_backs(const fs::path& run) {
  std::vector<RollBack> roll_backs;
  std::istringstream lines(text_of_file(run / kRollBacksName));
  for (std::string line; std::getline(lines, line);) {
    try {
      roll_backs.push_back(roll_back_from(line));
    } catch (const std::exception& error) {
      throw CheckpointError(
          fmt::format("{}: line {} is no roll-back ({}); restore the file, or remove it and name the "
                      "samples that stay excluded in data.exclude",
                      (run / kRollBacksName).string(),
                      roll_backs.size() + 1,
                      error.what()));
    }
  }
  return roll_backs;
}

std::vector<std::int64_t> samples_excluded_by(const std::vector<RollBack>& roll_backs) {
  std::vector<std::int64_t> samples;
  for (const RollBack& roll_back : roll_backs) {
    if (!roll_back.gave_up) merge_samples(samples, roll_back.report.samples());
  }
  return samples;
}

RollBack next_roll_back(const std::vector<RollBack>& before, FaultReport report, Iteration checkpoint) {
  RollBack next{.report = std::move(report), .checkpoint = checkpoint};
  if (before.empty() || before.back().gave_up || before.back().checkpoint < checkpoint) return next;
  next.without_progress = before.back().without_progress + 1;
  next.gave_up = next.without_progress > kMostWithoutProgress;
  return next;
}

void add_roll_back(const fs::path& run, const RollBack& roll_back, const FileSystem& files) {
  const fs::path file = run / kRollBacksName;
  write_file_atomically(file, text_of_file(file) + line_of(roll_back), files);
}

std::string why_it_gave_up(const std::vector<RollBack>& roll_backs, int world_size) {
  std::string text = fmt::format("{} roll-backs in a row brought no newer checkpoint:\n", kMostWithoutProgress);
  const std::int64_t row = std::min(roll_backs.back().without_progress, std::ssize(roll_backs));
  for (auto one = roll_backs.end() - row; one != roll_backs.end(); ++one) text += one->report.text(world_size) + '\n';
  return text +
         "Look at the episodes and batches named, at the losses before (metrics.jsonl) and at the nodes; then lower "
         "optimizer.learning_rate and go on with --accept-change, or move the newest checkpoints away to go back "
         "further";
}

void merge_samples(std::vector<std::int64_t>& samples, const std::vector<std::int64_t>& more) {
  samples.insert(samples.end(), more.begin(), more.end());
  std::sort(samples.begin(), samples.end());
  samples.erase(std::unique(samples.begin(), samples.end()), samples.end());
}

}  // namespace understudy
