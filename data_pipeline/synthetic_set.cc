#include "data_pipeline/synthetic_set.h"

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/mask.h"
#include "data_pipeline/picture.h"
#include "data_pipeline/prefetcher.h"
#include "data_pipeline/set_writer.h"
#include "data_pipeline/synthetic_head.h"
#include "data_pipeline/synthetic_motion.h"

namespace understudy {
namespace {

constexpr MaskCodec kMaskCodec = MaskCodec::kBitsDeflate;
constexpr std::int64_t kMostIdentities = 100'000;  // names have five digits, and clips come sorted by name
constexpr std::int64_t kMostClips = 100;

void check(const SynthesizeOptions& options) {
  const auto require = [](bool holds, std::string_view what, std::int64_t value, std::string_view remedy) {
    if (!holds) throw DataError(fmt::format("cannot draw a set with {} = {}; {}", what, value, remedy));
  };
  require(options.identities >= 1, "identities", options.identities, "take 1 or more");
  require(options.first_identity >= 0, "first identity", options.first_identity, "take 0 or more");
  require(options.first_identity + options.identities <= kMostIdentities,
          "last identity",
          options.first_identity + options.identities - 1,
          "stay below 100000");
  require(options.clips >= 1 && options.clips <= kMostClips, "clips", options.clips, "take 1 ... 100");
  require(options.first_clip >= 0, "first clip", options.first_clip, "take 0 or more");
  require(options.first_clip + options.clips <= kMostClips,
          "last clip",
          options.first_clip + options.clips - 1,
          "stay below 100");
  require(options.frames >= 1, "frames", options.frames, "take 1 or more");
  require(options.stride >= 1 && options.stride <= 10000, "stride", options.stride, "take 1 ... 10000");
  require(options.size >= 16 && options.size <= 4096, "size", options.size, "take 16 ... 4096 pixels");
  require(
      options.jpeg_quality >= 1 && options.jpeg_quality <= 100, "JPEG quality", options.jpeg_quality, "take 1 ... 100");
}

SetOptions set_options(const SynthesizeOptions& options) {
  SetOptions set;
  set.source = "synthetic";
  set.jpeg_quality = options.jpeg_quality;
  set.jpeg_subsampling = "4:2:0";
  set.landmark_reference_size = 256.0F;
  set.mask_codec = kMaskCodec;
  set.annotation_tool = "understudy synthesize";
  set.packer_config =
      fmt::format("synthetic heads 1: identities {} + {}, clips {} + {}, frames {} by {}, size {}, seed {}, quality {}",
                  options.first_identity,
                  options.identities,
                  options.first_clip,
                  options.clips,
                  options.frames,
                  options.stride,
                  options.size,
                  options.seed,
                  options.jpeg_quality);
  return set;
}

ClipRecord empty_record(const SynthesizeOptions& options, std::int64_t identity, std::int64_t clip) {
  ClipRecord record;
  record.name = synthetic_clip_name(identity, clip);
  record.identity = record.name.substr(0, record.name.find('#'));
  record.video = fmt::format("v{:02}", clip);
  record.width = options.size;
  record.height = options.size;
  record.fps_den = static_cast<std::uint32_t>(options.stride);
  record.source_box = {0, 0, options.size, options.size};
  record.source_size = {options.size, options.size};
  return record;
}

/// @param number  of the clip within the set
ClipRecord draw_clip(const SynthesizeOptions& options, std::int64_t number) {
  const std::int64_t identity = options.first_identity + number / options.clips;
  const std::int64_t clip = options.first_clip + number % options.clips;
  const IdentityParameters person = draw_identity(options.seed, static_cast<std::uint64_t>(identity));
  const HeadMotion motion(options.seed, static_cast<std::uint64_t>(identity * kMostClips + clip));
  ClipRecord record = empty_record(options, identity, clip);
  ClipAnnotations& known = record.annotations;
  known.truth.identity = to_vector(person);
  for (std::int64_t frame = 0; frame < options.frames; ++frame) {
    const auto moment = static_cast<std::uint32_t>(frame * options.stride);
    const HeadState state = motion.at(moment);
    record.source_index.push_back(moment);
    const RenderedHead head = render_head(person, state.pose, state.expression, options.size);
    record.frames.push_back(encode_jpeg(head.picture, options.jpeg_quality));
    known.landmarks.push_back(head.landmarks);
    known.masks.push_back(encode_mask(head.mask, kMaskCodec));
    known.truth.pose.push_back({state.pose.yaw, state.pose.pitch, state.pose.roll});
    known.truth.expression.push_back(to_vector(state.expression));
  }
  return record;
}

}  // namespace

std::string synthetic_clip_name(std::int64_t identity, std::int64_t clip) {
  return fmt::format("id{:05}#v{:02}#000", identity, clip);
}

void synthesize_set(const SynthesizeOptions& options, const std::function<void(std::int64_t, std::int64_t)>& progress) {
  check(options);
  SetWriter writer(options.out, set_options(options));
  const std::int64_t clips = options.identities * options.clips;
  const auto draw = [&options, clips](std::uint64_t number) {
    const auto clip = static_cast<std::int64_t>(number);
    return clip < clips ? draw_clip(options, clip) : ClipRecord{};  // asked for ahead, past the last clip
  };
  Prefetcher<ClipRecord> records(draw, 0, options.threads, 2 * options.threads);
  for (std::int64_t clip = 0; clip < clips; ++clip) {
    writer.add(records.next());
    if (progress) progress(clip + 1, clips);
  }
  writer.finish();
}

}  // namespace understudy
