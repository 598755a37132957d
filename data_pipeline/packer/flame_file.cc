#include "data_pipeline/packer/flame_file.h"

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "data_pipeline/npz_file.h"
#include "data_pipeline/packer/annotation_paths.h"
#include "data_pipeline/packer/reject_on_error.h"
#include "data_pipeline/packer/row_builder.h"

namespace understudy {
namespace {

using std::string_view_literals::operator""sv;
using Names = std::span<const std::string_view>;

constexpr std::array kShapeNames{"shape"sv, "shapecode"sv, "flame_shape"sv};
constexpr std::array kExpressionNames{"exp"sv, "expression"sv, "expcode"sv, "flame_exp"sv};
constexpr std::array kPoseNames{"pose"sv, "posecode"sv, "flame_pose"sv};
constexpr std::array kCameraNames{"cam"sv, "camera"sv, "flame_cam"sv};
constexpr std::array kValidNames{"valid"sv, "valid_mask"sv};

/// The one name that the file has; nothing when it has none. @throws DataError  for two
std::optional<std::string_view> name_in(const NpzFile& file, Names names, const std::string& path) {
  std::optional<std::string_view> found;
  for (const std::string_view name : names) {
    if (!file.has(name)) continue;
    if (found) throw DataError(fmt::format("{}: has both \"{}\" and \"{}\"; keep one", path, *found, name));
    found = name;
  }
  return found;
}

/// An array with a row for each frame of the source, or one row for all of them.
struct Rows {
  std::vector<double> values;
  std::size_t length = 0;
  bool constant = false;

  const double* at(std::size_t frame) const { return values.data() + (constant ? 0 : frame * length); }
};

class FlameReader {
 public:
  FlameReader(const std::filesystem::path& path, std::uint32_t frames)
      : path_(path.string()), file_(path), frames_(static_cast<std::int64_t>(frames)) {}

  Rows rows(Names names, std::int64_t length, bool may_be_constant) const {
    const auto name = name_in(file_, names, path_);
    if (!name) {
      throw DataError(fmt::format(
          "{}: no array {}; there are {}", path_, fmt::join(names, " or "), fmt::join(file_.names(), ", ")));
    }
    NpyArray array = file_.read(*name);
    const std::vector<std::int64_t>& shape = array.shape;
    const auto is = [&](std::vector<std::int64_t> wanted) { return shape == wanted; };
    const bool constant = may_be_constant && (is({1, length}) || is({length}));
    if (!constant && !is({frames_, length})) refuse(*name, array, length);
    return {std::move(array.values), static_cast<std::size_t>(length), constant};
  }

  /// [frames of the source]
  std::vector<bool> valid() const {
    const auto frames = static_cast<std::size_t>(frames_);
    const auto name = name_in(file_, kValidNames, path_);
    if (!name) return std::vector<bool>(frames, true);
    const NpyArray array = file_.read(*name);
    if (array.values.size() != frames)
      throw DataError(fmt::format("{}: {} has shape {}, not [{}]", path_, *name, shape_text(array), frames));
    return {array.values.begin(), array.values.end()};
  }

 private:
  [[noreturn]] void refuse(std::string_view name, const NpyArray& array, std::int64_t length) const {
    const bool wide = array.shape.size() == 2 && array.shape[1] > length;
    throw DataError(fmt::format("{}: {} has shape {}, not [{}, {}]{}",
                                path_,
                                name,
                                shape_text(array),
                                frames_,
                                length,
                                wide ? fmt::format("; fit the model with {} parameters", length) : ""));
  }

  std::string path_;
  NpzFile file_;
  std::int64_t frames_;
};

AnnotationRows read_rows(const std::filesystem::path& path, const ClipFrames& frames) {
  const FlameReader reader(path, frames.source_frames);
  const std::array<Rows, 4> parts{reader.rows(kShapeNames, 100, true),
                                  reader.rows(kExpressionNames, 50, false),
                                  reader.rows(kPoseNames, 6, false),
                                  reader.rows(kCameraNames, 3, false)};
  const std::vector<bool> valid = reader.valid();
  RowBuilder rows(AnnotationKind::kFlame);
  std::vector<float> row;
  for (const std::uint32_t position : frames.position) {
    row.clear();
    for (const Rows& part : parts) {
      const double* first = part.at(position);
      for (std::size_t i = 0; i < part.length; ++i) row.push_back(static_cast<float>(first[i]));
    }
    if (valid[position]) {
      rows.add(row);
    } else {
      rows.add_unknown();
    }
  }
  return rows.finish();
}

}  // namespace

AnnotationRows read_flame_file(const std::filesystem::path& folder, const ListedClip& clip, const ClipFrames& frames) {
  const auto file = require_annotation_file(folder, clip.source, ".npz");
  return reject_on_error(RejectionReason::kAnnotation, [&] { return read_rows(file, frames); });
}

}  // namespace understudy
