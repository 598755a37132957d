#include "data_pipeline/packer/pack_request.h"

#include <system_error>

#include <fmt/format.h>

#include "common/problems.h"

namespace understudy {
namespace {

AnnotationFolders annotation_folders(const PackRequest& request) {
  AnnotationFolders folders = request.annotations;
  folders.landmark_size = static_cast<float>(request.settings.landmark_size);
  folders.mask_codec = request.settings.mask_codec;
  return folders;
}

}  // namespace

void require_paths(const PackRequest& request) {
  Problems problems;
  const auto require = [&problems](const char* option, const std::filesystem::path& path) {
    std::error_code error;
    if (!path.empty() && !std::filesystem::exists(path, error))
      problems.add(fmt::format("{} {}: is not there or cannot be looked at", option, path.string()));
  };
  require("--videos", request.input);
  require("--mapping", request.mapping);
  require("--metadata", request.metadata);
  require("--landmarks", request.annotations.landmarks);
  require("--masks", request.annotations.masks);
  require("--boxes", request.annotations.boxes);
  require("--flame", request.annotations.flame);
  require("--openface", request.annotations.openface);
  for (const std::filesystem::path& list : request.split_lists) require("--split-list", list);
  problems.raise_if_any("the input");
}

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
