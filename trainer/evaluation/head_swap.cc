#include "trainer/evaluation/head_swap.h"

#include <array>

#include <fmt/format.h>

#include "data_pipeline/head_fit.h"
#include "trainer/evaluation/scores.h"
#include "trainer/pictures.h"

namespace understudy {
namespace {

constexpr std::size_t kNumbers = 5;

/// Degrees between the true pose and the one that a picture seems to show.
double angle_error(const KnownHead& head, const at::Tensor& picture, bool foreground) {
  const HeadFit fit = fit_head_pose(head.identity, head.expression, picture_of(picture), foreground);
  return mean_angle_error(fit.pose, head.pose);
}

}  // namespace

TaskRow swap_heads(const EvaluationBench& bench, const Crossing& crossing) {
  const SetPictures& pictures = bench.pictures;
  const EvaluatedClip& person = bench.plan.clips[crossing.shown];
  const EvaluatedClip& driver = bench.plan.drivers[crossing.driver];
  const FrameRef source{person.clip, person.first};
  const at::Tensor copied = bench.truth(source);
  const HeadPose source_pose = pictures.known(person.clip, source).pose;
  TaskRow row;
  bench.draw(person, driver, [&](FrameRef ref, const Picture&, const at::Tensor& drawn) {
    const KnownHead head = pictures.known(person.clip, ref);
    const at::Tensor truth = pictures.drawn(head, ref);
    row.insert(row.end(),
               {picture_psnr(drawn, truth),
                picture_psnr(copied, truth),
                angle_error(head, drawn, pictures.foreground()),
                mean_angle_error(source_pose, head.pose),
                angle_error(head, truth, pictures.foreground())});
    const std::string name =
        fmt::format("swap-{:05}-{:05}-{:05}-{:05}", person.identity, person.clip, ref.clip, ref.frame);
    bench.keep(name + "-truth", truth);
    bench.keep(name + "-prediction", drawn);
    bench.context.heartbeat.beat();
  });
  return row;
}

std::optional<SwapReport> swap_report(std::span<const TaskRow> rows) {
  std::array<double, kNumbers> sums{};
  std::int64_t pictures = 0;
  for (const TaskRow& row : rows) {
    pictures += static_cast<std::int64_t>(row.size() / kNumbers);
    for (std::size_t i = 0; i < row.size(); ++i) sums[i % kNumbers] += row[i];
  }
  if (pictures == 0) return std::nullopt;
  for (double& sum : sums) sum /= static_cast<double>(pictures);
  return SwapReport{pictures, sums[0], sums[1], sums[2], sums[3], sums[4]};
}

}  // namespace understudy
