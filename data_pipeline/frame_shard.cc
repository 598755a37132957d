#include "data_pipeline/frame_shard.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "common/errors.h"
#include "common/hash.h"
#include "common/version.h"
#include "data_pipeline/set_format.h"
#include "data_pipeline/set_writer.h"
#include "data_pipeline/shard_tables.h"

namespace understudy {
namespace {

template <typename T>
std::uint32_t crc_of_rows(const std::vector<T>& rows, std::uint64_t first, std::uint64_t last, std::uint32_t crc) {
  return crc32c(std::as_bytes(std::span(rows).subspan(first, last - first)), crc);
}

FrameTables read_tables(const Hdf5Reader& structure, const PlainFile& file) {
  TableReader reader(structure, file);
  FrameTables tables;
  const std::uint64_t clips = structure.number_attribute("clips");
  const std::uint64_t frames = structure.number_attribute("frames");
  tables.clip_name = reader.take_text("/clip/name", clips);
  tables.clip_identity = reader.take_text("/clip/identity", clips);
  tables.clip_video = reader.take_text("/clip/video", clips);
  tables.first_frame = reader.take<std::uint64_t>("/clip/first_frame", clips + 1);
  tables.clip_size = reader.take<std::uint16_t>("/clip/size", clips, {2});
  tables.source_box = reader.take<std::int32_t>("/clip/source_box", clips, {4});
  tables.source_size = reader.take<std::int32_t>("/clip/source_size", clips, {2});
  tables.fps = reader.take<std::uint32_t>("/clip/fps", clips, {2});
  tables.input_frames = reader.take<std::uint32_t>("/clip/input_frames", clips, {2});
  tables.input_size = reader.take<std::int32_t>("/clip/input_size", clips, {2});
  tables.input_crop = reader.take<std::int32_t>("/clip/input_crop", clips, {4});
  tables.offset = reader.take<std::uint64_t>("/frame/offset", frames + 1);
  tables.crc32c = reader.take<std::uint32_t>("/frame/crc32c", frames);
  tables.source_index = reader.take<std::uint32_t>("/frame/source_index", frames);
  tables.flags = reader.take<std::uint8_t>("/frame/flags", frames);
  return tables;
}

void write_tables(Hdf5Writer& file, const FrameTables& tables) {
  TableWriter writer(file);
  const std::uint64_t clips = tables.clips();
  writer.add_text("/clip/name", tables.clip_name, kClipNameWidth);
  writer.add_text("/clip/identity", tables.clip_identity, kIdentityNameWidth);
  writer.add_text("/clip/video", tables.clip_video, kVideoNameWidth);
  writer.add("/clip/first_frame", tables.first_frame);
  writer.add("/clip/size", tables.clip_size, {clips, 2});
  writer.add("/clip/source_box", tables.source_box, {clips, 4});
  writer.add("/clip/source_size", tables.source_size, {clips, 2});
  writer.add("/clip/fps", tables.fps, {clips, 2});
  writer.add("/clip/input_frames", tables.input_frames, {clips, 2});
  writer.add("/clip/input_size", tables.input_size, {clips, 2});
  writer.add("/clip/input_crop", tables.input_crop, {clips, 4});
  writer.add("/frame/offset", tables.offset);
  writer.add("/frame/crc32c", tables.crc32c);
  writer.add("/frame/source_index", tables.source_index);
  writer.add("/frame/flags", tables.flags);
  writer.finish();
}

void require_known_flags(const FrameTables& tables, const std::string& path) {
  for (std::size_t i = 0; i < tables.flags.size(); ++i) {
    if ((tables.flags[i] & ~kKnownFlags) == 0) continue;
    throw DataError(fmt::format(
        "{}: frame {} of the shard has flags {:#04x}, of which this program knows {:#04x}; use a newer understudy",
        path,
        i,
        tables.flags[i],
        kKnownFlags));
  }
}

}  // namespace

std::uint32_t FrameTables::content_crc(std::uint64_t clip) const {
  const std::uint64_t first = first_frame[clip];
  const std::uint64_t last = first_frame[clip + 1];
  const std::uint32_t crc = crc_of_rows(source_index, first, last, crc_of_rows(crc32c, first, last, 0));
  return crc_of_rows(flags, first, last, crc);
}

std::uint32_t FrameTables::usable_frames(std::uint64_t clip) const {
  const auto row = [this](std::uint64_t frame) { return flags.begin() + static_cast<std::ptrdiff_t>(frame); };
  const auto usable = [](std::uint8_t flag) { return (flag & kFlagUsable) != 0; };
  return static_cast<std::uint32_t>(std::count_if(row(first_frame[clip]), row(first_frame[clip + 1]), usable));
}

FrameShard::FrameShard(const std::filesystem::path& path, std::uint32_t number, const ReadOptions& reading)
    : file_(path, reading) {
  const Hdf5Reader structure(path);
  const std::string name = path.string();
  require_format(structure, kFramesFormat, name);
  if (const std::uint64_t found = structure.number_attribute("shard_number"); found != number) {
    throw DataError(
        fmt::format("{}: says it is shard {}, not {}; the files of the set were mixed up", name, found, number));
  }
  tables_ = read_tables(structure, file_);
  const TablePlace payload = structure.locate("/frame/bytes", Element::kU8, 1);
  payload_ = payload.offset;
  require_ascending(tables_.first_frame, tables_.frames(), name, "/clip/first_frame");
  require_ascending(tables_.offset, payload.bytes, name, "/frame/offset");
  require_known_flags(tables_, name);
}

struct FrameShardWriter::State {
  std::filesystem::path folder;
  std::uint32_t number;
  const SetOptions& options;
  std::string name;
  std::filesystem::path scratch;
  std::ofstream payload;  // not synced: it is read back at once and removed
  FrameTables tables;

