#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkpoints/manifest.h"
#include "checkpoints/named_tensors.h"
#include "checkpoints/part_file.h"
#include "common/file_system.h"

namespace understudy {

inline constexpr std::string_view kModelPart = "model.safetensors";
inline constexpr std::string_view kOptimizerPart = "optimizer.safetensors";
inline constexpr std::string_view kTrainerPart = "trainer.json";

/// The folder of a checkpoint under construction, as one of the ranks that write into it sees it. Ranks share the file
/// system; each sends the PartInfo of what it wrote to the rank that publishes.
class CheckpointFolder {
 public:
  /// Made if no other rank has made it yet. @throws FileError
  CheckpointFolder(std::filesystem::path folder, const FileSystem& files);

  const std::filesystem::path& folder() const { return folder_; }

  /// Writes and syncs a part and reads it again. @throws FileError; StorageError when the storage gives back other
  /// bytes than were written
  PartInfo write_tensors(std::string_view name, const NamedTensors& tensors) const;
  PartInfo write_text(std::string_view name, std::string_view text) const;

 protected:
  const FileSystem& files() const { return *files_; }

 private:
  const FileSystem* files_;
  std::filesystem::path folder_;
};

/// A checkpoint under construction, as the rank that publishes it sees it: a folder with a temporary name, removed
/// again unless it was published.
class PendingCheckpoint : public CheckpointFolder {
 public:
  PendingCheckpoint(std::filesystem::path run,
                    std::int64_t iteration,
                    std::uint64_t incarnation,
                    const FileSystem& files = system_files());
  ~PendingCheckpoint();
  PendingCheckpoint(const PendingCheckpoint&) = delete;
  PendingCheckpoint& operator=(const PendingCheckpoint&) = delete;

  /// Writes the manifest, syncs and renames the folder to its final name, over an older checkpoint of the same
  /// iteration if there is one. `manifest.parts` comes from the writers; iteration and incarnation are filled in here.
  /// @throws CheckpointError  when a later start owns the run, or a part has not the size its writer stated
  /// @throws FileError        when the system refuses; older checkpoints are untouched
  void publish(Manifest manifest);

 private:
  std::filesystem::path run_;
  std::int64_t iteration_;
  std::uint64_t incarnation_;
};

/// A checkpoint whose parts were all verified against the manifest.
class LoadedCheckpoint {
 public:
  LoadedCheckpoint(std::filesystem::path folder, Manifest manifest);
  const std::filesystem::path& folder() const { return folder_; }
  const Manifest& manifest() const { return manifest_; }
  /// Of one part, or of all that it was cut into. @throws CheckpointError  when the manifest does not name them all
  NamedTensors tensors(std::string_view part) const;
  std::string text(std::string_view part) const;

 private:
  std::filesystem::path part_path(std::string_view part) const;
  std::filesystem::path folder_;
  Manifest manifest_;
};

/// The checkpoints of one run directory. Reading needs no incarnation; only the rank that owns the run writes.
class CheckpointStore {
 public:
  explicit CheckpointStore(std::filesystem::path run, const FileSystem& files = system_files())
      : files_(&files), run_(std::move(run)) {}

  /// Takes the next incarnation number and removes what killed writers of earlier ones left behind.
  /// @param passed_over  checkpoints that this start could not use and goes on without: they are void from now on, even
  /// where they can be read again, for the run's logs are cut below what they vouch for. @throws FileError
  std::uint64_t take_incarnation(const std::set<std::int64_t>& passed_over = {}) const;
  /// @throws CheckpointError  "a later start 4 owns this run"
  void require_newest(std::uint64_t incarnation) const;

  /// @throws CheckpointError  when a later start owns the run; FileError when the folder cannot be made
  std::unique_ptr<PendingCheckpoint> begin(std::int64_t iteration, std::uint64_t incarnation) const;
  /// For the other ranks, which write parts but do not publish. @throws  as begin
  CheckpointFolder join(std::int64_t iteration, std::uint64_t incarnation) const;

  /// Iterations that have a folder, ascending; whether they are intact is not looked at.
  std::vector<std::int64_t> list() const;
  /// The newest checkpoint that passes verification. Each newer one that does not is logged as a warning with every
  /// reason.
  /// @throws NewerVersionError  when a newer program wrote one of those: who went on from an older one would write over
  /// it
  std::optional<LoadedCheckpoint> newest_intact() const;
  /// @throws CheckpointError  when it is missing or damaged, with every reason
  LoadedCheckpoint open(std::int64_t iteration) const;

  /// Everything that keeps a checkpoint from being used: damage, or its publication after a later start had taken over.
  std::vector<std::string> problems_of(std::int64_t iteration, Verification of = Verification::kStorage) const;
  /// Renames the checkpoint away, then deletes it, so that none is ever seen half deleted. @throws FileError
  void remove(std::int64_t iteration, std::uint64_t incarnation) const;

  std::filesystem::path folder_of(std::int64_t iteration) const;
  const std::filesystem::path& run() const { return run_; }
  const FileSystem& files() const { return *files_; }

 private:
  const FileSystem* files_;
  std::filesystem::path run_;
};

/// Final name of a checkpoint's folder: nine digits.
std::string checkpoint_name(std::int64_t iteration);

}  // namespace understudy
