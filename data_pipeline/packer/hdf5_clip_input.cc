#include "data_pipeline/packer/hdf5_clip_input.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/packer/clip_reading.h"
#include "data_pipeline/packer/folder_entries.h"
#include "data_pipeline/packer/hdf5_catalog.h"
#include "data_pipeline/packer/landmark_files.h"

namespace understudy {
namespace {

std::vector<std::filesystem::path> files_of(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::filesystem::path> files;
  for (const FolderEntry& entry : folder_entries(path)) {
    if (!entry.is_folder && is_hdf5_name(entry.name)) files.push_back(entry.path);
  }
  if (files.empty()) throw DataError(fmt::format("{}: the folder holds no .h5, .hdf5 or .hdf file", path.string()));
  return files;
}

FrameRate rate_of(double fps) {
  const bool whole = fps == std::floor(fps);
  return whole ? FrameRate{static_cast<int>(fps), 1} : FrameRate{static_cast<int>(std::lround(fps * 1000)), 1000};
}

std::vector<Landmarks68> read_landmarks(const Hdf5Input& file,
                                        const Hdf5Place& place,
                                        float reference_size,
                                        const ClipFrames& frames) {
  const std::optional<InputTable> table = file.find(place.landmarks);
  if (!table) throw ClipRejected(RejectionReason::kLandmarksMissing, fmt::format("{} is no table", place.landmarks));
  const bool shaped = table->extent.size() == 3 && table->extent[1] == 68 && table->extent[2] == 2;
  if (!shaped || table->element != InputElement::kFloats) {
    throw ClipRejected(
        RejectionReason::kLandmarkShape,
        fmt::format("{} of shape [{}] is not float [N,68,2]", place.landmarks, fmt::join(table->extent, ",")));
  }
  const std::uint64_t rows = file.find(place.frames.table)->rows();
  if (table->rows() != rows) {
    throw ClipRejected(RejectionReason::kLandmarkCount,
                       fmt::format("{} rows of landmarks for {} frames", table->rows(), rows));
  }
  std::vector<Landmarks68> landmarks(frames.position.size());
  for (std::size_t i = 0; i < landmarks.size(); ++i) {
    file.read_floats(place.landmarks, place.frames.first + frames.position[i], 1, landmarks[i].xy);
  }
  fit_landmarks(landmarks, reference_size, frames);
  return landmarks;
}

class Hdf5ClipInput : public ClipInput {
 public:
  Hdf5ClipInput(const InputOptions& options, Hdf5Mapping mapping, Hdf5Catalog catalog)
      : options_(options), mapping_(std::move(mapping)), catalog_(std::move(catalog)) {}

  Listing list() const override { return catalog_.listing; }

  std::uint64_t predict_bytes(const ListedClip& clip) const override {
    try {
      const Hdf5Place& place = catalog_.places.at(clip.source);
      const auto file = std::make_shared<const Hdf5Input>(place.file);
      const auto stride = static_cast<std::uint64_t>(options_.frames.stride);
      return (place.frames.count + stride - 1) / stride * predicted_frame_bytes(file, place);
    } catch (const DataError&) {
      return 0;
    }
  }

  std::variant<ClipRecord, Rejection> read(const ListedClip& clip) const override {
    const bool folder = std::filesystem::is_directory(options_.path);
    return read_or_reject(clip, folder ? options_.path : options_.path.parent_path(), [&] {
      const Hdf5Place& place = catalog_.places.at(clip.source);
      const auto file = std::make_shared<const Hdf5Input>(place.file);
      const std::unique_ptr<FrameStream> stream = open_hdf5_stream(file, place.frames, mapping_.channels);
      PackedFrames packed = pack_frames(*stream, options_.frames);
      std::vector<Landmarks68> landmarks;
      if (!place.landmarks.empty()) {
        landmarks = read_landmarks(*file, place, options_.landmark_size, packed.frames);
      }
      const FrameRate rate = packed_rate(rate_of(mapping_.fps), options_.frames.stride);
      ClipRecord record = make_record(clip, std::move(packed), rate, options_.annotator);
      if (!landmarks.empty() && !record.annotations.landmarks.empty()) {
        throw ClipRejected(RejectionReason::kAnnotation,
                           "landmarks in the file and beside it; remove hdf5.landmarks from the mapping, or the files");
      }
      if (!landmarks.empty()) record.annotations.landmarks = std::move(landmarks);
      return record;
    });
  }

 private:
  std::uint64_t predicted_frame_bytes(const std::shared_ptr<const Hdf5Input>& file, const Hdf5Place& place) const {
    const std::optional<InputFrame> first = open_hdf5_stream(file, place.frames, mapping_.channels)->next();
    if (!first) return 0;
    const PictureSize size{first->picture.width, first->picture.height};
    const FrameGeometry geometry = frame_geometry(size, options_.frames);
    if (geometry.keeps(size) && !first->jpeg.empty()) return first->jpeg.size();
    return predicted_jpeg_bytes(geometry.width, geometry.height, options_.frames);
  }

  InputOptions options_;
  Hdf5Mapping mapping_;
  Hdf5Catalog catalog_;
};

}  // namespace

std::unique_ptr<ClipInput> open_hdf5_clip_input(const InputOptions& options) {
  if (options.mapping.empty()) {
    throw DataError(
        fmt::format("{}: HDF5 files need a mapping that says where clips lie in them", options.path.string()));
  }
  if (!options.metadata.empty()) {
    throw DataError(
        fmt::format("{}: metadata are for video files; HDF5 files have their own", options.metadata.string()));
  }
  Problems problems;
  Hdf5Mapping mapping = read_hdf5_mapping(options.mapping, problems);
  problems.raise_if_any(options.mapping.string());
  Hdf5Catalog catalog = list_hdf5_clips(files_of(options.path), mapping, problems);
  problems.raise_if_any(options.mapping.string());
  return std::make_unique<Hdf5ClipInput>(options, std::move(mapping), std::move(catalog));
}

}  // namespace understudy