  void require_written() const {
    if (payload) return;
    throw FileError(fmt::format(
        "{}: cannot write: {}; free space or choose another folder", scratch.string(), std::strerror(errno)));
  }

  void write_attributes(Hdf5Writer& file) const {
    write_format(file, kFramesFormat);
    file.u32_attribute("shard_number", number);
    file.u64_attribute("clips", tables.clips());
    file.u64_attribute("frames", tables.frames());
    file.text_attribute("packer", fmt::format("understudy {}", version()));
    file.text_attribute("packer_config_sha256", sha256_hex(options.packer_config));
    file.text_attribute("source", options.source);
  }
};

FrameShardWriter::FrameShardWriter(const std::filesystem::path& folder, std::uint32_t number, const SetOptions& options)
    : state_(new State{folder, number, options, frame_shard_name(number), {}, {}, {}}) {
  state_->scratch = folder / partial_name(fmt::format("frames-{:05}.payload", number));
  state_->payload.open(state_->scratch, std::ios::binary | std::ios::trunc);
  state_->require_written();
  state_->tables.first_frame.push_back(0);
  state_->tables.offset.push_back(0);
}

FrameShardWriter::~FrameShardWriter() {
  std::error_code ignored;
  std::filesystem::remove(state_->scratch, ignored);
}

void FrameShardWriter::add(const ClipRecord& clip) {
  FrameTables& tables = state_->tables;
  tables.clip_name.push_back(clip.name);
  tables.clip_identity.push_back(clip.identity);
  tables.clip_video.push_back(clip.video);
  tables.clip_size.insert(tables.clip_size.end(),
                          {static_cast<std::uint16_t>(clip.width), static_cast<std::uint16_t>(clip.height)});
  tables.source_box.insert(tables.source_box.end(), clip.source_box.begin(), clip.source_box.end());
  tables.source_size.insert(tables.source_size.end(), clip.source_size.begin(), clip.source_size.end());
  tables.fps.insert(tables.fps.end(), {clip.fps_num, clip.fps_den});
  tables.input_frames.insert(tables.input_frames.end(), clip.input_frames.begin(), clip.input_frames.end());
  tables.input_size.insert(tables.input_size.end(), clip.input_size.begin(), clip.input_size.end());
  tables.input_crop.insert(tables.input_crop.end(), clip.input_crop.begin(), clip.input_crop.end());
  for (std::size_t i = 0; i < clip.frames.size(); ++i) {
    state_->payload.write(reinterpret_cast<const char*>(clip.frames[i].data()),
                          static_cast<std::streamsize>(clip.frames[i].size()));
    tables.offset.push_back(tables.offset.back() + clip.frames[i].size());
    tables.crc32c.push_back(crc32c(clip.frames[i]));
    tables.source_index.push_back(clip.source_index.empty() ? static_cast<std::uint32_t>(i) : clip.source_index[i]);
    tables.flags.push_back(!clip.unusable.empty() && clip.unusable[i] != 0 ? 0 : kFlagUsable);
  }
  tables.first_frame.push_back(tables.frames());
  state_->require_written();
}

std::uint64_t FrameShardWriter::payload_bytes() const {
  return state_->tables.offset.back();
}

const FrameTables& FrameShardWriter::tables() const {
  return state_->tables;
}

std::filesystem::path FrameShardWriter::close() {
  state_->payload.close();
  state_->require_written();
  const std::filesystem::path partial = state_->folder / partial_name(state_->name);
  Hdf5Writer file(partial);
  state_->write_attributes(file);
  write_tables(file, state_->tables);
  file.table_from_file("/frame/bytes", state_->scratch, payload_bytes());
  file.table_text_attribute("/frame/bytes", "codec", "jpeg");
  file.table_text_attribute("/frame/bytes", "subsampling", state_->options.jpeg_subsampling);
  file.table_u32_attribute("/frame/bytes", "quality", static_cast<std::uint32_t>(state_->options.jpeg_quality));
  file.close();
  return publish_file(partial, state_->folder / state_->name);
}

}  // namespace understudy
