#include "data_pipeline/packer/mask_files.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "data_pipeline/npy_file.h"
#include "data_pipeline/packer/annotation_paths.h"
#include "data_pipeline/packer/reject_on_error.h"
#include "data_pipeline/picture_folder.h"
#include "data_pipeline/resize_picture.h"

namespace understudy {
namespace {

constexpr std::size_t kChannel = 1;  // that counts of a colour picture
constexpr std::int64_t kLargestSide = 65500;

using Paths = std::vector<std::filesystem::path>;

/// An empty path: no mask.
std::filesystem::path mask_of_frame(const std::filesystem::path& folder, const std::string& frame) {
  for (const char* extension : {".png", ".png.npy"}) {
    std::filesystem::path file = folder / (frame + extension);
    if (is_file(file)) return file;
  }
  return {};
}

/// [frames] @throws DataError
Paths mask_paths(const std::filesystem::path& folder, const ClipFrames& frames) {
  Paths paths;
  if (!frames.frame_names.empty()) {
    for (const std::string& frame : frames.frame_names) paths.push_back(mask_of_frame(folder, frame));
    if (std::all_of(paths.begin(), paths.end(), [](const auto& path) { return path.empty(); })) {
      throw DataError(
          fmt::format("{}: no mask has the name of a frame, such as {}.png", folder.string(), frames.frame_names[0]));
    }
    return paths;
  }
  const Paths all = list_pictures(folder);
  if (all.size() != frames.source_frames)
    throw DataError(fmt::format("{}: {} masks for {} frames", folder.string(), all.size(), frames.source_frames));
  for (const std::uint32_t position : frames.position) paths.push_back(all[position]);
  return paths;
}

Picture picture_of(const NpyArray& array, const std::filesystem::path& path) {
  const std::vector<std::int64_t>& shape = array.shape;
  const bool plane = shape.size() == 2 || (shape.size() == 3 && shape[2] >= 1);
  if (!plane || shape[0] < 1 || shape[1] < 1 || std::max(shape[0], shape[1]) > kLargestSide) {
    throw DataError(fmt::format(
        "{}: shape {}, not [height, width] or [height, width, channels]", path.string(), shape_text(array)));
  }
  const std::size_t channels = shape.size() == 2 ? 1 : static_cast<std::size_t>(shape[2]);
  Picture picture(static_cast<int>(shape[1]), static_cast<int>(shape[0]));
  for (std::size_t i = 0; i < picture.rgb.size(); ++i) {
    const double value = array.values[i / 3 * channels];
    if (!(value >= 0.0 && value <= 255.0))
      throw DataError(fmt::format("{}: holds {}; masks have 0 to 255", path.string(), value));
    picture.rgb[i] = static_cast<std::uint8_t>(std::lround(value));
  }
  return picture;
}

Picture read_mask(const std::filesystem::path& path, const ClipFrames& frames) {
  Picture picture = path.extension() == ".npy" ? picture_of(read_npy(path), path) : read_picture(path);
  if (picture.width == frames.decoded_width && picture.height == frames.decoded_height) return picture;
  throw DataError(fmt::format("{}: mask is {} x {}, the frames are {} x {}",
                              path.string(),
                              picture.width,
                              picture.height,
                              frames.decoded_width,
                              frames.decoded_height));
}

Mask fitted(const Picture& picture, const ClipFrames& frames) {
  const auto [left, top, right, bottom] = frames.crop;
  const Picture packed = resize_picture(picture, {left, top, right - left, bottom - top}, frames.width, frames.height);
  Mask mask{packed.width, packed.height, {}};
  for (std::size_t i = kChannel; i < packed.rgb.size(); i += 3) mask.coverage.push_back(packed.rgb[i]);
  return mask;
}

std::uint8_t most_coverage(const Picture& picture) {
  std::uint8_t most = 0;
  for (std::size_t i = kChannel; i < picture.rgb.size(); i += 3) most = std::max(most, picture.rgb[i]);
  return most;
}

std::vector<std::vector<std::byte>> read_masks(const std::filesystem::path& folder,
                                               MaskCodec codec,
                                               const ClipFrames& frames) {
  std::vector<std::vector<std::byte>> masks;
  std::uint8_t most = 0;
  for (const std::filesystem::path& path : mask_paths(folder, frames)) {
    masks.emplace_back();
    if (path.empty()) continue;
    const Picture picture = read_mask(path, frames);
    most = std::max(most, most_coverage(picture));
    masks.back() = encode_mask(fitted(picture, frames), codec);
  }
  if (most <= 1) {
    throw DataError(fmt::format("{}: no mask has a value above {}; foreground is 255: units?", folder.string(), most));
  }
  return masks;
}

}  // namespace

std::vector<std::vector<std::byte>> read_mask_files(const std::filesystem::path& folder,
                                                    MaskCodec codec,
                                                    const ListedClip& clip,
                                                    const ClipFrames& frames) {
  const auto own = find_annotation_folder(folder, clip.source);
  if (!own) {
    throw ClipRejected(RejectionReason::kAnnotation,
                       fmt::format("no folder of masks {}", (folder / clip.source).string()));
  }
  return reject_on_error(RejectionReason::kAnnotation, [&] { return read_masks(*own, codec, frames); });
}

}  // namespace understudy
