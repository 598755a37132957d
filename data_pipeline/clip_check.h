#pragma once

#include <string_view>

namespace understudy {

struct ClipRecord;

/// Requires what the format asks of a single clip: names, one size, whole JPEG headers, one annotation a frame or none.
/// @throws DataError  naming the clip
void require_clip(const ClipRecord& clip);

/// @throws DataError  naming the clip
[[noreturn]] void fail_clip(const ClipRecord& clip, std::string_view problem);

}  // namespace understudy
