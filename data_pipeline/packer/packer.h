#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "data_pipeline/packer/pack_request.h"
#include "data_pipeline/packer/shard_packing.h"

namespace understudy {

/// Where the work on OUT lies: plan, receipts of whole shards, outcome.
std::filesystem::path pack_work_folder(const std::filesystem::path& out);

/// Packs an input into verified sets: plan, work, publish, merge (docs/data.md). Output is the same for any number of
/// workers and threads and after any interruption; a shard that is whole is never packed again.
///
/// One worker calls `plan`, then `pending`, and tells the others, which call `join`; then all call `work`, each with
/// its part of the list; when all have returned, the first calls `merge`. What an earlier start did is not done again.
class Packer {
 public:
  /// @throws DataError  when options are wrong or the input is not there
  explicit Packer(PackRequest request);
  ~Packer();

  /// Lists the input, splits it, cuts it into shards and stores the plan in OUT/packing, unless an earlier start did.
  /// Keeps other packs away from OUT for as long as this object lives.
  /// @throws DataError  when nothing is found, OUT holds another set, another pack is at work there, or the stored plan
  /// was made with other options
  void plan();
  /// Takes the plan that the first worker stored. @throws DataError  when it was made with other options
  void join();

  /// Places, in the plan, of the shards that are not whole yet; also of those that hold no clip, in sets that are not
  /// there yet: what was rejected may have been mended.
  std::vector<std::size_t> pending() const;
  /// Clips of these shards.
  std::uint64_t clips_of(std::span<const std::size_t> shards) const;

  /// Packs shards of the stored plan, one after another.
  /// @return  false when asked to stop: the shard at work is given up
  /// @throws FileError  when the disk is full, say; nothing that is wrong with a clip ends the work
  bool work(std::span<const std::size_t> shards, const PackWatch& watch);

  /// Writes index, records and manifest of every set that is not there yet.
  /// @throws DataError  when every clip of a set was rejected, after writing the others; when a file of a set that was
  /// there is not as its manifest says
  PackCounts merge();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace understudy
