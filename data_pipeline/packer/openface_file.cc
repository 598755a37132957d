#include "data_pipeline/packer/openface_file.h"

#include <string>
#include <vector>

#include <fmt/format.h>

#include "data_pipeline/csv_reader.h"
#include "data_pipeline/packer/annotation_paths.h"
#include "data_pipeline/packer/reject_on_error.h"
#include "data_pipeline/packer/row_builder.h"
#include "data_pipeline/small_file.h"

namespace understudy {
namespace {

constexpr std::size_t kAngles = 3;

/// Places of the columns that are kept.
struct Columns {
  explicit Columns(const CsvReader& csv)
      : frame(csv.column("frame")), confidence(csv.column("confidence")), success(csv.column("success")) {
    for (const char* name : {"pose_Rx", "pose_Ry", "pose_Rz"}) floats.push_back(csv.column(name));
    for (const int unit : kIntensityUnits) floats.push_back(csv.column(fmt::format("AU{:02}_r", unit)));
    for (const int unit : kPresenceUnits) present.push_back(csv.column(fmt::format("AU{:02}_c", unit)));
  }
  std::size_t frame;
  std::size_t confidence;
  std::size_t success;
  std::vector<std::size_t> floats;
  std::vector<std::size_t> present;
};

/// The face of a frame that counts.
struct Face {
  bool found = false;
  double confidence = 0.0;
  std::array<float, kAngles + kIntensityUnits.size()> floats{};
  std::array<std::uint8_t, kPresenceUnits.size()> present{};
};

Face read_face(const CsvReader& csv, const Columns& columns) {
  Face face{true, csv.number(columns.confidence), {}, {}};
  for (std::size_t i = 0; i < face.floats.size(); ++i)
    face.floats[i] = static_cast<float>(csv.number(columns.floats[i]));
  for (std::size_t i = 0; i < face.present.size(); ++i) face.present[i] = csv.number(columns.present[i]) >= 0.5 ? 1 : 0;
  return face;
}

std::vector<Face> read_faces(const std::string& text, const std::filesystem::path& file, std::uint32_t source_frames) {
  CsvReader csv(text, file.string());
  const Columns columns(csv);
  std::vector<Face> faces(source_frames);
  while (csv.next()) {
    const std::size_t number = csv.whole_number(columns.frame);
    if (number < 1 || number > source_frames) {
      throw DataError(fmt::format(
          "{}: line {}: frame {} of a clip of {} frames", file.string(), csv.line(), number, source_frames));
    }
    Face& best = faces[number - 1];
    if (csv.number(columns.success) != 1.0) continue;
    Face face = read_face(csv, columns);
    if (!best.found || face.confidence > best.confidence) best = face;
  }
  return faces;
}

}  // namespace

AnnotationRows read_openface_file(const std::filesystem::path& folder,
                                  const ListedClip& clip,
                                  const ClipFrames& frames) {
  const auto file = require_annotation_file(folder, clip.source, ".csv");
  return reject_on_error(RejectionReason::kAnnotation, [&] {
    const std::vector<Face> faces = read_faces(read_small_file(file), file, frames.source_frames);
    RowBuilder rows(AnnotationKind::kPoseAu);
    for (const std::uint32_t position : frames.position) {
      const Face& face = faces[position];
      if (face.found) {
        rows.add(face.floats, face.present);
      } else {
        rows.add_unknown();
      }
    }
    return rows.finish();
  });
}

}  // namespace understudy
