#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "data_pipeline/sampler.h"

namespace understudy {

/// What is in a set, for a reader: files, people, videos, clips, frames, sizes, annotations and their coverage,
/// fingerprint.
/// @throws DataError  when the set cannot be opened
std::string describe_set(const std::filesystem::path& folder_or_manifest);

/// Who, which clip and which frames iteration `iteration` draws, one line a slot.
std::string describe_samples(const Sampler& sampler, std::uint64_t iteration, std::uint64_t global_batch);

}  // namespace understudy
