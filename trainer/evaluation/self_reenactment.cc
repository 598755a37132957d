#include "trainer/evaluation/self_reenactment.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace understudy {
namespace {

constexpr double kUnits = 1 << 30;  ///< of a whole number, in 1
constexpr std::size_t kPictureRow = std::size_t{kShown} * std::size_t{kMeasures};

/// Landmarks are found on the driving frame with its background, as the published pose error does.
JudgedPicture truth_of(const EvaluationBench& bench, FrameRef ref, const Picture& frame) {
  return {bench.pictures.truth(ref, frame), bench.landmarks_of(bench.pictures.whole(frame))};
}

JudgedPicture judged(const EvaluationBench& bench, const at::Tensor& picture) {
  return {picture, bench.landmarks_of(picture)};
}

void keep(const EvaluationBench& bench,
          FrameRef ref,
          const Picture& frame,
          const at::Tensor& truth,
          const at::Tensor& drawn) {
  const std::uint32_t identity = bench.pictures.set().clips()[ref.clip].identity;
  const std::string name = fmt::format("self-{:05}-{:05}-{:05}", identity, ref.clip, ref.frame);
  bench.keep(name + "-truth", truth);
  bench.keep(name + "-prediction", drawn);
  if (bench.pictures.foreground()) bench.keep(name + "-driving", bench.pictures.whole(frame));
}

}  // namespace

at::Tensor mean_picture(const EvaluationBench& bench) {
  const auto& clips = bench.plan.clips;
  Communicator& ranks = bench.context.ranks;
  const std::int64_t n = bench.networks.picture_size();
  const at::Tensor sum = at::zeros({3, n, n}, at::kLong);
  std::int64_t count = 0;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    count += std::ssize(clips[i].driving);
    if (static_cast<int>(i % static_cast<std::size_t>(ranks.world_size())) != ranks.rank()) continue;
    for (const std::uint32_t frame : clips[i].driving)
      sum.add_((bench.truth({clips[i].clip, frame}).to(at::kDouble) * kUnits).round().to(at::kLong));
    bench.context.heartbeat.beat();
  }
  ranks.all_reduce(
      sum.data_ptr(), sum.numel(), ElementType::kInt64, Reduction::kSum, "add up the mean picture of an evaluation");
  return (sum.to(at::kDouble) / (static_cast<double>(count) * kUnits)).to(at::kFloat);
}

TaskRow reenact_itself(const EvaluationBench& bench, const EvaluatedClip& clip, const JudgedPicture& mean) {
  const JudgedPicture copied = judged(bench, bench.truth({clip.clip, clip.first}));
  TaskRow row;
  bench.draw(clip, clip, [&](FrameRef ref, const Picture& frame, const at::Tensor& drawn) {
    const JudgedPicture truth = truth_of(bench, ref, frame);
    keep(bench, ref, frame, truth.picture, drawn);
    for (const JudgedPicture& shown : {judged(bench, drawn), copied, mean}) {
      const Scores scores = score(shown, truth);
      row.insert(row.end(), scores.begin(), scores.end());
    }
  });
  return row;
}

SelfReport self_report(std::span<const TaskRow> rows) {
  SelfReport report;
  for (const TaskRow& row : rows) {
    report.pictures += static_cast<std::int64_t>(row.size() / kPictureRow);
    for (std::size_t i = 0; i < row.size(); ++i) report.scores[i % kPictureRow / kMeasures][i % kMeasures] += row[i];
  }
  for (Scores& scores : report.scores) {
    for (double& value : scores) value /= static_cast<double>(report.pictures);
  }
  return report;
}

}  // namespace understudy
