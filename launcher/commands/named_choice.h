#pragma once

#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace understudy {

/// For Option::transform: lets an option take one of a few names. CLI11's own CheckedTransformer lists the values too,
/// as characters where an enumeration is a byte wide, and takes them as input.
template <class Value>
CLI::Validator named_choice(std::vector<std::pair<std::string, Value>> names) {
  const auto choose = [names = std::move(names)](std::string& word) -> std::string {
    std::vector<std::string> known;
    for (const auto& [name, value] : names) {
      if (name == word) {
        word = std::to_string(static_cast<int>(value));
        return "";
      }
      known.push_back(name);
    }
    return fmt::format("\"{}\" must be one of {}", word, fmt::join(known, ", "));
  };
  return CLI::Validator(choose, "");
}

}  // namespace understudy
