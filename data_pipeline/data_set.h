#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "data_pipeline/frame_ref.h"
#include "data_pipeline/frame_selection.h"
#include "data_pipeline/landmarks.h"
#include "data_pipeline/mask.h"
#include "data_pipeline/picture.h"
#include "data_pipeline/plain_file.h"
#include "data_pipeline/set_format.h"
#include "data_pipeline/set_index.h"
#include "data_pipeline/set_requirements.h"

namespace understudy {

class OpenSet;
class ShardCache;

/// A frame and its annotations as they are stored; used again, it keeps its memory.
struct StoredFrame {
  std::vector<std::byte> jpeg;
  Landmarks68 landmarks;
  std::vector<std::byte> mask;  ///< encoded
};

/// Files of sets, and how many of them are read from copies.
struct CopyCounts {
  std::int64_t files = 0;
  std::int64_t copies = 0;
};

/// Known parameters of a synthetic frame.
struct FrameTruth {
  std::array<float, 3> pose{};  ///< yaw, pitch, roll, radians
  std::vector<float> expression;
};

/// An opened data set. The structure is read through HDF5 and checked once, at opening; afterwards frames are read with
/// `pread`, each checked against its CRC32C. Everything is const and safe on any number of threads.
class DataSet {
 public:
  /// @param folder_or_manifest  the set's folder or its `set.toml`
  /// @param selection  frames that may be drawn; others stay readable. A selection has a fingerprint of its own
  /// @throws DataError  naming file, what is wrong with which values, and the remedy
  static DataSet open(const std::filesystem::path& folder_or_manifest,
                      const SetRequirements& requirements = {},
                      const ReadOptions& reading = {},
                      const FrameSelection& selection = {});
  /// The same as if the set had no annotations of this kind: they are about to be replaced, and may be damaged.
  static DataSet open_without(const std::filesystem::path& folder_or_manifest, AnnotationKind kind);
  ~DataSet();
  DataSet(DataSet&&) noexcept;

  /// SHA-256 over people, clips, frames and the required annotations; not over how they are cut into shards.
  const std::string& fingerprint() const;
  const SetRequirements& requirements() const;
  const std::filesystem::path& folder() const;
  const std::string& source() const;

  /// Sorted by name; videos and clips of an identity, and clips of a video, are consecutive.
  std::span<const IdentityEntry> identities() const;
  std::span<const VideoEntry> videos() const;
  std::span<const ClipEntry> clips() const;
  std::uint64_t frame_count() const;
  /// Ascending numbers of the frames that may be drawn: not marked unusable, every required annotation valid.
  std::span<const std::uint32_t> usable_frames(std::uint32_t clip) const;
  /// "frames-00000.h5, clip id1#v#0, frame 12", for messages.
  std::string describe(FrameRef ref) const;

  /// The JPEG file of a frame. Bytes that fail their CRC are dropped from the page cache and read once more.
  /// @throws DamageError  when they fail it again, naming shard, clip and frame
  std::vector<std::byte> read_frame(FrameRef ref) const;
  /// @throws DamageError  also when the JPEG cannot be decoded or has another size than the index says
  Picture decode_frame(FrameRef ref) const;
  /// Reads a frame with the wanted annotations, all checked as above. Decodes nothing. @throws DamageError, DataError
  void read(FrameRef ref, const SetRequirements& wanted, StoredFrame& frame, ReadCounts& counts) const;
  /// Decodes what `read` gave. @throws DamageError
  void decode(FrameRef ref, std::span<const std::byte> jpeg, Picture& picture) const;
  Mask decode_mask(FrameRef ref, std::span<const std::byte> bytes) const;

  /// Reads from copies as soon as the cache has them: goes through the files, beginning at a share of them so that the
  /// processes of a node help each other. Frames may be read meanwhile.
  /// @param share  of how many; 0 of 1 begins with the first file
  CopyCounts use_cache(const ShardCache& cache, int share, int shares, const std::stop_token& stop) const;

  bool has_landmarks() const;
  /// Whether the shard of this clip has landmarks at all.
  bool has_landmarks_of(std::uint32_t clip) const;
  bool has_masks() const;
  bool has_masks_of(std::uint32_t clip) const;
  bool has_truth() const;
  /// Side of the square picture that landmark values are pixels of. @throws DataError  when the set has no landmarks
  float landmark_reference_size() const;
  /// Stored values; all zero where no face was found. @throws DataError  when the set has none for this clip
  Landmarks68 landmarks(FrameRef ref) const;
  bool has(AnnotationKind kind) const;
  /// The stored row of a kind that `row_columns` describes, its columns one after another; empty where it is not known.
  std::optional<std::vector<std::byte>> annotation_row(AnnotationKind kind, FrameRef ref) const;
  /// Empty where the frame has no mask. @throws DataError  when the set has none for this clip
  std::optional<Mask> mask(FrameRef ref) const;
  /// Empty for a clip without known parameters.
  std::optional<FrameTruth> truth(FrameRef ref) const;
  /// Parameters of the person shown in a synthetic clip; empty for any other clip.
  std::optional<std::vector<float>> identity_truth(std::uint32_t clip) const;

 private:
  explicit DataSet(std::unique_ptr<const OpenSet> set);
  std::unique_ptr<const OpenSet> set_;
};

}  // namespace understudy
