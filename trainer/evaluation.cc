#include "trainer/evaluation.h"

#include <array>
#include <cmath>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "data_pipeline/data_set.h"
#include "data_pipeline/picture_grid.h"
#include "data_pipeline/resize.h"
#include "data_pipeline/synthetic_head.h"
#include "losses/pixel.h"
#include "trainer/pictures.h"

namespace understudy {
namespace {

/// `count` numbers spread evenly over 0 ... total - 1.
std::vector<std::uint32_t> spread(std::int64_t total, std::int64_t count) {
  std::vector<std::uint32_t> numbers;
  const std::int64_t taken = std::min(total, count);
  for (std::int64_t i = 0; i < taken; ++i) numbers.push_back(static_cast<std::uint32_t>(i * total / taken));
  return numbers;
}

double psnr_of(const at::Tensor& prediction, const at::Tensor& truth) {
  return psnr(pixel_mse(prediction.unsqueeze(0).to(at::kDouble), truth.unsqueeze(0).to(at::kDouble))).item<double>();
}

HeadPose pose_of(const FrameTruth& truth) {
  return {truth.pose[0], truth.pose[1], truth.pose[2]};
}

/// One evaluation: the reenactor, the set, and sums as they grow.
class Evaluation {
 public:
  Evaluation(Reenactor& reenactor, const DataSet& set, const EvaluationOptions& options)
      : reenactor_(reenactor), set_(set), options_(options), clips_(spread(std::ssize(set.clips()), options.clips)) {}

  EvaluationTable run() {
    const at::Tensor mean = mean_picture();
    for (const std::uint32_t clip : clips_) reconstruct(clip, mean);
    for (std::size_t i = 0; i < clips_.size(); ++i) cross(clips_[i], clips_[(i + clips_.size() / 2) % clips_.size()]);
    divide(table_.pictures, {&table_.network, &table_.copied_source, &table_.mean_picture});
    divide(table_.crossed, {&table_.cross_network, &table_.cross_copied});
    return table_;
  }

  const std::vector<Picture>& shown() const { return shown_; }

 private:
  static void divide(std::int64_t count, std::initializer_list<double*> sums) {
    for (double* sum : sums) *sum /= static_cast<double>(std::max<std::int64_t>(count, 1));
  }

  /// Driving frames of a clip; its first frame is the source.
  std::vector<FrameRef> driving_frames(std::uint32_t clip) const {
    std::vector<FrameRef> frames;
    for (const std::uint32_t frame : spread(set_.clips()[clip].frames - 1, options_.frames))
      frames.push_back({clip, frame + 1});
    return frames;
  }

  at::Tensor planes(const Picture& picture) const {
    const int n = static_cast<int>(reenactor_.picture_size());
    PicturePlanes resized = resize_like_skimage(picture, n, n);
    return at::from_blob(resized.values.data(), {3, n, n}, at::kFloat).clone();
  }

  at::Tensor mean_picture() const {
    at::Tensor sum;
    std::int64_t count = 0;
    for (const std::uint32_t clip : clips_) {
      for (const FrameRef frame : driving_frames(clip)) {
        const at::Tensor picture = planes(set_.decode_frame(frame)).to(at::kDouble);
        sum = count++ == 0 ? picture : sum + picture;
      }
    }
    return (sum / static_cast<double>(count)).to(at::kFloat);
  }

  void reconstruct(std::uint32_t clip, const at::Tensor& mean) {
    const Picture source = set_.decode_frame({clip, 0});
    reenactor_.set_sources({source});
    const at::Tensor copied = planes(source);
    for (const FrameRef frame : driving_frames(clip)) {
      const Picture driving = set_.decode_frame(frame);
      const at::Tensor truth = planes(driving);
      table_.network += psnr_of(reenactor_.render(driving, {}), truth);
      table_.copied_source += psnr_of(copied, truth);
      table_.mean_picture += psnr_of(mean, truth);
      ++table_.pictures;
    }
  }

  void cross(std::uint32_t a, std::uint32_t b) {
    const auto identity = set_.identity_truth(a);
    if (!identity || set_.clips()[a].identity == set_.clips()[b].identity) return;
    const Picture source = set_.decode_frame({a, 0});
    reenactor_.set_sources({source});
    const at::Tensor copied = planes(source);
    const std::vector<FrameRef> frames = driving_frames(b);
    for (const FrameRef frame : frames) {
      const auto state = set_.truth(frame);
      if (!state) continue;
      const Picture driving = set_.decode_frame(frame);
      const Picture expected = render_head(identity_from_vector(*identity),
                                           pose_of(*state),
                                           expression_from_vector(state->expression),
                                           driving.width)
                                   .picture;
      const at::Tensor truth = planes(expected);
      const at::Tensor animated = reenactor_.render(driving, {});
      table_.cross_network += psnr_of(animated, truth);
      table_.cross_copied += psnr_of(copied, truth);
      ++table_.crossed;
      if (shown_.size() < 4 * 6 && frame.frame == frames[frames.size() / 2].frame)
        show({copied, planes(driving), animated, truth});
    }
  }

  void show(std::initializer_list<at::Tensor> row) {
    for (const at::Tensor& picture : row) shown_.push_back(picture_of(picture));
  }

  Reenactor& reenactor_;
  const DataSet& set_;
  const EvaluationOptions& options_;
  std::vector<std::uint32_t> clips_;
  EvaluationTable table_;
  std::vector<Picture> shown_;  ///< source | driving | prediction | truth
};

}  // namespace

EvaluationTable evaluate(Reenactor& reenactor, const std::filesystem::path& folder, const EvaluationOptions& options) {
  const DataSet set = DataSet::open(folder);
  Evaluation evaluation(reenactor, set, options);
  const EvaluationTable table = evaluation.run();
  if (!options.picture.empty() && !evaluation.shown().empty())
    write_png(options.picture, picture_grid(evaluation.shown(), 4, 2));
  return table;
}

std::string format_table(const EvaluationTable& t) {
  std::string text = fmt::format("PSNR on people the network has never seen, {} pictures\n", t.pictures);
  text += fmt::format("  {:<42} {:6.2f} dB\n", "network", t.network);
  text += fmt::format("  {:<42} {:6.2f} dB\n", "copying the source frame", t.copied_source);
  text += fmt::format("  {:<42} {:6.2f} dB\n", "the mean picture", t.mean_picture);
  if (t.crossed == 0) return text;
  text += fmt::format("Cross-reenactment against the true picture of A with pose and expression of B, {} pictures\n",
                      t.crossed);
  text += fmt::format("  {:<42} {:6.2f} dB\n", "network", t.cross_network);
  text += fmt::format("  {:<42} {:6.2f} dB\n", "copying A", t.cross_copied);
  return text;
}

}  // namespace understudy
