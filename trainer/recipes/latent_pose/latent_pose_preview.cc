// What can be told of a run before it starts: networks without weights, and weight files.
#include "trainer/recipes/latent_pose/latent_pose_recipe.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

/// @param load  throws when the file does not fit
template <class Load>
void check_file(
    std::string_view key, const std::string& path, Load load, std::vector<WeightsFile>& files, Findings& findings) {
  if (path == "random") {
    findings.warnings.add_key(key, "\"random\": its loss uses random weights, which is meant for demos and tests");
    return;
  }
  collect(findings.problems, key, [&] {
    load();
    files.push_back({std::string(key), weight_file_of(path)});
    return true;
  });
}

}  // namespace

std::unique_ptr<Recipe> LatentPoseRecipeConfig::make_outline(const RunConfig& run) const {
  return std::make_unique<LatentPoseRecipe>(*this, run, make_latent_pose_networks(*this), LatentPosePerceptual{});
}

std::vector<WeightsFile> LatentPoseRecipeConfig::check_weights(const RunConfig&, Findings& findings) const {
  std::vector<WeightsFile> files;
  if (losses.perceptual_weight > 0) {
    check_file(
        "perceptual.weights", perceptual_weights_file, [&] { make_caffe_vgg(*this, 0); }, files, findings);
  }
  if (losses.face_weight > 0) {
    check_file(
        "perceptual.face_weights", face_weights_file, [&] { make_vgg_face(*this, 0); }, files, findings);
  }
  return files;
}

}  // namespace understudy
