#include "trainer/evaluation/comparison_picture.h"

#include <algorithm>

#include "data_pipeline/picture_grid.h"
#include "trainer/pictures.h"

namespace understudy {
namespace {

constexpr std::size_t kRows = 6;
constexpr int kColumns = 4;
constexpr int kGap = 2;

/// Adds a row for the driver's middle frame. @param crossed  the truth is drawn, not read
void add_row(const EvaluationBench& bench,
             const EvaluatedClip& person,
             const EvaluatedClip& driver,
             bool crossed,
             std::vector<Picture>& shown) {
  EvaluatedClip middle = driver;
  middle.driving = {driver.driving[driver.driving.size() / 2]};
  bench.draw(person, middle, [&](FrameRef ref, const Picture& driving, const at::Tensor& drawn) {
    const SetPictures& pictures = bench.pictures;
    const at::Tensor truth =
        crossed ? pictures.drawn(pictures.known(person.clip, ref), ref) : pictures.truth(ref, driving);
    for (const at::Tensor& picture : {bench.truth({person.clip, person.first}), pictures.whole(driving), drawn, truth})
      shown.push_back(picture_of(picture));
  });
}

}  // namespace

void write_comparison(const std::filesystem::path& path, const EvaluationBench& bench) {
  const EvaluationPlan& plan = bench.plan;
  std::vector<Picture> shown;
  for (std::size_t i = 0; i < std::min(kRows, plan.crossings.size()); ++i)
    add_row(bench, plan.clips[plan.crossings[i].shown], plan.drivers[plan.crossings[i].driver], true, shown);
  for (std::size_t i = 0; plan.crossings.empty() && i < std::min(kRows, plan.clips.size()); ++i)
    add_row(bench, plan.clips[i], plan.clips[i], false, shown);
  write_png(path, picture_grid(shown, kColumns, kGap));
}

}  // namespace understudy
