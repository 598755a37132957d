#include "data_pipeline/resharding.h"

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/clip_record_reader.h"

namespace understudy {
namespace {

/// Of runs that need every kind that the source has. Both are opened anew: the reader needs no kind.
void require_same_fingerprint(const std::filesystem::path& source, const std::filesystem::path& out) {
  const DataSet made = DataSet::open(out);
  const SetRequirements kinds{.landmarks = made.has_landmarks(), .masks = made.has_masks()};
  const std::string wanted = DataSet::open(source, kinds).fingerprint();
  const std::string found = DataSet::open(out, kinds).fingerprint();
  if (found == wanted) return;
  throw Error(fmt::format("{}: has fingerprint {} instead of {}; this is a defect", out.string(), found, wanted));
}

}  // namespace

void reshard_set(const std::filesystem::path& source,
                 const std::filesystem::path& out,
                 std::uint64_t shard_bytes,
                 const std::function<void(std::size_t, std::size_t)>& progress) {
  ClipRecordReader reader(source);
  SetOptions options = reader.options();
  options.shard_bytes = shard_bytes;
  SetWriter writer(out, options);
  const std::size_t clips = reader.set().clips().size();
  for (std::uint32_t clip = 0; clip < clips; ++clip) {
    writer.add(reader.read(clip));
    if (progress) progress(clip + std::size_t{1}, clips);
  }
  writer.finish();
  require_same_fingerprint(source, out);
}

}  // namespace understudy
