#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data_pipeline/packer/pack_request.h"

namespace understudy {

/// Beside packing.toml: where input, annotations and lists lay at the beginning.
inline constexpr std::string_view kInputRecordName = "request.txt";

/// Text of request.txt: an option a line, with the full path that it gives. However a path is spelled, it is the same.
std::string input_record(const PackRequest& request);

/// One line for every option that names something else now: "--landmarks: /kp at its beginning, nothing now".
/// @param record  of the first start
std::vector<std::string> input_differences(const std::string& record, const PackRequest& now);

}  // namespace understudy
