#include "data_pipeline/packer/group_pattern.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {

GroupPattern::GroupPattern(const std::string& pattern) {
  if (!pattern.starts_with('/') || pattern.size() < 2) {
    throw DataError(fmt::format("\"{}\" must begin with '/', as in \"/{{identity}}/{{video}}\"", pattern));
  }
  std::string text;
  parts_.emplace_back();
  for (std::size_t i = 1; i < pattern.size(); ++i) {
    if (pattern[i] == '/') {
      parts_.back().push_back(std::exchange(text, ""));
      parts_.emplace_back();
    } else if (pattern[i] == '{') {
      const std::size_t end = pattern.find('}', i);
      if (end == std::string::npos) throw DataError(fmt::format("\"{}\" lacks a '}}'", pattern));
      const std::string name = pattern.substr(i + 1, end - i - 1);
      const bool known = std::find(kClipValues.begin(), kClipValues.end(), name) != kClipValues.end();
      if (!known || std::find(names_.begin(), names_.end(), name) != names_.end()) {
        throw DataError(fmt::format("\"{}\": {{{}}} is {}; take {{{}}}, each once",
                                    pattern,
                                    name,
                                    known ? "there twice" : "unknown",
                                    fmt::join(kClipValues, "}, {")));
      }
      names_.push_back(name);
      parts_.back().push_back(std::exchange(text, ""));
      parts_.back().push_back(name);
      i = end;
    } else {
      text += pattern[i];
    }
  }
  parts_.back().push_back(text);
}

bool GroupPattern::match_part(const Part& part, const std::string& text, std::map<std::string, std::string>* values) {
  if (!text.starts_with(part.front())) return false;
  std::size_t at = part.front().size();
  for (std::size_t i = 1; i < part.size(); i += 2) {
    const std::string& literal = part[i + 1];
    const bool last = i + 2 == part.size();
    const std::size_t end = last ? text.size() - std::min(text.size(), literal.size()) : text.find(literal, at + 1);
    if (end == std::string::npos || end <= at || !std::string_view(text).substr(end).starts_with(literal)) return false;
    if (values != nullptr) (*values)[part[i]] = text.substr(at, end - at);
    at = end + literal.size();
  }
  return at == text.size();
}

bool GroupPattern::may_match(std::size_t place, const std::string& part) const {
  return place < parts_.size() && match_part(parts_[place], part, nullptr);
}

std::optional<std::map<std::string, std::string>> GroupPattern::match(const std::vector<std::string>& path) const {
  std::map<std::string, std::string> values;
  if (path.size() != parts_.size()) return std::nullopt;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (!match_part(parts_[i], path[i], &values)) return std::nullopt;
  }
  return values;
}

}  // namespace understudy
