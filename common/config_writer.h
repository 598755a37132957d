#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/config.h"

namespace understudy {

/// A text as a value of TOML, quoted.
std::string toml_text(std::string_view value);

/// All keys with their values as TOML that read_config takes back to the same values.
std::string write_config(const DescribeConfig& describe);

/// Markdown tables of all keys: name, kind, default, range, meaning.
std::string document_config(const DescribeConfig& describe);

/// One line for every method key whose value differs: "model.sources: 1 in the checkpoint, 2 now".
/// @param where  the former values stand
std::vector<std::string> method_differences(const DescribeConfig& before,
                                            const DescribeConfig& now,
                                            std::string_view where = "in the checkpoint");

}  // namespace understudy
