#include "launcher/quoting.h"

#include <algorithm>
#include <cctype>

namespace understudy {
namespace {

constexpr std::string_view kPlainCharacters = "-_./:=,+@%";

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || kPlainCharacters.find(c) != std::string_view::npos;
}

bool is_plain_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_plain);
}

}  // namespace

std::string quote_for_shell(std::string_view text) {
  if (is_plain_word(text)) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + '\'';
}

std::string quote_for_sbatch(std::string_view text) {
  if (is_plain_word(text)) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '#') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace understudy
