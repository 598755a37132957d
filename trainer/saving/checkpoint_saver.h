#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "checkpoints/retention.h"
#include "checkpoints/store.h"
#include "clusters/communicator.h"
#include "clusters/heartbeat.h"
#include "trainer/saving/state_copy.h"

namespace understudy {

/// Most bytes of tensors in a part of the optimiser's state. The model stays one file, for whoever wants to load it.
inline constexpr std::uint64_t kPartBytes = std::uint64_t{128} << 20;

/// What a checkpoint holds besides tensors, as it is when the tensors are copied. Rank 0 publishes by it.
struct CheckpointOrder {
  std::int64_t iteration = 0;
  Manifest manifest;    ///< without parts
  std::string trainer;  ///< text of trainer.json
  RetentionPolicy retention;
};

/// Writes checkpoints beside training. A step waits for a copy of this rank's share of the tensors; a thread writes it,
/// syncs it and reads it again. What other ranks wrote comes to rank 0 with what ranks tell each other at the end of
/// every iteration; its thread then syncs the logs, publishes, applies the retention policy and verifies the kept
/// checkpoint that was verified longest ago. One copy of the state is all the memory it takes.
///
/// All methods are for the training thread. An error of a thread ends the run through `failed` and `finish`.
class CheckpointSaver {
 public:
  /// @param sync_logs  on rank 0, in the writing thread: before a checkpoint that vouches for the logs is published
  CheckpointSaver(const CheckpointStore& store,
                  std::uint64_t incarnation,
                  const NamedTensors& model,
                  const NamedTensors& optimizer,
                  std::function<void()> sync_logs,
                  Communicator& ranks,
                  Heartbeat& heartbeat,
                  std::uint64_t part_bytes = kPartBytes);
  /// Gives up what is under way, unless it needs nothing from other ranks any more.
  ~CheckpointSaver();
  CheckpointSaver(const CheckpointSaver&) = delete;
  CheckpointSaver& operator=(const CheckpointSaver&) = delete;

  /// Copies the state and begins to write it. On all ranks at the same iteration, with nothing under way.
  void begin(CheckpointOrder order);
  /// Whether a save is under way: on rank 0 until it is published, elsewhere until this rank's parts are written.
  bool busy() const;
  /// Whether this rank's part in a save failed.
  bool failed() const;
  /// What rank 0 has to hear from this rank, once; mostly nothing. To be asked every iteration.
  std::string take_news();
  /// On rank 0: what the ranks had to tell.
  void hear(const std::vector<std::string>& news);

  /// Collective: waits until the save under way is published, if there is one. @throws on every rank what went wrong on
  /// any: FileError, CheckpointError
  void finish();

  /// Seconds that this rank's part in the last save took; nothing before one has ended.
  std::optional<double> seconds() const;

 private:
  using Parts = std::vector<PartInfo>;

  void work(const std::stop_token& stop);
  std::exception_ptr cause_of(std::exception_ptr error) const;
  void write_and_publish(const CheckpointOrder& order, const std::stop_token& stop);
  Parts write_share(const CheckpointFolder& folder) const;
  std::optional<Parts> parts_of_all(const std::stop_token& stop);
  void verify_one_kept(std::int64_t newest);
  std::string failure() const;

  const CheckpointStore& store_;
  std::uint64_t incarnation_;
  std::function<void()> sync_logs_;
  Communicator& ranks_;  ///< of the training thread; the writing thread asks it for this rank's number only
  Heartbeat& heartbeat_;
  std::vector<std::string> names_;  ///< of all parts, in the manifest's order
  StateCopy copy_;
  bool begun_ = false;                              ///< since the last finish()
  std::map<std::int64_t, std::uint64_t> verified_;  ///< of each kept checkpoint, when it was last; 0: never
  std::uint64_t verifications_ = 0;
  std::set<std::int64_t> damaged_;  ///< kept checkpoints that went bad
  /// On rank 0. Removed, if it failed, when other ranks have left it, too: the writing thread's until then.
  std::unique_ptr<PendingCheckpoint> pending_;

  mutable std::mutex mutex_;  ///< guards all below
  std::condition_variable_any changed_;
  std::optional<CheckpointOrder> order_;  ///< of the save under way
  Parts told_;                            ///< parts that rank 0 knows to be written
  bool given_up_ = false;                 ///< on rank 0: another rank failed
  std::string news_;
  std::exception_ptr error_;
  std::optional<double> seconds_;
  std::jthread writer_;
};

}  // namespace understudy
