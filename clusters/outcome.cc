#include "clusters/outcome.h"

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

std::string_view word_of(ExitCode code) {
  for (const auto& [known, word] : kWords) {
    if (known == code) return word;
  }
  return "internal";
}

}  // namespace

void write_outcome(const std::filesystem::path& file, const Outcome& outcome) {
  const nlohmann::json json{{"outcome", word_of(outcome.code)}, {"message", outcome.message}};
  write_file_atomically(file, json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

std::optional<Outcome> read_outcome(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return std::nullopt;
  const nlohmann::json json = nlohmann::json::parse(read_file(file), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("outcome") || !json["outcome"].is_string()) return std::nullopt;
  for (const auto& [code, word] : kWords) {
    if (json["outcome"].get<std::string>() != word) continue;
    const bool has_message = json.contains("message") && json["message"].is_string();
    return Outcome{code, has_message ? json["message"].get<std::string>() : std::string()};
  }
  return std::nullopt;
}

}  // namespace understudy
