#include "trainer/evaluation/set_pictures.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/resize.h"

namespace understudy {
namespace {

at::Tensor resized(const Picture& picture, int size) {
  PicturePlanes planes = resize_like_skimage(picture, size, size);
  return at::from_blob(planes.values.data(), {3, size, size}, at::kFloat).clone();
}

/// A mask as a grey picture, so that it is resized as its frame is.
Picture grey_of(const Mask& mask) {
  Picture grey(mask.width, mask.height);
  for (std::size_t i = 0; i < grey.rgb.size(); ++i) grey.rgb[i] = mask.coverage[i / 3];
  return grey;
}

}  // namespace

at::Tensor SetPictures::whole(const Picture& picture) const {
  return resized(picture, size_);
}

at::Tensor SetPictures::with_mask(const at::Tensor& picture, const Mask& mask) const {
  return picture * resized(grey_of(mask), size_);
}

at::Tensor SetPictures::truth(FrameRef ref, const Picture& frame) const {
  const at::Tensor picture = whole(frame);
  if (!foreground_) return picture;
  const auto mask = set_.mask(ref);
  if (!mask) {
    throw DataError(
        fmt::format("{}: has no mask, and these networks draw the foreground alone; add masks with "
                    "`understudy annotate {} --kind mask --from DIR`",
                    set_.describe(ref),
                    set_.folder().string()));
  }
  return with_mask(picture, *mask);
}

KnownHead SetPictures::known(std::uint32_t person, FrameRef driving) const {
  const auto identity = set_.identity_truth(person);
  const auto state = set_.truth(driving);
  if (!identity || !state) throw DataError(fmt::format("{}: its parameters are not known", set_.describe(driving)));
  return {identity_from_vector(*identity),
          {state->pose[0], state->pose[1], state->pose[2]},
          expression_from_vector(state->expression)};
}

at::Tensor SetPictures::drawn(const KnownHead& head, FrameRef driving) const {
  const RenderedHead rendered =
      render_head(head.identity, head.pose, head.expression, set_.clips()[driving.clip].width);
  const at::Tensor picture = whole(rendered.picture);
  return foreground_ ? with_mask(picture, rendered.mask) : picture;
}

}  // namespace understudy
