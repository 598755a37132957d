#include "models/blocks/vgg_face.h"

#include <array>

#include "models/blocks/bilinear.h"

namespace understudy {
namespace {

constexpr std::array kStages{2, 2, 3, 3, 3};
constexpr double kCropShare = 1 / 1.8;

}  // namespace

VggFace::VggFace() : VggStack(vgg_convolutions(kStages), VggPooling::kAverage) {
  set_trainable(*this, false);
}

std::vector<at::Tensor> VggFace::forward(const at::Tensor& pictures) const {
  return all_activations(caffe_input(pictures));
}

at::Tensor vgg_face_crop(const at::Tensor& pictures) {
  return magnify_centre(pictures, kCropShare);
}

NamedTensors official_vgg_face_names(const NamedTensors& state) {
  return stack_tensors(state, vgg_convolutions(kStages), "vggface.", "");
}

}  // namespace understudy
