#include "trainer/replay.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "checkpoints/safetensors.h"
#include "common/errors.h"
#include "trainer/recipe_config.h"

namespace understudy {

NamedTensors replay(const RunSettings& settings, const ReplayRequest& request) {
  const SafetensorsFile file = SafetensorsFile::open(request.batch);
  const auto metadata = file.metadata();
  const auto says = [&](const std::string& key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string("nothing") : found->second;
  };
  if (says("format") != "understudy.batch.v1" || says("system") != settings.run.recipe) {
    throw DataError(fmt::format("{}: its metadata says format {} and system {}; replay needs understudy.batch.v1 of {}",
                                request.batch.string(),
                                says("format"),
                                says("system"),
                                settings.run.recipe));
  }
  const NamedTensors batch = file.all();
  if (metadata.contains("sha256") && says("sha256") != sha256_of_tensors(batch))
    throw DataError(fmt::format("{}: SHA-256 of its tensors differs from the one in its metadata; the file is damaged",
                                request.batch.string()));
  NamedTensors results = settings.recipe->replay(settings.run, request, batch);
  // Losses are double scalars in any run; what the networks gave tells its precision.
  const bool in_double = std::any_of(results.begin(), results.end(), [](const auto& result) {
    return result.second.dim() > 0 && result.second.scalar_type() == at::kDouble;
  });
  for (auto& [name, tensor] : results) tensor = tensor.detach().to(in_double ? at::kDouble : at::kFloat).contiguous();
  return results;
}

}  // namespace understudy
