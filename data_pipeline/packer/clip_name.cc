#include "data_pipeline/packer/clip_name.h"

#include <algorithm>

#include <fmt/format.h>

#include "data_pipeline/packer/clip_input.h"

namespace understudy {
namespace {

constexpr std::size_t kLongestName = 256;  // of a set

[[noreturn]] void reject(const std::string& detail) {
  throw ClipRejected(RejectionReason::kName, detail);
}

/// Characters before '#' would also come between the clips of one video when names are sorted.
bool has_place_in_a_set(char c) {
  return c >= '#' && c <= '~';
}

void require_plain(std::string_view name) {
  if (name.size() > kLongestName) reject(fmt::format("name of {} characters; {} fit", name.size(), kLongestName));
  if (std::all_of(name.begin(), name.end(), has_place_in_a_set)) return;
  reject("a name may hold ASCII letters, digits and signs, but no blank, '!' or '\"'");
}

}  // namespace

ClipName parse_clip_name(std::string_view stem) {
  require_plain(stem);
  const std::size_t first = stem.find('#');
  if (first == std::string_view::npos) reject("no '#' between identity and video: identity#video#start#end");
  const std::size_t second = std::min(stem.find('#', first + 1), stem.size());
  if (first == 0 || second == first + 1 || second + 1 == stem.size()) {
    reject("a part between '#' is empty: identity#video#start#end");
  }
  return {
      std::string(stem), std::string(stem.substr(0, first)), std::string(stem.substr(first + 1, second - first - 1))};
}

ClipName join_clip_name(std::string_view identity, std::string_view video, std::string_view clip) {
  for (const std::string_view part : {identity, video, clip}) {
    if (part.find('#') != std::string_view::npos) reject(fmt::format("\"{}\" holds '#', which parts names", part));
  }
  return parse_clip_name(fmt::format("{}#{}#{}", identity, video, clip));
}

bool is_split_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), plain);
}

}  // namespace understudy
