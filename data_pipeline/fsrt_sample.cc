#include "data_pipeline/fsrt_sample.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/bilinear.h"
#include "data_pipeline/colour_jitter.h"
#include "data_pipeline/planar_picture.h"

namespace understudy {
namespace {

/// Memory that a thread keeps between samples.
struct Scratch {
  PlanarPicture raw;
  PlanarPicture coloured;
};

/// Renders the pictures of one frame.
class FrameRenderer {
 public:
  FrameRenderer(const Picture& frame, const FsrtDraws& draws, int size, Scratch& scratch)
      : draws_(draws), size_(size), scratch_(scratch) {
    to_planar(frame, draws.flip, scratch.raw);
  }

  /// One colour version, cut and whole, whichever is wanted; a cut that is the whole frame is resized once.
  void version(std::size_t number, const Rectangle& cut, float* cut_out, float* whole_out) {
    if (cut_out == nullptr && whole_out == nullptr) return;
    const Rectangle whole = scratch_.raw.frame();
    const PlanarPicture& picture = colour(draws_.jitter[number], whole_out != nullptr ? whole : cut);
    if (whole_out != nullptr) resize_bilinear(picture, whole, size_, whole_out);
    if (cut_out == nullptr) return;
    if (whole_out != nullptr && cut == whole) {
      std::memcpy(cut_out, whole_out, picture_floats() * sizeof(float));
    } else {
      resize_bilinear(picture, cut, size_, cut_out);
    }
  }

  std::size_t picture_floats() const { return 3 * static_cast<std::size_t>(size_) * static_cast<std::size_t>(size_); }

 private:
  const PlanarPicture& colour(const ColourJitter& jitter, const Rectangle& wanted) {
    if (jitter.operations == 0) return scratch_.raw;
    apply_colour_jitter(jitter, scratch_.raw, wanted, scratch_.coloured);
    return scratch_.coloured;
  }

  const FsrtDraws& draws_;
  int size_;
  Scratch& scratch_;
};

float* offset(float* pictures, std::size_t floats) {
  return pictures == nullptr ? nullptr : pictures + floats;
}

void check_frames(std::span<const Picture> frames) {
  if (frames.size() < 2) {
    throw DataError(fmt::format("a sample needs a source and a driving frame, not {} frames", frames.size()));
  }
  for (const Picture& frame : frames) {
    if (frame.width == frames[0].width && frame.height == frames[0].height && frame.width > 0 && frame.height > 0)
      continue;
    throw DataError(fmt::format("frames of one sample have sizes {} x {} and {} x {}; one clip must have one size",
                                frames[0].width,
                                frames[0].height,
                                frame.width,
                                frame.height));
  }
}

CropTransform choose_crop(const FsrtDraws& draws, int width, int height) {
  if (draws.out_of_frame) return out_of_frame_crop(draws.out_of_frame_margins, width, height);
  return {.region = {0, 0, width, height}, .scale = {1.0F, 1.0F}, .shift = {0.0F, 0.0F}, .valid = true};
}

}  // namespace

CropTransform render_pictures(std::span<const Picture> frames,
                              const FsrtDraws& draws,
                              std::int64_t picture_size,
                              const FsrtPictures& out) {
  check_frames(frames);
  thread_local Scratch scratch;
  const Picture& driving = frames.back();
  const CropTransform crop = choose_crop(draws, driving.width, driving.height);
  if (!crop.valid)
    throw DataError("the out-of-frame crop leaves nothing of the frame or too little for its coordinates");
  const auto size = static_cast<int>(picture_size);
  for (std::size_t s = 0; s + 1 < frames.size(); ++s) {
    FrameRenderer source(frames[s], draws, size, scratch);
    const std::size_t at = s * source.picture_floats();
    source.version(0, crop.region, offset(out.source_a1, at), nullptr);
    source.version(1, crop.region, offset(out.source_a2, at), offset(out.source_full_a2, at));
  }
  FrameRenderer target(driving, draws, size, scratch);
  target.version(0, crop.region, out.driving_a1, nullptr);
  target.version(1, crop.region, out.driving_a2, out.driving_full_a2);
  target.version(2, face_crop(draws.face_crop_margins, driving.width, driving.height), out.driving_face_a3, nullptr);
  return crop;
}

void render(std::span<const Picture> frames,
            const FsrtDraws& draws,
            const FsrtDataConfig& config,
            std::int64_t picture_size,
            FsrtSample& sample) {
  check_frames(frames);
  const std::size_t one = 3 * static_cast<std::size_t>(picture_size) * static_cast<std::size_t>(picture_size);
  const std::size_t sources = frames.size() - 1;
  sample.sources = static_cast<std::int64_t>(sources);
  sample.picture_size = picture_size;
  sample.source_a1.resize(sources * one);
  sample.source_a2.resize(sources * one);
  sample.source_full_a2.resize(config.out_of_frame_motion ? sources * one : 0);
  sample.driving_a1.resize(one);
  sample.driving_a2.resize(one);
  sample.driving_full_a2.resize(config.out_of_frame_motion ? one : 0);
  sample.driving_face_a3.resize(one);
  const auto start = [](std::vector<float>& floats) { return floats.empty() ? nullptr : floats.data(); };
  const CropTransform crop = render_pictures(frames,
                                             draws,
                                             picture_size,
                                             {.source_a1 = start(sample.source_a1),
                                              .source_a2 = start(sample.source_a2),
                                              .source_full_a2 = start(sample.source_full_a2),
                                              .driving_a1 = start(sample.driving_a1),
                                              .driving_a2 = start(sample.driving_a2),
                                              .driving_full_a2 = start(sample.driving_full_a2),
                                              .driving_face_a3 = start(sample.driving_face_a3)});
  sample.crop_scale = crop.scale;
  sample.crop_shift = crop.shift;
  sample.query_pixels = draws.query_pixels;
  sample.use_plain_expression = draws.use_plain_expression;
}

FsrtSample render(std::span<const Picture> frames,
                  const FsrtDraws& draws,
                  const FsrtDataConfig& config,
                  std::int64_t picture_size) {
  FsrtSample sample;
  render(frames, draws, config, picture_size, sample);
  return sample;
}

}  // namespace understudy
