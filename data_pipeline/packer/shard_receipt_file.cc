#include "data_pipeline/packer/shard_receipt_file.h"

#include <nlohmann/json.hpp>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "data_pipeline/packer/record_line.h"

namespace understudy {

// Found by nlohmann::json through the namespace of the types.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ByteRange, offset, bytes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(FileEntry, file, bytes, sha256, payload, structure_sha256)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ShardEntry, number, file, clips, frames)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(AnnotationEntry, kind, shard, file)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PackedClip, identity, video, name, frames, usable, width, height, content_crc)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ShardReceipt, shard, annotations, clips)

namespace {

bool is_there(const ShardReceipt& receipt, const std::filesystem::path& folder) {
  if (!size_problem(folder, receipt.shard.file).empty()) return false;
  for (const AnnotationEntry& entry : receipt.annotations) {
    if (!size_problem(folder, entry.file).empty()) return false;
  }
  return true;
}

/// A line of JSON, then a line for each rejection: names of files need not be UTF-8, which JSON asks for.
PackedShard parse(std::string_view text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) throw DataError("no receipt");
  const nlohmann::json json = nlohmann::json::parse(text.substr(0, end));
  PackedShard shard;
  if (!json.is_null()) shard.receipt = json.get<ShardReceipt>();
  for (const auto& fields : read_record_lines(text.substr(end + 1))) {
    if (const auto rejection = rejection_of(fields)) shard.rejections.push_back(*rejection);
  }
  return shard;
}

}  // namespace

void write_packed_shard(const std::filesystem::path& path, const PackedShard& shard) {
  std::string text = (shard.receipt ? nlohmann::json(*shard.receipt) : nlohmann::json()).dump() + "\n";
  for (const Rejection& rejection : shard.rejections) text += rejection_line(rejection);
  write_file_atomically(path, text);
}

std::optional<PackedShard> read_packed_shard(const std::filesystem::path& path, const std::filesystem::path& folder) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  try {
    PackedShard shard = parse(read_file(path));
    if (!shard.receipt || is_there(*shard.receipt, folder)) return shard;
  } catch (const nlohmann::json::exception&) {
  } catch (const Error&) {
  }
  return std::nullopt;
}

}  // namespace understudy
