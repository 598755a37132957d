#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace understudy {

/// What is said of a clip by paths, attributes and tables.
inline constexpr std::array<std::string_view, 5> kClipValues{"name", "identity", "video", "clip", "split"};

/// The parts of a group's path that a pattern such as "/{split}/{identity}#{video}" names.
class GroupPattern {
 public:
  /// @throws DataError  when it does not begin with '/', or a name in braces is unknown or stands twice
  explicit GroupPattern(const std::string& pattern);
  /// Number of groups on the way: 3 for "/{a}/{b}/{c}".
  std::size_t depth() const { return parts_.size(); }
  const std::vector<std::string>& names() const { return names_; }
  /// Nothing when the path has another shape. @param path  its parts
  std::optional<std::map<std::string, std::string>> match(const std::vector<std::string>& path) const;
  /// Whether a part of a path may stand at a place: so that not all groups of a file are visited.
  bool may_match(std::size_t place, const std::string& part) const;

 private:
  /// Literal text and names in turn: text, name, text, name, ..., text.
  using Part = std::vector<std::string>;
  static bool match_part(const Part& part, const std::string& text, std::map<std::string, std::string>* values);
  std::vector<Part> parts_;
  std::vector<std::string> names_;
};

}  // namespace understudy
