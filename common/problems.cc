#include "common/problems.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

void Problems::add(std::string message) {
  messages_.push_back(std::move(message));
}

void Problems::add_key(std::string_view key, std::string message) {
  const auto place = places_.find(key);
  add(place == places_.end() ? fmt::format("{}: {}", key, message)
                             : fmt::format("{}: {}: {}", place->second, key, message));
}

void Problems::set_place(std::string key, std::string place) {
  places_[std::move(key)] = std::move(place);
}

Problems Problems::with_same_places() const {
  Problems other;
  other.places_ = places_;
  return other;
}

void Problems::raise_if_any(std::string_view subject) const {
  if (messages_.empty()) return;
  throw ConfigError(fmt::format("{}: {} problem{}\n  {}",
                                subject,
                                messages_.size(),
                                messages_.size() == 1 ? "" : "s",
                                fmt::join(messages_, "\n  ")));
}

std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace understudy
