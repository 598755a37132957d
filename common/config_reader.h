#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/config.h"
#include "common/problems.h"

namespace understudy {

/// One `--set section.key=value` of the command line.
struct ConfigOverride {
  std::string key;
  std::string value;  ///< TOML, or a bare word taken as a string, or [bare, words]
};

/// @throws ConfigError  when `text` is not KEY=VALUE
ConfigOverride parse_override(std::string_view text);

/// Reads TOML into the structs that `describe` visits. Every problem (syntax, unknown key, wrong type, out of range) is
/// added to `problems` with file and line; keys that are not set keep their values.
/// @param name  of the file, for messages
/// @returns  false when the text is no TOML, so that nothing was read
bool read_config(std::string_view toml,
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

}  // namespace understudy
