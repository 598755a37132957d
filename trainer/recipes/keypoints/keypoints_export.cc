#include <torch/torch.h>

#include "checkpoints/weights_file.h"
#include "common/errors.h"
#include "models/blocks/state.h"
#include "models/fsrt/keypoint_detector.h"
#include "trainer/exporting/export.h"
#include "trainer/recipes/keypoints/keypoints_recipe_config.h"

namespace understudy {

NamedTensors KeypointsRecipeConfig::own_names(NamedTensors weights) const {
  return in_group(keypoint_detector_weights(weights), "kp_detector");
}

PickleValue KeypointsRecipeConfig::published_checkpoint(const RunConfig&, const ExportSource& source) const {
  KeypointDetector detector(model);
  load_state(detector, group_of(source.model, "kp_detector"), "the keypoint detector");
  return state_dict_from(state_of(detector));
}

std::string KeypointsRecipeConfig::export_files(const RunConfig&,
                                                const ExportSource& source,
                                                ExportFolder& folder) const {
  if (!source.formats.safetensors && !source.formats.torch) {
    throw ConfigError(
        "--formats torchscript: recipe keypoints trains a detector alone, which is no reenactor; ask for safetensors "
        "or pt");
  }
  KeypointDetector detector(model);
  load_state(detector, group_of(source.model, "kp_detector"), "the keypoint detector");
  const NamedTensors state = state_of(detector);
  if (source.formats.safetensors) {
    folder.write_safetensors(
        "model.safetensors", in_group(state, "kp_detector"), "weights of kp_detector under their official names");
  }
  if (source.formats.torch) {
    folder.write_torch("kp_detector.pt",
                       state_dict_from(state),
                       "state dict of the keypoint detector, as the published code reads it");
  }
  folder.add_note(
      "recipe keypoints trains a detector alone: the export has model.safetensors and kp_detector.pt, but no "
      "model.pt, config.yaml or reenactor.ts.pt");
  return "Keypoint detector for FSRT, trained from landmarks and equivariance";
}

}  // namespace understudy
