#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace understudy {

class Problems;

/// A method key is part of what is trained: a resume with another value is refused. A machine key says where and how
/// it runs (paths, ranks, intervals of logging) and is free.
enum class KeyKind { kMethod, kMachine };

/// What a key is, beside its value.
struct KeyInfo {
  std::string_view name;
  KeyKind kind;
  std::string_view help;         ///< one sentence for the config reference
  std::string_view former = "";  ///< "section.key" that older files have it under: read, never written
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
  virtual void texts(const KeyInfo& key, std::vector<std::string>& values) = 0;
  /// Usually one text, which stands without brackets; an empty text is none.
  virtual void text_or_texts(const KeyInfo& key, std::vector<std::string>& values) = 0;
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

}  // namespace understudy
