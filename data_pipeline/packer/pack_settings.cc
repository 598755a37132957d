#include "data_pipeline/packer/pack_settings.h"

#include "common/config_reader.h"
#include "common/config_writer.h"
#include "common/problems.h"

namespace understudy {
namespace {

constexpr KeyKind kMethod = KeyKind::kMethod;

/// The visitor knows 64-bit integers only.
void visit(ConfigVisitor& v, const KeyInfo& key, int& value, std::int64_t low, std::int64_t high) {
  std::int64_t wide = value;
  v.integer(key, wide, low, high);
  value = static_cast<int>(wide);
}

void describe_frames(ConfigVisitor& v, FramePreparation& c) {
  constexpr std::int64_t kLargest = 65500;  // side of a JPEG
  v.section("frames", "What is done to a frame before it is packed.");
  visit(v, {"width", kMethod, "of packed frames in pixels; 0: as decoded"}, c.width, 0, kLargest);
  visit(v, {"height", kMethod, "of packed frames in pixels; 0: as decoded"}, c.height, 0, kLargest);
  v.flag({"square", kMethod, "both sides become the shorter one"}, c.square);
  visit(v, {"max_size", kMethod, "no side gets longer than this; 0: no limit"}, c.max_size, 0, kLargest);
  v.choice({"fit", kMethod, "how a frame gets another aspect ratio"},
           c.fit,
           {{"squeeze", FrameFit::kSqueeze}, {"crop", FrameFit::kCrop}});
  visit(v, {"jpeg_quality", kMethod, "of frames that are not kept as they came"}, c.jpeg_quality, 1, 100);
  v.flag({"full_chroma", kMethod, "4:4:4 instead of 4:2:0"}, c.full_chroma);
  visit(v, {"stride", kMethod, "every n-th frame is packed"}, c.stride, 1, 100000);
  visit(v, {"min_frames", kMethod, "clips with fewer are rejected"}, c.min_frames, 1, 100000);
  visit(v, {"min_size", kMethod, "clips whose shorter side is below are rejected"}, c.min_size, 1, kLargest);
}

}  // namespace

void describe(ConfigVisitor& v, PackSettings& c) {
  v.section("set", "What the set says of itself, and how it is cut.");
  v.text({"source", kMethod, "name of the source"}, c.source);
  v.real({"shard_mebibytes", kMethod, "size of a shard"}, c.shard_mebibytes, 0.001, 1 << 20);
  describe_frames(v, c.frames);
  v.section("annotations", "How annotations are stored.");
  v.real({"landmark_size", kMethod, "side of the picture that landmarks are pixels of"}, c.landmark_size, 1, 65536);
  v.choice({"mask_codec", kMethod, "how masks are stored"},
           c.mask_codec,
           {{"png8", MaskCodec::kPng8}, {"bits-deflate", MaskCodec::kBitsDeflate}});
  v.text({"tool", kMethod, "what made the annotations"}, c.annotation_tool);
  v.section("split", "Which set a clip goes to.");
  v.choice({"by", kMethod, "rule"},
           c.split,
           {{"none", SplitKind::kNone},
            {"folder", SplitKind::kFolder},
            {"identity", SplitKind::kIdentity},
            {"lists", SplitKind::kLists}});
  v.real({"fraction", kMethod, "of the identities that are held out"}, c.split_fraction, 0, 1);
  v.integer({"seed", kMethod, "of the draw of identities"}, c.split_seed, 0, kNoLimit);
}

std::string settings_text(const PackSettings& settings) {
  return write_config([copy = settings](ConfigVisitor& visitor) mutable { describe(visitor, copy); });
}

PackSettings read_settings(const std::string& text, const std::string& name) {
  PackSettings settings;
  Problems problems;
  read_config(
      text, name, {}, [&](ConfigVisitor& visitor) { describe(visitor, settings); }, problems);
  problems.raise_if_any(name);
  return settings;
}

}  // namespace understudy
