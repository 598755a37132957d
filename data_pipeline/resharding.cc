#include "data_pipeline/resharding.h"

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/clip_record_reader.h"

namespace understudy {

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
  const std::string fingerprint = DataSet::open(out).fingerprint();
  if (fingerprint == reader.set().fingerprint()) return;
  throw Error(fmt::format(
      "{}: has fingerprint {} instead of {}; this is a defect", out.string(), fingerprint, reader.set().fingerprint()));
}

}  // namespace understudy
