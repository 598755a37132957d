#include "data_pipeline/packer/annotation_files.h"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/errors.h"
#include "data_pipeline/packer/box_file.h"
#include "data_pipeline/packer/flame_file.h"
#include "data_pipeline/packer/landmark_files.h"
#include "data_pipeline/packer/mask_files.h"
#include "data_pipeline/packer/openface_file.h"

namespace understudy {
namespace {

/// Reads files of a folder. Messages name them from there on: they are kept with the set, which is the same wherever
/// its input lay.
template <class Read>
auto read_within(const std::filesystem::path& folder, const Read& read) {
  try {
    return read();
  } catch (const ClipRejected& rejected) {
    std::string detail = rejected.what();
    const std::string prefix = (folder / "").string();
    for (std::size_t at = detail.find(prefix); at != std::string::npos; at = detail.find(prefix, at)) {
      detail.erase(at, prefix.size());
    }
    throw ClipRejected(rejected.reason, detail);
  }
}

}  // namespace

AnnotationFiles::AnnotationFiles(AnnotationFolders folders) : folders_(std::move(folders)) {
  std::vector<std::string> problems;
  const auto require_folder = [&](std::string_view kind, const std::filesystem::path& folder) {
    if (!folder.empty() && !std::filesystem::is_directory(folder))
      problems.push_back(fmt::format("{} \"{}\" is no folder", kind, folder.string()));
  };
  require_folder("landmarks", folders_.landmarks);
  require_folder("masks", folders_.masks);
  require_folder("boxes", folders_.boxes);
  require_folder("flame", folders_.flame);
  require_folder("openface", folders_.openface);
  if (!(folders_.landmark_size > 0.0F)) {
    problems.push_back(
        fmt::format("the landmark size is {}; give the side of their picture in pixels", folders_.landmark_size));
  }
  if (!problems.empty()) throw DataError(fmt::format("annotations: {}", fmt::join(problems, "; ")));
}

ClipAnnotations AnnotationFiles::read(const ListedClip& clip, const ClipFrames& frames) const {
  ClipAnnotations annotations;
  if (!folders_.landmarks.empty()) {
    annotations.landmarks = read_within(folders_.landmarks, [&] {
      return read_landmark_files(folders_.landmarks, folders_.landmark_size, clip, frames);
    });
  }
  if (!folders_.masks.empty()) {
    annotations.masks =
        read_within(folders_.masks, [&] { return read_mask_files(folders_.masks, folders_.mask_codec, clip, frames); });
  }
  const auto add_rows = [&](const std::filesystem::path& folder, const auto& read) {
    if (folder.empty()) return;
    annotations.rows.push_back(read_within(folder, [&] { return read(folder, clip, frames); }));
  };
  add_rows(folders_.boxes, read_box_file);
  add_rows(folders_.flame, read_flame_file);
  add_rows(folders_.openface, read_openface_file);
  return annotations;
}

}  // namespace understudy
