#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "data_pipeline/packer/annotation_files.h"
#include "data_pipeline/packer/input_options.h"
#include "data_pipeline/packer/pack_settings.h"

namespace understudy {

/// What `understudy pack` was asked for.
struct PackRequest {
  std::filesystem::path input;
  std::optional<InputLayout> layout;
  std::filesystem::path mapping;
  std::filesystem::path metadata;
  AnnotationFolders annotations;  ///< size and codec come from the settings
  std::vector<std::filesystem::path> split_lists;
  std::filesystem::path out;
  PackSettings settings;
  std::size_t threads = 1;  ///< of this worker
};

/// @throws ConfigError  listing every path that the request names and that is not there
void require_paths(const PackRequest& request);

/// The input of a request and what lies beside it.
class RequestedInput {
 public:
  /// @throws DataError  when options are wrong or the input is not there
  explicit RequestedInput(const PackRequest& request);
  const ClipInput& clips() const { return *clips_; }

 private:
  std::unique_ptr<AnnotationFiles> annotations_;
  std::unique_ptr<ClipInput> clips_;
};

/// How a set is written with these settings.
/// @throws ConfigError  listing those that the set's record could not be read with again
SetOptions set_options(const PackSettings& settings);

}  // namespace understudy
