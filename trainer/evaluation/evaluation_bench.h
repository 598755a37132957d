#pragma once

#include <functional>
#include <optional>
#include <string>

#include "clusters/rank_context.h"
#include "trainer/evaluation/evaluation_plan.h"
#include "trainer/evaluation/judges.h"
#include "trainer/evaluation/person_networks.h"
#include "trainer/evaluation/set_pictures.h"

namespace understudy {

/// What the parts of an evaluation share.
struct EvaluationBench {
  const EvaluationOptions& options;
  const EvaluationPlan& plan;
  const SetPictures& pictures;
  PersonNetworks& networks;
  const std::optional<LandmarkJudge>& landmarks;
  const std::optional<IdentityJudge>& identities;
  const RankContext& context;

  /// A driving frame and what became of it, [3, n, n].
  using Drawn = std::function<void(FrameRef ref, const Picture& driving, const at::Tensor& picture)>;

  /// Draws the person of one clip by the driving frames of another, in batches, and shows each picture in turn.
  void draw(const EvaluatedClip& person, const EvaluatedClip& driver, const Drawn& drawn) const;

  /// What a network should draw of a frame. @return  [3, n, n]
  at::Tensor truth(FrameRef ref) const;

  /// [k, 2]; undefined without a judge
  at::Tensor landmarks_of(const at::Tensor& picture) const;

  /// Writes a picture [3, n, n] to `options.pictures`, if that was asked for. @throws FileError
  void keep(const std::string& name, const at::Tensor& picture) const;
};

}  // namespace understudy
