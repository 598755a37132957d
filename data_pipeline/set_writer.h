#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data_pipeline/annotation_rows.h"
#include "data_pipeline/landmarks.h"
#include "data_pipeline/mask.h"

namespace understudy {

/// What drew a synthetic clip: known answers that no real recording has.
struct SyntheticTruth {
  std::vector<float> identity;                 ///< parameters of the person, as many in every clip of a set
  std::vector<std::array<float, 3>> pose;      ///< [frames] yaw, pitch, roll in radians
  std::vector<std::vector<float>> expression;  ///< [frames][parameters], as many in every frame of a set

  bool empty() const { return pose.empty(); }
};

/// All optional: a list is empty or has one entry a frame.
struct ClipAnnotations {
  std::vector<Landmarks68> landmarks;         ///< an all-zero entry: no face found in this frame
  std::vector<std::vector<std::byte>> masks;  ///< encoded by `encode_mask` with the set's codec; empty: no mask
  SyntheticTruth truth;
  std::vector<AnnotationRows> rows;  ///< of further kinds, each kind at most once
};

/// One clip as it goes into a set.
struct ClipRecord {
  std::string name;      ///< unique, "identity#video#clip": starts with identity, then video
  std::string identity;  ///< the person
  std::string video;     ///< the recording that the clip was cut from; unique within its identity
  int width = 0;         ///< of every frame, pixels
  int height = 0;
  std::uint32_t fps_num = 25;
  std::uint32_t fps_den = 1;
  std::array<std::int32_t, 4> source_box{};     ///< left, top, right, bottom of the crop in the source; zeros: unknown
  std::array<std::int32_t, 2> source_size{};    ///< width, height of the source; zeros: unknown
  std::array<std::uint32_t, 2> input_frames{};  ///< frames of the packer's input, and every how many-th was taken
  std::array<std::int32_t, 2> input_size{};     ///< width, height of the frames of the packer's input; zeros: unknown
  std::array<std::int32_t, 4> input_crop{};     ///< left, top, right, bottom of what was taken of each; zeros: unknown
  std::vector<std::vector<std::byte>> frames;   ///< JPEG files
  std::vector<std::uint32_t> source_index;      ///< frame numbers in the source; empty: 0, 1, 2, ...
  std::vector<std::uint8_t> unusable;           ///< 1 marks a frame never to be drawn; empty: all are usable
  ClipAnnotations annotations;
};

struct SetOptions {
  std::uint64_t shard_bytes = std::uint64_t{2} << 30;  ///< JPEG bytes a shard holds at most, but always one whole clip
  std::string source = "unknown";                      ///< "voxceleb1", "synthetic", ...
  int jpeg_quality = 0;                                ///< 0: not known, as for JPEGs copied as they came
  std::string jpeg_subsampling = "unknown";            ///< "4:2:0", "4:4:4", ...
  float landmark_reference_size = 256.0F;              ///< side of the picture that landmark values are pixels of
  MaskCodec mask_codec = MaskCodec::kBitsDeflate;
  std::string annotation_tool = "unknown";  ///< what found the landmarks and masks
  std::string packer_config;                ///< settings that the contents follow from; its SHA-256 is stored
};

/// Makes the folder of a set that is to be written. @throws DataError  when it already holds one. @throws FileError
void require_no_set(const std::filesystem::path& folder);

/// Writes a data set (docs/data-format.md). Shards appear under their names when they are whole; the manifest, without
/// which there is no set, comes last. Same clips and options: same bytes.
class SetWriter {
 public:
  /// Makes the folder; removes unfinished files of an earlier attempt. @throws DataError  when it already holds a set
  SetWriter(std::filesystem::path folder, SetOptions options);
  ~SetWriter();
  SetWriter(SetWriter&&) noexcept;

  /// Clips come sorted by (identity, name). @throws DataError  naming the clip: out of order, a frame that is no JPEG
  /// or has another size, an annotation with another number of frames. @throws FileError
  void add(const ClipRecord& clip);

  /// Closes the last shard and writes index and manifest. Nothing can be added afterwards.
  /// @throws DataError  when no clip was added. @throws FileError
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace understudy
