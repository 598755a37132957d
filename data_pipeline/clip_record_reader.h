#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "data_pipeline/data_set.h"
#include "data_pipeline/set_writer.h"

namespace understudy {

/// Gives the clips of a set back as they were written: frames byte for byte, with all that is known of them.
class ClipRecordReader {
 public:
  /// @throws DataError  when the set cannot be opened
  explicit ClipRecordReader(const std::filesystem::path& folder_or_manifest);
  ~ClipRecordReader();
  ClipRecordReader(ClipRecordReader&&) noexcept;

  const DataSet& set() const;
  /// Options under which a `SetWriter` writes the same again. A quality or subsampling that differs between shards is
  /// not known afterwards, several tools are named one after the other, and of the packer's settings, which a set holds
  /// as a hash only, the new set's hash is one of that hash.
  /// @throws DataError  when mask shards have different codecs: a set is written with one
  SetOptions options() const;
  /// Reads a clip and checks every CRC. Clips in order are fastest: one shard is open at a time.
  /// @param clip  row of the index. @throws DataError  naming shard, clip and frame
  ClipRecord read(std::uint32_t clip);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace understudy
