#include "data_pipeline/packer/pack_request.h"

namespace understudy {
namespace {

AnnotationFolders annotation_folders(const PackRequest& request) {
  AnnotationFolders folders = request.annotations;
  folders.landmark_size = static_cast<float>(request.settings.landmark_size);
  folders.mask_codec = request.settings.mask_codec;
  return folders;
}

}  // namespace

RequestedInput::RequestedInput(const PackRequest& request)
    : annotations_(std::make_unique<AnnotationFiles>(annotation_folders(request))),
      clips_(open_clip_input({.path = request.input,
                              .layout = request.layout,
                              .mapping = request.mapping,
                              .metadata = request.metadata,
                              .frames = request.settings.frames,
                              .landmark_size = static_cast<float>(request.settings.landmark_size),
                              .annotator = annotations_.get()})) {}

SetOptions set_options(const PackSettings& settings) {
  SetOptions options;
  options.packer_config = settings_text(settings);
  read_settings(options.packer_config, "the settings of the set");
  options.shard_bytes = static_cast<std::uint64_t>(settings.shard_mebibytes * 1048576.0);
  options.source = settings.source;
  options.jpeg_quality = settings.frames.jpeg_quality;
  options.jpeg_subsampling = settings.frames.full_chroma ? "4:4:4" : "4:2:0";
  options.landmark_reference_size = static_cast<float>(settings.landmark_size);
  options.mask_codec = settings.mask_codec;
  options.annotation_tool = settings.annotation_tool;
  return options;
}

}  // namespace understudy
