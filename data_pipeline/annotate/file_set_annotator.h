#pragma once

#include <filesystem>

#include "data_pipeline/annotate/clip_sources.h"
#include "data_pipeline/annotate/set_annotator.h"
#include "data_pipeline/packer/annotation_files.h"
#include "data_pipeline/set_format.h"

namespace understudy {

/// How files of annotations are read.
struct AnnotationFileOptions {
  AnnotationKind kind = AnnotationKind::kLandmark68;
  std::filesystem::path folder;
  float landmark_size = 256.0F;
  MaskCodec mask_codec = MaskCodec::kPng8;
};

/// The files that `understudy pack` reads beside the clips, for a set that exists (docs/annotation-files.md). A set
/// does not keep the file names of frames. For a frame folder whose names are numbers they are told by number; else
/// files a frame must be complete, and count in natural order.
class FileSetAnnotator : public SetAnnotator {
 public:
  /// @throws DataError  when the folder is none, or there are no files of this kind
  FileSetAnnotator(const AnnotationFileOptions& options, ClipSources sources);
  ClipAnnotations annotate(const StoredClip& clip) const override;

 private:
  AnnotationFileOptions options_;
  ClipSources sources_;
  AnnotationFiles files_;
};

}  // namespace understudy
