#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "data_pipeline/frame_rate.h"
#include "data_pipeline/packer/clip_frames.h"

namespace understudy {

/// What a row of vox-metadata.csv says of a clip.
struct VoxRow {
  std::uint32_t frames = 0;  ///< end - start, at `rate`
  std::optional<FrameRate> rate;
  PixelBox source_box{};  ///< zeros: the file has no such column
  std::array<std::int32_t, 2> source_size{};
  std::string partition;  ///< "train", "test"; empty: no such column
};

/// The table of the video-preprocessing scripts: a header that names video_id, start and end, and may name bbox
/// (left-top-right-bottom), fps, width, height, partition and person_id; other columns are passed over.
class VoxMetadata {
 public:
  /// @throws DataError  listing every row that cannot be understood
  explicit VoxMetadata(const std::filesystem::path& path);

  /// Of "person#video#start#end" with any number of leading zeros; null when the table does not hold it.
  const VoxRow* find(std::string_view clip_name) const;
  std::size_t size() const { return rows_.size(); }

 private:
  std::map<std::string, VoxRow, std::less<>> rows_;
};

}  // namespace understudy
