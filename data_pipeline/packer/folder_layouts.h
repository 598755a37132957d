#pragma once

#include <filesystem>
#include <string_view>

#include "data_pipeline/packer/clip_input.h"

namespace understudy {

// Layouts whose clips are files or folders of their own. Any of them may lie in folders of official splits: train, val,
// test, dev (also train_videos and val_videos). Hidden files and what is_auxiliary_name knows are passed over; all else
// that is no clip is among the rejections.

/// Whether a folder of this name means something to a layout: a split, a wrapper, what lies beside pictures. Then it
/// names nobody.
bool is_layout_folder(std::string_view name);

/// Clips of FSRT, FOMM and the video-preprocessing scripts, "identity#video#start#end.mp4": video files, or folders of
/// PNG or JPEG frames with or without ".mp4".
Listing list_named_clips(const std::filesystem::path& root);

/// VoxCeleb2 as it is distributed, "[mp4/]identity/video/clip.mp4": clips are named "identity#video#clip".
Listing list_voxceleb2_clips(const std::filesystem::path& root);

/// Frames of Latent Pose Descriptors, "[img/]identity/video/frame.jpg": one clip a folder, "identity#video#000".
Listing list_frame_folders(const std::filesystem::path& root);

}  // namespace understudy
