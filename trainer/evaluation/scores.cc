#include "trainer/evaluation/scores.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "losses/landmark_metrics.h"
#include "losses/picture_metrics.h"
#include "losses/pixel.h"

namespace understudy {
namespace {

at::Tensor one(const at::Tensor& item) {
  return item.unsqueeze(0).to(at::kDouble);
}

}  // namespace

double picture_psnr(const at::Tensor& predicted, const at::Tensor& truth) {
  const double found = psnr(pixel_mse(one(predicted), one(truth))).item<double>();
  return found > kMostPsnr ? kMostPsnr : found;  // std::min would make the best of a picture that is not finite
}

Scores score(const JudgedPicture& predicted, const JudgedPicture& truth) {
  Scores scores{};
  scores[kPsnr] = picture_psnr(predicted.picture, truth.picture);
  scores[kSsim] = structural_similarity(one(predicted.picture), one(truth.picture)).item<double>();
  scores[kL1] = picture_l1(one(predicted.picture), one(truth.picture)).item<double>();
  if (!truth.landmarks.defined()) return scores;
  const at::Tensor found = one(predicted.landmarks);
  const at::Tensor wanted = one(truth.landmarks);
  scores[kAkd] = average_keypoint_distance(found, wanted).item<double>();
  if (wanted.size(1) != kLandmarksOfPose) return scores;
  scores[kPoseError] = pose_error(found, wanted).item<double>();
  scores[kPoseErrorAligned] = pose_error(aligned_landmarks(found, wanted), wanted).item<double>();
  return scores;
}

}  // namespace understudy
