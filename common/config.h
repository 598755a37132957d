#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/problems.h"

namespace understudy {

/// A method key is part of what is trained: a resume with another value is refused. A machine key says where and how
/// it runs (paths, ranks, intervals of logging) and is free.
enum class KeyKind { kMethod, kMachine };

/// What a key is, beside its value.
struct KeyInfo {
  std::string_view name;
  KeyKind kind;
  std::string_view help;  ///< one sentence for the config reference
};

/// Visits the keys of a config struct. Each struct has one function `describe(ConfigVisitor&, TheConfig&)` that names
/// all its keys; reading, writing, comparing and documenting are visitors, so that none of them can forget a key.
class ConfigVisitor {
 public:
  virtual ~ConfigVisitor() = default;

  /// Starts or continues a TOML table; the keys that follow belong to it. Several structs may share one table.
  virtual void section(std::string_view name, std::string_view help) = 0;

  virtual void flag(const KeyInfo& key, bool& value) = 0;
  virtual void integer(const KeyInfo& key, std::int64_t& value, std::int64_t low, std::int64_t high) = 0;
  virtual void real(const KeyInfo& key, double& value, double low, double high) = 0;
  virtual void text(const KeyInfo& key, std::string& value) = 0;
  virtual void reals(const KeyInfo& key, std::vector<double>& values, double low, double high) = 0;
  virtual void integers(const KeyInfo& key, std::vector<std::int64_t>& values, std::int64_t low, std::int64_t high) = 0;

  /// An enumerator spelled as one of the given words.
  template <class Enum>
  void choice(const KeyInfo& key, Enum& value, std::initializer_list<std::pair<std::string_view, Enum>> options) {
    std::vector<std::string> words;
    std::size_t index = 0;
    for (const auto& [word, option] : options) {
      if (option == value) index = words.size();
      words.emplace_back(word);
    }
    choose(key, index, words);
    value = (options.begin() + index)->second;
  }

 protected:
  virtual void choose(const KeyInfo& key, std::size_t& index, const std::vector<std::string>& words) = 0;
};

inline constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();
inline constexpr double kUnbounded = std::numeric_limits<double>::infinity();

/// Calls `describe` for every struct of a configuration.
using DescribeConfig = std::function<void(ConfigVisitor&)>;

/// One `--set section.key=value` of the command line.
struct ConfigOverride {
  std::string key;
  std::string value;  ///< TOML, or a bare word taken as a string
};

/// @throws ConfigError  when `text` is not KEY=VALUE
ConfigOverride parse_override(std::string_view text);

/// Reads TOML into the structs that `describe` visits. Every problem (syntax, unknown key, wrong type, out of range) is
/// added to `problems` with file and line; keys that are not set keep their values.
/// @param name  of the file, for messages
void read_config(std::string_view toml,
                 std::string_view name,
                 const std::vector<ConfigOverride>& overrides,
                 const DescribeConfig& describe,
                 Problems& problems);

/// The value of one text key before the structs are known (which recipe?), or `fallback`. Syntax errors are left to
/// read_config.
std::string peek_text_key(std::string_view toml,
                          const std::vector<ConfigOverride>& overrides,
                          std::string_view section,
                          std::string_view key,
                          std::string_view fallback);

/// All keys with their values as TOML that read_config takes back to the same values.
std::string write_config(const DescribeConfig& describe);

/// Markdown tables of all keys: name, kind, default, range, meaning.
std::string document_config(const DescribeConfig& describe);

/// One line for every method key whose value differs: "model.sources: 1 in the checkpoint, 2 now".
std::vector<std::string> method_differences(const DescribeConfig& before, const DescribeConfig& now);

}  // namespace understudy
