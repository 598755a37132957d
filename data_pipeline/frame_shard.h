#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data_pipeline/plain_file.h"

namespace understudy {

struct ClipRecord;
struct SetOptions;

/// The tables of a frame shard with C clips and F frames.
struct FrameTables {
  std::vector<std::string> clip_name;       ///< [C]
  std::vector<std::string> clip_identity;   ///< [C] the person
  std::vector<std::string> clip_video;      ///< [C] the recording
  std::vector<std::uint64_t> first_frame;   ///< [C + 1]
  std::vector<std::uint16_t> clip_size;     ///< [C, 2] width, height
  std::vector<std::int32_t> source_box;     ///< [C, 4]
  std::vector<std::int32_t> source_size;    ///< [C, 2]
  std::vector<std::uint32_t> fps;           ///< [C, 2] numerator, denominator
  std::vector<std::uint32_t> input_frames;  ///< [C, 2] of the packer's input, and every how many-th was taken
  std::vector<std::int32_t> input_size;     ///< [C, 2] of its frames
  std::vector<std::int32_t> input_crop;     ///< [C, 4] what was taken of each
  std::vector<std::uint64_t> offset;        ///< [F + 1] into the payload
  std::vector<std::uint32_t> crc32c;        ///< [F] of the JPEG bytes
  std::vector<std::uint32_t> source_index;  ///< [F] frame number in the source
  std::vector<std::uint8_t> flags;          ///< [F]

  std::uint64_t clips() const { return clip_name.size(); }
  std::uint64_t frames() const { return crc32c.size(); }
  /// CRC32C over the frames' CRCs, source numbers and flags of a clip: changes with anything that a run could see.
  std::uint32_t content_crc(std::uint64_t clip) const;
  std::uint32_t usable_frames(std::uint64_t clip) const;
};

/// An opened frame shard: tables checked and in memory, payload read at need.
class FrameShard {
 public:
  /// @param number  what the shard must say it is. @throws DataError
  FrameShard(const std::filesystem::path& path, std::uint32_t number, const ReadOptions& reading = {});

  const FrameTables& tables() const { return tables_; }
  const PlainFile& file() const { return file_; }
  std::uint64_t frame_bytes(std::uint64_t frame) const { return tables_.offset[frame + 1] - tables_.offset[frame]; }
  /// Where a frame's JPEG starts in the file.
  std::uint64_t frame_offset(std::uint64_t frame) const { return payload_ + tables_.offset[frame]; }

 private:
  PlainFile file_;
  std::uint64_t payload_ = 0;
  FrameTables tables_;
};

/// Writes one frame shard: payload into a scratch file first, since a contiguous table needs its size at the start.
class FrameShardWriter {
 public:
  FrameShardWriter(const std::filesystem::path& folder, std::uint32_t number, const SetOptions& options);
  ~FrameShardWriter();

  /// The clip was checked by the caller.
  void add(const ClipRecord& clip);
  std::uint64_t payload_bytes() const;
  const FrameTables& tables() const;
  /// Publishes the shard under its name. @return  its path
  std::filesystem::path close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace understudy
