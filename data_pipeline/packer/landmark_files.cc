#include "data_pipeline/packer/landmark_files.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "data_pipeline/npy_file.h"
#include "data_pipeline/packer/annotation_paths.h"
#include "data_pipeline/packer/reject_on_error.h"

namespace understudy {
namespace {

constexpr std::size_t kValues = 136;
constexpr float kOutside = 0.25F;
constexpr float kSmallestFace = 1.0F / 64.0F;

NpyArray read_array(const std::filesystem::path& file) {
  return reject_on_error(RejectionReason::kLandmarksUnreadable, [&] { return read_npy(file); });
}

void require_shape(const NpyArray& array, const std::vector<std::int64_t>& wanted, const std::filesystem::path& file) {
  if (array.shape == wanted) return;
  const bool depth = !array.shape.empty() && array.shape.back() == 3;
  throw ClipRejected(RejectionReason::kLandmarkShape,
                     fmt::format("{}: shape {}, not {}{}",
                                 file.string(),
                                 shape_text(array),
                                 shape_text({wanted, {}}),
                                 depth ? "; keep x and y: points[..., :2]" : ""));
}

Landmarks68 row_of(const NpyArray& array, std::size_t row) {
  Landmarks68 landmarks;
  const double* first = array.values.data() + row * kValues;
  std::transform(first, first + kValues, landmarks.xy.begin(), [](double value) { return static_cast<float>(value); });
  return landmarks;
}

std::vector<Landmarks68> read_clip_file(const std::filesystem::path& file, const ClipFrames& frames) {
  const NpyArray array = read_array(file);
  const std::int64_t rows = array.shape.empty() ? 0 : array.shape[0];
  require_shape(array, {rows, 68, 2}, file);
  if (rows != frames.source_frames) {
    throw ClipRejected(
        RejectionReason::kLandmarkCount,
        fmt::format("{}: {} rows of landmarks for {} frames", file.string(), rows, frames.source_frames));
  }
  std::vector<Landmarks68> landmarks;
  for (const std::uint32_t position : frames.position) landmarks.push_back(row_of(array, position));
  return landmarks;
}

/// Empty when no frame has a file.
std::vector<Landmarks68> read_frame_files(const std::filesystem::path& folder, const ClipFrames& frames) {
  std::vector<Landmarks68> landmarks;
  bool any = false;
  for (const std::string& name : frames.frame_names) {
    landmarks.emplace_back();
    const std::filesystem::path file = folder / (name + ".npy");
    if (!is_file(file)) continue;
    const NpyArray array = read_array(file);
    require_shape(array, {68, 2}, file);
    landmarks.back() = row_of(array, 0);
    any = true;
  }
  if (!any) landmarks.clear();
  return landmarks;
}

std::vector<Landmarks68> read_files(const std::filesystem::path& folder,
                                    const ListedClip& clip,
                                    const ClipFrames& frames) {
  if (const auto file = find_annotation_file(folder, clip.source, ".npy")) return read_clip_file(*file, frames);
  if (const auto own = find_annotation_folder(folder, clip.source)) {
    std::vector<Landmarks68> landmarks = read_frame_files(*own, frames);
    if (!landmarks.empty()) return landmarks;
  }
  const auto places = annotation_places(folder, clip.source, ".npy");
  throw ClipRejected(RejectionReason::kLandmarksMissing,
                     fmt::format("no {}, nor in any other of {} places", places.front().string(), places.size()));
}

void require_finite(const std::vector<Landmarks68>& landmarks, const ClipFrames& frames) {
  for (std::size_t i = 0; i < landmarks.size(); ++i) {
    const auto& xy = landmarks[i].xy;
    if (std::all_of(xy.begin(), xy.end(), [](float value) { return std::isfinite(value); })) continue;
    throw ClipRejected(RejectionReason::kLandmarkRange,
                       fmt::format("landmarks of frame {} are not all finite", frames.position[i]));
  }
}

/// The clip's typical face: the median of each value over the frames that have one.
std::optional<Landmarks68> median_face(const std::vector<Landmarks68>& landmarks) {
  Landmarks68 median;
  std::vector<float> values;
  for (std::size_t v = 0; v < kValues; ++v) {
    values.clear();
    for (const Landmarks68& frame : landmarks)
      if (frame.valid()) values.push_back(frame.xy[v]);
    if (values.empty()) return std::nullopt;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    median.xy[v] = *middle;
  }
  return median;
}

void require_pixels(const Landmarks68& face, float reference_size) {
  std::array<float, 2> least{face.xy[0], face.xy[1]};
  std::array<float, 2> most = least;
  for (std::size_t v = 2; v < kValues; ++v) {
    least[v % 2] = std::min(least[v % 2], face.xy[v]);
    most[v % 2] = std::max(most[v % 2], face.xy[v]);
  }
  const bool outside = std::min(least[0], least[1]) < -kOutside * reference_size ||
                       std::max(most[0], most[1]) > (1.0F + kOutside) * reference_size;
  const bool tiny = std::max(most[0] - least[0], most[1] - least[1]) < kSmallestFace * reference_size;
  if (!outside && !tiny) return;
  throw ClipRejected(
      RejectionReason::kLandmarkRange,
      fmt::format("landmarks typically span x {:.1f} to {:.1f}, y {:.1f} to {:.1f}, no face in a picture of {} pixels: "
                  "units? --landmark-size says the side of the picture that they are pixels of",
                  least[0],
                  most[0],
                  least[1],
                  most[1],
                  reference_size));
}

/// One coordinate, moved from the whole frame to its part [begin, end); pixel centres are at whole numbers.
float in_part(float value, double reference, double decoded, double begin, double end) {
  const double pixel = (static_cast<double>(value) + 0.5) * decoded / reference;
  return static_cast<float>((pixel - begin) * reference / (end - begin) - 0.5);
}

void move_into_crop(Landmarks68& landmarks, double reference, const ClipFrames& frames) {
  const auto [left, top, right, bottom] = frames.crop;
  for (std::size_t v = 0; v < kValues; v += 2) {
    landmarks.xy[v] = in_part(landmarks.xy[v], reference, frames.decoded_width, left, right);
    landmarks.xy[v + 1] = in_part(landmarks.xy[v + 1], reference, frames.decoded_height, top, bottom);
  }
}

}  // namespace

void fit_landmarks(std::vector<Landmarks68>& landmarks, float reference_size, const ClipFrames& frames) {
  require_finite(landmarks, frames);
  const auto face = median_face(landmarks);
  if (!face) throw ClipRejected(RejectionReason::kNoFace, "no packed frame has a face: all landmarks are zero");
  require_pixels(*face, reference_size);
  if (frames.crop == PixelBox{0, 0, frames.decoded_width, frames.decoded_height}) return;
  for (Landmarks68& frame : landmarks)
    if (frame.valid()) move_into_crop(frame, reference_size, frames);
}

std::vector<Landmarks68> read_landmark_files(const std::filesystem::path& folder,
                                             float reference_size,
                                             const ListedClip& clip,
                                             const ClipFrames& frames) {
  std::vector<Landmarks68> landmarks = read_files(folder, clip, frames);
  fit_landmarks(landmarks, reference_size, frames);
  return landmarks;
}

}  // namespace understudy
