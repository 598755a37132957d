#include "launcher/history.h"

#include <chrono>
#include <ctime>
#include <span>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "common/atomic_file.h"
#include "common/file_system.h"

namespace understudy {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

Json blame(const EndReport& report) {
  Json json{{"end", name_of(report.end)}};
  if (report.rank) {
    json["rank"] = report.rank->rank;
    json["node"] = report.rank->node;
    json["iteration"] = report.rank->iteration;
    json["section"] = name_of(report.rank->section);
    if (report.rank->end) {
      json["signal"] = report.rank->end->signal;
      json["exit_code"] = report.rank->end->exit_code;
    }
  }
  json["message"] = report.message;
  return json;
}

}  // namespace

std::string time_text() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

void History::started(const StartRecord& record) {
  append(dump({{"event", "start"},
               {"time", time_text()},
               {"ranks", record.ranks},
               {"nodes", record.nodes},
               {"from_iteration", record.from_iteration}},
              -1));
}

void History::append(std::string line) {
  unwritten_ += line + '\n';
  flush();
}

void History::flush() {
  if (unwritten_.empty() || !std::filesystem::is_directory(run_directory_)) return;
  try {
    const auto file = system_files().append(run_directory_ / "history.jsonl");
    file->write(std::as_bytes(std::span(unwritten_.data(), unwritten_.size())));
    file->close();
  } catch (const FileError& error) {
    spdlog::warn("{}", error.what());
  }
  unwritten_.clear();
}

void History::ended(const EndRecord& record, const std::string& stacks_file) {
  Json json{{"event", "end"}, {"time", time_text()}, {"seconds", record.seconds}};
  json.update(blame(record.report));
  json["reached_iteration"] = record.reached;
  json["checkpoint_iteration"] = record.checkpoint;
  json["lost_iterations"] = std::max<std::int64_t>(0, record.reached - record.checkpoint);
  if (!stacks_file.empty()) json["stacks"] = stacks_file;
  append(dump(json, -1));
  if (!std::filesystem::is_directory(run_directory_)) return;  // a mistake must leave no folder behind
  if (exit_code_of(record.report.end) != ExitCode::kUsage && exit_code_of(record.report.end) != ExitCode::kInternal)
    return;
  try {
    write_file_atomically(run_directory_ / "failure.json", dump(json, 2) + "\n");
  } catch (const std::exception& error) {
    spdlog::warn("{}", error.what());
  }
}

}  // namespace understudy
