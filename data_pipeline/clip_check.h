#pragma once

#include <cstddef>
#include <string_view>

namespace understudy {

struct ClipAnnotations;
struct ClipRecord;

/// Requires what the format asks of a single clip: names, one size, whole JPEG headers, one annotation a frame or none.
/// @throws DataError  naming the clip
void require_clip(const ClipRecord& clip);

/// One annotation a frame or none. @param clip  its name. @throws DataError  naming the clip
void require_annotation_counts(const ClipAnnotations& annotations, std::size_t frames, std::string_view clip);

/// @throws DataError  naming the clip
[[noreturn]] void fail_clip(const ClipRecord& clip, std::string_view problem);

}  // namespace understudy
