#include "trainer/evaluation/evaluation_bench.h"

#include <algorithm>
#include <span>

#include "trainer/evaluation/npy_picture.h"

namespace understudy {

void EvaluationBench::draw(const EvaluatedClip& person, const EvaluatedClip& driver, const Drawn& drawn) const {
  Reenactor& reenactor = networks.of(pictures.set().identities()[person.identity].name);
  std::vector<Picture> sources;
  for (const std::uint32_t frame : person.sources) sources.push_back(pictures.frame({person.clip, frame}));
  if (!sources.empty()) reenactor.set_sources(sources);
  const auto batch = static_cast<std::size_t>(options.batch);
  for (std::size_t first = 0; first < driver.driving.size(); first += batch) {
    std::vector<Picture> driving;
    for (std::size_t i = first; i < std::min(first + batch, driver.driving.size()); ++i)
      driving.push_back(pictures.frame({driver.clip, driver.driving[i]}));
    const at::Tensor batch_of_pictures = reenactor.render(driving, {}).pictures.to(at::kCPU, at::kFloat);
    context.heartbeat.beat();
    for (std::size_t i = 0; i < driving.size(); ++i) {
      const at::Tensor picture = batch_of_pictures[static_cast<std::int64_t>(i)];
      drawn({driver.clip, driver.driving[first + i]}, driving[i], picture);
    }
  }
}

at::Tensor EvaluationBench::truth(FrameRef ref) const {
  return pictures.truth(ref, pictures.frame(ref));
}

at::Tensor EvaluationBench::landmarks_of(const at::Tensor& picture) const {
  return landmarks ? landmarks->landmarks(picture) : at::Tensor();
}

void EvaluationBench::keep(const std::string& name, const at::Tensor& picture) const {
  if (!options.pictures.empty()) write_npy_picture(options.pictures / (name + ".npy"), picture);
}

}  // namespace understudy
