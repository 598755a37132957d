#pragma once

#include <memory>

#include "data_pipeline/packer/input_options.h"

namespace understudy {

/// Input in one of the layouts whose clips are files or folders of their own.
std::unique_ptr<ClipInput> open_file_clip_input(const InputOptions& options, InputLayout layout);

}  // namespace understudy
