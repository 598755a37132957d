#include "data_pipeline/packer/input_record.h"

#include <map>
#include <set>

#include <fmt/format.h>

#include "data_pipeline/packer/record_line.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

using InputPaths = std::multimap<std::string, std::string>;  // by option

/// Links are followed: one that leads elsewhere since is another input.
std::string full_path(const fs::path& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path);
  const fs::path followed = fs::weakly_canonical(absolute, error);
  return (error ? absolute : followed).string();
}

InputPaths paths_of(const PackRequest& request) {
  InputPaths paths;
  const auto add = [&](const char* option, const fs::path& path) {
    if (!path.empty()) paths.emplace(option, full_path(path));
  };
  add("--videos", request.input);
  add("--mapping", request.mapping);
  add("--metadata", request.metadata);
  add("--landmarks", request.annotations.landmarks);
  add("--masks", request.annotations.masks);
  add("--boxes", request.annotations.boxes);
  add("--flame", request.annotations.flame);
  add("--openface", request.annotations.openface);
  for (const fs::path& list : request.split_lists) add("--split-list", list);
  return paths;
}

InputPaths read_paths(const std::string& record) {
  InputPaths paths;
  for (const auto& fields : read_record_lines(record)) {
    if (fields.size() == 2) paths.emplace(fields[0], fields[1]);
  }
  return paths;
}

std::string named(const InputPaths& paths, const std::string& option) {
  std::vector<std::string> found;
  const auto [begin, end] = paths.equal_range(option);
  for (auto path = begin; path != end; ++path) found.push_back(path->second);
  return found.empty() ? "nothing" : fmt::format("{}", fmt::join(found, ", "));
}

}  // namespace

std::string input_record(const PackRequest& request) {
  std::string text;
  for (const auto& [option, path] : paths_of(request)) text += record_line({option, path});
  return text;
}

std::vector<std::string> input_differences(const std::string& record, const PackRequest& now) {
  const InputPaths before = read_paths(record);
  const InputPaths after = paths_of(now);
  std::set<std::string> options;
  for (const InputPaths& paths : {before, after}) {
    for (const auto& [option, path] : paths) options.insert(option);
  }
  std::vector<std::string> lines;
  for (const std::string& option : options) {
    const std::string was = named(before, option);
    const std::string is = named(after, option);
    if (was != is) lines.push_back(fmt::format("{}: {} at its beginning, {} now", option, was, is));
  }
  return lines;
}

}  // namespace understudy
