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
  if (!folders_.landmarks.empty())
    annotations.landmarks = read_landmark_files(folders_.landmarks, folders_.landmark_size, clip, frames);
  if (!folders_.masks.empty()) annotations.masks = read_mask_files(folders_.masks, folders_.mask_codec, clip, frames);
  if (!folders_.boxes.empty()) annotations.rows.push_back(read_box_file(folders_.boxes, clip, frames));
  if (!folders_.flame.empty()) annotations.rows.push_back(read_flame_file(folders_.flame, clip, frames));
  if (!folders_.openface.empty()) annotations.rows.push_back(read_openface_file(folders_.openface, clip, frames));
  return annotations;
}

}  // namespace understudy
