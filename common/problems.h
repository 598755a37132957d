#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace understudy {

/// Everything that is wrong with a configuration, collected so that one run shows all of it.
class Problems {
 public:
  /// Adds a problem of no particular key.
  void add(std::string message);
  /// Adds a problem of one key; the line shows where the key was set, if it was, and its name.
  void add_key(std::string_view key, std::string message);
  /// Remembers that `key` was set at `place` ("run.toml:12" or "--set"), for later problems of that key.
  void set_place(std::string key, std::string place);

  bool empty() const { return messages_.empty(); }
  const std::vector<std::string>& messages() const { return messages_; }
  /// No problems, but the same places: for a second list about the same configuration, such as warnings.
  Problems with_same_places() const;
  /// @throws ConfigError  listing all problems, when there are any. @param subject  what was read, such as "run.toml"
  void raise_if_any(std::string_view subject) const;

 private:
  std::vector<std::string> messages_;
  std::map<std::string, std::string, std::less<>> places_;
};

/// The candidate with the smallest edit distance to `word`, or "" when none is near enough to be a likely slip.
std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace understudy
