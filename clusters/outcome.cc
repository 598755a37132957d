#include "clusters/outcome.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/atomic_file.h"
#include "common/errors.h"

namespace understudy {
namespace {

constexpr std::array<std::pair<ExitCode, std::string_view>, 4> kWords{{
    {ExitCode::kDone, "done"},
    {ExitCode::kRunAgain, "run_again"},
    {ExitCode::kUsage, "config"},
    {ExitCode::kInternal, "internal"},
}};

constexpr std::array<std::pair<EndCause, std::string_view>, 10> kCauses{{
    {EndCause::kNone, "none"},
    {EndCause::kConfig, "configuration"},
    {EndCause::kData, "data"},
    {EndCause::kNotFinite, "not finite"},
    {EndCause::kFileSystem, "file system"},
    {EndCause::kStorage, "storage"},
    {EndCause::kOutOfMemory, "out of memory"},
    {EndCause::kSuperseded, "superseded"},
    {EndCause::kCluster, "cluster"},
    {EndCause::kDefect, "defect"},
}};

template <class Value, std::size_t n>
std::string_view word_of(Value value, const std::array<std::pair<Value, std::string_view>, n>& words) {
  const auto known = std::find_if(words.begin(), words.end(), [&](const auto& entry) { return entry.first == value; });
  return known == words.end() ? words.back().second : known->second;
}

template <class Value, std::size_t n>
std::optional<Value> value_of(std::string_view word, const std::array<std::pair<Value, std::string_view>, n>& words) {
  const auto known = std::find_if(words.begin(), words.end(), [&](const auto& entry) { return entry.second == word; });
  return known == words.end() ? std::nullopt : std::optional(known->first);
}

/// The text under `key`; empty when there is none.
std::string text_in(const nlohmann::json& json, const char* key) {
  return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : std::string();
}

}  // namespace

void write_outcome(const std::filesystem::path& file, const Outcome& outcome) {
  const nlohmann::json json{{"outcome", word_of(outcome.code, kWords)},
                            {"message", outcome.message},
                            {"cause", word_of(outcome.cause, kCauses)},
                            {"rank", outcome.rank},
                            {"start", outcome.start}};
  write_file_atomically(file, json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

std::optional<Outcome> read_outcome(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return std::nullopt;
  const nlohmann::json json = nlohmann::json::parse(read_file(file), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  const std::optional<ExitCode> code = value_of(text_in(json, "outcome"), kWords);
  if (!code) return std::nullopt;
  const bool has_rank = json.contains("rank") && json["rank"].is_number_integer();
  return Outcome{*code,
                 text_in(json, "message"),
                 value_of(text_in(json, "cause"), kCauses).value_or(EndCause::kNone),
                 has_rank ? json["rank"].get<int>() : 0,
                 text_in(json, "start")};
}

}  // namespace understudy
