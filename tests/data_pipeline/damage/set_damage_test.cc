// Flips, cuts and swaps anywhere in a set: each is found by the verifier, and by a reader before anything damaged is
// used. Under the sanitizers of the preset "asan" the same trials show that damaged files do no harm.

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "common/philox.h"
#include "data_pipeline/data_set.h"
#include "data_pipeline/set_verifier.h"
#include "data_pipeline/shard_writer.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr int kTrials = 2000;
constexpr TinySet kTiny{.identities = 2, .clips = 2, .frames = 3, .side = 16, .masks = true, .truth = true};

/// Two shards of two clips with annotations of five kinds, and a record.
void write_set(const fs::path& folder, std::uint64_t seed) {
  fs::create_directories(folder);
  TinySet tiny = kTiny;
  tiny.seed = seed;
  const SetOptions options;
  std::vector<ShardReceipt> receipts;
  for (std::uint32_t identity = 0; identity < tiny.identities; ++identity) {
    ShardWriter writer(folder, identity, options);
    for (std::uint32_t i = 0; i < tiny.clips; ++i) {
      ClipRecord clip = tiny_clip(tiny, identity, i);
      for (const AnnotationKind kind : {AnnotationKind::kFlame, AnnotationKind::kPoseAu}) {
        AnnotationRows rows{kind, {1, 1, 1}, std::vector<std::byte>(3 * row_bytes(kind))};
        for (std::size_t k = 0; k < rows.bytes.size(); ++k) rows.bytes[k] = static_cast<std::byte>(k * seed % 253);
        clip.annotations.rows.push_back(rows);
      }
      writer.add(clip);
    }
    receipts.push_back(writer.close());
  }
  write_file_atomically(folder / "rejected.tsv", "source\treason\tdetail\n");
  const std::vector<FileEntry> records{measure_file(folder / "rejected.tsv")};
  publish_set(folder, receipts, options, records);
}

