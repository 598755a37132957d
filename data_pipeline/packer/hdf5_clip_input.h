#pragma once

#include <memory>

#include "data_pipeline/packer/input_options.h"

namespace understudy {

/// Input from an HDF5 file, or from all of a folder. All clips are listed at once.
/// @throws ConfigError  listing every problem of the mapping, in itself and with these files. @throws DataError
std::unique_ptr<ClipInput> open_hdf5_clip_input(const InputOptions& options);

}  // namespace understudy
