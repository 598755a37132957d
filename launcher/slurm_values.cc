#include "launcher/slurm_values.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <vector>

#include "common/config.h"

namespace understudy {
namespace {

/// Up to eight digits, so that no product of the units below overflows.
std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0 || text.size() > 8) return std::nullopt;
  return number;
}

std::optional<std::vector<std::int64_t>> parse_fields(std::string_view text) {
  std::vector<std::int64_t> fields;
  while (true) {
    const auto colon = text.find(':');
    const std::optional<std::int64_t> number = parse_number(text.substr(0, colon));
    if (!number) return std::nullopt;
    fields.push_back(*number);
    if (colon == std::string_view::npos) return fields;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace

std::optional<std::int64_t> parse_slurm_time(std::string_view text) {
  if (text == "UNLIMITED") return kNoLimit;
  const auto dash = text.find('-');
  const bool has_days = dash != std::string_view::npos;
  const std::optional<std::int64_t> days =
      has_days ? parse_number(text.substr(0, dash)) : std::optional<std::int64_t>(0);
  auto fields = parse_fields(has_days ? text.substr(dash + 1) : text);
  if (!days || !fields || fields->size() > 3) return std::nullopt;
  // Without days one number is minutes and two are minutes:seconds; behind days the first is always hours.
  if (!has_days && fields->size() < 3) fields->insert(fields->begin(), 0);
  fields->resize(3);
  const std::int64_t seconds = *days * 86400 + (*fields)[0] * 3600 + (*fields)[1] * 60 + (*fields)[2];
  return seconds == 0 ? kNoLimit : seconds;
}

bool is_slurm_memory(std::string_view text) {
  if (text.empty()) return false;
  constexpr std::string_view kUnits = "KMGTkmgt";
  if (kUnits.find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  return parse_number(text).has_value();
}

bool fits_on_one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return std::iscntrl(c) != 0; });
}

}  // namespace understudy
