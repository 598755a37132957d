#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "data_pipeline/set_writer.h"

namespace understudy {

/// Why a clip is not packed (docs/data.md). The name of a reason stands in rejected.tsv.
enum class RejectionReason : std::uint8_t {
  kName,                 ///< identity, video and clip cannot be told from its name
  kDuplicate,            ///< another file has the same clip name
  kUnreadable,           ///< no video, picture folder or data set that any decoder knows
  kDamaged,              ///< decoding failed in the middle
  kEmpty,                ///< no frame at all
  kTooFewFrames,         ///< fewer than asked for, or than its metadata say
  kSize,                 ///< too small, or frames of different sizes
  kLandmarksMissing,     ///< no landmark file
  kLandmarksUnreadable,  ///< the file cannot be read
  kLandmarkShape,        ///< not [frames, 68, 2]
  kLandmarkCount,        ///< rows for another number of frames
  kLandmarkRange,        ///< values that are no pixels of the reference picture
  kNoFace,               ///< zero landmarks in every frame
  kAnnotation,           ///< a mask, box, FLAME fit or pose file is missing or does not fit the frames
};

inline constexpr std::array kRejectionReasons{RejectionReason::kName,
                                              RejectionReason::kDuplicate,
                                              RejectionReason::kUnreadable,
                                              RejectionReason::kDamaged,
                                              RejectionReason::kEmpty,
                                              RejectionReason::kTooFewFrames,
                                              RejectionReason::kSize,
                                              RejectionReason::kLandmarksMissing,
                                              RejectionReason::kLandmarksUnreadable,
                                              RejectionReason::kLandmarkShape,
                                              RejectionReason::kLandmarkCount,
                                              RejectionReason::kLandmarkRange,
                                              RejectionReason::kNoFace,
                                              RejectionReason::kAnnotation};
/// "name", "duplicate", "too-few-frames", ...
std::string_view rejection_name(RejectionReason reason);

/// A clip that is not packed.
struct Rejection {
  std::string source;  ///< file or folder within the input, with '/' between parts
  RejectionReason reason;
  std::string detail;  ///< one line with the values: "23 rows of landmarks for 24 frames"
};

/// Thrown inside `ClipInput::read`; never leaves it.
class ClipRejected : public std::runtime_error {
 public:
  ClipRejected(RejectionReason why, const std::string& detail) : std::runtime_error(detail), reason(why) {}
  RejectionReason reason;
};

/// A clip that was found, not yet opened.
struct ListedClip {
  std::string name;      ///< "identity#video#clip", unique in the set
  std::string identity;  ///< the person
  std::string video;     ///< the recording; unique within its identity
  std::string split;     ///< part of an official split that its folder names: "train", "test"; empty: none
  std::string source;    ///< as in `Rejection`
};

struct Listing {
  std::vector<ListedClip> clips;      ///< sorted by (identity, name)
  std::vector<Rejection> rejections;  ///< sorted by source
};

/// An input in one of the layouts that the field has. Const and safe on any number of threads after construction.
class ClipInput {
 public:
  virtual ~ClipInput() = default;
  /// By names alone, without opening files. @throws DataError  when there is nothing of this layout
  virtual Listing list() const = 0;
  /// About how many bytes of JPEG the clip will give, from headers alone; 0 where these cannot be read.
  virtual std::uint64_t predict_bytes(const ListedClip& clip) const = 0;
  /// Decodes, crops, resizes and encodes all frames, and reads the annotations. A pure function of the files.
  virtual std::variant<ClipRecord, Rejection> read(const ListedClip& clip) const = 0;
};

}  // namespace understudy
