#pragma once

#include <memory>

#include <CLI/CLI.hpp>

#include "data_pipeline/packer/packer.h"

namespace understudy {

/// Adds the options that say what is packed and where its annotations lie.
void add_input_options(CLI::App& command, const std::shared_ptr<PackRequest>& request);

/// Adds the options that the contents of the set follow from.
void add_content_options(CLI::App& command, const std::shared_ptr<PackRequest>& request);

}  // namespace understudy
