#include "data_pipeline/set_verifier.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>

#include <fmt/format.h>

#include "common/errors.h"
#include "common/hash.h"
#include "common/log.h"
#include "data_pipeline/annotation_shard.h"
#include "data_pipeline/data_set.h"
#include "data_pipeline/frame_shard.h"
#include "data_pipeline/parallel.h"
#include "data_pipeline/picture.h"
#include "data_pipeline/set_manifest.h"
#include "data_pipeline/verify_journal.h"

namespace understudy {
namespace {

using ProblemList = std::vector<std::string>;

/// HDF5 may be built without support for threads, so files are opened one at a time; the rest runs side by side.
template <typename Shard, typename... Arguments>
Shard open_alone(std::mutex& opening, const Arguments&... arguments) {
  const std::lock_guard lock(opening);
  return Shard(arguments...);
}

/// Runs a check; what it throws becomes a problem, so that the next check still runs.
template <typename Check>
void collect(ProblemList& problems, Check check) {
  try {
    check();
  } catch (const std::exception& error) {
    problems.emplace_back(error.what());
  }
}

/// @return  whether HDF5 may look into the file: it is there in full and its structure is what was written
bool check_file(const std::filesystem::path& folder, const FileEntry& entry, ProblemList& problems) {
  if (std::string problem = size_problem(folder, entry); !problem.empty()) {
    problems.push_back(std::move(problem));
    return false;
  }
  bool sound = false;
  collect(problems, [&] {
    const std::string found = sha256_of_file(folder / entry.file);
    sound = found == entry.sha256;
    if (sound) return;
    problems.push_back(
        fmt::format("{}: SHA-256 is {} where the manifest says {}; restore it from its source or pack the set again",
                    (folder / entry.file).string(),
                    found,
                    entry.sha256));
    require_structure(folder, entry);
    sound = true;
  });
  return sound;
}

void check_frame(const FrameShard& shard, std::uint64_t clip, std::uint64_t row, bool decode) {
  const FrameTables& tables = shard.tables();
  const std::string what = fmt::format("{}, clip \"{}\", frame {}",
                                       shard.file().path().string(),
                                       tables.clip_name[clip],
                                       row - tables.first_frame[clip]);
  std::vector<std::byte> bytes(shard.frame_bytes(row));
  shard.file().read_at(shard.frame_offset(row), bytes);
  if (const std::uint32_t found = crc32c(bytes); found != tables.crc32c[row]) {
    throw DataError(fmt::format("{}: the bytes are damaged: CRC32C {:#010x}, stored {:#010x}; restore the shard",
                                what,
                                found,
                                tables.crc32c[row]));
  }
  const PictureSize stored{tables.clip_size[2 * clip], tables.clip_size[2 * clip + 1]};
  const PictureSize size = jpeg_size(bytes, what);
  if (size != stored) {
    throw DataError(fmt::format("{}: is {} x {} where its clip says {} x {}; pack the set again",
                                what,
                                size.width,
                                size.height,
                                stored.width,
                                stored.height));
  }
  if (decode) decode_jpeg(bytes, what);
}

void check_frames(const FrameShard& shard, int threads, bool decode, ProblemList& problems) {
  const FrameTables& tables = shard.tables();
  std::vector<ProblemList> of_clip(tables.clips());
  parallel_for(tables.clips(), static_cast<std::size_t>(threads), [&](std::uint64_t clip) {
    for (std::uint64_t row = tables.first_frame[clip]; row < tables.first_frame[clip + 1]; ++row) {
      collect(of_clip[clip], [&] { check_frame(shard, clip, row, decode); });
    }
  });
  for (const ProblemList& list : of_clip) problems.insert(problems.end(), list.begin(), list.end());
}

/// Runs a check for every frame of a shard, with its name.
template <typename Check>
void check_rows(const FrameTables& tables, ProblemList& problems, Check check) {
  for (std::uint64_t clip = 0; clip < tables.clips(); ++clip) {
    for (std::uint64_t row = tables.first_frame[clip]; row < tables.first_frame[clip + 1]; ++row) {
      const std::string what =
          fmt::format("clip \"{}\", frame {}", tables.clip_name[clip], row - tables.first_frame[clip]);
      collect(problems, [&] { check(row, what); });
    }
  }
}

void check_annotation_rows(AnnotationKind kind,
                           const std::filesystem::path& path,
                           const AnnotationPartner& partner,
                           std::mutex& opening,
                           ProblemList& problems) {
  if (kind == AnnotationKind::kSynthetic) {
    open_alone<SyntheticShard>(opening, path, partner);
  } else if (kind == AnnotationKind::kMask) {
    const auto masks = open_alone<MaskShard>(opening, path, partner);
    check_rows(*partner.tables, problems, [&](std::uint64_t row, const std::string& what) { masks.read(row, what); });
  } else {
    const auto rows = open_alone<RowShard>(opening, kind, path, partner);
    std::vector<std::byte> bytes(row_bytes(kind));
    check_rows(
        *partner.tables, problems, [&](std::uint64_t row, const std::string& what) { rows.read(row, bytes, what); });
  }
}

/// Everything inside an annotation shard whose file is known to be sound.
void check_annotation(const std::filesystem::path& folder,
                      const AnnotationEntry& annotation,
                      const AnnotationPartner& partner,
                      std::mutex& opening,
                      ProblemList& problems) {
  const std::filesystem::path path = folder / annotation.file.file;
  collect(problems, [&] { check_annotation_rows(annotation.kind, path, partner, opening, problems); });
}

/// How thoroughly, and with what.
struct Checks {
  int threads;  ///< for the frames of a shard
  bool decode;
  std::mutex& opening;
};

/// Everything about one frame shard and its annotations.
ProblemList check_shard(const std::filesystem::path& folder,
                        const ShardEntry& entry,
                        std::span<const AnnotationEntry> annotations,
                        const Checks& checks) {
  ProblemList problems;
  std::optional<FrameShard> shard;
  if (check_file(folder, entry.file, problems)) {
    collect(problems,
            [&] { shard.emplace(open_alone<FrameShard>(checks.opening, folder / entry.file.file, entry.number)); });
  }
  if (shard) check_frames(*shard, checks.threads, checks.decode, problems);
  for (const AnnotationEntry& annotation : annotations) {
    if (!check_file(folder, annotation.file, problems) || !shard) continue;
    const AnnotationPartner partner{entry.number, entry.file.sha256, &shard->tables()};
    check_annotation(folder, annotation, partner, checks.opening, problems);
  }
  return problems;
}

std::vector<AnnotationEntry> annotations_of(const SetManifest& manifest, std::uint32_t shard) {
  std::vector<AnnotationEntry> found;
  for (const AnnotationEntry& entry : manifest.annotations) {
    if (entry.shard == shard) found.push_back(entry);
  }
  return found;
}

}  // namespace

std::vector<std::string> verify_shard(const std::filesystem::path& folder,
                                      const ShardEntry& shard,
                                      std::span<const AnnotationEntry> annotations,
                                      int threads,
                                      bool decode) {
  std::mutex opening;
  return check_shard(folder, shard, annotations, {threads, decode, opening});
}

std::vector<std::string> verify_annotation(const std::filesystem::path& folder,
                                           const AnnotationEntry& annotation,
                                           const AnnotationPartner& partner) {
  ProblemList problems;
  std::mutex opening;
  if (check_file(folder, annotation.file, problems)) check_annotation(folder, annotation, partner, opening, problems);
  return problems;
}

std::vector<std::string> verify_set(const std::filesystem::path& folder_or_manifest,
                                    int threads,
                                    bool decode,
                                    const std::filesystem::path& journal_file) {
  ProblemList problems;
  std::filesystem::path folder;
  SetManifest manifest;
  collect(problems, [&] {
    const std::filesystem::path path = find_manifest(folder_or_manifest);
    folder = path.has_parent_path() ? path.parent_path() : ".";
    manifest = read_set_manifest(path);
  });
  if (!problems.empty()) return problems;
  check_file(folder, manifest.index, problems);
  for (const FileEntry& record : manifest.records) check_file(folder, record, problems);
  VerifyJournal journal(folder, journal_file, decode);
  std::atomic<std::size_t> known = 0;
  std::vector<ProblemList> of_shard(manifest.shards.size());
  std::mutex opening;
  const int threads_a_shard = std::max(1, threads / static_cast<int>(of_shard.size()));
  parallel_for(of_shard.size(), static_cast<std::size_t>(threads), [&](std::size_t i) {
    const ShardEntry& shard = manifest.shards[i];
    const std::vector<AnnotationEntry> annotations = annotations_of(manifest, shard.number);
    if (journal.knows_intact(shard, annotations)) {
      ++known;
      return;
    }
    of_shard[i] = check_shard(folder, shard, annotations, {threads_a_shard, decode, opening});
    if (of_shard[i].empty()) journal.remember_intact(shard, annotations);
  });
  if (known > 0)
    spdlog::info(
        "{} of {} shards were checked before, as {} says", known.load(), of_shard.size(), journal_file.string());
  journal.complete();
  for (const ProblemList& list : of_shard) problems.insert(problems.end(), list.begin(), list.end());
  // What only shows when index, shards and manifest are read together.
  if (problems.empty()) collect(problems, [&] { DataSet::open(folder_or_manifest); });
  return problems;
}

}  // namespace understudy
