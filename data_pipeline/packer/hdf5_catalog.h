#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/problems.h"
#include "data_pipeline/packer/clip_input.h"
#include "data_pipeline/packer/hdf5_frames.h"
#include "data_pipeline/packer/hdf5_mapping.h"

namespace understudy {

/// Where a clip lies.
struct Hdf5Place {
  std::filesystem::path file;
  FrameRows frames;
  std::string landmarks;  ///< table with rows like those of frames; empty: none
};

/// The clips of HDF5 files. A clip's source is "file.h5:/its/group" or "file.h5:[first,last)".
struct Hdf5Catalog {
  Listing listing;
  std::map<std::string, Hdf5Place> places;  ///< by source
};

/// @param problems  gets what the mapping names and no file has. @throws DataError  for files that cannot be read
Hdf5Catalog list_hdf5_clips(const std::vector<std::filesystem::path>& files,
                            const Hdf5Mapping& mapping,
                            Problems& problems);

}  // namespace understudy
