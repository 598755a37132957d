#pragma once

#include <map>
#include <string>
#include <vector>

#include "checkpoints/manifest.h"
#include "trainer/recipe_config.h"

namespace understudy {

/// One line for every method key and every data set that is not as in the checkpoint: why a resume is refused.
/// @param before  settings of the checkpoint
/// @param now     with what the first start decided (threads, statistics group) filled in
/// @param fingerprints  of the sets that are open now; sets that the checkpoint does not know are no difference
std::vector<std::string> resume_differences(const RunSettings& before,
                                            const RunSettings& now,
                                            const Manifest& checkpoint,
                                            const std::map<std::string, std::string>& fingerprints);

}  // namespace understudy