std::string read_bytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_bytes(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// Everything that a run could use of a set.
void use_all(const fs::path& folder) {
  const DataSet set = DataSet::open(folder);
  for (std::uint32_t clip = 0; clip < set.clips().size(); ++clip) {
    set.identity_truth(clip);
    for (std::uint32_t frame = 0; frame < set.clips()[clip].frames; ++frame) {
      const FrameRef ref{clip, frame};
      set.decode_frame(ref);
      set.landmarks(ref);
      set.mask(ref);
      set.truth(ref);
      for (const AnnotationKind kind : {AnnotationKind::kFlame, AnnotationKind::kPoseAu}) set.annotation_row(kind, ref);
    }
  }
}

struct Damage {
  std::string file;
  std::string how;
  std::optional<std::uint64_t> place;  ///< of a flipped byte
};

class SetDamage : public ::testing::Test {
 protected:
  SetDamage() {
    write_set(set_, 7);
    write_set(other_, 8);
    for (const auto& entry : fs::directory_iterator(set_)) {
      files_[entry.path().filename().string()] = read_bytes(entry.path());
      names_.push_back(entry.path().filename().string());
    }
    std::sort(names_.begin(), names_.end());
    manifest_ = read_set_manifest(set_ / kSetManifestName);
  }

  Damage flip(Draws& draws) {
    const std::string& name = names_[draws.below(static_cast<std::uint32_t>(names_.size()))];
    std::string bytes = files_[name];
    std::uint64_t place = draws.below(static_cast<std::uint32_t>(bytes.size()));
    const FileEntry* entry = entry_of(name);
    if (entry != nullptr && !entry->payload.empty() && draws.below(2) == 0) {
      const ByteRange& range = entry->payload[draws.below(static_cast<std::uint32_t>(entry->payload.size()))];
      place = range.offset + draws.below(static_cast<std::uint32_t>(range.bytes));
    }
    bytes[place] = static_cast<char>(bytes[place] ^ (1 << draws.below(8)));
    write_bytes(set_ / name, bytes);
    return {name, fmt::format("bit of byte {} flipped", place), place};
  }

  Damage cut(Draws& draws) {
    const std::string& name = names_[draws.below(static_cast<std::uint32_t>(names_.size()))];
    const std::uint64_t left = draws.below(static_cast<std::uint32_t>(files_[name].size()));
    write_bytes(set_ / name, files_[name].substr(0, left));
    return {name, fmt::format("cut to {} bytes", left), {}};
  }

  /// A file of the same name from another set, or another file of this one.
  Damage swap(Draws& draws) {
    const std::string& name = names_[draws.below(static_cast<std::uint32_t>(names_.size()))];
    const std::string& second = names_[draws.below(static_cast<std::uint32_t>(names_.size()))];
    const bool from_other_set = draws.below(2) == 0;
    const std::string bytes = from_other_set ? read_bytes(other_ / name) : files_[second];
    if (bytes == files_[name]) return flip(draws);
    write_bytes(set_ / name, bytes);
    return {name, fmt::format("replaced by {} {}", from_other_set ? "its namesake" : "", second), {}};
  }

  Damage damage(Draws& draws) {
    const std::uint32_t kind = draws.below(4);
    return kind == 0 ? cut(draws) : kind == 1 ? swap(draws) : flip(draws);
  }

  const FileEntry* entry_of(const std::string& name) const {
    for (const ShardEntry& shard : manifest_.shards) {
      if (shard.file.file == name) return &shard.file;
    }
    for (const AnnotationEntry& annotation : manifest_.annotations) {
      if (annotation.file.file == name) return &annotation.file;
    }
    return nullptr;
  }

  bool in_payload(const Damage& damage) const {
    const FileEntry* entry = entry_of(damage.file);
    if (entry == nullptr || !damage.place) return false;
    return std::any_of(entry->payload.begin(), entry->payload.end(), [&](const ByteRange& range) {
      return *damage.place >= range.offset && *damage.place < range.offset + range.bytes;
    });
  }

  /// A manifest replaced by that of another set has other hashes, and so the other files are what does not fit.
  std::string expected_name(const Damage& damage) const {
    if (in_payload(damage)) return "frame ";
    return damage.file == kSetManifestName || damage.file == "index.h5" ? "" : damage.file;
  }

  TemporaryFolder folder_;
  fs::path set_ = folder_.path() / "set";
  fs::path other_ = folder_.path() / "other";
  std::map<std::string, std::string> files_;
  std::vector<std::string> names_;
  SetManifest manifest_;
};

TEST_F(SetDamage, AnyIsFoundByVerifierAndReader) {
  int in_frames = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    Draws draws(1, Purpose::kTest, static_cast<std::uint64_t>(trial));
    const Damage done = damage(draws);
    SCOPED_TRACE(fmt::format("trial {}: {} {}", trial, done.file, done.how));
    const std::vector<std::string> problems = verify_set(set_);
    ASSERT_FALSE(problems.empty());
    EXPECT_THAT(fmt::format("{}", fmt::join(problems, "\n")), HasSubstr(expected_name(done)));
    if (done.file != "rejected.tsv") {  // which no run uses
      const std::string message = message_of([&] { use_all(set_); });
      ASSERT_NE(message, "");
      EXPECT_THAT(message, HasSubstr(expected_name(done)));
      if (in_payload(done)) {
        ++in_frames;
        EXPECT_THAT(message, HasSubstr("clip \"id0"));
        EXPECT_THAT(message, HasSubstr(done.file));
      }
    }
    write_bytes(set_ / done.file, files_[done.file]);
  }
  EXPECT_GT(in_frames, kTrials / 10);
  use_all(set_);
}

/// Somebody who writes hashes that fit can still not make the reader's own code go astray. What HDF5 itself parses is
/// left alone here: the reader hands it only what carries the manifest's hash.
TEST_F(SetDamage, TablesThatSomebodyVouchesForDoNoHarm) {
  const std::vector<std::string> tables{"/clip/first_frame", "/frame/offset", "/frame/flags", "/clip/size"};
  for (int trial = 0; trial < kTrials / 4; ++trial) {
    Draws draws(2, Purpose::kTest, static_cast<std::uint64_t>(trial));
    const std::string& name = manifest_.shards[draws.below(2)].file.file;
    std::string bytes = files_[name];
    const Hdf5Reader reader(set_ / name);
    const TablePlace place = reader.locate(tables[draws.below(static_cast<std::uint32_t>(tables.size()))]);
    for (std::uint32_t i = 0; i <= draws.below(4); ++i) {
      bytes[place.offset + draws.below(static_cast<std::uint32_t>(place.bytes))] = static_cast<char>(draws.below(256));
    }
    write_bytes(set_ / name, bytes);
    vouch_again(set_);
    message_of([&] { use_all(set_); });
    verify_set(set_);
    for (const auto& [file, original] : files_) write_bytes(set_ / file, original);
  }
}

}  // namespace
}  // namespace understudy
