#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data_pipeline/packer/pack_request.h"
#include "data_pipeline/packer/shard_packing.h"

namespace understudy {

struct RepairReport {
  std::vector<std::string> repaired;   ///< files that are again as the manifest says
  std::vector<std::string> remaining;  ///< what is still wrong, with the remedy
};

/// Makes the damaged files of a packed set again from the input it was packed from: shards by packing their clips, the
/// index from the shards. A file takes the place of the damaged one only when it has the hash that the manifest states.
/// @param request  where input and annotations lie; the settings are those that the set keeps
/// @throws DataError  when manifest, plan or settings of the set are damaged, or it was not made by `understudy pack`
RepairReport repair_set(const std::filesystem::path& set, PackRequest request, const PackWatch& watch);

}  // namespace understudy
