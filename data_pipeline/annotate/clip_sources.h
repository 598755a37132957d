#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data_pipeline/packer/clip_input.h"

namespace understudy {

struct SetManifest;

/// Where the clips of a set lay in the packer's input, by which the files of their annotations are found.
class ClipSources {
 public:
  ClipSources() = default;
  /// From the plan that the set was packed by, if it keeps one. @throws DataError  when that is damaged
  ClipSources(const std::filesystem::path& folder, const SetManifest& manifest);

  /// Paths to try, in order: that of the plan, or else "identity#video#rest" and "identity/video/rest", as a clip of
  /// that name may have lain.
  std::vector<std::string> of(const ListedClip& clip) const;

 private:
  std::map<std::string, std::string> planned_;  // clip name -> source
};

}  // namespace understudy
