#include "data_pipeline/packer/input_options.h"

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/packer/file_clip_input.h"
#include "data_pipeline/packer/hdf5_clip_input.h"

namespace understudy {

std::unique_ptr<ClipInput> open_clip_input(const InputOptions& options) {
  require_valid(options.frames);
  const InputLayout layout = options.layout ? *options.layout : detect_layout(options.path);
  if (layout == InputLayout::kHdf5) return open_hdf5_clip_input(options);
  if (!options.mapping.empty()) {
    throw DataError(fmt::format("{}: a mapping tells how clips lie in HDF5 files, but {} holds none",
                                options.mapping.string(),
                                options.path.string()));
  }
  return open_file_clip_input(options, layout);
}

}  // namespace understudy
