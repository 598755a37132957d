#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data_pipeline/annotate/annotate_request.h"
#include "data_pipeline/annotate/set_annotator.h"
#include "data_pipeline/packer/shard_packing.h"
#include "data_pipeline/set_manifest.h"

namespace understudy {

/// What came of it.
struct AnnotationReport {
  std::uint64_t clips = 0;          ///< of the set
  std::vector<Rejection> left_out;  ///< clips without annotations of this kind; `source` is the clip's name
  std::size_t files = 0;            ///< annotation shards that the manifest now names; 0: the set is as it was
};

/// Columns clip, reason and detail, in the order of the set.
std::string left_out_table(std::span<const Rejection> left_out);

/// Adds annotations of one kind to a set that exists, or replaces them. The set is as it was until the manifest is
/// replaced, which comes last. Output is the same for any number of workers and threads and after any interruption.
///
/// One worker calls `begin`, then `pending`, and tells the others; then all call `work`, each with its part of the
/// list; when all have returned, one calls `finish`. A shard that an earlier, interrupted start of the same request
/// finished without leaving out a clip is not done again.
class SetAnnotation {
 public:
  /// @throws DataError  when there is no such set, a newer program wrote it, or it has this kind and `replace` is not
  /// set
  explicit SetAnnotation(AnnotateRequest request);
  ~SetAnnotation();

  const std::filesystem::path& folder() const;
  const SetManifest& manifest() const;

  void begin();
  /// Places, in the manifest, of the shards that are not annotated yet.
  std::vector<std::size_t> pending() const;
  std::uint64_t clips_of(std::span<const std::size_t> shards) const;
  /// @return  false when asked to stop: the shard at work is given up. @throws DataError, FileError
  bool work(std::span<const std::size_t> shards, const SetAnnotator& annotator, const PackWatch& watch);
  /// Publishes, unless no frame was annotated, or a clip was left out and all are required.
  AnnotationReport finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace understudy
