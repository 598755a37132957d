#include "trainer/evaluation/cross_identity.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "losses/identity_error.h"

namespace understudy {
namespace {

/// Descriptors of the person's own frames, sources and driving ones of every measured clip. @return  [M, d]
at::Tensor references_of(const EvaluationBench& bench, std::uint32_t identity) {
  std::vector<at::Tensor> descriptors;
  const auto add = [&](std::uint32_t clip, const std::vector<std::uint32_t>& frames) {
    for (const std::uint32_t frame : frames) {
      const at::Tensor truth = bench.truth({clip, frame});
      bench.keep(fmt::format("own-{:05}-{:05}-{:05}-truth", identity, clip, frame), truth);
      descriptors.push_back(bench.identities->descriptor(truth));
    }
  };
  for (const std::size_t i : bench.plan.clips_of(identity)) {
    const EvaluatedClip& clip = bench.plan.clips[i];
    add(clip.clip, clip.sources);
    add(clip.clip, clip.driving);
    bench.context.heartbeat.beat();
  }
  return at::stack(descriptors);
}

}  // namespace

TaskRow judge_identity(const EvaluationBench& bench, std::uint32_t identity, const at::Tensor& mean) {
  const at::Tensor references = references_of(bench, identity);
  const EvaluatedClip& shown = bench.plan.clips[bench.plan.clips_of(identity).front()];
  std::vector<at::Tensor> reenacted;
  for (const std::size_t driver : bench.plan.drivers_of(identity, bench.options.drivers)) {
    bench.draw(shown, bench.plan.drivers[driver], [&](FrameRef ref, const Picture&, const at::Tensor& drawn) {
      bench.keep(fmt::format("driven-{:05}-{:05}-{:05}-prediction", identity, ref.clip, ref.frame), drawn);
      reenacted.push_back(bench.identities->descriptor(drawn));
      bench.context.heartbeat.beat();
    });
  }
  const auto error = [&](const at::Tensor& descriptors) {
    return person_identity_error(references, descriptors).item<double>();
  };
  const auto alone = [&](const at::Tensor& picture) { return bench.identities->descriptor(picture).unsqueeze(0); };
  return {static_cast<double>(reenacted.size()),
          error(at::stack(reenacted)),
          error(alone(bench.truth({shown.clip, shown.first}))),
          error(alone(mean))};
}

std::optional<IdentityReport> identity_report(std::span<const TaskRow> rows) {
  if (rows.empty()) return std::nullopt;
  IdentityReport report;
  for (const TaskRow& row : rows) {
    report.pictures += static_cast<std::int64_t>(row[0]);
    for (std::size_t s = 0; s < kShown; ++s) report.errors[s] += row[1 + s];
  }
  for (double& error : report.errors) error /= static_cast<double>(rows.size());
  return report;
}

}  // namespace understudy
