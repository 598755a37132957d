#pragma once

#include <filesystem>

#include "data_pipeline/mask.h"
#include "data_pipeline/packer/clip_annotator.h"

namespace understudy {

/// Where annotations lie; an empty path: there are none of this kind. What files are looked for in them, and what may
/// stand in these, is said by landmark_files.h, mask_files.h, box_file.h, flame_file.h and openface_file.h.
struct AnnotationFolders {
  std::filesystem::path landmarks;
  std::filesystem::path masks;
  std::filesystem::path boxes;
  std::filesystem::path flame;
  std::filesystem::path openface;
  float landmark_size = 256.0F;             ///< side of the picture that landmarks are pixels of
  MaskCodec mask_codec = MaskCodec::kPng8;  ///< the set's; bits-deflate keeps hard masks only
};

/// Annotations that other programs wrote beside the clips.
class AnnotationFiles : public ClipAnnotator {
 public:
  /// @throws DataError  listing every folder that is none, and a landmark size that is not positive
  explicit AnnotationFiles(AnnotationFolders folders);

  /// A folder that was given must know every clip. @throws ClipRejected
  ClipAnnotations read(const ListedClip& clip, const ClipFrames& frames) const override;

 private:
  AnnotationFolders folders_;
};

}  // namespace understudy
