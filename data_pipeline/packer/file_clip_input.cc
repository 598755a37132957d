#include "data_pipeline/packer/file_clip_input.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "common/errors.h"
#include "common/log.h"
#include "data_pipeline/packer/clip_reading.h"
#include "data_pipeline/packer/folder_layouts.h"
#include "data_pipeline/packer/frame_packing.h"
#include "data_pipeline/packer/vox_metadata.h"
#include "data_pipeline/picture_folder.h"
#include "data_pipeline/video_decoder.h"

namespace understudy {
namespace {

std::unique_ptr<FrameStream> open_stream(const std::filesystem::path& path) {
  const bool folder = std::filesystem::is_directory(path);
  try {
    return folder ? open_folder_stream(path) : open_video_stream(path);
  } catch (const DataError& error) {
    throw ClipRejected(folder ? RejectionReason::kEmpty : RejectionReason::kUnreadable, error.what());
  }
}

std::uint64_t packed_count(std::uint64_t frames, int stride) {
  const auto step = static_cast<std::uint64_t>(stride);
  return (frames + step - 1) / step;
}

std::uint64_t predicted_video_bytes(const std::filesystem::path& path, const FramePreparation& preparation) {
  const VideoHeader header = read_video_header(path);
  if (header.frames <= 0 || header.width <= 0 || header.height <= 0) return 0;
  const FrameGeometry geometry = frame_geometry({header.width, header.height}, preparation);
  return packed_count(static_cast<std::uint64_t>(header.frames), preparation.stride) *
         predicted_jpeg_bytes(geometry.width, geometry.height, preparation);
}

/// The sizes of files when they are kept, or else what the first one's size implies.
std::uint64_t predicted_folder_bytes(const std::filesystem::path& folder, const FramePreparation& preparation) {
  const std::vector<std::filesystem::path> files = list_pictures(folder);
  const InputFrame first = *open_folder_stream(folder)->next();
  const PictureSize size{first.picture.width, first.picture.height};
  const FrameGeometry geometry = frame_geometry(size, preparation);
  if (first.jpeg.empty() || !geometry.keeps(size)) {
    return packed_count(files.size(), preparation.stride) *
           predicted_jpeg_bytes(geometry.width, geometry.height, preparation);
  }
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < files.size(); i += static_cast<std::size_t>(preparation.stride)) {
    bytes += std::filesystem::file_size(files[i]);
  }
  return bytes;
}

class FileClipInput : public ClipInput {
 public:
  FileClipInput(const InputOptions& options, InputLayout layout) : options_(options), layout_(layout) {
    if (!options.metadata.empty()) metadata_.emplace(options.metadata);
  }

  Listing list() const override {
    Listing listing = layout_ == InputLayout::kNamedClips  ? list_named_clips(options_.path)
                      : layout_ == InputLayout::kVoxceleb2 ? list_voxceleb2_clips(options_.path)
                                                           : list_frame_folders(options_.path);
    if (listing.clips.empty() && listing.rejections.empty()) {
      throw DataError(fmt::format("{}: holds no clip of the wanted layout", options_.path.string()));
    }
    if (metadata_) require_rows(listing.clips);
    return listing;
  }

  std::uint64_t predict_bytes(const ListedClip& clip) const override {
    const std::filesystem::path path = options_.path / clip.source;
    try {
      return std::filesystem::is_directory(path) ? predicted_folder_bytes(path, options_.frames)
                                                 : predicted_video_bytes(path, options_.frames);
    } catch (const DataError&) {
      return 0;
    } catch (const std::filesystem::filesystem_error&) {
      return 0;
    }
  }

  std::variant<ClipRecord, Rejection> read(const ListedClip& clip) const override {
    return read_or_reject(clip, options_.path, [&] {
      const std::unique_ptr<FrameStream> stream = open_stream(options_.path / clip.source);
      PackedFrames packed = pack_frames(*stream, options_.frames);
      const FrameRate rate = apply_metadata(clip, packed.frames, stream->rate);
      return make_record(clip, std::move(packed), packed_rate(rate, options_.frames.stride), options_.annotator);
    });
  }

 private:
  /// Says how much of the table is used. @throws DataError  when none of it is: clips would silently go without
  void require_rows(const std::vector<ListedClip>& clips) const {
    const auto found = std::count_if(
        clips.begin(), clips.end(), [&](const ListedClip& clip) { return metadata_->find(clip.name) != nullptr; });
    spdlog::info("{}: has rows for {} of {} clips", options_.metadata.string(), found, clips.size());
    if (found > 0 || clips.empty()) return;
    throw DataError(fmt::format(
        "{}: none of its {} rows is of one of the {} clips, the first of which is {}; give the table of these "
        "clips, or leave --metadata out",
        options_.metadata.string(),
        metadata_->size(),
        clips.size(),
        clips.front().name));
  }

  /// @returns  the frame rate: what a tool wrote into the container is often wrong, the table is not
  FrameRate apply_metadata(const ListedClip& clip, ClipFrames& frames, FrameRate rate) const {
    const VoxRow* row = metadata_ ? metadata_->find(clip.name) : nullptr;
    if (row == nullptr) return rate;
    if (!may_miss(frames.source_frames, row->frames)) {
      throw ClipRejected(RejectionReason::kTooFewFrames,
                         fmt::format("{} frames; the metadata say {}", frames.source_frames, row->frames));
    }
    frames.source_box = row->source_box;
    frames.source_size = row->source_size;
    return row->rate.value_or(rate);
  }

  InputOptions options_;
  InputLayout layout_;
  std::optional<VoxMetadata> metadata_;
};

}  // namespace

std::unique_ptr<ClipInput> open_file_clip_input(const InputOptions& options, InputLayout layout) {
  return std::make_unique<FileClipInput>(options, layout);
}

}  // namespace understudy
